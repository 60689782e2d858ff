"""Rendering: lines in an order that follows from the content, values as they were given."""

from hypothesis import given
from hypothesis import strategies as st

from billing_exporter.metrics.rendering import header
from tests.unit.metrics.parts import ONE, part


@given(st.permutations(["a", "b", "c", "d\ud800", "\n"]))
def test_the_order_of_samples_never_shows(names: list[str]) -> None:
    """The same samples in another order are the same bytes."""
    assert part(ONE, names) == part(ONE, sorted(names))


def test_a_part_has_as_many_series_as_lines() -> None:
    """The number of series is the number of lines."""
    assert part(ONE, "abc").series == 3
    assert part(ONE, "").series == 0


def test_a_header_is_one_line_each() -> None:
    """Quotes, backslashes and line ends of a help text do not break the lines of the format."""
    assert header(ONE) == (
        b'# HELP one A \\"quoted\\" back\\\\slash\\nand a line.\n# TYPE one gauge\n'
    )
