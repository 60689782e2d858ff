"""What our records hold of an answer is what the official SDK reads in it, value by value."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from types import ModuleType
from typing import Any

import pytest

from billing_exporter.genesys import OPERATIONS
from billing_exporter.genesys.records import Record
from tests.integration.simulator.judge import END, START, Judge
from tests.unit.simulator.client import connected
from tools.testkit.recorded_api import client_at

Call = tuple[str, dict[str, Any]]
# What only SDK 269's own spelling lets it find; a charge's name and tokens are not there in 236.
HIDDEN = {
    *(f"BillingCharge.{kind}_quantity" for kind in ("actual", "fairuse", "overage", "prepaid")),
    *("InvoiceAddress.city_subdivision1", "InvoiceAddress.date_effective"),
    "BillingContract.purchase_order_numbers",
}
# So many fields have a value in some answer, beside those that hold records themselves.
SEEN = 150


class Both:
    """The same calls by our client and by the SDK, of one simulator whose time stands still.

    Attributes:
        keys: how it spells its keys.
        ours: our client.
    """

    def __init__(self, keys: str, url: str, judge: Judge) -> None:
        """Log in as the simulator's own client."""
        self.keys = keys
        self.ours = client_at(url)
        self._theirs = (judge.billing, judge.trust, judge.directory)

    def answers(self) -> Iterator[tuple[str, Any, Any]]:
        """Yield for each call its operation, our answer, and the SDK's."""
        for name, arguments in self._calls():
            (asked,) = (each for api in self._theirs if (each := getattr(api, name, None)))
            yield name, getattr(self.ours, name)(**arguments), asked(**arguments)

    def _calls(self) -> Iterator[Call]:
        yield "get_organizations_me", {}
        yield "get_orgauthorization_trustors", {"page_size": 100}
        for trustor in self.ours.get_orgauthorization_trustors(page_size=100).entities[:9]:
            for index in (0, 1):
                given = {"trustor_org_id": trustor.id, "billing_period_index": index}
                yield "get_billing_trusteebillingoverview_trustor_org_id", given
        yield "get_billing_reports_billableusage", {"start_date": START, "end_date": END}
        yield "get_billing_contracts", {"page_size": 10}
        for contract in self.ours.get_billing_contracts(page_size=10).entities:
            of_contract = {"contract_id": contract.id}
            yield "get_billing_contract", of_contract
            for period in contract.billing_periods[:2]:
                of_period = {**of_contract, "billing_period_id": period.id}
                yield "get_billing_contract_billingperiod", of_period
        yield "get_billing_contracts_invoices", {"page_size": 200}
        for invoice in self.ours.get_billing_contracts_invoices(page_size=200).entities[:20]:
            of_invoice = {"invoice_id": invoice.id}
            yield "get_billing_contracts_invoice_lines", {**of_invoice, "page_size": 200}
            yield "get_billing_contracts_invoice_document", of_invoice


@pytest.fixture(scope="module", params=["269", "236"])
def both(sdk: ModuleType, request: pytest.FixtureRequest) -> Iterator[Both]:
    """Both clients of a simulator that spells its keys in either way."""
    with connected(keys=request.param, in_progress=0) as client:
        judge = Judge(sdk, client)
        both = Both(request.param, client.simulator.url, judge)
        yield both
        both.ours.close()
        judge.close()


def compared(ours: Any, theirs: Any, place: str) -> Iterator[tuple[str, Any, Any]]:
    """Yield the values of two readings of one answer, side by side, each with its place."""
    if isinstance(ours, Record):
        kind = type(ours).__name__
        for name in ours.__struct_fields__:
            if theirs is not None and name in theirs.swagger_types:
                yield from compared(getattr(ours, name), getattr(theirs, name), f"{kind}.{name}")
    elif isinstance(ours, tuple) and theirs is not None:
        yield f"{place}, how many", len(ours), len(theirs)
        for one, other in zip(ours, theirs, strict=False):
            yield from compared(one, other, place)
    else:
        yield place, None if ours == () else ours, theirs


def same(ours: Any, theirs: Any) -> bool:
    """Return whether two values are one; the SDK has a number as float, int or text."""
    if isinstance(ours, Decimal):
        return theirs is not None and ours == Decimal(str(theirs))
    if ours is None:
        return theirs in {None, ""}  # a number that is not there can be an empty text
    if isinstance(ours, date | datetime):
        return bool(ours == theirs)
    return type(ours) is type(theirs) and ours == theirs


def test_every_value_is_the_one_that_the_sdk_reads(both: Both) -> None:
    """Each field of each operation's answer has the same value in our record and in the SDK's
    model; only what an older spelling hides from this SDK, we read alone.
    """
    asked: set[str] = set()
    seen: set[str] = set()
    ours_alone: set[str] = set()
    for operation, mine, other in both.answers():
        asked.add(operation)
        for place, ours, theirs in compared(mine, other, operation):
            if ours is not None:
                (ours_alone if theirs is None else seen).add(place)
            assert same(ours, theirs) or place in ours_alone, (operation, place, ours, theirs)
    assert asked == set(OPERATIONS)
    assert ours_alone == (HIDDEN if both.keys == "236" else set())
    assert len(seen) > SEEN


@pytest.mark.parametrize(
    ("ours", "theirs", "alike"),
    [
        (Decimal("1.50"), 1.5, True),
        (Decimal("1.5"), "1.5", True),
        (Decimal("1.5"), 1.6, False),
        (Decimal(0), None, False),
        (None, "", True),
        (None, 0, False),
        (date(2026, 11, 1), date(2026, 11, 1), True),
        (date(2026, 11, 1), date(2026, 11, 2), False),
        (True, 1, False),
        ("a", "b", False),
    ],
)
def test_a_difference_is_seen(ours: Any, theirs: Any, alike: bool) -> None:
    """Numbers are the same in whatever form they come, and nothing is not zero."""
    assert same(ours, theirs) is alike
