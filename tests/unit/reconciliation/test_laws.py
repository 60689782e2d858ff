"""Laws of the reconciliation: no amount is lost, nothing depends on the order."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from hypothesis import given
from hypothesis import strategies as some

from billing_exporter.reconciliation.compare import Terms, reconcile
from billing_exporter.reconciliation.records import Line, Read, Reconciliation, Subject, Used
from billing_exporter.reconciliation.summary import left_out_amounts, pending_amounts
from tests.unit.reconciliation.cases import TODAY, line, used

DAY = timedelta(days=1)
MONTHS = [date(2026, month, 1) for month in range(7, 12)]
organizations = some.sampled_from(["", "org-1", "org-2", "org-3"])
skus = some.sampled_from(["", "GC-1", "GC-2"])
currencies = some.sampled_from(["EUR", "USD"])
numbers = some.none() | some.decimals(-50, 200, places=2)


def _end(start: date) -> date:
    return (start + timedelta(days=31)).replace(day=1) - DAY


@some.composite
def lines(draw: some.DrawFn) -> Line:
    """Draw a line, often one that fits something."""
    start = draw(some.none() | some.sampled_from(MONTHS))
    amount, quantity = draw(numbers), draw(numbers)
    return line(
        None if amount is None else str(amount),
        None if quantity is None else str(quantity),
        organization=draw(organizations),
        sku=draw(skus),
        currency=draw(currencies),
        start=start,
        end=start and _end(start),
        issued=draw(some.none() | some.dates(date(2026, 7, 1), TODAY)),
    )


@some.composite
def charges(draw: some.DrawFn) -> Used:
    """Draw a charge."""
    start = draw(some.sampled_from(MONTHS))
    number = draw(some.integers(1, 3))
    quantity = draw(some.none() | some.decimals(0, 100, places=2))
    return used(
        None if quantity is None else str(quantity),
        draw(some.sampled_from(["1", "2.5"]) | some.none()),
        of=f"C-{number}",
        of_id=f"c-{number}",
        organizations=frozenset(draw(some.sets(some.sampled_from(["org-1", "org-2", "org-3"])))),
        sku=draw(some.sampled_from(["GC-1", "GC-2"])),
        currency=draw(currencies),
        start=start,
        end=_end(start),
        prepaid=draw(some.none() | some.just(Decimal(40))),
        is_open=draw(some.booleans()),
    )


subjects = some.sampled_from(["contracts", "trustors"])
READ = [Read(frozenset({"org-1", "org-2"}), start, _end(start)) for start in MONTHS[:3]]


def _reconciled(subject: Subject, of: Iterable[Used], billed: Iterable[Line]) -> Reconciliation:
    return reconcile(subject, of, billed, READ, Terms(TODAY))


@given(subjects, some.lists(charges(), max_size=8), some.lists(lines(), max_size=12))
def test_no_amount_is_lost(subject: Subject, of: list[Used], billed: list[Line]) -> None:
    """For each currency, what was compared, credited and left out is all that was invoiced."""
    found = _reconciled(subject, of, billed)
    total: defaultdict[str, Decimal] = defaultdict(Decimal)
    accounted: defaultdict[str, Decimal] = defaultdict(Decimal)
    for each in billed:
        total[each.currency] += each.amount or 0
    for comparison in found.comparisons:
        if comparison.state != "not_comparable":
            accounted[comparison.currency] += comparison.invoiced_amount
            accounted[comparison.currency] += comparison.credited_amount
    for (currency, _), amount in left_out_amounts(found).items():
        accounted[currency] += amount
    assert {key: value for key, value in total.items() if value} == {
        key: value for key, value in accounted.items() if value
    }
    assert sum(each.lines for each in found.comparisons) + len(found.left_out) <= len(billed)


@given(subjects, some.lists(charges(), max_size=8), some.lists(lines(), max_size=12))
def test_a_difference_is_all_of_its_parts(
    subject: Subject, of: list[Used], billed: list[Line]
) -> None:
    """Quantity and price together are the difference wherever both sides are there."""
    for each in _reconciled(subject, of, billed).comparisons:
        if each.state == "difference":
            assert each.by_quantity + each.by_price == each.difference


@given(
    subjects,
    some.lists(charges(), max_size=6),
    some.lists(lines(), max_size=8),
    some.randoms(use_true_random=False),
)
def test_the_order_makes_no_difference(
    subject: Subject, of: list[Used], billed: list[Line], random: Random
) -> None:
    """Charges and lines in any order give the same sums."""
    one = _reconciled(subject, of, billed)
    random.shuffle(of)
    random.shuffle(billed)
    other = _reconciled(subject, of, billed)
    assert left_out_amounts(one) == left_out_amounts(other)
    assert pending_amounts(one) == pending_amounts(other)
    assert sorted(each.state for each in one.comparisons) == sorted(
        each.state for each in other.comparisons
    )
