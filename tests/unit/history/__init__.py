"""Tests of billing_exporter.history."""
