"""What the project is built and judged with; never shipped."""
