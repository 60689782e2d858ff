"""Tests of the whole program as its users run it."""
