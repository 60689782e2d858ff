"""The verdict about each group: do the lines bill what was used?

A difference is split exactly: other quantities at the price of the used side, and the rest, which
is the price. For contracts quantity and amount decide, for customers the quantity alone, because
whose price an overview shows is not documented.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Context, Decimal

import msgspec

from billing_exporter.reconciliation import tolerance
from billing_exporter.reconciliation.groups import Group, assigned, grouped
from billing_exporter.reconciliation.records import (
    ZERO,
    Comparison,
    LeftOut,
    Line,
    Read,
    Reconciliation,
    State,
    Subject,
    Used,
)

GRACE = timedelta(days=45)  # after a period's end, for its invoice to come
_EXACT = Context(prec=60)
_LATE_PREPAID = "prepaid that was billed late"
_TWICE = "a line was billed twice"
_MIN_TWICE = 2


class Terms(msgspec.Struct, frozen=True):
    """How a reconciliation judges.

    Attributes:
        today: the day (UTC).
        share: tolerance as a share of what was used.
        reach: first day of issue of the invoices that were read, None for all.
    """

    today: date
    share: Decimal = tolerance.DEFAULT_SHARE
    reach: date | None = None


def reconcile(
    subject: Subject,
    used: Iterable[Used],
    lines: Iterable[Line],
    read: Iterable[Read],
    terms: Terms,
) -> Reconciliation:
    """Compare what was used with what was invoiced.

    Every line is either part of one comparison or left out with its reason, so that no amount is
    lost. Where nothing was used and nothing invoiced there is no comparison.

    Args:
        subject: contracts or customers.
        used: the charges of their periods.
        lines: all lines of the invoices within reach.
        read: the periods that were read, whose charges are all among ``used``.
        terms: how to judge.
    """
    groups = grouped(used)
    left_out = assigned(groups, lines, read)
    comparisons = []
    for group in groups:
        late = _late_prepaid(subject, group)
        left_out += [LeftOut("late_prepaid", group.lines[place]) for place in late]
        group.lines = [line for place, line in enumerate(group.lines) if place not in late]
        found = _compared(subject, group, terms, _LATE_PREPAID if late else "")
        if found is not None:
            comparisons.append(found)
    return Reconciliation(subject, tuple(comparisons), tuple(left_out))


def _late_prepaid(subject: Subject, group: Group) -> list[int]:
    """Return the places of lines in arrears that bill exactly what is prepaid, not overage.

    Of a customer whose overage is billed in full they are none, whatever they come to: the price
    of an overview may be another one than that of the lines.
    """
    prepaid = _sum(each.prepaid for each in group.used)
    invoiced = _sum(line.amount for line in group.lines)
    if not prepaid or invoiced == _sum(each.amount for each in group.used):
        return []
    quantity = _sum(each.quantity for each in group.used)
    apart = _EXACT.subtract(_sum(line.quantity for line in group.lines), quantity)
    if subject == "trustors" and quantity and abs(apart) < 1:
        return []
    if invoiced == prepaid:
        return list(range(len(group.lines)))
    return [place for place, line in enumerate(group.lines) if line.amount == prepaid][:1]


def _sum(numbers: Iterable[Decimal | None]) -> Decimal:
    total = ZERO
    for number in numbers:
        if number is not None:
            total = _EXACT.add(total, number)
    return total


def _whole(numbers: Sequence[Decimal | None]) -> Decimal | None:
    """Add numbers up, None where one of them is missing."""
    return None if None in numbers else _sum(numbers)


def _compared(subject: Subject, group: Group, terms: Terms, remark: str) -> Comparison | None:
    first = group.first
    quantity = _whole([each.quantity for each in group.used])
    amount = _whole([each.amount for each in group.used])
    if not (quantity or amount or group.lines or group.credits) and None not in {quantity, amount}:
        return None
    found = Comparison(
        of=tuple(dict.fromkeys(each.of for each in group.used)),
        of_ids=tuple(dict.fromkeys(each.of_id for each in group.used)),
        charge=first.charge,
        sku=first.sku,
        start=first.start,
        end=first.end,
        currency=first.currency,
        state="matched",
        used_quantity=quantity,
        used_amount=amount,
        invoiced_quantity=_sum(line.quantity for line in group.lines),
        invoiced_amount=_sum(line.amount for line in group.lines),
        credited_amount=_sum(line.amount for line in group.credits),
        lines=len(group.lines),
        remark=remark,
    )
    return _judged(subject, found, group, terms)


def _judged(subject: Subject, found: Comparison, group: Group, terms: Terms) -> Comparison:
    obstacle = _obstacle(found, group)
    if obstacle:
        return _with(found, "not_comparable", obstacle)
    if any(each.is_open for each in group.used):
        return _with(found, "pending", found.remark)
    if not group.lines:
        return _without_lines(found, terms)
    return _with_lines(subject, found, group, terms)


def _obstacle(found: Comparison, group: Group) -> str:
    """Return why a group cannot be compared, empty where it can."""
    if group.obstacle:
        return group.obstacle
    if any(line.quantity is None for line in group.lines):
        return "a line has no quantity"
    if found.used_quantity is None or found.used_amount is None:
        return "the API has no price or number"
    return ""


def _with(found: Comparison, state: State, remark: str) -> Comparison:
    return msgspec.structs.replace(found, state=state, remark=remark)


def _without_lines(found: Comparison, terms: Terms) -> Comparison:
    used = found.used_amount or ZERO
    if abs(used) <= _amount_tolerance(found, terms):
        return found
    if terms.reach is not None and found.end < terms.reach:
        return _with(found, "not_comparable", "its invoice lies before the invoices that were read")
    if terms.today <= found.end + GRACE:
        return _with(found, "pending", found.remark)
    return _with(found, "only_used", found.remark)


def _amount_tolerance(found: Comparison, terms: Terms) -> Decimal:
    used = found.used_amount or ZERO
    return tolerance.of_amount(found.currency, used, found.lines, terms.share)


def _with_lines(subject: Subject, found: Comparison, group: Group, terms: Terms) -> Comparison:
    used = found.used_quantity or ZERO
    apart = _EXACT.subtract(found.invoiced_quantity, used)
    of_amount = _amount_tolerance(found, terms)
    net = _EXACT.add(found.difference, found.credited_amount)
    same_amount = min(abs(found.difference), abs(net)) <= of_amount
    if not used and not found.used_amount:
        return found if same_amount else _with(found, "only_invoiced", found.remark)
    by_quantity, by_price = _split(found, group)
    found = msgspec.structs.replace(found, by_quantity=by_quantity, by_price=by_price)
    same_quantity = abs(apart) <= tolerance.of_quantity(used, found.lines, terms.share)
    if same_quantity and (same_amount or subject == "trustors"):
        return found
    if same_amount and found.credited_amount and abs(net) <= of_amount:
        return found  # a credit has put the quantity right
    return _with(
        found,
        "difference",
        _TWICE if not same_quantity and _is_twice(group, found) else found.remark,
    )


def _split(found: Comparison, group: Group) -> tuple[Decimal, Decimal]:
    """Split a difference into what other quantities make and the rest, exactly."""
    quantity = found.used_quantity or ZERO
    prices = {each.price for each in group.used if each.price is not None}
    if len(prices) == 1:
        (price,) = prices
    else:
        price = (found.used_amount or ZERO) / quantity if quantity else ZERO
    apart = _EXACT.subtract(found.invoiced_quantity, quantity)
    # A unit of rounding a line is none that was billed.
    by_quantity = _EXACT.multiply(apart, price) if abs(apart) >= 1 else ZERO
    return by_quantity, _EXACT.subtract(found.difference, by_quantity)


def _is_twice(group: Group, found: Comparison) -> bool:
    """Return whether leaving out one of two equal lines, or all such, makes the quantity right."""
    counts = Counter(
        (line.organization, line.start, line.end, line.quantity, line.amount)
        for line in group.lines
    )
    again = {
        (key[3] or ZERO) * times
        for key, count in counts.items()
        if count >= _MIN_TWICE
        for times in (1, count - 1)
    }
    again.add(_sum((key[3] or ZERO) * (count - 1) for key, count in counts.items()))
    too_much = _EXACT.subtract(found.invoiced_quantity, found.used_quantity or ZERO)
    return any(abs(too_much - extra) <= found.lines for extra in again if extra)
