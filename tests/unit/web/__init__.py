"""Tests of the HTTP side: pure parts by values, the server by real sockets."""
