"""Which format and encoding a request gets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics import exposition as openmetrics

from billing_exporter.web.negotiation import Format, accepts_gzip, choose_format

PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,"
    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)
PROMETHEUS_2_42 = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (PROMETHEUS_3, Format.OPENMETRICS),
        (PROMETHEUS_2_42, Format.OPENMETRICS),
        (BROWSER, Format.TEXT),
        (None, Format.TEXT),
        ("", Format.TEXT),
        ("*/*", Format.TEXT),
        ("application/*", Format.OPENMETRICS),
        ("application/openmetrics-text", Format.OPENMETRICS),
        ('Application/OpenMetrics-Text ; Version="1.0.0"', Format.OPENMETRICS),
        ("application/openmetrics-text;version=0.0.1", Format.TEXT),
        ("application/openmetrics-text;version=2.0.0, text/plain;q=0.1", Format.TEXT),
        ("application/openmetrics-text, text/plain", Format.TEXT),
        ("application/openmetrics-text, */*", Format.OPENMETRICS),
        ("application/openmetrics-text;q=0.2, text/plain;q=0.5", Format.TEXT),
        ("application/openmetrics-text;q=0, */*", Format.TEXT),
        ("text/plain;q=0, */*;q=0.5", Format.OPENMETRICS),
        ("text/plain;q=0, application/openmetrics-text;q=0", Format.TEXT),
        ("application/openmetrics-text;q=often", Format.TEXT),
        ("application/openmetrics-text;q=nan", Format.TEXT),
        ("application/json", Format.TEXT),
    ],
)
def test_format(accept: str | None, expected: Format) -> None:
    """The closest range decides, the better quality wins, and text is what is left."""
    assert choose_format(accept) is expected


@pytest.mark.parametrize(
    ("accept_encoding", "expected"),
    [
        ("gzip", True),
        ("x-gzip", True),
        ("GZip", True),
        ("deflate, gzip;q=0.5, br", True),
        ("*", True),
        ("*;q=0.1", True),
        (None, False),
        ("", False),
        ("identity", False),
        ("gzip;q=0", False),
        ("gzip; q=0.000, *", False),
        ("*;q=0", False),
        ("gzip;q=0.5, identity", False),
        ("gzip;q=0.5, identity;q=0.5", True),
        ("identity;q=0, gzip", True),
        ("gzip;q=2", False),
        ("gzip;q=", False),
        ("gzipped", False),
        (";;,=,;q=1", False),
    ],
)
def test_gzip(accept_encoding: str | None, expected: bool) -> None:
    """Gzip is used where it is allowed and not liked less than no encoding."""
    assert accepts_gzip(accept_encoding) is expected


@given(st.text(alphabet=st.characters(max_codepoint=255)))
def test_any_header_has_an_answer(header: str) -> None:
    """No header makes the choice fail."""
    assert isinstance(choose_format(header), Format)
    assert isinstance(accepts_gzip(header), bool)


@given(st.permutations(PROMETHEUS_3.split(",")))
def test_order_is_of_no_importance(elements: list[str]) -> None:
    """The order of the ranges changes nothing."""
    assert choose_format(",".join(elements)) is Format.OPENMETRICS


def test_content_type_is_the_one_of_the_reference_library() -> None:
    """The OpenMetrics content type is the one that the reference library sends."""
    assert Format.OPENMETRICS.content_type == openmetrics.CONTENT_TYPE_LATEST
