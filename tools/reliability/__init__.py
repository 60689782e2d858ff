"""Long reliability tests; ``python -m tools.reliability`` runs them."""
