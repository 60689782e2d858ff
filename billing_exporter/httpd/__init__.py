"""A small HTTP server over plain sockets; it knows nothing of the exporter."""
