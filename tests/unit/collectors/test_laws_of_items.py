"""The laws of all collectors, for items of plans and for invoices with their lines."""

from collections import Counter
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from billing_exporter.collectors.base import label
from billing_exporter.collectors.contracts import ContractData, ContractsData
from billing_exporter.collectors.invoices import InvoiceData, due_of
from billing_exporter.genesys.records import (
    BillingContract,
    BillingInvoice,
    BillingInvoiceItem,
    BillingPlan,
    BillingPlanItem,
)
from billing_exporter.metrics import catalogue
from billing_exporter.metrics.samples import INCOMPLETE, Samples, readable
from tests.unit.collectors import rows
from tests.unit.collectors.test_laws import (
    CONTRACTS,
    INVOICES,
    accounted,
    exposition,
    fractions,
    given_values,
    seeds,
    shuffled,
    sums,
)

_items = st.lists(
    st.builds(
        BillingPlanItem,
        item_number=st.sampled_from([None, "", "1", "2"]),
        name=rows.names,
        currency_iso_code=rows.currencies,
        discount_amount=rows.prices,
        overage_price=rows.prices,
        price=rows.prices,
        quantity=rows.numbers,
        unit_of_measure=rows.names,
    ),
    max_size=8,
)
_plans = st.lists(
    st.builds(
        BillingPlan, id=st.sampled_from([None, "p"]), name=rows.names, items=_items.map(tuple)
    ),
    max_size=4,
)
_currency = rows.currencies
_lines = rows.invoice_lines


def _contracts(*each: tuple[BillingPlan, ...]) -> ContractsData:
    """Return contracts of one id and number with these plans."""
    return ContractsData(
        tuple(
            ContractData(BillingContract(id="co", external_number="C-1", plans=plans), {})
            for plans in each
        )
    )


def _invoice(lines: list[BillingInvoiceItem], currency: str | None) -> Samples:
    invoice = BillingInvoice(id="in-1", currency_iso_code=currency)
    return INVOICES.expose((InvoiceData(invoice, tuple(lines)),))


def _lost(values: list[Decimal | None]) -> Counter[str]:
    """Return what is to be counted of values that ought to be there, by reason."""
    missing = sum(1 for value in values if value is None)
    read = sum(1 for value in values if value is not None and readable(value) is not None)
    return Counter(missing=missing, not_a_number=len(values) - missing - read)


@given(_plans)
def test_plans_account_for_every_value(plans: list[BillingPlan]) -> None:
    """Every quantity, price and discount of an item is a sample out, merged or dropped; an item
    without name and number is one dropped row.
    """
    info = 1
    (part,) = CONTRACTS.parts(_contracts(tuple(plans))).values()
    values = info
    for item in (item for plan in plans for item in plan.items):
        named = label(item.name) or label(item.item_number)
        amounts = (item.quantity, item.price, item.overage_price, item.discount_amount)
        values += given_values(amounts) if named else 1
    assert accounted(CONTRACTS.expose(part)) == values


@given(_plans, seeds)
def test_plans_do_not_depend_on_order(plans: list[BillingPlan], seed: int) -> None:
    """Contracts, their plans and the items of these in another order are the same exposition."""
    half = len(plans) // 2
    first, second = tuple(plans[:half]), tuple(plans[half:])
    again = [
        shuffled(
            (
                BillingPlan(id=plan.id, name=plan.name, items=shuffled(plan.items, seed))
                for plan in some
            ),
            seed,
        )
        for some in (second, first)
    ]
    assert exposition(CONTRACTS, _contracts(first, second)) == exposition(
        CONTRACTS, _contracts(*again)
    )


@given(_lines, _currency)
def test_lines_account_for_every_value(
    lines: list[BillingInvoiceItem], currency: str | None
) -> None:
    """Every line's amount is in a sum or is counted, for what a line is there for is its amount:
    it may have no quantity, and without the invoice's currency an amount says nothing.
    """
    samples = _invoice(lines, currency)
    amounts = [line.amount if currency else None for line in lines]
    quantities = [line.quantity for line in lines if line.quantity is not None]
    incomplete = Counter({INCOMPLETE: samples.dropped[INCOMPLETE]})
    assert +samples.dropped == +(_lost(amounts) + _lost([*quantities]) + incomplete)
    assert samples.merged == 0
    for metric, values in (
        (catalogue.INVOICE_LINE_AMOUNT, amounts),
        (catalogue.INVOICE_LINE_QUANTITY, [line.quantity for line in lines]),
    ):
        if all(value is not None and readable(value) is not None for value in values):
            total = sum(fractions(samples, metric).values(), Fraction(0))
            assert total == sums(("all", value) for value in values).get("all", 0)


@given(_lines, _currency, seeds)
def test_lines_do_not_depend_on_order(
    lines: list[BillingInvoiceItem], currency: str | None, seed: int
) -> None:
    """The lines of an invoice in another order are the same samples and the same counts."""
    one, other = _invoice(lines, currency), _invoice([*shuffled(lines, seed)], currency)
    assert one.families == other.families
    assert one.dropped == other.dropped


@given(rows.invoices)
def test_invoices_account_for_every_value(invoices: list[BillingInvoice]) -> None:
    """Amount, dates and facts of an invoice are samples out or dropped; one without an id is one
    dropped row; an amount without a currency is counted by the totals.
    """
    for invoice in invoices:
        known = invoice.currency_iso_code is not None
        values = (invoice.amount if known else None, invoice.date_invoiced, due_of(invoice))
        info = 1
        expected = info + given_values(values) if label(invoice.id) else 1
        assert accounted(INVOICES.expose((InvoiceData(invoice, None),))) == expected
