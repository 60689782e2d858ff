"""Recorded answers of the API, as files beside the tests."""

from pathlib import Path


def fixture(name: str) -> bytes:
    """Return a recorded answer."""
    return (Path(__file__).parent / "fixtures" / name).read_bytes()
