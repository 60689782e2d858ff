"""Rows that had been there and are suddenly all gone: a failure of the API, not fewer rows."""

import pytest

from billing_exporter.genesys import UnexpectedAnswer
from tests.unit.collectors import test_contracts, test_invoices, test_usage
from tests.unit.collectors.api_stub import CONTRACTS, NOW, USAGE, ApiStub, lines, page

CHARGE = {"name": "CX 3", "actualQuantity": 1}


def test_a_period_whose_rows_are_all_gone_keeps_them(cloud: ApiStub) -> None:
    """A period that had charges keeps them where the API suddenly gives none; that is reported."""
    cloud.put(CONTRACTS, page(test_contracts.contract("co-1", {"id": "p", **test_contracts.OPEN})))
    test_contracts.put_detail(cloud, "co-1/p", **test_contracts.OPEN, charges=[CHARGE])
    contracts = test_contracts.desk()
    contracts.poll()
    test_contracts.put_detail(cloud, "co-1/p", **test_contracts.OPEN, charges=[])
    text = contracts.poll()
    assert [row[-1] for row in lines(text, "charge_actual_quantity")] == ["1"]
    assert contracts.left_out == [("unexpected_answer", "billing period p of contract co-1")]


def test_lines_that_are_all_gone_stay(cloud: ApiStub) -> None:
    """An invoice that had lines keeps them where the API suddenly lists none, and that is reported;
    one that never had any has none.
    """
    test_invoices.put_invoices(cloud, test_invoices.invoice("in-1"), test_invoices.invoice("in-2"))
    test_invoices.put_lines(cloud, "in-1", test_invoices.line("li-1", 3))
    test_invoices.put_lines(cloud, "in-2")
    invoices = test_invoices.desk()
    invoices.poll()
    test_invoices.put_lines(cloud, "in-1")
    text = invoices.poll()
    assert [row.split("} ")[1] for row in lines(text, "invoice_line_amount")] == ["3"]
    assert invoices.left_out == [("unexpected_answer", "lines of invoice in-1")]


def test_a_report_whose_rows_are_all_gone_is_refused(cloud: ApiStub) -> None:
    """Usage of a period cannot be taken back: the last report stays. A new period may be empty."""
    cloud.put(CONTRACTS, page())
    report = {"status": "Complete", "usages": [{"name": "x", "totalUsage": "5"}]}
    cloud.put(USAGE, report)
    usage = test_usage.desk()
    usage.poll()
    cloud.put(USAGE, {**report, "usages": []})
    with pytest.raises(UnexpectedAnswer, match="no rows"):
        usage.poll()
    assert lines(usage.poll(NOW.replace(month=12)), "usage_quantity") == []
