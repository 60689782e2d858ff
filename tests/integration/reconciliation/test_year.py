"""A simulated year, read over HTTP and reconciled: right bills agree, each wrong one is found."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from billing_exporter.genesys import BillingApi
from billing_exporter.history import contracts, trustors
from billing_exporter.history.reader import Reader
from billing_exporter.reconciliation.compare import Terms, reconcile
from billing_exporter.reconciliation.invoices import Unbalanced, unbalanced
from billing_exporter.reconciliation.records import Comparison, Line, Reconciliation, Subject
from billing_exporter.reconciliation.summary import left_out_amounts
from billing_exporter.simulator import Options, Simulator
from tools.testkit.recorded_api import client_at

START = datetime(2026, 11, 28, 12, tzinfo=UTC)
PERIODS = 12
SUBJECTS: tuple[Subject, ...] = ("contracts", "trustors")
LINES = "get_billing_contracts_invoice_lines"
LEAST_MATCHED = Decimal("0.9")
Key = tuple[str, ...]


@dataclass(frozen=True)
class Found:
    """What came of a year."""

    of: dict[Subject, Reconciliation]
    lines: tuple[Line, ...]
    unbalanced: list[Unbalanced]


@dataclass(frozen=True)
class Year:
    """A simulated partner whose time stands still, and a client of it."""

    simulator: Simulator
    api: BillingApi

    def found(self, *faults: str) -> Found:
        """Reconcile the year under some faults."""
        self.simulator.service.set_faults(list(faults))
        reader = Reader(self.api, START.date(), PERIODS)
        billed = reader.invoices()
        terms = Terms(START.date(), reach=billed.since)
        of_contracts, of_trustors = reader.contracts(), reader.trustors()
        assert reader.skipped == []
        used = {
            "contracts": [each for period in of_contracts for each in contracts.used_of(period)],
            "trustors": [each for period in of_trustors for each in trustors.used_of(period)],
        }
        read = {
            "contracts": [contracts.read_of(period) for period in of_contracts],
            "trustors": [trustors.read_of(period) for period in of_trustors],
        }
        of = {
            subject: reconcile(
                subject,
                used[subject],
                billed.lines,
                [each for each in read[subject] if each is not None],
                terms,
            )
            for subject in SUBJECTS
        }
        return Found(of, billed.lines, unbalanced(billed.invoices, billed.lines))


@pytest.fixture(scope="module")
def year() -> Iterator[Year]:
    """The year of the default world."""
    options = Options(address="127.0.0.1:0", start=START, time_scale=0, rate_limit=0, in_progress=0)
    with Simulator(options) as simulator:
        api = client_at(simulator.url)
        yield Year(simulator, api)
        api.close()


@pytest.fixture(scope="module")
def right(year: Year) -> Found:
    """What came of the year without faults."""
    return year.found()


def _key(each: Comparison) -> Key:
    return (*each.of_ids[:1], each.sku, str(each.start), str(each.end), each.currency)


def _line_key(line: Line) -> Key:
    return line.organization, line.sku, str(line.start), str(line.end), line.currency


def _is_wrong(each: Comparison) -> bool:
    return each.state in {"difference", "only_invoiced", "only_used"}


@pytest.mark.parametrize("subject", SUBJECTS)
def test_right_bills_agree(right: Found, subject: Subject) -> None:
    """Of the priced closed charges of a year at least nine in ten are matched and none differs."""
    closed = [each for each in right.of[subject].comparisons if each.state != "pending"]
    states = Counter(each.state for each in closed)
    assert len(closed) > 800
    assert states["matched"] >= LEAST_MATCHED * len(closed)
    assert [each for each in closed if _is_wrong(each)] == []
    assert right.unbalanced == []


@pytest.mark.parametrize("subject", SUBJECTS)
def test_no_amount_is_lost(right: Found, subject: Subject) -> None:
    """For each currency, compared, credited and left out lines are all lines."""
    found = right.of[subject]
    sums: Counter[str] = Counter()
    for line in right.lines:
        sums[line.currency] += line.amount or 0  # type: ignore[assignment] # a Counter of Decimals
    for each in found.comparisons:
        if each.state != "not_comparable":
            sums[each.currency] -= each.invoiced_amount + each.credited_amount  # type: ignore[assignment] # as above
    for (currency, _), amount in left_out_amounts(found).items():
        sums[currency] -= amount  # type: ignore[assignment] # as above
    assert set(sums.values()) == {0}


def _wrong_lines(right: Found, wrong: Found) -> dict[Key, Decimal]:
    """Return by how much the lines in arrears of each key have changed: the truth of the fault."""
    changes: dict[Key, Decimal] = {}
    for lines, sign in ((wrong.lines, 1), (right.lines, -1)):
        for line in lines:
            if line.timing in {"arrears", "unknown"} and line.amount:
                key = _line_key(line)
                changes[key] = changes.get(key, Decimal(0)) + sign * line.amount
    return {key: change for key, change in changes.items() if change}


@pytest.mark.parametrize("error", ["quantity", "missing", "twice"])
def test_each_wrong_quantity_is_found_for_its_customer(
    year: Year, right: Found, error: str
) -> None:
    """Exactly the customers' SKUs whose lines are wrong differ, each by the amount billed wrongly,
    which is other quantities and no other price; a missing bill is pending until its grace ends.
    """
    wrong = year.found(f"wrong_bill:error={error},factor=1.5")
    truth = _wrong_lines(right, wrong)
    known = {_key(each) for each in right.of["trustors"].comparisons}
    found = {_key(each): each for each in wrong.of["trustors"].comparisons if _is_wrong(each)}
    late = {_key(each) for each in wrong.of["trustors"].comparisons if each.state == "pending"}
    assert len(found) > 20
    assert found.keys() == {key for key in truth if key in known} - late
    for key, each in found.items():
        assert abs(each.difference - truth[key]) < 1
        assert abs(each.by_price) < 1
        assert (each.remark == "a line was billed twice") == (error == "twice")
        if each.state == "only_used":
            assert (error, each.lines) == ("missing", 0)
    assert wrong.unbalanced == []


def test_each_wrong_price_is_found_for_its_customer(year: Year, right: Found) -> None:
    """A wrong price is a price effect of the customer's SKU, and nothing of it a quantity."""
    wrong = year.found("wrong_bill:error=price,factor=1.5")
    truth = _wrong_lines(right, wrong)
    known = {_key(each) for each in right.of["trustors"].comparisons}
    found = {_key(each): each for each in wrong.of["trustors"].comparisons if each.by_price > 1}
    assert found.keys() == {key for key in truth if key in known}
    for key, each in found.items():
        assert (each.state, each.by_quantity) == ("matched", Decimal(0))
        assert abs(each.by_price - truth[key]) < 1


