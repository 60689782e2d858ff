"""Prometheus exporter for the Genesys Cloud Billing API."""

__version__ = "0.1.0"
