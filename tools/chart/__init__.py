"""The chart, and what generates its README and the schema of its values.

``python -m tools.chart`` writes both again from ``values.yaml``, the configuration's schema and the
thresholds of the alerts.
"""
