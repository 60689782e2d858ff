"""HTML pieces that all pages share: text, numbers, moments, links and tables."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from html import escape
from typing import NamedTuple
from urllib.parse import urlencode

from billing_exporter.web import humanize

NOTHING = '<span class="nothing" title="not known">-</span>'
"""What stands for a value that is not known: missing is not zero."""


class Column(NamedTuple):
    """A column of a table.

    Attributes:
        title: its heading.
        kind: ``text`` wraps, ``name`` also within a word, ``number`` stands at the right.
    """

    title: str
    kind: str = "text"


def text(value: str) -> str:
    """Return text of our own, escaped."""
    return escape(value)


def name(value: str) -> str:
    """Return a name from elsewhere, whose direction of writing changes nothing around it."""
    return f"<bdi>{escape(value)}</bdi>"


def faint(value: str) -> str:
    """Return text that is second to what stands beside it."""
    return f"<small>{escape(value)}</small>"


def sentence(value: str) -> str:
    """Return a sentence from elsewhere, which begins with a capital letter."""
    return name(f"{value[:1].upper()}{value[1:]}")


def inline(value: str) -> str:
    """Return text that is second to what stands before it in the same line."""
    return f'<span class="unit">{escape(value)}</span>'


def prices(values: Sequence[Decimal | None]) -> list[str]:
    """Return the prices of a column."""
    return numbers(values, least=2, most=6)


def link(path: str, label: str, **query: str) -> str:
    """Return a relative link, which works behind any prefix; the label is HTML."""
    return f'<a href="{address(path, **query)}">{label}</a>'


def address(path: str, **query: str) -> str:
    """Return a relative address, escaped."""
    asked = f"?{urlencode(query, errors='replace')}" if query else ""
    return escape(f"{path}{asked}")


def amount(value: Decimal | None, currency: str) -> str:
    """Return an amount without its currency."""
    return NOTHING if value is None else humanize.amount(value, currency)


def money(value: Decimal | None, currency: str) -> str:
    """Return an amount with its currency."""
    return NOTHING if value is None else f"{escape(currency)} {humanize.amount(value, currency)}"


def numbers(values: Sequence[Decimal | None], least: int = 0, most: int = 2) -> list[str]:
    """Return the numbers of a column with the same decimals, so that their points stand in line."""
    known = [value for value in values if value is not None]
    places = min(max(humanize.places(known), least), most)
    return [NOTHING if value is None else humanize.fixed(value, places) for value in values]


def moment(when: datetime | None, now: datetime, unknown: str) -> str:
    """Return how long ago a moment was, and the moment in UTC."""
    if when is None:
        return faint(unknown)
    exact = faint(humanize.utc(when))
    return f'<time datetime="{when.isoformat()}">{humanize.since(when, now)} {exact}</time>'


def day(when: date | None, today: date) -> str:
    """Return a day and how far off it is."""
    if when is None:
        return NOTHING
    return f'<time datetime="{when}">{when} {faint(humanize.days(when, today))}</time>'


def table(
    caption: str,
    columns: Sequence[Column],
    rows: Iterable[tuple[str, Sequence[str]]],
    *,
    kind: str = "",
) -> str:
    """Return a table; each cell carries its column's name for narrow screens.

    Args:
        caption: what it shows, for those who hear the page.
        columns: in their order.
        rows: the class of each row, and its cells as HTML.
        kind: class of the table.
    """
    heads = "".join(
        f'<th scope="col" class="{one.kind}">{escape(one.title)}</th>' for one in columns
    )
    body = "\n".join(_row(row, columns, cells) for row, cells in rows)
    return f"""<table class="{kind}">
<caption>{escape(caption)}</caption>
<thead><tr>{heads}</tr></thead>
<tbody>
{body}
</tbody>
</table>"""


def _row(kind: str, columns: Sequence[Column], cells: Sequence[str]) -> str:
    tds = "".join(
        f'<td class="{one.kind}" data-column="{escape(one.title)}"><div>{cell}</div></td>'
        for one, cell in zip(columns, cells, strict=True)
    )
    return f'<tr class="{kind}">{tds}</tr>' if kind else f"<tr>{tds}</tr>"


def section(title: str, body: str, *, key: str) -> str:
    """Return a section with its heading; the key is where links lead to."""
    return f"""<section id="{key}" aria-labelledby="{key}-title">
<h2 id="{key}-title">{escape(title)}</h2>
{body}
</section>"""


def empty(value: str) -> str:
    """Return a sentence in the place of what there is none of."""
    return f'<p class="empty">{escape(value)}</p>'
