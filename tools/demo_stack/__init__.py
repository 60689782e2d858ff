"""The demo with a real Prometheus and Alertmanager beside it; ``make demo-stack``."""
