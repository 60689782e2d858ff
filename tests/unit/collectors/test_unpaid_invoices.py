"""The invoices collector: what is owed, credits, and invoices and lines of one id."""

import pytest

from tests.unit.collectors.api_stub import ApiStub, lines
from tests.unit.collectors.test_invoices import desk, invoice, line, put_invoices, put_lines


@pytest.mark.parametrize(
    ("status", "owed"),
    [
        ("Partially Paid", True),
        ("PARTIALLY_PAID", True),
        ("partiallyPaid", True),
        ("open", True),
        ("Past Due", True),
        ("past-due", True),
        ("DISPUTED", True),
        ("In Dispute", True),
        ("Paid in full", False),
        ("Voided", False),
        ("void", False),
        ("Written Off", False),
        ("written-off", False),
        ("Sealed", None),
        (None, None),
        ("", None),
        ("\u0420aid", None),
    ],
)
def test_what_is_owed_by_status(cloud: ApiStub, status: str | None, owed: bool | None) -> None:
    """What is not paid in full counts in full, in whatever spelling; what was given up does not; a
    status that nobody knows is in no sum of unpaid invoices and is counted.
    """
    put_invoices(cloud, invoice("in-1", amount=7) | {"paymentStatus": status})
    invoices = desk("none")
    text = invoices.poll()
    assert len(lines(text, "invoice_amount")) == 1
    filled = [row for row in lines(text, "unpaid_amount") if not row.endswith(" 0")]
    assert filled == (['{currency="EUR",overdue="unknown"} 7'] if owed else [])
    assert invoices.dropped == ({"unknown_status": 1} if owed is None else {})


def test_a_credit_hides_no_debt(cloud: ApiStub) -> None:
    """Amounts below 0 that are not paid have a bucket of their own, whatever their age; a debt of
    the same size over 90 days old is still there.
    """
    terms = {"dateInvoiced": "2026-01-01", "paymentTerms": "Net 30"}
    credit = invoice("in-2", amount=-5000, **terms)
    put_invoices(cloud, invoice("in-1", amount=5000, **terms), credit, invoice("in-3", amount=-1))
    text = desk("none").poll()
    for metric, debts, below in (("unpaid_amount", 5000, -5001), ("unpaid_invoices", 1, 2)):
        filled = {row for row in lines(text, metric) if not row.endswith(" 0")}
        assert filled == {
            f'{{currency="EUR",overdue="over_90d"}} {debts}',
            f'{{currency="EUR",overdue="credit"}} {below}',
        }


@pytest.mark.parametrize("amount", [0, "0.00", -0.0])
def test_an_invoice_of_nothing_is_not_unpaid(cloud: ApiStub, amount: object) -> None:
    """An invoice of 0.00 is listed, and is in no bucket of unpaid ones."""
    put_invoices(cloud, invoice("in-1", amount=amount))
    invoices = desk("none")
    text = invoices.poll()
    assert '{currency="EUR",payment_status="unpaid"} 1' in lines(text, "invoices")
    assert all(row.endswith(" 0") for row in lines(text, "unpaid_invoices"))
    assert invoices.dropped == {}


def test_an_unpaid_amount_that_cannot_be_read_may_be_a_debt(cloud: ApiStub) -> None:
    """An invoice without a readable amount counts by its age, and its amount as dropped. A bucket
    of such invoices alone has no amount, which would be 0; the other buckets have theirs.
    """
    bad = invoice("in-1", amount=None), invoice("in-2", amount="NaN")
    put_invoices(cloud, *bad, invoice("in-4", amount=-2))
    invoices = desk("none")
    text = invoices.poll()
    assert '{currency="EUR",overdue="unknown"} 2' in lines(text, "unpaid_invoices")
    amounts = lines(text, "unpaid_amount")
    assert not [row for row in amounts if "unknown" in row]
    assert '{currency="EUR",overdue="credit"} -2' in amounts
    assert invoices.dropped == {"missing": 2, "not_a_number": 3}


def test_a_debt_is_not_hidden_by_an_amount_that_cannot_be_read(cloud: ApiStub) -> None:
    """What is known of a bucket is shown, so that the alerts on it fire; the rest is counted."""
    put_invoices(cloud, invoice("in-1", amount=None), invoice("in-2", amount=5000))
    invoices = desk("none")
    text = invoices.poll()
    assert '{currency="EUR",overdue="unknown"} 2' in lines(text, "unpaid_invoices")
    assert '{currency="EUR",overdue="unknown"} 5000' in lines(text, "unpaid_amount")
    assert '{currency="EUR",payment_status="unpaid"} 5000' in lines(text, "invoices_amount")
    assert invoices.dropped == {"missing": 2}


def test_two_invoices_of_one_id_are_two(cloud: ApiStub) -> None:
    """Both are in the sums; what differs of them is counted as a conflict, nothing is lost."""
    other = invoice("in-1", amount=-3, customerInvoiceType="Credit Memo")
    put_invoices(cloud, invoice("in-1", amount=10), other, invoice("in-1", amount=10))
    put_lines(cloud, "in-1", line("l", 7))
    invoices = desk("all")
    text = invoices.poll()
    assert [row[-2:] for row in lines(text, "invoice_line_amount")] == [" 7"]
    assert '{currency="EUR",payment_status="unpaid"} 2' in lines(text, "invoices")
    assert '{currency="EUR",payment_status="unpaid"} 7' in lines(text, "invoices_amount")
    assert lines(text, "invoice_amount") == []
    assert invoices.dropped == {"conflict": 2}


def test_invoices_without_an_id_are_all_in_the_sums(cloud: ApiStub) -> None:
    """An empty id is none: the invoices count, once though both listings have them, and their rows
    are dropped as unreadable.
    """
    given = [invoice(name, amount=amount) for name, amount in (("", 1), (" ", 2), ("", 4), ("", 4))]
    put_invoices(cloud, *given)
    invoices = desk("all")
    text = invoices.poll()
    assert '{currency="EUR",payment_status="unpaid"} 11' in lines(text, "invoices_amount")
    assert invoices.dropped == {"missing": 4}


def test_lines_of_one_id_add_up(cloud: ApiStub) -> None:
    """Lines of an id that is not theirs alone, or of an empty one, are all there; a line that a
    page repeats is one.
    """
    put_invoices(cloud, invoice("in-1"))
    shared = line("l", 1), line("l", 2), line("l", 1)
    repeated = line("m", 16), line("m", 16)
    put_lines(cloud, "in-1", *shared, line("", 4), line("", 4), line(" ", 8), *repeated)
    (shown,) = lines(desk().poll(), "invoice_line_amount")
    assert shown.endswith(" 36")


def test_an_invoice_that_lacks_its_amount_in_one_listing_is_one(cloud: ApiStub) -> None:
    """What one answer leaves out does not make an invoice another one."""
    put_invoices(cloud, invoice("in-1", amount=None), invoice("in-1", amount=3, paymentTerms="x"))
    text = desk("none").poll()
    assert '{currency="EUR",payment_status="unpaid"} 1' in lines(text, "invoices")
