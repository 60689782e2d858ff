"""Money on pages: amounts of the running period with forecast and last period, and unpaid ones."""

from datetime import date
from decimal import Decimal
from html import escape

from billing_exporter.web import charts, humanize
from billing_exporter.web.pages.html import NOTHING, Column, amount, faint, money, name, table
from billing_exporter.web.records import Amounts, Budget, Difference, Total, Unpaid

ZERO, ONE, _HUNDRED = Decimal(0), Decimal(1), Decimal(100)
_LARGEST_CHANGE = 1000  # per cent; above it a factor is shown


def total_card(one: Total, today: date, *, named: bool) -> str:
    """Return the card of an organization's money in one currency."""
    whose = "Customers" if one.of == "customers" else "Contracts"
    title = f"{name(one.organization)} · {whose}" if named else whose
    count = humanize.count(one.accounts, one.of[:-1])
    notes = [
        humanize.count(one.without_forecast, one.of[:-1])
        + " without a forecast, counted with what they cost so far"
        if one.without_forecast
        else "",
        f"{humanize.count(one.without_band, one.of[:-1])} with too little history for a band"
        if one.without_band
        else "",
    ]
    noted = "; ".join(note for note in notes if note)
    period = ""
    if one.period_start and one.period_end:
        ends = humanize.days(one.period_end, today)
        period = f", {one.period_start} to {one.period_end}, ends {ends}"
    label = "So far" if one.of == "customers" else "Overage so far"
    return f"""<article class="card">
<h3>{title}</h3>
<p class="note">{escape(count + period)}</p>
{figures(one.amounts, label, with_overage=one.of == "customers")}
{f'<p class="note">{escape(noted)}.</p>' if noted else ""}
</article>"""


def figures(one: Amounts, label: str, *, with_overage: bool = True) -> str:
    """Return amounts with the number first: so far, then forecast, last period and a chart."""
    currency = one.currency
    overage = (
        f"<dt>of which overage</dt><dd>{money(one.overage, currency)}</dd>" if with_overage else ""
    )
    return f"""<p class="figure"><span>{label}</span> {money(one.so_far, currency)}</p>
{charts.range_chart(_range(one), f"{label} and forecast in {currency}", in_words(one))}
<dl>
{overage}
<dt>Forecast at period end</dt><dd>{money(one.forecast, currency)} {band(one)}</dd>
<dt>Last period</dt><dd>{money(one.last_period, currency)} {faint(change(one))}</dd>
</dl>"""


def _range(one: Amounts) -> charts.Range:
    bounds = one.forecast_lower, one.forecast_upper
    return charts.Range(one.so_far, one.forecast, *bounds, one.last_period)


def band(one: Amounts) -> str:
    """Return the band of a forecast, or that there is none."""
    if one.forecast is None:
        return faint("too little data")
    if one.forecast_lower is None or one.forecast_upper is None:
        return faint("no band yet")
    lower, upper = (
        amount(one.forecast_lower, one.currency),
        amount(one.forecast_upper, one.currency),
    )
    return faint(f"{lower} to {upper}")


def change(one: Amounts) -> str:
    """Return how the forecast compares with the last period."""
    if one.forecast is None or not one.last_period:
        return ""
    percent = (one.forecast - one.last_period) / abs(one.last_period) * _HUNDRED
    if abs(percent) >= _LARGEST_CHANGE:
        return f"forecast is {one.forecast / one.last_period:,.0f} times as much"
    if abs(percent) < Decimal("0.05"):
        return "forecast is the same"
    word = "more" if percent > 0 else "less"
    return f"forecast is {abs(percent):.1f} % {word}"


def in_words(one: Amounts) -> str:
    """Return what the chart of the amounts shows."""
    said = [
        (one.so_far, "so far"),
        (one.forecast, "forecast at period end"),
        (one.last_period, "last period"),
    ]
    known = [
        f"{humanize.amount(value, one.currency)} {what}"
        for value, what in said
        if value is not None
    ]
    if one.forecast_lower is not None and one.forecast_upper is not None:
        lower, upper = (
            humanize.amount(each, one.currency) for each in (one.forecast_lower, one.forecast_upper)
        )
        known.append(f"band from {lower} to {upper}")
    return ", ".join(known)


