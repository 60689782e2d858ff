"""The official validator of FOCUS, run by a target of its own."""
