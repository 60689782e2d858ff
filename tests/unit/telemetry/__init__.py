"""Tests of the exporter's metrics about itself."""
