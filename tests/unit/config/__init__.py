"""Tests of the configuration: files as an operator writes them in, settings or errors out."""
