"""Change of a customer's amount from one settled period to the next, split by its causes. Pure."""

from collections import defaultdict
from datetime import timedelta
from decimal import Context, Decimal

from billing_exporter.accounts.records import Account, Period, Row
from billing_exporter.reconciliation.records import ZERO

_EXACT = Context(prec=60)
_DAY = timedelta(days=1)
_Key = tuple[str, str, str, str]


def changes(account: Account) -> dict[tuple[str, str], Decimal]:
    """Return the newest settled period less the one before, by currency and cause.

    Empty where the two newest closed periods are not settled, or do not adjoin.
    """
    if len(account.closed) < 2:  # noqa: PLR2004 - two periods make a change
        return {}
    after, before = account.closed[:2]
    if not (after.is_settled and before.is_settled) or before.end + _DAY != after.start:
        return {}
    found: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    rows, rows_before = _rows(after), _rows(before)
    for key in rows.keys() | rows_before.keys():
        one, other = rows.get(key), rows_before.get(key)
        if one is None and _is_unused(key, after):
            one = _without_usage(key, other)
        if other is None and _is_unused(key, before):
            other = _without_usage(key, one)
        for cause, amount in _causes(other, one).items():
            found[key[3], cause] = _EXACT.add(found[key[3], cause], amount)
    return {key: amount for key, amount in found.items() if amount}


def _rows(period: Period) -> dict[_Key, Row]:
    return {(row.charge, row.sku, row.grouping, row.currency): row for row in period.rows}


def _is_unused(key: _Key, period: Period) -> bool:
    return key[:2] in period.unused and key[3] == period.currency


def _without_usage(key: _Key, like: Row | None) -> Row:
    price = None if like is None else like.price
    return Row(key[0], key[1], key[3], ZERO, price, ZERO, None, grouping=key[2])


def _causes(before: Row | None, after: Row | None) -> dict[str, Decimal]:
    if before is None or after is None:
        cause, row, sign = ("gone", before, -1) if after is None else ("new", after, 1)
        return {} if row is None else {cause: _EXACT.multiply(_total(row), Decimal(sign))}
    commitment = _EXACT.subtract(after.prepaid or ZERO, before.prepaid or ZERO)
    whole = _EXACT.subtract(after.amount or ZERO, before.amount or ZERO)
    by_quantity = ZERO
    if None not in {before.price, before.quantity, after.quantity}:
        more = _EXACT.subtract(after.quantity or ZERO, before.quantity or ZERO)
        by_quantity = _EXACT.multiply(more, before.price or ZERO)
    return {
        "commitment": commitment,
        "quantity": by_quantity,
        "price": _EXACT.subtract(whole, by_quantity),
    }


def _total(row: Row) -> Decimal:
    return _EXACT.add(row.prepaid or ZERO, row.amount or ZERO)
