"""Budgets, showback and margin: what the configuration plans beside what is used and billed."""
