"""Tests of the pages and their protection with real programs."""
