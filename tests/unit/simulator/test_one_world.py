"""Overview, contract and invoice of a customer tell one story, and the faults that break it."""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from billing_exporter.simulator.catalogue import charges
from tests.unit.simulator.client import Client

JSON = dict[str, Any]
Key = tuple[str, str, str]  # organization, SKU, first day
LINES = "get_billing_contracts_invoice_lines"
BILLED = {"fair-use", "rollup", "rollup-usage", "storage-category"}
PRICED = {charge.part_number for charge in charges() if charge.price}


def _all(client: Client, path: str) -> Iterator[JSON]:
    query: dict[str, str] = {"pageSize": "10" if path.endswith("contracts") else "200"}
    while True:
        page = client.get(path, **query).json()
        yield from page["entities"]
        if not page.get("nextUri"):
            return
        query["after"] = page["nextUri"].partition("after=")[2].partition("&")[0]


def _invoices(client: Client, prefix: str = "INV-") -> list[JSON]:
    listed = _all(client, "billing/contracts/invoices")
    return [invoice for invoice in listed if invoice["id"].startswith(prefix)]


def _lines(client: Client, invoice: str) -> list[JSON]:
    return list(_all(client, f"billing/contracts/invoices/{invoice}/lines"))


def _billed(client: Client, months: tuple[str, ...]) -> dict[Key, tuple[Decimal, Decimal, int]]:
    """Add up quantity, amount and number of the on-demand lines."""
    sums: dict[Key, tuple[Decimal, Decimal, int]] = defaultdict(lambda: (Decimal(0), Decimal(0), 0))
    for invoice in _invoices(client):
        for line in _lines(client, invoice["id"]) if invoice["id"][-6:] in months else ():
            if line["description"].endswith("On-Demand"):
                key = line["organization"]["id"], line["product"]["sku"], line["dateStart"]
                quantity, amount, count = sums[key]
                sums[key] = (
                    quantity + Decimal(str(line["quantity"])),
                    amount + Decimal(str(line["amount"])),
                    count + 1,
                )
    return sums


# Those of later periods are not all issued.
MONTHS = ("202609", "202608")


def test_an_overview_is_what_is_billed(client: Client) -> None:
    """Every priced row of a closed period that exceeds its allowance has its lines in arrears: the
    same organization, part number, days, whole units and money; and no line has none. AI tokens
    are billed by the contract's wallet.
    """
    billed = _billed(client, MONTHS)
    seen: set[Key] = set()
    asked: set[tuple[str, str]] = set()
    for number in (0, 1, 2, 3, 6, 7, 8):
        for index in (1, 2, 3):
            overview = client.overview(number, index).json()
            start = overview["billingPeriodStartDate"][:10]
            if start[:7].replace("-", "") not in MONTHS:
                continue
            asked.add((overview["organization"]["id"], start))
            # The same allowance stands on the charge's own row, in its fair-use row, or in both.
            granted = {
                row["partNumber"]: Decimal(row["usageQuantity"])
                for row in overview["usages"]
                if row["grouping"] == "fair-use"
            }
            for row in overview["usages"]:
                if row["grouping"] in BILLED or not row["overagePrice"]:
                    continue
                used, prepaid = Decimal(row["usageQuantity"]), Decimal(row["prepayQuantity"])
                allowed = max(prepaid, granted.get(row["partNumber"], Decimal(0)))
                key = overview["organization"]["id"], row["partNumber"], start
                if used > allowed:
                    seen.add(key)
                    quantity, amount, count = billed[key]
                    assert abs(quantity - (used - allowed)) < max(1, count)
                    money = (used - allowed) * Decimal(row["overagePrice"])
                    assert abs(amount - money) < Decimal("0.011")
    rows = PRICED - {"GC-170-NV-AITC"}
    of_asked = {key for key in billed if (key[0], key[2]) in asked and key[1] in rows}
    assert of_asked == seen
    assert len(seen) > 60


def test_a_contract_is_what_is_billed(client: Client) -> None:
    """Every charge with overage of a closed period has lines that add up to it."""
    found = 0
    billed = _billed(client, MONTHS)
    for contract in _all(client, "billing/contracts"):
        for period in contract["billingPeriods"][1:4]:
            path = f"billing/contracts/{contract['id']}/billingperiods/{period['id']}"
            detail = client.get(path).json()
            for charge in detail["charges"]:
                keys = [
                    (each["id"], charge["product"]["sku"], detail["dateStart"])
                    for each in charge["organizations"]
                ]
                if detail["dateStart"][:7].replace("-", "") in MONTHS:
                    found += bool(charge["overageQuantity"])
                    amount = sum((billed[key][1] for key in keys if key in billed), Decimal(0))
                    owed = Decimal(str(charge["overageCharge"]))
                    assert abs(amount - owed) <= Decimal("0.02") * len(keys)
    assert found > 60


