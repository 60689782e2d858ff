"""Billed lines: what is packed comes out as it was, by organization."""

from datetime import date

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from billing_exporter.accounts.billed import Billed
from billing_exporter.accounts.records import Bill, BilledLine

DAYS = st.one_of(st.none(), st.dates(date(2026, 1, 1), date(2026, 12, 31)))
NUMBERS = st.one_of(st.none(), st.decimals(-(10**9), 10**9, places=6))
LINES = st.builds(
    BilledLine,
    st.sampled_from(["", "t-1", "t-2"]),
    st.one_of(st.just(""), st.text(max_size=5)),
    DAYS,
    DAYS,
    NUMBERS,
    NUMBERS,
)
BILLS = st.builds(
    Bill,
    st.sampled_from(["I-1", "I-2"]),
    st.sampled_from(["EUR", "JPY"]),
    NUMBERS,
    DAYS,
    st.one_of(st.none(), st.lists(LINES, max_size=5).map(tuple)),
)


@given(st.lists(BILLS, max_size=4))
def test_lines_come_out_as_they_were(bills: list[Bill]) -> None:
    """Every line is among those of its organization, with what its invoice says, and a number."""
    known = Billed(bills)
    expected = [line for bill in bills for line in bill.each_line()]
    found = sorted(known.each(), key=lambda line: line.number)
    assert [line.number for line in found] == list(range(known.count))
    assert [msgspec.structs.replace(line, number=0) for line in found] == expected
    for key in known.organizations():
        assert {line.organization for line in known.of(key)} == {key}
    assert list(known.of("nobody")) == []


def test_an_invoice_without_lines_is_unread() -> None:
    """One whose lines could not be read is known by currency and day; an undated one bills none."""
    issued = date(2026, 11, 3)
    bills = [Bill("I-1", "EUR", None, issued), Bill("I-2", "EUR"), Bill("I-3", "EUR", lines=())]
    assert Billed(bills).unread == (("EUR", issued),)
