"""From pages to one run of rows, with guards against pages that never end."""

from collections.abc import Callable, Iterator
from typing import Protocol, TypeVar
from urllib.parse import unquote, urlsplit

from msgspec import Raw, Struct

from billing_exporter.genesys.errors import Rejected, UnexpectedAnswer
from billing_exporter.genesys.records import Trustor, TrustorEntityListing

Row_co = TypeVar("Row_co", covariant=True)
Key = TypeVar("Key")
Page = TypeVar("Page")

_MOST_PAGES = 10_000
MOST_EMPTY_PAGES = 10
_MOST_ROWS = 1_000_000
_BAD_REQUEST = 400


class Listing(Protocol[Row_co]):
    """A page of rows that may name the next one."""

    @property
    def entities(self) -> tuple[Row_co, ...]:
        """The rows."""

    @property
    def next_uri(self) -> str | None:
        """Where the next page is, if there is one."""


class Counted(Listing[Row_co], Protocol[Row_co]):
    """A numbered page that may count pages and rows."""

    @property
    def page_size(self) -> int | None:
        """How many rows a page holds at most."""

    @property
    def page_count(self) -> int | None:
        """How many pages there are."""

    @property
    def total(self) -> int | None:
        """How many rows all pages have."""


def by_cursor(
    fetch: Callable[[str | None, int | None], Listing[Row_co]], page_size: int, operation: str
) -> Iterator[Row_co]:
    """Yield the rows of all pages that follow each other by cursor.

    Args:
        fetch: Returns a page, given the cursor (`after`) and the page size.
        page_size: Rows per page to ask for; where the API rejects it, its own default is taken.
        operation: Its reference name, for errors.

    Raises:
        UnexpectedAnswer: A cursor repeats, is missing, or there are more than 10,000 pages or a
            million rows.
        ApiError: What `fetch` raises.
    """
    fetch_page = _sized(fetch, page_size)
    after: str | None = None
    seen: set[str] = set()
    rows = 0
    for _ in range(_MOST_PAGES):
        listing = fetch_page(after)
        rows = _counted(rows, listing.entities, operation)
        yield from listing.entities
        if not listing.next_uri:
            return
        after = cursor(listing.next_uri, operation)
        if after in seen:
            raise _unexpected("the cursor of the next page repeats", "$.nextUri", operation)
        seen.add(after)
    raise _unexpected(f"more than {_MOST_PAGES} pages", "$.nextUri", operation)


def by_number(
    fetch: Callable[[int, int | None], TrustorEntityListing], page_size: int, operation: str
) -> Iterator[Trustor]:
    """Yield the trustors of all numbered pages, once all were read.

    A listing that changes while it is read moves rows from page to page: one is read twice or not
    at all. Where that shows, by an id that repeats or another total, it is read once more.

    An empty page ends nothing as long as the API counts more pages or rows, or links to a next
    page. Where it counts nothing, a full page is not the last.

    Args:
        fetch: Returns a page, given its number from 1 and the page size.
        page_size: Rows per page to ask for; where the API rejects it, its own default is taken.
        operation: Its reference name, for errors.

    Raises:
        UnexpectedAnswer: A page repeats those before, the pages end before the total that the API
            counts, or there are more than 10,000 pages, 10 empty ones in a row, or a million rows.
        ApiError: What `fetch` raises.
    """
    fetch_page = _sized(fetch, page_size)
    pages = _numbered(fetch_page, page_size, operation)
    if _has_changed(pages):
        pages = _numbered(fetch_page, page_size, operation)
    for page in pages:
        yield from page.entities


def _numbered(
    fetch_page: Callable[[int], TrustorEntityListing], page_size: int, operation: str
) -> list[TrustorEntityListing]:
    pages: list[TrustorEntityListing] = []
    seen: set[str | None] = set()
    rows = empty = 0
    for number in range(1, _MOST_PAGES + 1):
        listing = fetch_page(number)
        rows = _counted(rows, listing.entities, operation)
        if pages and _repeats(listing.entities, pages, seen):
            if _was_last_by_count(pages[-1], number - 1):
                return pages  # the link led nowhere
            raise _unexpected("the next page repeats those before", "$.entities", operation)
        pages.append(listing)
        seen.update(row.id for row in listing.entities if row.id)
        empty = 0 if listing.entities else empty + 1
        if is_last(listing, number, rows, page_size):
            return pages
        if empty == MOST_EMPTY_PAGES:
            raise _unexpected("the pages end before the total of rows", "$.total", operation)
    raise _unexpected(f"more than {_MOST_PAGES} pages", "$.pageCount", operation)


