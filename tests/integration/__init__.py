"""Tests of parts together with real programs."""
