"""Inputs at random for everything that reads what others wrote, and what must hold for each."""
