"""Servers and certificates for the tests of this folder."""

from tests.unit.httpd.servers import authority, pair, serve, tls

__all__ = ["authority", "pair", "serve", "tls"]
