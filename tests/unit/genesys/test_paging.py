"""Tests of the way through pages."""

from collections.abc import Iterator
from itertools import count, islice

import pytest

from billing_exporter.genesys.errors import Rejected, UnexpectedAnswer
from billing_exporter.genesys.paging import by_cursor, by_number, cursor
from billing_exporter.genesys.records import (
    BillingInvoice,
    BillingInvoiceListing,
    Trustor,
    TrustorEntityListing,
)


class Cursors:
    """Pages of invoices that name each other by the given cursors."""

    def __init__(self, after: Iterator[str | None], largest: int | None = None) -> None:
        """Take the cursors, and the largest page size that is accepted."""
        self._after = after
        self._largest = largest
        self.asked: list[tuple[str | None, int | None]] = []

    def __call__(self, after: str | None, page_size: int | None) -> BillingInvoiceListing:
        """Return the next page."""
        self.asked.append((after, page_size))
        if self._largest is not None and page_size is not None and page_size > self._largest:
            raise Rejected("page size", status=400)
        following = next(self._after)
        return BillingInvoiceListing(
            entities=(BillingInvoice(id=f"after {after}"),),
            next_uri=following and f"/invoices?pageSize=1&after={following}",
        )


def test_cursors_are_followed_to_the_end() -> None:
    """All pages' rows come in order, and each page is asked for with the cursor before it."""
    pages = Cursors(iter(["a", "b", None]))
    rows = list(by_cursor(pages, 200, "op"))
    assert [row.id for row in rows] == ["after None", "after a", "after b"]
    assert pages.asked == [(None, 200), ("a", 200), ("b", 200)]


@pytest.mark.parametrize("end", [None, ""])
def test_no_next_page(end: str | None) -> None:
    """A null or empty nextUri ends the listing."""
    assert len(list(by_cursor(Cursors(iter([end])), 200, "op"))) == 1


def test_pages_are_fetched_when_needed() -> None:
    """Who stops early asks for no further page."""
    pages = Cursors(str(number) for number in count())
    assert len(list(islice(by_cursor(pages, 200, "op"), 3))) == 3
    assert len(pages.asked) == 3


def test_a_cursor_that_repeats() -> None:
    """A cursor that has been there before ends in an error, not in a loop."""
    with pytest.raises(UnexpectedAnswer, match="repeats") as caught:
        list(by_cursor(Cursors(iter(["a", "b", "a"])), 200, "op"))
    assert (caught.value.path, caught.value.operation) == ("$.nextUri", "op")


def test_pages_without_end() -> None:
    """Ever new cursors end after ten thousand pages."""
    pages = Cursors(str(number) for number in count())
    with pytest.raises(UnexpectedAnswer, match="more than 10000 pages"):
        list(by_cursor(pages, 200, "op"))
    assert len(pages.asked) == 10_000


def test_a_page_size_that_is_rejected() -> None:
    """Where the API rejects the page size, its own default is asked for from then on."""
    pages = Cursors(iter(["a", None]), largest=10)
    assert len(list(by_cursor(pages, 200, "op"))) == 2
    assert pages.asked == [(None, 200), (None, None), ("a", None)]


@pytest.mark.parametrize("status", [400, 409])
def test_other_rejections(status: int) -> None:
    """A rejection that the page size does not explain is raised."""
    asked: list[int | None] = []

    def fetch(_: str | None, page_size: int | None) -> BillingInvoiceListing:
        asked.append(page_size)
        raise Rejected("no", status=status)

    with pytest.raises(Rejected):
        list(by_cursor(fetch, 200, "op"))
    assert asked == ([200, None] if status == 400 else [200])


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("/api/v2/billing/contracts?after=abc", "abc"),
        ("https://elsewhere.example.com/x?before=1&after=abc&pageSize=2", "abc"),
        ("?after=a%2Bb%3D%3D", "a+b=="),
        ("?after=a+b", "a+b"),
    ],
)
def test_only_the_cursor_is_taken(uri: str, expected: str) -> None:
    """Whatever host a nextUri names, only its cursor is read."""
    assert cursor(uri, "op") == expected


