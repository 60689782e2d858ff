"""Tests of small state files."""
