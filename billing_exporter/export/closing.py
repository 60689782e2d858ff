"""Closing of billing periods: which have run out, are settled, or were restated."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

import msgspec

from billing_exporter.collectors.base import label
from billing_exporter.collectors.periods import is_closed
from billing_exporter.export.accounts import Terms, organizations_of
from billing_exporter.export.billed import Charge
from billing_exporter.export.cost_and_usage import Placed
from billing_exporter.export.source import Source, Subject
from billing_exporter.export.spans import Span, days_of, first_moment, moment_after, span
from billing_exporter.export.tables import Row
from billing_exporter.settlement import Fingerprint, Reading, Settlement, State, advanced, state

# Without saved readings this one stands for what has been read now.
_READ = Fingerprint("", "", "", Decimal(0))


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """A billing period of a contract or a customer.

    Attributes:
        subject: contract or customer.
        id: of the contract or customer.
        days: of the period.
        state: open, ended, closed, settled or restated.
        changed: day on which its newest numbers were first read, None without saved readings.
    """

    subject: Subject
    id: str
    days: Span
    state: State
    changed: date | None

    @property
    def is_final(self) -> bool:
        """Return whether the period was settled; a later restatement does not open it again."""
        return self.state in {"settled", "restated"}


class Invoiced:
    """Days that lines bill in arrears, by organization."""

    def __init__(self, charges: Iterable[Charge]) -> None:
        self._days: dict[str, set[Span]] = {}
        for charge in charges:
            if charge.category == "Usage":
                self._days.setdefault(charge.customer[0], set()).add(charge.days)

    def has(self, organizations: Iterable[str], days: Span) -> bool:
        """Return whether a line bills the very days of a period in arrears."""
        return any(days in self._days.get(each, ()) for each in organizations)


def periods_of(source: Source, charges: Iterable[Charge], today: date) -> list[Period]:
    """Return the billing periods of contracts and customers that have begun."""
    invoiced = Invoiced(charges)
    found = []
    for contract in source.contracts:
        to = organizations_of(contract)
        for listed in contract.billing_periods:
            days = span(listed.date_start, listed.date_end)
            if days is not None and days.start <= today:
                closed = is_closed(listed.status) is True
                is_invoiced = closed and invoiced.has(to, days)
                of: tuple[Subject, str] = ("contract", label(contract.id))
                found.append(_period(source, of, days, today, closed=(closed, is_invoiced)))
    for each in source.trustor_periods:
        days = days_of(each)
        if days is not None and days.start <= today:
            closed = not each.is_open
            is_invoiced = closed and invoiced.has((each.id,), days)
            of = ("customer", each.id)
            found.append(_period(source, of, days, today, closed=(closed, is_invoiced)))
    return found


def _period(
    source: Source, of: tuple[Subject, str], days: Span, today: date, *, closed: tuple[bool, bool]
) -> Period:
    """Return a period with its state; without saved readings by this one reading alone."""
    has_closed, is_invoiced = closed
    saved = source.settlements.get((*of, days.start))
    known = saved or Settlement(start=days.start, end=days.end)
    if saved is None and has_closed:
        known = advanced(known, Reading(today, _READ, is_invoiced))
    return Period(
        subject=of[0],
        id=of[1],
        days=days,
        state=state(known, today, is_closed=has_closed),
        changed=saved.since if saved else None,
    )


def members(source: Source, periods: Iterable[Period]) -> list[Period]:
    """Return the periods that decide: those of customers only where no contract covers them."""
    covered = {key for contract in source.contracts for key in organizations_of(contract)}
    return [each for each in periods if each.subject == "contract" or each.id not in covered]


def is_closed_row(row: Row) -> bool:
    """Return whether a row says that its period is closed."""
    return row["BillingPeriodStatus"] == "Closed"


def rows_of(
    periods: Iterable[Period], used: Iterable[Span], terms: Terms, closed: Iterable[Span] = ()
) -> list[Placed]:
    """Return the rows of FOCUS Billing Period: one per period, open while any member is.

    Args:
        periods: of contracts, or of customers where no contract is known.
        used: periods that other datasets refer to.
        terms: of the export.
        closed: periods that an earlier export has called closed, which never open again.
    """
    members: dict[Span, list[Period]] = {each: [] for each in used}
    for period in periods:
        members.setdefault(period.days, []).append(period)
    before = set(closed)
    return [
        Placed(days, _row(days, of, terms, is_closed_before=days in before))
        for days, of in sorted(members.items())
    ]


def _row(days: Span, members: list[Period], terms: Terms, *, is_closed_before: bool) -> Row:
    is_final = is_closed_before or (bool(members) and all(each.is_final for each in members))
    created = first_moment(days.start)
    changed = [each.changed for each in members if each.changed is not None]
    updated = created
    if changed:
        updated = first_moment(max(changed))
    elif is_final:
        updated = moment_after(days.end)
    return {
        "BillingPeriodCreated": created,
        "BillingPeriodLastUpdated": max(created, updated),
        "BillingPeriodStart": created,
        "BillingPeriodEnd": moment_after(days.end),
        "BillingPeriodStatus": "Closed" if is_final else "Open",
        "InvoiceIssuerName": terms.issuer,
    }