@pytest.mark.parametrize("uri", ["/x", "/x?after=", "/x?before=1", "http://[bad", "after=1"])
def test_a_next_page_without_a_cursor(uri: str) -> None:
    """A next page that cannot be asked for is an unexpected answer."""
    with pytest.raises(UnexpectedAnswer, match="no cursor"):
        cursor(uri, "op")


def test_rows_are_bounded() -> None:
    """A listing of more than a million rows is an unexpected answer before it fills the memory."""
    rows = (BillingInvoice(id="same"),) * 400_000
    listings = (
        BillingInvoiceListing(entities=rows, next_uri=f"/x?after={number}") for number in count()
    )
    trustors = TrustorEntityListing(entities=(Trustor(id="same"),) * 400_000, page_count=9)
    others = TrustorEntityListing(entities=(Trustor(id="other"),) * 400_000, page_count=9)
    for taken in (
        by_cursor(lambda *_: next(listings), 200, "op"),
        by_number(lambda number, _: (trustors, others)[number % 2], 100, "op"),
    ):
        with pytest.raises(UnexpectedAnswer, match="more than 1000000 rows"):
            assert sum(1 for _ in taken) <= 1_000_000


def numbered(pages: list[TrustorEntityListing]) -> list[str | None]:
    """Return the ids of the trustors of numbered pages."""
    return [row.id for row in by_number(lambda number, _: pages[number - 1], 100, "op")]


def numbered_in_turn(pages: list[TrustorEntityListing]) -> list[str | None]:
    """Return the ids of the trustors of pages that are given one after the other."""
    given = iter(pages)
    return [row.id for row in by_number(lambda *_: next(given), 100, "op")]


def page(
    *ids: str, page_count: int | None = None, more: bool = False, total: int | None = None
) -> TrustorEntityListing:
    """Return one page of trustors."""
    return TrustorEntityListing(
        entities=tuple(Trustor(id=each) for each in ids),
        page_count=page_count,
        next_uri="/trustors?pageNumber=2" if more else None,
        total=total,
    )


def test_numbered_pages_are_counted() -> None:
    """Pages are asked for until the number that the API gives, no further."""
    assert numbered([page("a", page_count=2), page("b", page_count=2)]) == ["a", "b"]
    assert numbered([page(page_count=0)]) == []
    assert numbered([page("a", page_count=1, more=True, total=1)]) == ["a"]


def test_a_link_behind_the_last_counted_page_is_followed() -> None:
    """Where no total decides between a link and the number of pages, the listing does not end in
    silence: what is behind the link is read, and a link that leads to nothing new ends it.
    """
    first = page("a", "b", page_count=1, more=True)
    assert numbered([first, page("c", page_count=1)]) == ["a", "b", "c"]
    assert numbered([first, page("c", page_count=1, more=True), page(page_count=1)]) == [*"abc"]
    assert numbered([first, page(page_count=1, more=True)]) == ["a", "b"]
    assert numbered([first, first]) == ["a", "b"]


@pytest.mark.parametrize(("page_count", "total"), [(1, 0), (1, 1), (-1, -1), (0, 1), (None, 1)])
def test_a_total_that_is_exceeded_ends_nothing(page_count: int | None, total: int) -> None:
    """Fewer rows counted than came already is no count: the link is followed."""
    first = page("a", "b", page_count=page_count, more=True, total=total)
    last = page("c", page_count=page_count, total=total)
    assert numbered([first, last]) == ["a", "b", "c"]


def test_numbered_pages_without_a_count() -> None:
    """Without a number of pages, the next page's link says whether there is one."""
    assert numbered([page("a", more=True), page("b")]) == ["a", "b"]
    assert numbered([page("a", more=True), page()]) == ["a"]


def test_a_full_page_that_counts_nothing_is_not_the_last() -> None:
    """Without any count or link, a full page may have another behind it; a page that is not full
    has none.
    """
    full = TrustorEntityListing(entities=(Trustor(id="a"), Trustor(id="b")), page_size=2)
    zeros = TrustorEntityListing(entities=full.entities, page_size=2, page_count=0, total=0)
    for first in (full, zeros):
        assert numbered([first, page("c")]) == ["a", "b", "c"]
        assert numbered([first, page()]) == ["a", "b"]


