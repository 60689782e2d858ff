"""Tests of views: what pages show of what pollers hold."""
