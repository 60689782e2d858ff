"""Certificates for the tests of this folder."""

from tests.unit.httpd.servers import authority, pair

__all__ = ["authority", "pair"]