def unpaid_table(unpaid: tuple[Unpaid, ...]) -> str:
    """Return unpaid invoices by organization and currency."""
    columns = [
        Column("Organization", "name"),
        Column("Currency"),
        Column("Unpaid", "number"),
        Column("of which overdue", "number"),
        Column("Due date unknown", "number"),
        Column("Credits", "number"),
        Column("Overdue by days", "text"),
    ]
    rows = [
        (
            "failing" if one.overdue_invoices else "",
            [
                name(one.organization),
                escape(one.currency),
                _with_count(one.amount, one.invoices, one.currency),
                _with_count(one.overdue_amount, one.overdue_invoices, one.currency),
                amount(one.unknown_due_amount, one.currency),
                amount(one.credit, one.currency),
                _ages(one),
            ],
        )
        for one in unpaid
    ]
    return table("Unpaid invoices", columns, rows)


def _with_count(value: Decimal | None, invoices: int, currency: str) -> str:
    return f"{amount(value, currency)} {faint(humanize.count(invoices, 'invoice'))}"


def _ages(one: Unpaid) -> str:
    said = [
        f"{amount(each.amount, one.currency)} for {escape(_AGES[each.age])}"
        for each in one.by_age
        if each.age in _AGES
    ]
    return "<br>".join(said) or NOTHING


_AGES = {
    "1-30d": "1 to 30 days",
    "31-60d": "31 to 60 days",
    "61-90d": "61 to 90 days",
    "over_90d": "more than 90 days",
}


def budget_table(budgets: tuple[Budget, ...]) -> str:
    """Return budgets beside what is spent and what will be."""
    columns = [
        Column("Budget", "name"),
        Column("Amount", "number"),
        Column("So far", "number"),
        Column("Forecast", "number"),
        Column("Period passed", "number"),
        Column("Share used", "chart"),
    ]
    rows = [
        (
            "failing" if _exceeds(one.so_far, one) or _exceeds(one.forecast, one) else "",
            [
                name(one.budget),
                money(one.amount, one.currency),
                f"{money(one.so_far, one.currency)} {_of_budget(one.used, 'used')} {_missing(one)}",
                f"{money(one.forecast, one.currency)} {_budget_band(one)}",
                _of_budget(one.elapsed, "") or NOTHING,
                charts.share(min(one.used or ZERO, ONE), ONE),
            ],
        )
        for one in budgets
    ]
    return table("Budgets", columns, rows)


def _exceeds(value: Decimal | None, one: Budget) -> bool:
    return value is not None and value > one.amount


def _of_budget(share: Decimal | None, word: str) -> str:
    return "" if share is None else faint(f"{share * _HUNDRED:.1f} % {word}".rstrip())


def _missing(one: Budget) -> str:
    if one.members == 0:
        return faint("no charge matches, or none that has been read")
    missing = []
    if one.unpriced_charges:
        missing.append(
            f"without {humanize.count(one.unpriced_charges, 'charge')} that has no price"
        )
    if one.without_past:
        count = humanize.count(one.without_past, "customer or contract", "customers or contracts")
        missing.append(f"without closed periods of {count} that the API does not give")
    return faint("; ".join(missing)) if missing else ""


def _budget_band(one: Budget) -> str:
    if one.forecast_lower is None or one.forecast_upper is None:
        return ""
    lower, upper = (amount(each, one.currency) for each in (one.forecast_lower, one.forecast_upper))
    return faint(f"{lower} to {upper}")


def difference_table(found: tuple[Difference, ...]) -> str:
    """Return charges that were invoiced otherwise than used, and why."""
    columns = [
        Column("Organization", "name"),
        Column("Whose", "name"),
        Column("Charge", "name"),
        Column("Period from"),
        Column("Used", "number"),
        Column("Invoiced", "number"),
        Column("Difference", "number"),
    ]
    rows = [
        (
            "over",
            [
                name(one.organization),
                name(", ".join(one.names)),
                f"{name(one.charge)} {faint(one.remark)}",
                str(one.period_start),
                money(one.used, one.currency),
                money(one.invoiced, one.currency),
                f"{money(one.difference, one.currency)} {faint(_cause(one))}",
            ],
        )
        for one in found
    ]
    return table("Invoices that differ from use", columns, rows)


def _cause(one: Difference) -> str:
    if one.state != "difference":
        return one.state.replace("_", " ")
    parts = [(one.by_quantity, "by quantity"), (one.by_price, "by price")]
    return ", ".join(f"{amount(value, one.currency)} {word}" for value, word in parts if value)
