"""Attention: what somebody should look at, as sentences. Pure."""

from collections.abc import Iterable, Iterator, Mapping

from billing_exporter.views.partner import FAILING, Partner
from billing_exporter.web.humanize import amount, count
from billing_exporter.web.records import CUSTOMER_STATES, Attention, Budget, Collector, Unpaid

# Rows of zeros are left out as configured.
_EXPECTED = frozenset({"zero"})


def of_failures(collectors: Iterable[Collector]) -> Iterator[Attention]:
    """Report collectors whose last poll failed."""
    for one in collectors:
        if one.state == "failing":
            yield Attention(
                kind="collector",
                organization=one.organization,
                subject=one.collector,
                text=f"Collector {one.collector} fails: {one.error}",
                action=one.action,
            )


def of_losses(collectors: Iterable[Collector]) -> Iterator[Attention]:
    """Report collectors that leave out series or drop rows."""
    for one in collectors:
        if one.series_left_out:
            series = count(one.series_left_out, "series", "series")
            yield Attention(
                kind="series_left_out",
                organization=one.organization,
                subject=one.collector,
                text=f"Collector {one.collector} leaves out {series}: max_series was reached.",
                action="Raise max_series, or share the customers between several exporters.",
            )
        dropped = {
            reason: rows for reason, rows in one.rows_dropped.items() if reason not in _EXPECTED
        }
        if dropped:
            number = count(sum(dropped.values()), "row")
            reasons = ", ".join(f"{rows:,} {reason}" for reason, rows in sorted(dropped.items()))
            yield Attention(
                kind="rows_dropped",
                organization=one.organization,
                subject=one.collector,
                text=f"Collector {one.collector} dropped {number}: {reasons}.",
                action="See the reasons in the documentation of operations.",
            )


def of_customers(partners: Mapping[str, Partner]) -> Iterator[Attention]:
    """Report by organization how many customers cannot be read."""
    for organization, partner in partners.items():
        failing = {state: partner.counts[state] for state in CUSTOMER_STATES if state in FAILING}
        number = sum(failing.values())
        if not number:
            continue
        reasons = ", ".join(f"{found:,} {state}" for state, found in failing.items() if found)
        verb = "is" if number == 1 else "are"
        customers = count(len(partner.states), "customer")
        yield Attention(
            kind="customers",
            organization=organization,
            subject="",
            text=f"{number:,} of {customers} {verb} not read: {reasons}.",
            action="The list of customers shows why.",
        )


def of_budgets(budgets: Iterable[Budget]) -> Iterator[Attention]:
    """Report budgets that are exceeded, then those that will be."""
    for one in budgets:
        limit = f"{one.currency} {amount(one.amount, one.currency)}"
        if one.so_far is not None and one.so_far > one.amount:
            text = (
                f"Budget {one.budget} is exceeded: {amount(one.so_far, one.currency)} of {limit}."
            )
        elif one.forecast is not None and one.forecast > one.amount:
            forecast = amount(one.forecast, one.currency)
            text = f"Budget {one.budget} will be exceeded: forecast {forecast} of {limit}."
        else:
            continue
        yield Attention(
            kind="budget",
            organization="",
            subject=one.budget,
            text=text,
            action="Raise it, or look for the largest overages.",
        )


def of_unpaid(unpaid: Iterable[Unpaid]) -> Iterator[Attention]:
    """Report overdue invoices by currency."""
    for one in unpaid:
        if one.overdue_invoices:
            verb = "is" if one.overdue_invoices == 1 else "are"
            known = one.overdue_amount
            money = "" if known is None else f": {one.currency} {amount(known, one.currency)}"
            yield Attention(
                kind="overdue",
                organization=one.organization,
                subject=one.currency,
                text=f"{count(one.overdue_invoices, 'invoice')} {verb} overdue{money}.",
                action="Pay or dispute them.",
            )


def of_unpriced(overages: Mapping[str, int]) -> Iterator[Attention]:
    """Report by organization how many overages are in no amount."""
    for organization, number in overages.items():
        if not number:
            continue
        verb = "has" if number == 1 else "have"
        yield Attention(
            kind="unpriced",
            organization=organization,
            subject="",
            text=f"{count(number, 'overage')} {verb} no price and no amount.",
            action="The charges of the customer show the quantities.",
        )
