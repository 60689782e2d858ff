"""Contestants: each module is a process of its own, run by ``python -m``."""
