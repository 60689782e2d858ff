"""Unit tests of the report on the forecast."""
