"""Polling: one loop per organization and collector, what it read, and where that is kept."""
