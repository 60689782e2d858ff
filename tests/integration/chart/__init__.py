"""The chart, rendered and judged by the real Helm."""