def _repeats(
    rows: tuple[Trustor, ...], pages: list[TrustorEntityListing], seen: set[str | None]
) -> bool:
    """Return whether a page is the one before, or as long as the first with no id that is new."""
    if not rows or rows == pages[-1].entities:
        return bool(rows)
    return len(rows) >= len(pages[0].entities) > 1 and all(row.id in seen for row in rows)


def _was_last_by_count(page: TrustorEntityListing, number: int) -> bool:
    return bool(page.page_count) and number >= (page.page_count or 0)


def _has_changed(pages: list[TrustorEntityListing]) -> bool:
    ids = [row.id for page in pages for row in page.entities if row.id]
    totals = {page.total for page in pages if page.total is not None}
    return len(set(ids)) < len(ids) or len(totals) > 1


def _counted(rows: int, more: tuple[object, ...], operation: str) -> int:
    """Add rows to those before; all of them are held until a poll ends, so there is a most."""
    if (rows := rows + len(more)) > _MOST_ROWS:
        raise _unexpected(f"more than {_MOST_ROWS} rows", "$.entities", operation)
    return rows


def cursor(next_uri: str, operation: str) -> str:
    """Return the cursor in a `nextUri`; its host and path are nobody's business.

    Raises:
        UnexpectedAnswer: It has none.
    """
    try:
        query = urlsplit(next_uri).query
    except ValueError:
        query = ""
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        if name == "after" and value:
            # Not unquote_plus: a cursor in base64 may hold a bare plus.
            return unquote(value)
    raise _unexpected("the next page has no cursor", "$.nextUri", operation)


def _unexpected(message: str, path: str, operation: str) -> UnexpectedAnswer:
    return UnexpectedAnswer(message, path=path, operation=operation)


def is_last(page: Counted[object], number: int, rows: int, page_size: int) -> bool:
    """Return whether no numbered page follows one.

    Where the total is reached, a link to more is wrong. Without a total a link counts more than
    the number of pages, because a listing must not end in silence.

    Args:
        page: The page.
        number: Its number from 1.
        rows: How many rows there were so far, with this page.
        page_size: How many rows were asked for; the page may say how many it holds at most.
    """
    # A total that is exceeded is none, nor is a number of pages below 1.
    total = page.total if page.total is not None and page.total >= rows else None
    if total is not None and rows < total:
        return False
    if page.total is not None and not page.entities:
        return True
    if page.page_count and page.page_count > 0:
        has_more = total is None and page.next_uri and page.entities
        return number >= page.page_count and not has_more
    if page.next_uri or total:
        return not page.next_uri
    return not page.entities or len(page.entities) < (page.page_size or page_size)


def _sized(fetch: Callable[[Key, int | None], Page], page_size: int) -> Callable[[Key], Page]:
    # The largest size that the API takes has changed before.
    accepted: int | None = page_size

    def fetch_page(key: Key) -> Page:
        nonlocal accepted
        try:
            return fetch(key, accepted)
        except Rejected as error:
            if error.status != _BAD_REQUEST or accepted is None:
                raise
            accepted = None
            return fetch(key, None)

    return fetch_page


class RawPage(Struct, frozen=True, rename="camel"):
    """What of a page's JSON says which page follows.

    Attributes:
        entities: The rows, unread.
    """

    entities: tuple[Raw, ...] = ()
    next_uri: str | None = None
    page_size: int | None = None
    page_count: int | None = None
    total: int | None = None


def following(
    page: RawPage, operation: str, number: int | None, rows: int, page_size: int
) -> str | int | None:
    """Return the cursor or the number of the page that follows, None after the last.

    Args:
        page: The page.
        operation: Its reference name, for errors.
        number: Its number from 1, or None where pages follow each other by cursor.
        rows: How many rows there were so far, with this page.
        page_size: How many rows were asked for, of numbered pages.

    Raises:
        UnexpectedAnswer: The next page has no cursor.
    """
    if number is None:
        return cursor(page.next_uri, operation) if page.next_uri else None
    return None if is_last(page, number, rows, page_size) else number + 1
