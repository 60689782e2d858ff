"""Tools of the project: generators, benchmark, reliability runs, test kit; never shipped."""
