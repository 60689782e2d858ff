"""Closed periods and their invoices: read from the API, and told to the pure folders in records."""
