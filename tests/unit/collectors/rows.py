"""Any rows that the API might give, for laws that must hold for all of them."""

from decimal import Decimal

from hypothesis import strategies as st

from billing_exporter.collectors.usage import Charge
from billing_exporter.genesys.records import (
    BillingCharge,
    BillingInvoice,
    BillingInvoiceItem,
    BillingProduct,
    BillingWallet,
    NamedEntity,
    SubscriptionOverviewUsage,
)

# Few names, units and prices, so that rows repeat, agree and contradict each other.
names = st.sampled_from([None, "", " ", "a", "b", 'q"\\\n'])
currencies = st.sampled_from([None, "EUR", "USD"])
groupings = st.sampled_from(
    [None, "user-license", "resource", "fair-use", " Fair-Use ", "ROLLUP", "storage-category"]
)
statuses = st.sampled_from([None, "Paid", "Unpaid", "UNPAID", "Disputed"])

amounts = st.decimals(min_value=-(10**6), max_value=10**6, places=4)
unreadable = st.sampled_from([Decimal(text) for text in ("NaN", "sNaN", "-Infinity", "1e40")])
numbers = st.one_of(st.none(), amounts, amounts, unreadable)
prices = st.sampled_from([None, Decimal("1.5"), Decimal("1.50"), Decimal("0.0001"), Decimal("NaN")])
allowances = st.sampled_from([Decimal(0), Decimal(100), Decimal("100.0"), Decimal(250)])
products = st.none() | st.builds(BillingProduct, sku=names, name=names, unit_of_measure=names)

usage_charges = st.lists(
    st.builds(
        Charge,
        name=st.sampled_from(["", "a", "b"]),
        quantity=numbers,
        resources=st.none() | st.integers(0, 9),
    ),
    max_size=12,
)

invoices = st.lists(
    st.builds(
        BillingInvoice,
        id=st.none() | st.integers(0, 99).map(str),
        currency_iso_code=currencies,
        payment_status=statuses,
        payment_terms=st.sampled_from([None, "Net 30", "EOM"]),
        date_invoiced=st.none() | st.dates(),
        amount=numbers,
    ),
    max_size=12,
    unique_by=lambda invoice: invoice.id or id(invoice),
)

invoice_lines = st.lists(
    st.builds(
        BillingInvoiceItem,
        product=products,
        description=names,
        organization=st.none() | st.builds(NamedEntity, name=names),
        quantity=numbers,
        unit_of_measure=names,
        amount=numbers,
    ),
    max_size=12,
)

charges = st.lists(
    st.builds(
        BillingCharge,
        name=names,
        product=products,
        prepaid_quantity=numbers,
        fairuse_quantity=numbers,
        actual_quantity=numbers,
        overage_quantity=numbers,
        converted_token_count=numbers,
        overage_currency=currencies,
        overage_rate=prices,
        overage_charge=numbers,
    ),
    max_size=8,
)

wallets = st.lists(
    st.builds(
        BillingWallet,
        name=names,
        product=products,
        unit_of_measure=names,
        starting_balance=numbers,
        ending_balance=numbers,
        balance_increase=numbers,
        balance_decrease=numbers,
        balance_consumption=numbers,
        balance_overage=numbers,
        balance_overage_currency=currencies,
        balance_overage_rate=prices,
        balance_overage_charge=numbers,
    ),
    max_size=8,
)

overview_rows = st.lists(
    st.builds(
        SubscriptionOverviewUsage,
        name=names | st.sampled_from(["a", "A", "AI Tokens", "AI Token use"]),
        part_number=st.sampled_from([None, "p", "q", "GC-170-NV-AITC"]),
        grouping=groupings,
        usage_quantity=numbers | allowances,
        prepay_quantity=numbers | allowances,
        overage_price=prices,
        prepay_price=prices,
    ),
    max_size=12,
)
