"""List of customers with search, states, order and paging, all on the server."""

from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urlencode

from billing_exporter.web import humanize
from billing_exporter.web.pages import frame, listing
from billing_exporter.web.pages.html import (
    NOTHING,
    Column,
    empty,
    faint,
    inline,
    link,
    moment,
    money,
    name,
    section,
    sentence,
    table,
)
from billing_exporter.web.pages.money import change
from billing_exporter.web.records import (
    Amounts,
    Customer,
    CustomerQuery,
    Customers,
    Overview,
    StateCount,
)

STATE_TITLES = {
    "error": "error",
    "forbidden": "forbidden",
    "disabled": "disabled",
    "no_data": "no data",
    "unread": "not read yet",
    "ok": "ok",
}
_TONES = {
    "ok": "ok",
    "error": "failing",
    "forbidden": "failing",
    "disabled": "failing",
    "no_data": "waiting",
    "unread": "waiting",
}
_MOST_GROUPS = 10
_SORT_TITLES = {
    "state": "state",
    "name": "name",
    "forecast": "largest forecast",
    "overage": "largest overage",
}


def account_link(of: str, organization: str, key: str, label: str) -> str:
    """Return a link to the page of a customer or contract."""
    query = {"organization": organization, ("id" if of == "customer" else "contract"): key}
    return link(of, name(label), **query)


def section_of(one: Overview, *, several: bool) -> str:
    """Return the customers by state, with those that cannot be read by name; empty without any."""
    if not one.customers:
        return ""
    body = "\n".join([_search(), _states(one.customers), _failing(one.failing_customers, several)])
    return section("Customers", body, key="customers")


def _failing(found: Iterable[Customer], several: bool) -> str:
    """Return the customers that cannot be read, those of one reason in one row."""
    groups: dict[tuple[str, str], list[Customer]] = {}
    for one in found:
        groups.setdefault((one.state, one.error), []).append(one)
    if not groups:
        return ""
    columns = [Column("State"), Column("Why, and what to do", "wide"), Column("Customers", "wide")]
    rows = [
        ("failing", [_badge(alike[0]), why(alike[0]), _names(alike, several=several)])
        for alike in list(groups.values())[:_MOST_GROUPS]
    ]
    return table("Customers that cannot be read", columns, rows)


def _names(alike: list[Customer], *, several: bool) -> str:
    links = [
        account_link("customer", one.organization, one.id, one.name)
        + (f" {inline(one.organization)}" if several else "")
        for one in alike
    ]
    return ", ".join(links)


def _search(search: str = "", **kept: str) -> str:
    return listing.search_form("customers", "Name or id", search, **kept)


def _states(found: Iterable[StateCount]) -> str:
    items = "".join(
        f'<li class="{_TONES[one.state]}">'
        + link(
            "customers",
            f"<strong>{one.customers:,}</strong> {STATE_TITLES[one.state]}",
            state=one.state,
        )
        + "</li>"
        for one in found
    )
    return f'<ul class="summary" aria-label="Customers by state">{items}</ul>'


def why(one: Customer) -> str:
    """Return why a customer cannot be read, and what to do."""
    return f"{sentence(one.error)} {faint(one.action)}" if one.error else ""


def _badge(one: Customer) -> str:
    return f'<span class="state {_TONES[one.state]}">{STATE_TITLES[one.state]}</span>'


def render(one: Customers, telemetry_path: str) -> str:
    """Return the page."""
    chosen = {
        "organization": one.organization,
        "search": one.search,
        "state": one.state or "",
        "sort": one.sort if one.sort != "state" else "",
    }
    query = {key: value for key, value in chosen.items() if value}
    size = {"size": str(one.size)} if one.size != CustomerQuery().size else {}
    kept = {key: value for key, value in query.items() if key != "search"}
    body = f"""<h1>Customers</h1>
{_search(one.search, **kept)}
{_states(one.states)}
{listing.chosen("customers", _what(one), query, one.sort, _SORT_TITLES)}
{_list(one)}
{listing.paging("customers", one.page, one.pages, {**query, **size})}"""
    return frame.page(
        "Customers",
        body,
        telemetry_path=telemetry_path,
        json_path="api/v1/customers",
        json_query=urlencode({**query, **size, "page": one.page}, errors="replace"),
        footer=frame.as_of(one.now),
    )


def _what(one: Customers) -> Iterable[str]:
    yield humanize.count(one.total, "customer")
    if one.state:
        yield f"in state {STATE_TITLES[one.state]}"
    if one.organization:
        yield f"of {one.organization}"
    if one.search:
        yield f"with {one.search!r} in name or id"


def _list(one: Customers) -> str:
    if not one.customers:
        return empty(listing.nothing(one.total, one.page, one.pages, "customer"))
    several = len({each.organization for each in one.customers}) > 1
    columns = [
        *([Column("Organization", "name")] if several else []),
        Column("Customer", "name"),
        Column("State", "wide"),
        Column("So far", "number"),
        Column("of which overage", "number"),
        Column("Forecast", "number"),
        Column("Last period", "number"),
        Column("Values of"),
    ]
    rows = [(_TONES[each.state], _cells(each, one.now, several=several)) for each in one.customers]
    return table("Customers", columns, rows)


def _cells(one: Customer, now: datetime, *, several: bool) -> list[str]:
    state = _badge(one) if one.state == "ok" else f"{_badge(one)} {why(one)}"
    return [
        *([name(one.organization)] if several else []),
        account_link("customer", one.organization, one.id, one.name),
        state,
        lines(one.amounts, "so_far"),
        lines(one.amounts, "overage"),
        lines(one.amounts, "forecast"),
        lines(one.amounts, "last_period", compared=True),
        moment(one.read_at, now, "never read"),
    ]


def lines(amounts: Iterable[Amounts], field: str, *, compared: bool = False) -> str:
    """Return one amount for each currency, in lines."""
    shown = []
    for each in amounts:
        value = getattr(each, field)
        note = faint(change(each)) if compared and value is not None and change(each) else ""
        shown.append(f"{money(value, each.currency)}{note}")
    return "<br>".join(shown) or NOTHING
