"""Closed periods and their invoices: read from the API and passed on as records."""
