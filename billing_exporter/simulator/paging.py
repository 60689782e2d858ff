"""Pages of a listing: by cursor for contracts and invoices, by number for trustors.

Documented: the keys, the parameters, the largest pages of the cursor listings, 25 and page 1 as
the defaults of the trustors. Invented: what a cursor looks like (its last or first entity's id, in
base64), 25 as the usual page of a cursor listing, 100 as the largest page of trustors, relative
links, and that the previous page is given too.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from billing_exporter.simulator.answers import invalid_value
from billing_exporter.simulator.routes import Call

T = TypeVar("T")
USUAL, LARGEST_NUMBERED = 25, 100


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some entities of a listing and the links around them."""

    entities: Sequence[T]
    links: dict[str, Any]


def whole(call: Call, name: str, usual: int, low: int, high: int) -> int:
    """Read a whole number from the query.

    Raises:
        RefusedError: 400, it is none or out of bounds.
    """
    text = call.query.get(name, str(usual))
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and low <= int(text) <= high):  # noqa: PLR2004 - far beyond any bound
        raise invalid_value(name, f"{low} to {high}")
    return int(text)


def _size(call: Call, usual: int, largest: int) -> int:
    size = whole(call, "pageSize", usual, 1, largest)
    return min(size, call.largest_page or size)


def cursor(key: str) -> str:
    """Make the cursor that points at an entity."""
    return urlsafe_b64encode(f"entity:{key}".encode()).decode()


def _place(keys: list[str], call: Call, name: str) -> int:
    try:
        text = urlsafe_b64decode(call.query[name].encode()).decode()
        return keys.index(text.removeprefix("entity:"))
    except (Base64Error, UnicodeDecodeError, ValueError):
        raise invalid_value(name, "a cursor of this listing") from None


def link(call: Call, **changes: str | int | None) -> str:
    """Write a link to the same listing with some parameters changed, or left out for None."""
    query = {**call.query, **changes}
    text = urlencode({name: value for name, value in query.items() if value is not None})
    return f"{call.path}?{text}" if text else call.path


def by_cursor(entities: Sequence[T], key: Callable[[T], str], call: Call, largest: int) -> Page[T]:
    """Cut the page that a cursor asks for.

    Raises:
        RefusedError: 400, page size or cursor are wrong.
    """
    size = _size(call, min(USUAL, largest), largest)
    keys = list(map(key, entities))
    if "before" in call.query:
        stop = _place(keys, call, "before")
        start = max(0, stop - size)
    else:
        start = _place(keys, call, "after") + 1 if "after" in call.query else 0
        stop = min(len(keys), start + size)
    links: dict[str, Any] = {"selfUri": link(call)}
    if stop < len(keys) and stop > start:
        links["nextUri"] = link(call, before=None, after=cursor(keys[stop - 1]))
    if 0 < start < len(keys):
        links["previousUri"] = link(call, after=None, before=cursor(keys[start]))
    return Page(entities[start:stop], links)


def by_number(entities: Sequence[T], call: Call) -> Page[T]:
    """Cut the page with a number; beyond the last one it is empty.

    Raises:
        RefusedError: 400, page size or number are wrong.
    """
    size = _size(call, USUAL, LARGEST_NUMBERED)
    number = whole(call, "pageNumber", 1, 1, 10**8)
    last = max(1, -(-len(entities) // size))
    links: dict[str, Any] = {
        "pageSize": size,
        "pageNumber": number,
        "total": len(entities),
        "pageCount": last,
        "firstUri": link(call, pageNumber=1),
        "lastUri": link(call, pageNumber=last),
        "selfUri": link(call, pageNumber=number),
    }
    if number < last:
        links["nextUri"] = link(call, pageNumber=number + 1)
    if number > 1:
        links["previousUri"] = link(call, pageNumber=number - 1)
    return Page(entities[(number - 1) * size : number * size], links)
