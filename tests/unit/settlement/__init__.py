"""Tests of the settlement of periods."""
