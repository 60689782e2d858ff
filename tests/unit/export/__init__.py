"""Tests of the export's tables."""
