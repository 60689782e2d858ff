"""Tests that the exporter neither lies nor falls, whatever is done to it."""
