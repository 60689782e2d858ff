"""Long proofs that the exporter neither lies nor falls; ``python -m reliability`` runs them."""
