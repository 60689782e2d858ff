"""Forecasts of the running billing period, their bands and their own error."""
