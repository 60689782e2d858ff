"""Tests of the repository: layout, documents, workflows."""
