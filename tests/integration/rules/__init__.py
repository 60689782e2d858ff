"""The rules for Prometheus: right for promtool, complete, and about series that exist."""
