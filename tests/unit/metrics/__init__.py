"""Tests of samples, catalogue and exposition."""
