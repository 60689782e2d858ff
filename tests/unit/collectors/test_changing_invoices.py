"""Invoices that change while they are read count once."""

from tests.unit.collectors.api_stub import INVOICES, ApiStub, lines, page
from tests.unit.collectors.test_invoices import desk, invoice, line, put_invoices, put_lines


def test_a_line_that_changes_between_two_pages_counts_once(cloud: ApiStub) -> None:
    """The second page repeats a line with another amount: read again, the invoice has it once."""
    put_invoices(cloud, invoice("in-1"))
    path = put_lines(cloud, "in-1", line("li-1", 3), line("li-2", 1))
    cloud.put(path, page(line("li-1", 3), more="second"))
    cloud.put(path, page(line("li-1", 5), line("li-2", 1)), after="second")

    def restate(_path: str) -> None:
        if cloud.count(path) == 3:
            cloud.put(path, page(line("li-1", 5), line("li-2", 1)))

    cloud.before_answer = restate
    assert lines(desk().poll(), "invoice_line_amount")[0].endswith("} 6")
    assert cloud.count(path) == 3


def test_an_invoice_that_changes_between_the_listings_counts_once(cloud: ApiStub) -> None:
    """Its amount is another one among the unpaid ones: read again, it is owed once."""
    cloud.put(INVOICES, page(invoice("in-1", amount=100)))
    cloud.put(INVOICES, page(invoice("in-1", amount=120)), paymentStatus="UnPaid")

    def restate(_path: str) -> None:
        if cloud.count(INVOICES) == 3:
            cloud.put(INVOICES, page(invoice("in-1", amount=120)))

    cloud.before_answer = restate
    text = desk("none").poll()
    assert '{currency="EUR",payment_status="unpaid"} 120' in lines(text, "invoices_amount")
    assert cloud.count(INVOICES) == 4
