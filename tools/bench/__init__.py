"""Benchmark of the exporter against the alternatives; run by ``make bench``."""
