"""Verdicts, one at a time."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from billing_exporter.reconciliation.records import ZERO, Line, Reason, Subject, Used
from tests.unit.reconciliation.cases import (
    END,
    ISSUED,
    START,
    TODAY,
    compared,
    line,
    used,
    verdict,
)


def test_what_agrees_is_matched() -> None:
    """The same quantity and amount are matched, without a difference."""
    found = verdict([used()], [line()])
    assert (found.state, found.by_quantity, found.by_price) == ("matched", ZERO, ZERO)


@pytest.mark.parametrize(
    ("billed", "state", "by_quantity", "by_price"),
    [
        (line("60.00"), "difference", "0", "10.00"),
        (line("75.00", "15"), "difference", "25", "0.00"),
        (line("90.00", "15"), "difference", "25", "15.00"),
        (line("20.00", "4"), "difference", "-30", "0.00"),
        (line("51.00"), "matched", "0", "1.00"),  # at the tolerance
        (line("51.01"), "difference", "0", "1.01"),
    ],
)
def test_a_difference_is_split(billed: Line, state: str, by_quantity: str, by_price: str) -> None:
    """Other quantities at the used price, and the rest: together the whole difference."""
    found = verdict([used()], [billed])
    assert found.state == state
    assert found.by_quantity == Decimal(by_quantity)
    assert found.by_price == Decimal(by_price)
    assert found.by_quantity + found.by_price == found.difference


def test_of_a_customer_the_quantity_decides() -> None:
    """Another price is shown and no difference, for whose price an overview has is not known."""
    found = verdict([used()], [line("80.00")], "trustors")
    assert (found.state, found.by_price) == ("matched", Decimal(30))
    assert verdict([used()], [line("80.00", "16")], "trustors").state == "difference"


def test_lines_of_a_charge_are_added_up() -> None:
    """A charge of two organizations, billed in three lines and in parts of the period."""
    both = used("10", organizations=frozenset({"org-1", "org-2"}))
    lines = [
        line("20.00", "4"),
        line("10.00", "2", organization="org-2", end=date(2026, 9, 12)),
        line("20.00", "4", organization="org-2", start=date(2026, 9, 13)),
    ]
    found = verdict([both], lines)
    assert (found.state, found.lines) == ("matched", 3)


def test_a_charge_in_several_rows_is_added_up() -> None:
    """Two rows of one contract and SKU are compared together."""
    assert verdict([used("4"), used("6")], [line()]).state == "matched"


def test_two_contracts_that_share_an_organization_are_one_group() -> None:
    """Their charges are added up, and the comparison names both."""
    found = verdict([used("4"), used("6", of="C-2", of_id="c-2")], [line()])
    assert (found.state, found.of) == ("matched", ("C-1", "C-2"))


def test_what_is_billed_and_not_used() -> None:
    """A charge without overage that has a line in arrears is only invoiced."""
    found = verdict([used("0")], [line()])
    assert (found.state, found.difference) == ("only_invoiced", Decimal(50))


@pytest.mark.parametrize(("days", "state"), [(45, "pending"), (46, "only_used"), (3, "pending")])
def test_what_is_used_and_not_billed_has_a_grace(days: int, state: str) -> None:
    """Until 45 days after the period its invoice may still come."""
    assert verdict([used()], [], today=END + timedelta(days=days)).state == state


def test_an_open_period_is_pending() -> None:
    """Nothing of it can be wrong yet."""
    assert verdict([used(is_open=True)], [], today=TODAY).state == "pending"


def test_nothing_and_nothing_is_no_comparison() -> None:
    """A charge without overage and without lines says nothing."""
    assert compared([used("0")], []).comparisons == ()


def test_a_line_that_comes_twice_is_remarked() -> None:
    """The doubled line is a difference of quantity, and said to be there twice."""
    found = verdict([used()], [line(), line()])
    assert (found.state, found.by_quantity) == ("difference", Decimal(50))
    assert found.remark == "a line was billed twice"
    assert verdict([used()], [line(), line("55.00", "11")]).remark == ""


def test_several_lines_that_come_twice_are_remarked() -> None:
    """Two that are there twice, or one that is there three times, are the whole difference."""
    small, large = line("20.00", "4"), line("30.00", "6")
    twice = "a line was billed twice"
    assert verdict([used()], [small, small, large, large]).remark == twice
    assert verdict([used()], [line(), line(), line()]).remark == twice


def test_equal_lines_with_another_price_are_not_twice() -> None:
    """Where the quantity is right nothing was billed twice, however many lines are equal."""
    halves = [line("1.00", "1"), line("1.00", "1")]
    found = verdict([used("2", "500")], halves)
    assert (found.state, found.by_price, found.remark) == ("difference", Decimal(-998), "")


@pytest.mark.parametrize(
    ("charge", "lines", "remark"),
    [
        (used(None), [line()], "the API has no price or number"),
        (used(price=None), [], "the API has no price or number"),
        (used(), [line(quantity=None)], "a line has no quantity"),
        (used(), [line(), line(amount=None)], "a line has no amount"),
        (used(), [line(issued=None)], "an invoice that may bill it has no date"),
        (used(obstacle="in the ramp"), [], "in the ramp"),
    ],
)
def test_some_things_cannot_be_compared(charge: Used, lines: list[Line], remark: str) -> None:
    """Missing numbers, undated invoices and what the API excludes have no verdict."""
    found = verdict([charge], lines)
    assert (found.state, found.remark) == ("not_comparable", remark)


def test_before_the_reach_of_the_invoices_nothing_is_missing() -> None:
    """What ended before the first invoice that was read may have been billed by an earlier one."""
    assert verdict([used()], [], reach=END + timedelta(days=1)).state == "not_comparable"
    assert verdict([used()], [], reach=END).state == "only_used"


def test_a_line_without_organization() -> None:
    """It belongs to the one group that fits; where two fit, neither can be compared."""
    nobody = line(organization="")
    assert verdict([used()], [nobody]).state == "matched"
    other = used(of="C-2", of_id="c-2", organizations=frozenset({"org-2"}))
    found = compared([used(), other], [nobody])
    assert {each.state for each in found.comparisons} == {"not_comparable"}
    assert [left.reason for left in found.left_out] == ["shared"]


@pytest.mark.parametrize(
    ("first", "last", "states", "reason"),
    [
        (START, date(2026, 10, 31), ["not_comparable", "not_comparable"], "shared"),
        (date(2026, 8, 1), END, ["not_comparable", "only_used"], "shared"),
        (START, date(2026, 10, 1), ["not_comparable", "only_used"], "shared"),
        (date(2026, 8, 20), date(2026, 9, 10), ["only_used", "only_used"], "not_read"),
    ],
)
def test_a_line_of_two_periods_leaves_neither_unbilled(
    first: date, last: date, states: list[str], reason: Reason
) -> None:
    """What one line bills for several periods cannot be compared with any, and is not missing; a
    line that bills the lesser part of a period is none of its own.
    """
    october = used(start=date(2026, 10, 1), end=date(2026, 10, 31))
    both = line("100.00", "20", start=first, end=last, issued=date(2026, 11, 3))
    found = compared([used(), october], [both])
    assert [each.state for each in found.comparisons] == states
    assert [(left.reason, left.line.amount) for left in found.left_out] == [(reason, Decimal(100))]


def test_a_line_goes_to_the_period_with_its_dates() -> None:
    """Beside a monthly contract the same organization has an annual one, and one that ended on the
    17th: days within their periods make a line theirs only where no period has just its dates.
    """
    year, middle = (date(2025, 10, 1), END), date(2026, 9, 17)
    charges = [
        used(),
        used(of="year", of_id="c-2", start=year[0], end=year[1]),
        used(of="ended", of_id="c-3", end=middle),
    ]
    lines = [line(), line(start=year[0]), line(end=middle)]
    found = compared(charges, lines)
    assert [each.state for each in found.comparisons] == ["matched"] * 3
    assert found.left_out == ()
    unclear = compared(charges, [line(start=date(2026, 9, 2), end=middle)])
    assert [left.reason for left in unclear.left_out] == ["shared"]


def test_a_line_that_fits_a_period_is_no_part_of_the_one_before() -> None:
    """Periods whose borders are days apart from those of the lines keep their own lines."""
    before = used(start=date(2026, 8, 1), end=START)
    found = compared(
        [before, used()], [line(), line(start=date(2026, 8, 1), end=date(2026, 8, 31))]
    )
    assert [each.state for each in found.comparisons] == ["matched", "matched"]


def test_a_credit_can_put_a_bill_right() -> None:
    """Too much billed, and credited for the same period, is matched; the credit is shown."""
    found = verdict([used()], [line("75.00", "15"), line("-25.00", "-5")])
    assert (found.state, found.credited_amount) == ("matched", Decimal(-25))
    assert verdict([used()], [line("75.00", "15"), line("-5.00", "-1")]).state == "difference"
    # Right before the credit is right too: it may be for something else.
    assert verdict([used()], [line(), line("-5.00", "-1")]).state == "matched"


@pytest.mark.parametrize(("credit", "state"), [("-60.00", "matched"), ("-30.00", "only_invoiced")])
def test_a_bill_for_nothing_that_was_credited_agrees(credit: str, state: str) -> None:
    """What was billed without use and given back in full costs nothing."""
    found = verdict([used("0")], [line("60.00", "12"), line(credit, "-1")])
    assert found.state == state
    assert found.invoiced_amount == 60


@pytest.mark.parametrize(
    ("lines", "reasons"),
    [
        ([line("200.00", "40")], ["late_prepaid"]),
        ([line("120.00", "24"), line("80.00", "16")], ["late_prepaid"] * 2),
        ([line(), line("200.00", "40")], ["late_prepaid"]),
        ([line("200.00", "40"), line("200.00", "40")], ["late_prepaid"]),
    ],
)
def test_prepaid_that_is_billed_late_is_no_overage(lines: list[Line], reasons: list[str]) -> None:
    """A line in arrears that is price times prepaid quantity is left out, for information."""
    found = compared([used(prepaid=Decimal(200))], lines)
    assert [left.reason for left in found.left_out] == reasons
    assert found.comparisons[0].remark == "prepaid that was billed late"


def test_overage_that_equals_the_prepaid_amount_is_overage() -> None:
    """What agrees with what was used is compared with it."""
    found = compared([used(prepaid=Decimal(50))], [line()])
    assert (found.comparisons[0].state, found.left_out) == ("matched", ())


def test_a_customers_overage_that_is_billed_in_full_is_not_prepaid_billed_late() -> None:
    """The price of a line is the partner's own, so that it can come to what is prepaid."""
    overage, cheaper = used("2", "15", prepaid=Decimal(24)), line("24.00", "2")
    found = compared([overage], [cheaper], "trustors")
    assert (found.comparisons[0].state, found.left_out) == ("matched", ())
    assert found.comparisons[0].by_price == Decimal(-6)
    late = compared([used("3", "15", prepaid=Decimal(24))], [cheaper], "trustors")
    assert [left.reason for left in late.left_out] == ["late_prepaid"]


