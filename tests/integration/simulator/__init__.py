"""Tests of the simulator by the vendor's SDK."""
