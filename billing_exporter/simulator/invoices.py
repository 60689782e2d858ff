"""Invoices of a day: issued after each period, due by their terms, paid or not.

Documented: Net 30, monthly invoices in arrears, Paid or Unpaid and nothing between. Invented: the
other terms, the customerInvoiceType texts, the dates and who pays when. Telephony is paid about a
hundred days late on two accounts whose periods end half a month apart, and now and then never, so
that on every day something is overdue by 1 to 30, 31 to 60, 61 to 90 and over 90 days.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from billing_exporter.simulator.accounts import Account
from billing_exporter.simulator.periods import ROTATION_LAG, Period, containing, numbered
from billing_exporter.simulator.seeded_random import between, share

Kind = Literal["usage", "telephony", "credit"]
KEPT = timedelta(days=731)
_MONTHS_KEPT = 26
_SLOW_ACCOUNTS = frozenset({1, 2})
_UNDATED_ACCOUNT, _UNDATED_EVERY, _UNDATED_MONTH = 3, 24, 17
_CREDIT_ACCOUNT, _CREDIT_EVERY = 0, 6
_NEVER_PAID_EVERY = 5
_DAYS: dict[str | None, int] = {
    "Net 30": 30,
    "Net 45": 45,
    "Due on Receipt": 0,
    "Net 30 EOM": 50,
    None: 30,
}


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice before its lines.

    Attributes:
        id: the invoice's number.
        account: who is billed.
        period: the period that has been used.
        kind: what it bills.
        issued: the day it was issued.
        dated: whether it shows that day.
        terms: payment terms, None where it shows none.
        paid: the day it is paid, None for one that never is.
    """

    id: str
    account: Account
    period: Period
    kind: Kind
    issued: date
    dated: bool
    terms: str | None
    paid: date | None

    def is_paid(self, today: date) -> bool:
        """Return whether it has been paid on a day."""
        return self.paid is not None and self.paid <= today


def _terms(seed: int, account: Account, period: Period) -> str | None:
    luck = share(seed, "terms", account.number, period.month)
    usual = 0.76
    odd = tuple(_DAYS)
    return odd[0] if luck < usual else odd[int((luck - usual) / (1 - usual) * len(odd))]


def _delay(seed: int, account: Account, period: Period) -> int | None:
    """Choose how many days after the due day an invoice for usage is paid, None for never."""
    key = (seed, "pays", account.number, period.month)
    luck = share(*key)
    for below, low, high in ((0.75, -5, 2), (0.93, 4, 28), (0.98, 35, 85)):
        if luck < below:
            return between(low, high, *key, "days")
    return None


def _usage(seed: int, account: Account, period: Period, issued: date) -> Invoice:
    undated = account.number == _UNDATED_ACCOUNT and period.month % _UNDATED_EVERY == _UNDATED_MONTH
    terms = _terms(seed, account, period)
    delay = None if undated else _delay(seed, account, period)
    paid = None if delay is None else issued + timedelta(days=max(1, _DAYS[terms] + delay))
    return Invoice(
        _id("INV", account, period), account, period, "usage", issued, not undated, terms, paid
    )


def _telephony(seed: int, account: Account, period: Period, issued: date) -> Invoice:
    never = period.month % _NEVER_PAID_EVERY == 0
    late = timedelta(days=30 + between(95, 110, seed, "late", account.number, period.month))
    paid = None if never else issued + late
    return Invoice(
        _id("TEL", account, period), account, period, "telephony", issued, True, "Net 30", paid
    )


def _credit(account: Account, period: Period, issued: date) -> Invoice:
    day = issued + timedelta(days=6)
    paid = day + timedelta(days=21)
    return Invoice(_id("CRM", account, period), account, period, "credit", day, True, None, paid)


def _id(prefix: str, account: Account, period: Period) -> str:
    return f"{prefix}-{100 + account.number}-{period.start:%Y%m}"


def _of_period(seed: int, account: Account, period: Period) -> Iterator[Invoice]:
    wait = timedelta(days=between(1, 3, seed, "issued", account.number, period.month))
    issued = period.end + ROTATION_LAG + wait
    yield _usage(seed, account, period, issued)
    if account.number in _SLOW_ACCOUNTS:
        yield _telephony(seed, account, period, issued)
    if account.number == _CREDIT_ACCOUNT and period.month % _CREDIT_EVERY == 0:
        yield _credit(account, period, issued)


def invoices(seed: int, accounts: tuple[Account, ...], today: date) -> list[Invoice]:
    """List the invoices of the last two years on a day, the newest first."""
    found = [
        invoice
        for account in accounts
        for back in range(_MONTHS_KEPT + 1)
        for invoice in _of_period(
            seed, account, numbered(containing(today, account.anchor).month - back, account.anchor)
        )
        if today - KEPT <= invoice.issued <= today
    ]
    return sorted(found, key=lambda invoice: (invoice.issued, invoice.id), reverse=True)
