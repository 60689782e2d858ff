"""Metrics of billing data: their catalogue, samples and exposition."""
