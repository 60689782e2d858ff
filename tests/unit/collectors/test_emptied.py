"""Rows that had been there and are suddenly all gone: a failure of the API, not fewer rows."""

import pytest

from billing_exporter.collectors.settings import TrustorsSettings
from billing_exporter.collectors.trustors import TrustorsCollector
from billing_exporter.genesys import UnexpectedAnswer
from tests.unit.collectors import test_contracts, test_invoices, test_usage
from tests.unit.collectors.api_stub import (
    CONTRACTS,
    INVOICES,
    NOW,
    OVERVIEW,
    TRUSTORS,
    USAGE,
    ApiStub,
    CollectorHarness,
    lines,
    page,
)

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


def test_a_listing_of_contracts_that_is_suddenly_empty_is_refused(cloud: ApiStub) -> None:
    """Contracts that were listed stay where the API suddenly lists none; a first listing may be
    empty.
    """
    cloud.put(CONTRACTS, page())
    contracts = test_contracts.desk()
    assert lines(contracts.poll(), "contract_info") == []
    cloud.put(CONTRACTS, page(test_contracts.contract("co-1")))
    cloud.put(f"{CONTRACTS}/co-1", test_contracts.contract("co-1"))
    contracts.poll()
    cloud.put(CONTRACTS, page())
    with pytest.raises(UnexpectedAnswer, match="listing of contracts has no rows any more"):
        contracts.poll()
    assert len(lines(contracts.text(), "contract_info")) == 1


def test_a_contract_whose_periods_are_all_gone_keeps_them(cloud: ApiStub) -> None:
    """A contract that had billing periods keeps them where the API suddenly lists none."""
    period = {"id": "p", **test_contracts.OPEN}
    cloud.put(CONTRACTS, page(test_contracts.contract("co-1", period)))
    test_contracts.put_detail(cloud, "co-1/p", **test_contracts.OPEN, charges=[CHARGE])
    contracts = test_contracts.desk()
    before = contracts.poll()
    cloud.put(CONTRACTS, page(test_contracts.contract("co-1")))
    cloud.put(f"{CONTRACTS}/co-1", test_contracts.contract("co-1"))
    assert contracts.poll() == before
    assert contracts.left_out == [("unexpected_answer", "contract co-1")]


def test_a_listing_of_invoices_that_is_suddenly_empty_is_refused(cloud: ApiStub) -> None:
    """Invoices of the lookback stay listed, paid or not: where they are all gone, that is no
    payment. One that has left the lookback may go.
    """
    invoice = test_invoices.invoice("in-1", dateInvoiced="2026-11-01")
    test_invoices.put_invoices(cloud, invoice)
    invoices = test_invoices.desk(lookback="30d", whose="none")
    invoices.poll()
    test_invoices.put_invoices(cloud)
    with pytest.raises(UnexpectedAnswer, match="listing of recent invoices has no rows any more"):
        invoices.poll()
    assert lines(invoices.text(), "unpaid_invoices")
    assert lines(invoices.poll(NOW.replace(month=12, day=20)), "invoice_info") == []


def test_recent_invoices_that_are_gone_are_not_hidden_by_unpaid_ones(cloud: ApiStub) -> None:
    """A listing of recent invoices that is empty is refused although an unpaid one is listed."""
    paid, unpaid = test_invoices.invoice("in-1", "Paid"), test_invoices.invoice("in-2")
    test_invoices.put_invoices(cloud, paid, unpaid)
    invoices = test_invoices.desk("none")
    invoices.poll()
    test_invoices.put_invoices(cloud)
    cloud.put(INVOICES, page(unpaid), paymentStatus="UnPaid")
    with pytest.raises(UnexpectedAnswer, match="recent invoices"):
        invoices.poll()


def test_an_old_debt_goes_only_where_the_listing_of_debts_is_believable(cloud: ApiStub) -> None:
    """An unpaid invoice older than the lookback is gone once it is paid, unless the listing of
    unpaid invoices lacks also one that the recent ones show as unpaid.
    """
    old = test_invoices.invoice("old", dateInvoiced="2025-01-01")
    recent = test_invoices.invoice("new", dateInvoiced="2026-11-20")
    invoices = test_invoices.desk("none", lookback="30d")
    cloud.put(INVOICES, page(recent))
    cloud.put(INVOICES, page(recent, old), paymentStatus="UnPaid")
    invoices.poll()
    cloud.put(INVOICES, page(), paymentStatus="UnPaid")
    with pytest.raises(UnexpectedAnswer, match="unpaid invoices"):
        invoices.poll()
    cloud.put(INVOICES, page(test_invoices.invoice("new", "Paid", dateInvoiced="2026-11-20")))
    assert len(lines(invoices.poll(), "invoice_info")) == 1


@pytest.mark.parametrize(("count", "is_doubted"), [(1, False), (3, False), (4, True)])
def test_few_customers_may_all_leave_the_listing(
    cloud: ApiStub, count: int, is_doubted: bool
) -> None:
    """A listing of trustors that is suddenly empty ends up to three customers; where more had
    numbers it is the API that fails, and they keep them.
    """
    keys = [f"t-{number}" for number in range(count)]
    listed = [
        {"id": key, "enabled": True, "organization": {"id": key, "name": key}} for key in keys
    ]
    cloud.put(TRUSTORS, {"entities": listed, "total": count, "pageCount": 1})
    usage = {"name": "x", "partNumber": "", "grouping": "resource", "usageQuantity": "5"}
    for key in keys:
        cloud.put(f"{OVERVIEW}/{key}", {"id": "o", "currency": "USD", "usages": [usage]})
    trustors = CollectorHarness(TrustorsCollector(TrustorsSettings(history=0)))
    trustors.poll()
    before = lines(trustors.text(), "trustor_usage_quantity")
    assert before
    cloud.put(TRUSTORS, {"entities": [], "total": 0, "pageCount": 0})
    if is_doubted:
        with pytest.raises(UnexpectedAnswer, match="not listed any more"):
            trustors.poll()
    else:
        trustors.poll()
    assert lines(trustors.text(), "trustor_usage_quantity") == (before if is_doubted else [])
