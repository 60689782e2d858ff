"""Parts of the lists of customers and contracts: search, orders and paging, all on the server."""

from collections.abc import Iterable, Mapping
from html import escape

from billing_exporter.web.pages.html import address, link


def search_form(path: str, label: str, search: str = "", **kept: str) -> str:
    """Return the form that searches a list; what else is chosen stays chosen."""
    hidden = "".join(
        f'<input type="hidden" name="{key}" value="{escape(value)}">'
        for key, value in kept.items()
        if value
    )
    return (
        f'<form action="{path}" method="get" role="search">{hidden}'
        f'<label for="search">{label}</label> '
        f'<input id="search" type="search" name="search" maxlength="200" value="{escape(search)}"> '
        "<button>Search</button></form>"
    )


def chosen(
    path: str, what: Iterable[str], query: Mapping[str, str], sort: str, titles: Mapping[str, str]
) -> str:
    """Return what is listed, a way out of it, and the orders.

    Args:
        path: of the list.
        what: is listed, in words.
        query: parameters of the address, without page and size.
        sort: the current order.
        titles: of all orders.
    """
    everything = link(path, "show all") if query.keys() - {"sort"} else ""
    orders = ", ".join(
        f'<b aria-current="true">{title}</b>'
        if each == sort
        else link(path, title, **{**query, "sort": each})
        for each, title in titles.items()
    )
    return f"""<p class="chosen"><bdi>{escape(" ".join(what))}</bdi> {everything}</p>
<p class="chosen">Order by {orders}</p>"""


def paging(path: str, page: int, pages: int, query: Mapping[str, str]) -> str:
    """Return links to the pages before and after; empty where all is on one page.

    Args:
        path: of the list.
        page: number of the page that is shown.
        pages: number of pages.
        query: parameters of the address, without the page.
    """
    if pages == 1:
        return ""

    def to(number: int, label: str, rel: str) -> str:
        if not 1 <= number <= pages:
            return f'<span class="off">{label}</span>'
        where = address(path, **{**query, "page": str(number)})
        return f'<a rel="{rel}" href="{where}">{label}</a>'

    return f"""<nav class="paging" aria-label="Pages of the list">
{to(min(page - 1, pages), "Previous", "prev")} <span>Page {page:,} of {pages:,}</span>
{to(page + 1, "Next", "next")}
</nav>"""


def nothing(total: int, page: int, pages: int, what: str) -> str:
    """Return why a page of a list is empty."""
    if total:
        return f"There is no page {page:,}; the last one is {pages:,}."
    return f"No {what} matches."
