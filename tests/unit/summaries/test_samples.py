"""Summaries of what collectors expose; the right numbers are worked out by hand."""

from datetime import UTC, date, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from billing_exporter.collectors.contracts import ContractData, ContractsCollector, ContractsData
from billing_exporter.collectors.invoices import InvoiceData, InvoicesCollector, InvoicesData
from billing_exporter.collectors.settings import (
    ContractsSettings,
    InvoicesSettings,
    TrustorsSettings,
)
from billing_exporter.collectors.trustor_overview import PeriodData, TrustorData, TrustorState
from billing_exporter.collectors.trustors import TrustorsCollector
from billing_exporter.genesys.records import (
    BillingCharge,
    BillingContract,
    BillingContractPeriodDetail,
    BillingInvoice,
    BillingWallet,
    SubscriptionOverviewUsage,
    TrusteeBillingOverview,
)
from billing_exporter.metrics.label_text import values_of
from billing_exporter.metrics.samples import labels
from billing_exporter.summaries import Account, Money, Overage, Summary, Unpaid, summary_of
from billing_exporter.summaries.records import Invoices

D = Decimal
TRUSTORS = TrustorsCollector(TrustorsSettings())
CONTRACTS = ContractsCollector(ContractsSettings())
INVOICES = InvoicesCollector(InvoicesSettings())


def row(
    name: str,
    used: str,
    prepaid: str,
    overage_price: Decimal | None = None,
    prepay_price: Decimal | None = None,
) -> SubscriptionOverviewUsage:
    """Return a row of an overview."""
    return SubscriptionOverviewUsage(
        name=name,
        part_number=f"part of {name}",
        grouping="user-license",
        unit_of_measure_type="users",
        usage_quantity=D(used),
        prepay_quantity=D(prepaid),
        overage_price=overage_price,
        prepay_price=prepay_price,
    )


def overview(
    *rows: SubscriptionOverviewUsage, month: int, minimum: str | None = None, currency: str = "EUR"
) -> PeriodData:
    """Return the overview of one month of 2026 that has 30 days."""
    return PeriodData(
        TrusteeBillingOverview(
            currency=currency,
            subscription_type="PREPAY",
            billing_period_start_date=datetime(2026, month, 1, tzinfo=UTC),
            billing_period_end_date=datetime(2026, month, 30, 23, 59, 59, tzinfo=UTC),
            minimum_monthly_amount=None if minimum is None else D(minimum),
            usages=rows,
        ),
        0,
    )


def customer(name: str = "Nordwind", **periods: PeriodData) -> Summary | None:
    """Return the summary of a customer."""
    part = TrustorData.of("id-1", name, periods)
    return summary_of(part, TRUSTORS.expose(part))


def test_a_customer() -> None:
    """A customer has its money of both periods, and its overages, the largest first."""
    summary = customer(
        current=overview(
            row("CX 3", "12", "10", overage_price=D("276"), prepay_price=D("240")),
            row("Wallboard", "3", "0", overage_price=D("15.50")),
            row("Free", "9", "3"),
            month=11,
        ),
        previous=overview(row("CX 3", "10", "10", prepay_price=D("240")), month=9, minimum="3000"),
    )
    assert summary == Account(
        "customer",
        "id-1",
        "Nordwind",
        start=date(2026, 11, 1),
        end=date(2026, 11, 30),
        money=(
            # 10 x 240 prepaid, 2 x 276 and 3 x 15.50 overage; before, 2400 or the minimum of 3000.
            Money("EUR", D("2998.50"), D("598.50"), last=D("3000")),
        ),
        overages=(
            Overage("CX 3", "users", "EUR", D("552"), D("2"), D("276")),
            Overage("Wallboard", "users", "EUR", D("46.50"), D("3"), D("15.50")),
        ),
        unpriced=1,
    )


def test_another_currency_is_other_money() -> None:
    """A currency that changed is not compared with the one before."""
    summary = customer(
        current=overview(row("CX 3", "1", "1", prepay_price=D("5")), month=11, currency="CHF"),
        previous=overview(row("CX 3", "1", "1", prepay_price=D("6")), month=9),
    )
    assert isinstance(summary, Account)
    assert summary.money == (Money("CHF", D("5")), Money("EUR", last=D("6")))


