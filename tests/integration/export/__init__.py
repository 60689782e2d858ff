"""Tests of the export over a simulated year."""
