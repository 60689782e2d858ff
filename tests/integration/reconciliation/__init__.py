"""Tests of the reconciliation over a simulated year."""
