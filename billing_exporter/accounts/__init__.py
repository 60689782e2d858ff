"""Accounts of an organization: what was used and billed, and what comes of comparing the two."""
