"""Commands of ``billing-exporter``: one module each, with its flags, its examples and ``run``."""
