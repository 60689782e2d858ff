"""Page of one customer or contract: its money, its charges, its closed periods."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from html import escape
from urllib.parse import urlencode

from billing_exporter.web import charts, humanize
from billing_exporter.web.pages import frame
from billing_exporter.web.pages.customers import STATE_TITLES, why
from billing_exporter.web.pages.html import (
    NOTHING,
    Column,
    amount,
    day,
    empty,
    faint,
    inline,
    link,
    moment,
    money,
    name,
    numbers,
    prices,
    section,
    table,
)
from billing_exporter.web.pages.money import figures
from billing_exporter.web.records import Account, Amounts, Charge, Period

_PERIODS = {"current": "running period", "previous": "last period"}


def render(one: Account, telemetry_path: str) -> str:
    """Return the page."""
    key = "id" if one.of == "customer" else "contract"
    query = {"organization": one.organization, key: one.id}
    csv = link(f"{one.of}.csv", "Charges as CSV", **query)
    whose = "Customer" if one.of == "customer" else "Contract"
    shown = dict.fromkeys(charge.period for charge in one.charges)
    body = "\n".join(
        [
            f'<p class="kind">{whose} of {name(one.organization)}</p><h1>{name(one.name)}</h1>',
            _facts(one),
            _money(one),
            section("Closed periods", _history(one), key="history"),
            *(_charges(one, period) for period in shown),
            f'<p class="chosen">{csv}</p>' if one.charges else "",
        ]
    )
    return frame.page(
        whose,
        body,
        telemetry_path=telemetry_path,
        json_path=f"api/v1/{one.of}",
        json_query=urlencode(query, errors="replace"),
        footer=frame.as_of(one.now),
    )


def _facts(one: Account) -> str:
    today = one.now.date()
    facts: list[tuple[str, str]] = []
    if one.customer is not None:
        facts += [
            ("State", f"{STATE_TITLES[one.customer.state]} {why(one.customer)}"),
            ("Id", f"<code>{escape(one.id)}</code>"),
            ("Values of", moment(one.customer.read_at, one.now, "never read")),
        ]
    if one.period_start or one.period_end:
        start = one.period_start or NOTHING
        facts.append(("Running period", f"{start} to {day(one.period_end, today)}"))
    if one.contract_end:
        facts.append(("Contract ends", day(one.contract_end, today)))
    facts += [
        ("Minimum monthly amount", money(value, currency))
        for currency, value in one.minimum.items()
    ]
    if one.settled is not None:
        facts.append(("Last period is", "settled" if one.settled else "not settled yet"))
    items = "".join(f"<dt>{escape(title)}</dt><dd>{value}</dd>" for title, value in facts)
    return f'<dl class="facts">{items}</dl>'


def _money(one: Account) -> str:
    if not one.amounts:
        return section("Money", empty("No amount is known."), key="money")
    label = "So far" if one.of == "customer" else "Overage so far"
    cards = "".join(
        f'<article class="card">{figures(each, label, with_overage=one.of == "customer")}</article>'
        for each in one.amounts
    )
    return section("Money", f'<div class="cards">{cards}</div>', key="money")


def _history(one: Account) -> str:
    currencies = sorted({each.currency for each in one.history})
    if not currencies:
        return empty("No closed period has been read yet.")
    known = {each.currency: each for each in one.amounts}
    return "\n".join(
        _history_of(
            [each for each in one.history if each.currency == currency],
            known.get(currency),
            one,
        )
        for currency in currencies
    )


def _history_of(periods: Sequence[Period], running: Amounts | None, one: Account) -> str:
    """Return the closed periods of one currency as chart and as table."""
    currency = periods[0].currency
    bars = [
        charts.Bar(f"{each.start:%y-%m}", f"{each.start}: {humanize.amount(each.amount, currency)}",
                   each.amount)
        for each in periods
    ]  # fmt: skip
    if running is not None and running.so_far is not None:
        start = f"{one.period_start:%y-%m}" if one.period_start else "now"
        bounds = running.forecast_lower, running.forecast_upper
        text = f"running period: {humanize.amount(running.so_far, currency)} so far"
        bars.append(charts.Bar(start, text, running.so_far, running.forecast, *bounds))
    first, last = periods[0], periods[-1]
    words = (
        f"{humanize.count(len(periods), 'closed period')} from {first.start} "
        f"({humanize.amount(first.amount, currency)}) to {last.start} "
        f"({humanize.amount(last.amount, currency)}), then the running period with its forecast."
    )
    rows = [("", [str(each.start), amount(each.amount, currency)]) for each in reversed(periods)]
    columns = [Column("Period from"), Column(currency, "number")]
    return f"""<div class="history">
<figure>{charts.bar_chart(bars, f"Closed periods in {currency}", words)}
<figcaption>{escape(currency)} by first day of the period. Outline: forecast of the running period,
line: its band.</figcaption></figure>
{table(f"Closed periods in {currency}", columns, rows)}
</div>"""


def _charges(one: Account, period: str) -> str:
    rows = [charge for charge in one.charges if charge.period == period]
    columns = [
        Column("Charge", "name"),
        Column("Used", "number"),
        Column("Prepaid", "number"),
        Column("Included", "number"),
        Column("Overage quantity", "number"),
        *([Column("Forecast", "number")] if period == "current" else []),
        Column("Unit price", "number"),
        *([Column("Prepaid amount", "number")] if one.of == "customer" else []),
        Column("Overage amount", "number"),
    ]
    title = f"Charges of the {_PERIODS.get(period, period)}"
    body = [
        ("over" if (charge.overage or 0) > 0 else "", cells)
        for charge, cells in zip(rows, _cells(rows, one.of, period), strict=True)
    ]
    return section(title, table(title, columns, body), key=f"charges-{escape(period)}")


def _cells(rows: Sequence[Charge], of: str, period: str) -> Iterator[list[str]]:
    """Yield the cells of each row; the numbers of a column have the same decimals."""
    quantities = zip(
        numbers([one.used for one in rows]),
        numbers([one.prepaid for one in rows]),
        numbers([one.included for one in rows]),
        numbers([one.overage for one in rows]),
        numbers([one.forecast for one in rows]),
        prices([one.unit_price for one in rows]),
        strict=True,
    )
    for one, (used, prepaid, included, overage, forecast, price) in zip(
        rows, quantities, strict=True
    ):
        about = " · ".join(part for part in (one.sku, one.grouping) if part)
        yield [
            f"{name(one.charge)} {faint(about)}",
            f"{used} {inline(one.unit)}",
            prepaid,
            included,
            overage,
            *([f"{forecast} {_band(one)}"] if period == "current" else []),
            price,
            *([_amount(one.prepaid_amount, one)] if of == "customer" else []),
            _amount(one.overage_amount, one),
        ]


def _band(charge: Charge) -> str:
    if charge.forecast_lower is None or charge.forecast_upper is None:
        return ""
    lower, upper = numbers([charge.forecast_lower, charge.forecast_upper])
    return faint(f"{lower} to {upper}")


def _amount(value: Decimal | None, charge: Charge) -> str:
    return NOTHING if value is None else money(value, charge.currency)
