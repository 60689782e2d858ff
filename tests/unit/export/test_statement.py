"""The statement: rows that finance reads, in a file that no spreadsheet runs."""

import csv
import io
from decimal import Decimal

from billing_exporter.export.source import LeftOut, Source
from billing_exporter.export.tables import COST_AND_USAGE, STATEMENT
from billing_exporter.genesys.records import BillingProduct, BillingWallet, NamedEntity
from tests.unit.export.cases import (
    charge,
    contract,
    contract_period,
    files,
    invoice,
    line,
    made,
    rows,
    trustor_period,
    usage,
)


def test_a_row_says_what_was_used_and_what_it_costs() -> None:
    """Contract, customer and wallet; each with the invoice that bills it and its state."""
    wallet = BillingWallet(name="AI", starting_balance=Decimal(9), balance_consumption=Decimal(2))
    source = Source(
        organization="acme",
        contracts=(contract(),),
        invoices=(invoice(line(), id="B"), invoice(line(), id="A")),
        contract_periods=(
            contract_period(month=10, wallets=(wallet,)),
            contract_period(month=11),
        ),
        trustor_periods=(trustor_period(),),
    )
    found = files(made(source, STATEMENT))
    assert found["statement_2026-10-01"] == (
        "organization,subject,name,id,period_start,period_end,charge,sku,unit,quantity,prepaid,"
        "included,overage,currency,price,amount,prepaid_price,prepaid_amount,invoice,state\n"
        "acme,contract,C-7,c-7,2026-10-01,2026-10-31,AI,,,2.0,9.0,,,,,,,,,settled\n"
        "acme,contract,C-7,c-7,2026-10-01,2026-10-31,Minutes,GC-1,Minute,14.0,10.0,0.0,4.0,EUR,"
        "5.0,20.0,,,A B,settled\n"
    )
    assert found["statement_2026-11-01"].partition("\n")[2] == (
        "acme,contract,C-7,c-7,2026-11-01,2026-11-30,Minutes,GC-1,Minute,14.0,10.0,0.0,4.0,EUR,"
        "5.0,20.0,,,,open\n"
        "acme,customer,Acme,org-1,2026-11-01,2026-11-30,Minutes,GC-1,minutes,14.0,10.0,,4.0,EUR,"
        "5.0,20.0,3.0,30.0,,open\n"
    )


def test_two_customers_of_one_name_stay_apart() -> None:
    """They differ by their id, in rows of their own."""
    source = Source(
        organization="acme",
        trustor_periods=(trustor_period(key="org-2"), trustor_period(key="org-1")),
    )
    found = [(row["name"], row["id"]) for row in rows(made(source), STATEMENT)]
    assert found == [("Acme", "org-1"), ("Acme", "org-2")]


def test_separators_quotes_and_line_ends_come_back() -> None:
    """The csv module reads the very name that the API gave, in the statement and in FOCUS."""
    name = 'Smith, "Sons"\r\n& Co;\tLtd\n'.strip()
    entity = NamedEntity(id="org-1", name=name)
    source = Source(
        organization="acme",
        invoices=(invoice(line(organization=entity)),),
        trustor_periods=(trustor_period(name=name),),
    )
    found = files(made(source, STATEMENT, COST_AND_USAGE))
    of_statement = csv.DictReader(io.StringIO(found["statement_2026-11-01"], newline=""))
    of_focus = csv.DictReader(io.StringIO(found["cost-and-usage_2026-11-01"], newline=""))
    assert {row["name"] for row in of_statement} == {name}
    assert {row["SubAccountName"] for row in of_focus} == {name}


def test_no_spreadsheet_runs_a_name() -> None:
    """Text of the statement that begins a formula gets an apostrophe; FOCUS and numbers do not."""
    for name in ("=1+1", "+1", "-1", "@SUM(A1)"):
        entity = NamedEntity(id="org-1", name=name)
        product = BillingProduct(sku=name, name="Minutes")
        source = Source(
            organization="acme",
            invoices=(invoice(line("-1", organization=entity)),),
            contract_periods=(contract_period(charge(product=product)),),
            trustor_periods=(trustor_period(usage(usage_quantity=Decimal(-5)), name=name),),
        )
        found = files(made(source, STATEMENT, COST_AND_USAGE))
        statement = list(csv.DictReader(io.StringIO(found["statement_2026-11-01"])))
        focus = list(csv.DictReader(io.StringIO(found["cost-and-usage_2026-11-01"])))
        assert f"'{name}" in {row["sku"] for row in statement}
        assert {row["name"] for row in statement} == {"C-7", f"'{name}"}
        assert "-5.0" in {row["quantity"] for row in statement}
        assert {row["SubAccountName"] for row in focus} == {name}
        assert {row["BilledCost"] for row in focus} == {"-1.0"}


def test_currencies_without_decimals_and_long_amounts_are_exact() -> None:
    """15 digits and more, four decimals of a price, whole yen: nothing is rounded."""
    big = charge(
        overage_charge=Decimal("123456789012345.6789"),
        overage_rate=Decimal("0.00010"),
        overage_currency="JPY",
    )
    source = Source(organization="acme", contract_periods=(contract_period(big),))
    (row,) = csv.DictReader(io.StringIO(files(made(source, STATEMENT))["statement_2026-11-01"]))
    assert (row["amount"], row["price"]) == ("123456789012345.6789", "0.0001")


def test_rows_of_nothing_are_counted() -> None:
    """A charge without use, allowance and money has no row."""
    nothing = charge(
        actual_quantity=Decimal(0),
        prepaid_quantity=Decimal(0),
        overage_quantity=Decimal(0),
        overage_charge=Decimal(0),
    )
    nameless = charge(name=None, product=None)
    source = Source(organization="acme", contract_periods=(contract_period(nothing, nameless),))
    found = made(source, STATEMENT)
    assert found.tables == ()
    assert found.left_out == (
        LeftOut(STATEMENT, "no_name", count=1),
        LeftOut(STATEMENT, "zero", count=1),
    )