def test_charges_have_usages_of_their_own(client: Client) -> None:
    """No two charges of a customer run alike, and no two customers either."""
    shares = []
    for number in (0, 1, 2):
        whole, part = (client.overview(number, index).json()["usages"] for index in (1, 2))
        shares += [
            Decimal(one["usageQuantity"]) / Decimal(other["usageQuantity"])
            for one, other in zip(whole, part, strict=True)
            if one["grouping"] in {"resource", "messaging-usage"}
            and Decimal(other["usageQuantity"] or 0) > 1000
        ]
    assert len(set(shares)) == len(shares) > 15


def test_closed_periods_can_be_restated(client: Client) -> None:
    """A restated period has more use, overage and money; the open one, what is prepaid and the
    bills stay.
    """
    overviews = [client.overview(1, index).json()["usages"] for index in (0, 1)]
    contracts = list(_all(client, "billing/contracts"))
    paths = [
        f"billing/contracts/{contracts[0]['id']}/billingperiods/{period['id']}"
        for period in contracts[0]["billingPeriods"][:3]
    ]
    details, bills = [client.get(path).json() for path in paths], _invoices(client)
    client.faults(f"restated:period={details[1]['dateStart']},factor=1.2", "restated:factor=1.1")
    assert client.overview(1, 0).json()["usages"] == overviews[0]
    for was, now in zip(overviews[1], client.overview(1, 1).json()["usages"], strict=True):
        assert now["prepayQuantity"] == was["prepayQuantity"]
        if was["grouping"] == "fair-use":
            assert now == was
        elif Decimal(was["usageQuantity"] or 0) > 100:
            grown = Decimal(now["usageQuantity"]) / Decimal(was["usageQuantity"])
            assert abs(grown - Decimal("1.1")) < Decimal("0.01")
    client.faults(f"restated:period={details[1]['dateStart']},factor=1.2")
    again = [client.get(path).json() for path in paths]
    assert again[0] == details[0]
    assert again[2] == details[2]
    was, now = (
        max(each["charges"], key=lambda row: row["overageCharge"])
        for each in (details[1], again[1])
    )
    for key in ("actualQuantity", "overageQuantity", "overageCharge"):
        assert now[key] > was[key] > 0
    assert now["overageCharge"] == pytest.approx(now["overageQuantity"] * now["overageRate"], 1e-6)
    assert _invoices(client) == bills


def test_usage_can_be_refreshed_late(client: Client) -> None:
    """Under the fault an open period shows what it showed the day before; a closed one stays."""
    now = [client.overview(0, index).json()["usages"] for index in (0, 1)]
    client.faults("refreshed_late:days=1")
    late = [client.overview(0, index).json()["usages"] for index in (0, 1)]
    assert late[1] == now[1]
    before, after = (Decimal(usages[0][49]["usageQuantity"]) for usages in (late, now))
    assert before < after


@pytest.mark.parametrize("error", ["price", "quantity", "missing", "twice"])
def test_bills_can_be_wrong(client: Client, error: str) -> None:
    """The dearest on-demand line is wrong in the way told, and the amount says the same."""
    (invoice,) = _invoices(client, "INV-101-202610")
    right = _lines(client, invoice["id"])
    client.faults(f"wrong_bill:error={error},factor=1.5")
    wrong = _lines(client, invoice["id"])
    (again,) = _invoices(client, "INV-101-202610")
    best = max(
        (line for line in right if line["description"].endswith("On-Demand")),
        key=lambda line: line["amount"],
    )
    of = [
        line
        for line in wrong
        if all(
            line[key] == best[key]
            for key in ("product", "organization", "dateStart", "description")
        )
    ]
    sums = {key: sum(line[key] for line in of) for key in ("quantity", "amount")}
    factors = {"price": (1, 1.5), "quantity": (1.5, 1.5), "missing": (0, 0), "twice": (2, 2)}
    quantity, amount = factors[error]
    assert sums["quantity"] == int(best["quantity"] * quantity)
    assert sums["amount"] == pytest.approx(best["amount"] * amount, rel=0.01)
    assert again["amount"] == pytest.approx(sum(line["amount"] for line in wrong))
    assert again["amount"] != invoice["amount"]


def test_the_amount_can_stay_right_while_a_line_is_wrong(client: Client) -> None:
    """A fault of the lines alone leaves the invoice as it was, so that they do not add up."""
    (invoice,) = _invoices(client, "INV-101-202610")
    client.faults(f"wrong_bill:{LINES}:error=missing")
    assert _invoices(client, "INV-101-202610") == [invoice]
    assert sum(line["amount"] for line in _lines(client, invoice["id"])) < invoice["amount"]


def test_an_unknown_error_of_a_bill_is_refused(client: Client) -> None:
    """The message lists what a bill can have."""
    with pytest.raises(ValueError, match="error cannot be colour, only price, quantity, missing"):
        client.faults("wrong_bill:error=colour")