def test_missing_is_not_zero() -> None:
    """Without prices there is no money, and the overage is counted."""
    summary = customer(current=overview(row("CX 3", "12", "10"), month=11))
    assert isinstance(summary, Account)
    assert (summary.money, summary.overages, summary.unpriced) == ((), (), 1)


def test_ten_of_the_largest_overages_are_kept() -> None:
    """Of many overages those with the largest amounts stay."""
    rows = [row(f"charge {n}", str(n), "0", overage_price=D("1")) for n in range(1, 14)]
    summary = customer(current=overview(*rows, month=11))
    assert isinstance(summary, Account)
    assert [one.amount for one in summary.overages] == [D(n) for n in range(13, 3, -1)]


@given(st.text(max_size=40))
def test_any_name_stays_as_it_is(name: str) -> None:
    """Names with quotes, commas and labels of other series are read back as they were."""
    given_ = f'{name}",period="current",currency="GBP'
    summary = customer(given_, current=overview(row(given_, "2", "1"), month=11))
    assert isinstance(summary, Account)
    assert (summary.name, summary.money) == (given_, ())
    text = labels(("trustor", "period"), given_, name).text
    assert values_of(text) == {"trustor": given_, "period": name}


def test_a_state_is_its_own_summary() -> None:
    """The state of a customer is kept as it is, also with nothing exposed."""
    state = TrustorState("id-1", "Nordwind")
    assert summary_of(state, TRUSTORS.expose(state)) is state


def test_a_contract() -> None:
    """A contract has the overage of its charges and wallets by currency."""
    charges = (
        BillingCharge(name="CX 3", actual_quantity=D(12), overage_quantity=D(2),
                      overage_rate=D("9.5"), overage_charge=D("19"), overage_currency="USD"),
        BillingCharge(name="Storage", actual_quantity=D(4), overage_quantity=D(0),
                      overage_charge=D("0"), overage_currency="USD"),
    )  # fmt: skip
    tokens = BillingWallet(
        name="Tokens",
        unit_of_measure="Token",
        balance_overage=D(40),
        balance_overage_rate=D(1),
        balance_overage_charge=D(40),
        balance_overage_currency="USD",
    )
    detail = BillingContractPeriodDetail(
        id="p-1",
        date_start=date(2026, 11, 1),
        date_end=date(2026, 11, 30),
        charges=charges,
        wallets=(tokens,),
    )
    data = ContractData(BillingContract(id="c-1", external_number="C-7"), {"current": detail})
    (part,) = CONTRACTS.parts(ContractsData((data,))).values()
    assert summary_of(part, CONTRACTS.expose(part)) == Account(
        "contract",
        "C-7",
        "C-7",
        start=date(2026, 11, 1),
        end=date(2026, 11, 30),
        money=(Money("USD", D("59"), D("59")),),
        overages=(
            Overage("Tokens", "Token", "USD", D("40"), D("40"), D("1")),
            Overage("CX 3", "", "USD", D("19"), D("2"), D("9.5")),
        ),
    )


def test_unpaid_invoices() -> None:
    """Unpaid invoices are summed by currency and days past due; paid ones are none of them."""
    today = date(2026, 11, 20)

    def invoice(number: int, amount: str, status: str = "Unpaid") -> InvoiceData:
        return InvoiceData(
            BillingInvoice(
                id=f"i-{number}",
                currency_iso_code="EUR",
                amount=D(amount),
                payment_status=status,
                payment_terms="Net 10",
                date_invoiced=date(2026, 11, 1),
            ),
            None,
        )

    data = InvoicesData(
        today, (invoice(1, "10.10"), invoice(2, "20.20"), invoice(3, "5", "Paid"), invoice(4, "-1"))
    )
    part = INVOICES.parts(data)["all"]
    summary = summary_of(part, INVOICES.expose(part))
    assert isinstance(summary, Invoices)
    assert sorted(summary.unpaid, key=lambda one: one.bucket) == [
        Unpaid("EUR", "1-30d", 2, D("30.30")),
        Unpaid("EUR", "credit", 1, D("-1")),
    ]


def test_no_invoice_is_known_too() -> None:
    """A listing without invoices means that nothing is unpaid."""
    part = INVOICES.parts(InvoicesData(date(2026, 11, 20), ()))["all"]
    assert summary_of(part, INVOICES.expose(part)) == Invoices(())
