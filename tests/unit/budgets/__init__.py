"""Tests of budgets, showback and margin."""