@pytest.mark.parametrize(
    ("billed", "reason"),
    [
        (line(start=date(2026, 10, 1), end=date(2026, 10, 31)), "advance"),
        (line(issued=None), "unknown"),
        (line(end=None), "unknown"),
        (line(None), "unknown"),
        (line(sku=""), "no_sku"),
        (line(sku="GC-176"), "no_charge"),
        (line(organization="org-9"), "not_read"),
        (line(start=date(2026, 7, 1), end=date(2026, 7, 31)), "not_read"),
        (line(currency="USD"), "no_charge"),
        (line("-5.00", sku="GC-176"), "credit"),
        (line("-5.00", sku=""), "credit"),
    ],
)
def test_a_line_that_is_left_out_has_its_reason(billed: Line, reason: str) -> None:
    """What cannot be overage, or belongs to nothing that was read, is left out."""
    assert [left.reason for left in compared([used()], [billed]).left_out] == [reason]


def test_a_line_billed_on_the_day_its_period_ends_is_in_arrears() -> None:
    """The end of what a line bills decides, not its text and not its start."""
    assert line(issued=END).timing == "arrears"
    assert line(issued=END - timedelta(days=1)).timing == "advance"
    assert line(start=ISSUED, end=ISSUED + timedelta(days=20)).timing == "advance"


@pytest.mark.parametrize("subject", ["contracts", "trustors"])
@pytest.mark.parametrize(("currency", "state"), [("JPY", "matched"), ("EUR", "difference")])
def test_the_tolerance_follows_the_currency(subject: Subject, currency: str, state: str) -> None:
    """A hundred yen are nothing; of a customer even they are only a price."""
    found = verdict([used(currency=currency)], [line("150.00", currency=currency)], subject)
    assert found.state == ("matched" if subject == "trustors" else state)


def test_a_share_of_a_large_amount_is_tolerated() -> None:
    """0.1 % of what was used is, unless another share is set."""
    billed = line("100090.00", "10000", start=START)
    assert verdict([used("10000", "10")], [billed]).state == "matched"
    assert verdict([used("10000", "10")], [billed], share=Decimal(0)).state == "difference"
