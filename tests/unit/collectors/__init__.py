"""Tests of the collectors: answers as the API gives them in, the exposition's text out."""
