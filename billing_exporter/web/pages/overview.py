"""Overview at ``/``: what needs attention, money, overage, customers, collectors, the API."""

from collections.abc import Iterable
from html import escape

from billing_exporter.web import charts, humanize
from billing_exporter.web.pages import collectors, contracts, customers, frame
from billing_exporter.web.pages.html import (
    NOTHING,
    Column,
    amount,
    empty,
    inline,
    link,
    name,
    numbers,
    prices,
    section,
    sentence,
    table,
)
from billing_exporter.web.pages.money import (
    budget_table,
    difference_table,
    total_card,
    unpaid_table,
)
from billing_exporter.web.records import Attention, Difference, Overage, Overview

_DIFFERENCES_SHOWN = 10


def render(one: Overview, telemetry_path: str) -> str:
    """Return the page."""
    several = len(one.organizations) > 1
    body = "\n".join(
        part
        for part in (
            "<h1>Billing overview</h1>",
            _attention(one.attention, several=several),
            _money(one, several=several),
            section("Budgets", budget_table(one.budgets), key="budgets") if one.budgets else "",
            _overages(one.overages, several=several),
            _unpaid(one),
            _differences(one.differences),
            contracts.section_of(one, several=several),
            customers.section_of(one, several=several),
            collectors.section_of(one),
        )
        if part
    )
    return frame.page(
        frame.PRODUCT,
        body,
        telemetry_path=telemetry_path,
        json_path="api/v1/overview",
        footer=_footer(one),
        refresh=True,
    )


def _attention(found: Iterable[Attention], *, several: bool) -> str:
    items = "\n".join(_item(one, several=several) for one in found)
    if not items:
        return section("Attention", '<p class="well">Nothing needs attention.</p>', key="attention")
    return section("Attention", f'<ul class="attention">\n{items}\n</ul>', key="attention")


def _item(one: Attention, *, several: bool) -> str:
    is_named = several and one.organization
    where = f"<strong>{name(one.organization)}</strong> " if is_named else ""
    return (
        f'<li class="{one.kind}"><span>{where}{sentence(one.text)}</span> '
        f"<small>{escape(one.action)}</small></li>"
    )


def _money(one: Overview, *, several: bool) -> str:
    if not one.totals:
        waits = any(each.state == "waiting" for each in one.collectors)
        text = "The first numbers are being read." if waits else "No amount is known."
        return section("Running period", empty(text), key="money")
    cards = "\n".join(total_card(each, one.now.date(), named=several) for each in one.totals)
    legend = (
        '<p class="legend">Bar: so far. Thin line: forecast at period end, with its band. '
        "Dashed line: last period.</p>"
    )
    return section("Running period", f'<div class="cards">\n{cards}\n</div>{legend}', key="money")


def _overages(found: tuple[Overage, ...], *, several: bool) -> str:
    if not found:
        return section("Largest overages", empty("No overage has an amount."), key="overages")
    columns = [
        *([Column("Organization", "name")] if several else []),
        Column("Customer or contract", "name"),
        Column("Charge", "name"),
        Column("Overage quantity", "number"),
        Column("Unit price", "number"),
        Column("Amount", "number"),
        Column("Share of the largest", "chart"),
    ]
    tables = [
        table(
            f"Largest overages in {currency}",
            columns,
            _overage_rows(rows, several=several),
            kind="ranked",
        )
        for currency, rows in _by_currency(found).items()
    ]
    return section("Largest overages", "\n".join(tables), key="overages")


def _by_currency(found: Iterable[Overage]) -> dict[str, list[Overage]]:
    tables: dict[str, list[Overage]] = {}
    for one in found:
        tables.setdefault(one.currency, []).append(one)
    return tables


def _overage_rows(rows: list[Overage], *, several: bool) -> list[tuple[str, list[str]]]:
    quantities = numbers([one.quantity for one in rows])
    unit_prices = prices([one.unit_price for one in rows])
    most = rows[0].amount
    return [
        (
            "",
            [
                *([name(one.organization)] if several else []),
                customers.account_link(one.of, one.organization, one.id, one.name),
                name(one.charge),
                f"{quantity} {inline(one.unit)}",
                price,
                f"{escape(one.currency)} {amount(one.amount, one.currency)}",
                charts.share(one.amount, most),
            ],
        )
        for one, quantity, price in zip(rows, quantities, unit_prices, strict=True)
    ]


def _unpaid(one: Overview) -> str:
    polled = any(each.collector == "invoices" for each in one.collectors)
    if one.unpaid:
        return section("Unpaid invoices", unpaid_table(one.unpaid), key="unpaid")
    if not polled:
        return ""
    read = any(each.collector == "invoices" and each.last_success for each in one.collectors)
    text = "No invoice is unpaid." if read else "Invoices have not been read yet."
    return section("Unpaid invoices", empty(text), key="unpaid")


def _differences(found: tuple[Difference, ...]) -> str:
    """Return the largest differences between invoices and use; empty without any."""
    if not found:
        return ""
    more = len(found) - _DIFFERENCES_SHOWN
    note = f'<p class="note">{more:,} more in the JSON of this page.</p>' if more > 0 else ""
    shown = difference_table(found[:_DIFFERENCES_SHOWN])
    return section("Invoices that differ from use", f"{shown}{note}", key="differences")


def _footer(one: Overview) -> str:
    series = sum(each.series for each in one.collectors)
    until = humanize.utc(one.data_until) if one.data_until else NOTHING
    described = link("api/v1/openapi.json", "this document")
    again = f" The page loads itself again every {frame.REFRESH_SECONDS} seconds."
    return f"""{frame.as_of(one.now, again)}
<p>Oldest values shown were read at {until}; usage runs through the day before.</p>
<p>Version {escape(one.version)}, running for {humanize.span(one.uptime_seconds)},
{series:,} series. <code>billing-exporter metrics</code> explains every metric,
<code>billing-exporter schema</code> every setting, {described} the JSON of these pages.</p>"""
