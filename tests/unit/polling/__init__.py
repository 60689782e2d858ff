"""Tests of polling, readings and their store."""
