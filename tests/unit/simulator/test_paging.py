"""Pages reach every entity once."""

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as some

from billing_exporter.simulator.answers import RefusedError
from billing_exporter.simulator.paging import by_cursor, by_number, cursor
from billing_exporter.simulator.routes import Call
from tests.unit.simulator.client import MOMENT

KEYS = [f"id-{number}" for number in range(23)]


def _call(**query: str) -> Call:
    return Call(operation="any", path="/list", ids={}, query=query, now=MOMENT)


def _followed(uri: str) -> Call:
    return _call(**dict(parse_qsl(urlsplit(uri).query)))


@given(some.integers(0, 23), some.integers(1, 30))
def test_following_next_reaches_everything_once(count: int, size: int) -> None:
    """From the first page on, nextUri leads through all entities, and previousUri back again."""
    call = _call(pageSize=str(size), status="Active")
    found: list[str] = []
    pages: list[list[str]] = []
    while True:
        page = by_cursor(KEYS[:count], str, call, 200)
        found += page.entities
        pages.append(list(page.entities))
        if "nextUri" not in page.links:
            break
        call = _followed(page.links["nextUri"])
        assert call.query["status"] == "Active"
    assert found == KEYS[:count]
    for earlier in reversed(pages[:-1]):
        call = _followed(page.links["previousUri"])
        page = by_cursor(KEYS[:count], str, call, 200)
        assert list(page.entities) == earlier
    assert "previousUri" not in page.links


@given(some.integers(0, 23), some.integers(1, 30))
def test_numbered_pages_reach_everything_once(count: int, size: int) -> None:
    """PageCount pages hold all entities; one beyond is empty."""
    first = by_number(KEYS[:count], _call(pageSize=str(size)))
    pages = [
        by_number(KEYS[:count], _call(pageSize=str(size), pageNumber=str(number + 1)))
        for number in range(first.links["pageCount"] + 1)
    ]
    assert [key for page in pages for key in page.entities] == KEYS[:count]
    assert ["nextUri" in page.links for page in pages[:-1]] == [True] * (len(pages) - 2) + [False]


@pytest.mark.parametrize("size", ["0", "11", "-1", "ten", "", "1e3", "\u0663"])
def test_a_page_size_out_of_bounds_is_refused(size: str) -> None:
    """A page size that is no number from 1 to the largest is `invalid.value`."""
    with pytest.raises(RefusedError, match="pageSize"):
        by_cursor(KEYS, str, _call(pageSize=size), 10)


@pytest.mark.parametrize("text", ["", "nonsense", "%%%", "\u00e9", cursor("id-99")])
def test_a_cursor_of_nothing_is_refused(text: str) -> None:
    """A cursor that the listing never gave is `invalid.value`."""
    with pytest.raises(RefusedError, match="after"):
        by_cursor(KEYS, str, _call(after=text), 10)
