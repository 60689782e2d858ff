"""How fast the exporter is, measured against the alternatives; run by ``make bench``."""