@pytest.mark.parametrize("error", ["price", "quantity", "missing", "twice"])
def test_each_wrong_bill_is_found_for_its_contract(year: Year, right: Found, error: str) -> None:
    """The contracts' differences add up to what was billed wrongly, with the right cause."""
    wrong = year.found(f"wrong_bill:error={error},factor=1.5")
    before = {_key(each): each for each in right.of["contracts"].comparisons}
    differences = {
        _key(each): each.invoiced_amount - before[_key(each)].invoiced_amount
        for each in wrong.of["contracts"].comparisons
        if each.invoiced_amount != before[_key(each)].invoiced_amount
    }
    found = {_key(each): each for each in wrong.of["contracts"].comparisons if _is_wrong(each)}
    late = {_key(each) for each in wrong.of["contracts"].comparisons if each.state == "pending"}
    assert len(found) > 20
    assert found.keys() == differences.keys() - late
    for key, each in found.items():
        assert abs(each.difference - differences[key]) <= 1
        if each.state == "difference":
            cause, other = each.by_quantity, each.by_price
            if error == "price":
                cause, other = other, cause
            assert abs(cause) > 20 * abs(other)


def test_a_header_that_is_wrong_is_found(year: Year) -> None:
    """Invoices whose lines lack one that their amount counts are found, and no others."""
    found = year.found(f"wrong_bill:{LINES}:error=missing").unbalanced
    assert len(found) > 30
    assert all((each.invoice.amount or 0) > each.lines_amount for each in found)


def test_a_restated_period_no_longer_agrees_with_its_bill(year: Year, right: Found) -> None:
    """What was restated after it was billed differs in quantity; nothing else does."""
    wrong = year.found("restated:period=2026-08-21,factor=1.5")
    for subject in SUBJECTS:
        found = [each for each in wrong.of[subject].comparisons if _is_wrong(each)]
        assert len(found) > 5
        assert {str(each.start) for each in found} == {"2026-08-21"}
        assert all(each.difference <= 0 for each in found)
        assert len(wrong.of[subject].comparisons) >= len(right.of[subject].comparisons)
