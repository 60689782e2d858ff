"""Comparison of what was used with what was invoiced. Pure; knows no API and no metric."""
