"""Tests of the HTTP server with slow, broken and TLS clients."""