@pytest.mark.parametrize(
    "middle",
    [
        page(page_count=3),
        page(more=True),
        page(page_count=0, more=True),
        page(page_count=1, total=2),
        page(page_count=0, total=2),
        page(total=2),
    ],
)
def test_an_empty_page_in_the_middle(middle: TrustorEntityListing) -> None:
    """An empty page ends nothing while pages, rows or a link are left."""
    last = page("b", page_count=middle.page_count and 3, total=middle.total)
    assert numbered([page("a", page_count=3, more=True), middle, last]) == ["a", "b"]


@pytest.mark.parametrize("first", [page("a", page_count=0, total=2), page("a", total=2)])
def test_a_total_outweighs_the_number_of_pages(first: TrustorEntityListing) -> None:
    """Rows that are counted and have not come are asked for."""
    assert numbered([first, page("b", total=2)]) == ["a", "b"]


def test_a_listing_that_shrinks_while_it_is_read() -> None:
    """The total of the page before does not outlive it, and a link behind the total is no page."""
    assert numbered([page("a", page_count=2, total=2), page(page_count=1, total=1)]) == ["a"]
    assert numbered([page("a", more=True, total=1), page(more=True, total=1)]) == ["a"]


def test_a_row_that_moves_to_a_page_that_was_read_is_not_lost() -> None:
    """A row of the first page goes while the listing is read, and c moves there: read again."""
    first, moved = page("a", "b", page_count=2, total=4), page("d", page_count=2, total=3)
    again = [page("b", "c", page_count=2, total=3), moved]
    pages = iter([first, moved, *again])
    assert [row.id for row in by_number(lambda *_: next(pages), 2, "op")] == ["b", "c", "d"]


@pytest.mark.parametrize(
    "more", [page(total=2), page(page_count=1, total=2), page(more=True), page(page_count=99)]
)
def test_pages_that_end_before_their_total(more: TrustorEntityListing) -> None:
    """Rows that are counted and never come are an error, not fewer rows."""
    with pytest.raises(UnexpectedAnswer, match="before the total") as caught:
        numbered([page("a", page_count=99), *[more] * 12])
    assert caught.value.path == "$.total"


def test_a_numbered_page_that_repeats() -> None:
    """A server that ignores the page's number ends in an error, not in doubled rows."""
    with pytest.raises(UnexpectedAnswer, match="repeats"):
        numbered([page("a", page_count=3), page("a", page_count=3)])


def test_a_numbered_page_without_anything_new() -> None:
    """A page of known rows in another order is no progress, though it counts in the total."""
    pages = [page(*ids, page_count=3, total=6) for ids in ("ab", "ba", "cd")]
    with pytest.raises(UnexpectedAnswer, match="repeats"):
        numbered(pages)


@pytest.mark.parametrize(
    "first",
    [
        [page("a", "b", total=3), page("b", "c", total=4)],  # one was added at the front
        [page("a", "b", total=4), page("d", total=3)],  # one was removed from the front
        [page("a", "b", page_count=2), page("b", page_count=2)],
    ],
)
def test_a_listing_that_changes_while_it_is_read(first: list[TrustorEntityListing]) -> None:
    """Rows that moved between pages are not missed: the listing is read once more."""
    again = [page("n", "a", page_count=2, total=4), page("b", "c", page_count=2, total=4)]
    assert numbered_in_turn([*first, *again]) == ["n", "a", "b", "c"]


def test_an_id_that_is_listed_twice_for_good() -> None:
    """A listing that repeats an id each time is read twice, not for ever."""
    pages = [page("a", "b", page_count=2), page("b", page_count=2)]
    assert numbered_in_turn([*pages, *pages]) == ["a", "b", "b"]


def test_numbered_pages_without_end() -> None:
    """Ever new numbered pages end after ten thousand."""
    pages = [page(str(number), page_count=10**9) for number in range(10_000)]
    with pytest.raises(UnexpectedAnswer, match="more than 10000 pages"):
        numbered(pages)
