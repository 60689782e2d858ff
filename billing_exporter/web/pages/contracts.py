"""List of contracts that have not ended, and the first of them on the overview."""

from collections.abc import Iterable
from datetime import date
from urllib.parse import urlencode

from billing_exporter.web import humanize
from billing_exporter.web.pages import frame, listing
from billing_exporter.web.pages.customers import account_link, lines
from billing_exporter.web.pages.html import (
    Column,
    day,
    empty,
    link,
    name,
    section,
    table,
)
from billing_exporter.web.records import Contract, ContractQuery, Contracts, Overview

_SHOWN = 10
_SORT_TITLES = {
    "overage": "largest overage",
    "forecast": "largest forecast",
    "contract": "contract",
    "customer": "customer",
    "end": "end",
}


def section_of(one: Overview, *, several: bool) -> str:
    """Return the contracts with the largest overage; empty without any."""
    if not one.contracts:
        return ""
    shown = _table(one.contracts[:_SHOWN], one.now.date(), several=several)
    rest = ""
    if one.contracts_total > _SHOWN:
        every = link("contracts", f"all {one.contracts_total:,} contracts")
        rest = f'<p class="note">The {_SHOWN} with the largest overage; {every}.</p>'
    return section("Contracts", f"{shown}{rest}", key="contracts")


def render(one: Contracts, telemetry_path: str) -> str:
    """Return the page."""
    default = ContractQuery()
    picked = {
        "organization": one.organization,
        "search": one.search,
        "sort": one.sort if one.sort != default.sort else "",
    }
    query = {key: value for key, value in picked.items() if value}
    size = {"size": str(one.size)} if one.size != default.size else {}
    kept = {"organization": one.organization, "sort": query.get("sort", "")}
    body = f"""<h1>Contracts</h1>
{listing.search_form("contracts", "Number or customer", one.search, **kept)}
{listing.chosen("contracts", _what(one), query, one.sort, _SORT_TITLES)}
{_list(one)}
{listing.paging("contracts", one.page, one.pages, {**query, **size})}"""
    return frame.page(
        "Contracts",
        body,
        telemetry_path=telemetry_path,
        json_path="api/v1/contracts",
        json_query=urlencode({**query, **size, "page": one.page}, errors="replace"),
        footer=frame.as_of(one.now),
    )


def _what(one: Contracts) -> Iterable[str]:
    yield humanize.count(one.total, "running contract")
    if one.organization:
        yield f"of {one.organization}"
    if one.search:
        yield f"with {one.search!r} in number or customer"


def _list(one: Contracts) -> str:
    if not one.contracts:
        return empty(listing.nothing(one.total, one.page, one.pages, "contract"))
    several = len({each.organization for each in one.contracts}) > 1
    return _table(one.contracts, one.now.date(), several=several)


def _table(contracts: Iterable[Contract], today: date, *, several: bool) -> str:
    columns = [
        *([Column("Organization", "name")] if several else []),
        Column("Contract", "name"),
        Column("Customer", "name"),
        Column("Ends"),
        Column("Overage so far", "number"),
        Column("Forecast", "number"),
        Column("Last period", "number"),
    ]
    rows = [
        (
            "",
            [
                *([name(each.organization)] if several else []),
                account_link("contract", each.organization, each.contract, each.contract),
                name(each.end_customer),
                day(each.contract_end, today),
                lines(each.amounts, "so_far"),
                lines(each.amounts, "forecast"),
                lines(each.amounts, "last_period", compared=True),
            ],
        )
        for each in contracts
    ]
    return table("Contracts", columns, rows)
