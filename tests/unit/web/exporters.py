"""Records of an exporter in every state, and the routes that show them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from billing_exporter.web.page_routes import PageRoutes
from billing_exporter.web.records import (
    Account,
    Amounts,
    ApiBudget,
    Attention,
    Budget,
    Charge,
    Collector,
    Contract,
    ContractQuery,
    Contracts,
    Customer,
    CustomerQuery,
    Customers,
    Difference,
    Overage,
    Overview,
    Period,
    StateCount,
    Total,
    Unpaid,
    UnpaidAge,
)

D = Decimal
NOW = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)
ORGANIZATION = "Nordwind Kontor GmbH & Co. <KG>"

AMOUNTS = Amounts(
    currency="EUR",
    so_far=D("1234567.8955"),
    overage=D("34.5"),
    forecast=D("1500000"),
    forecast_lower=D("1400000"),
    forecast_upper=D("1600000.25"),
    last_period=D("1200000"),
)
WAITING = Collector(organization=ORGANIZATION, collector="trustors", state="waiting")
COLLECTORS = (
    Collector(
        organization="acme",
        collector="contracts",
        state="failing",
        reason="forbidden",
        error="the OAuth client lacks the permission billing:subscription:view (HTTP 403)",
        action="Add the permission to a role of the OAuth client.",
        failures=3,
        last_success=NOW - timedelta(hours=25),
        last_attempt=NOW - timedelta(seconds=65),
        next_poll_seconds=40,
        duration_seconds=0.42,
        series=37,
        series_left_out=1200,
        rows_dropped={"missing": 4},
    ),
    WAITING,
    Collector(
        organization="acme",
        collector="trustors",
        state="ok",
        polling=True,
        done=250,
        total=1000,
        last_success=NOW - timedelta(seconds=200),
        last_attempt=NOW,
        duration_seconds=250,
        series=12345,
    ),
)


def customer(name: str = "Ahorn", state: str = "ok", **facts: object) -> Customer:
    """Return a customer."""
    given: dict[str, object] = {
        "organization": "acme",
        "id": f"id-{name}",
        "name": name,
        "state": state,
        "error": "" if state == "ok" else "may not be read",
        "action": "" if state == "ok" else "Ask it.",
        "read_at": NOW,
        "amounts": (AMOUNTS,) if state == "ok" else (),
    }
    return Customer(**{**given, **facts})  # type: ignore[arg-type]  # facts of any field


def overage(name: str = "Ahorn", charge: str = "CX 3", currency: str = "EUR") -> Overage:
    """Return an overage."""
    return Overage(
        organization="acme",
        of="customer",
        id=f"id-{name}",
        name=name,
        charge=charge,
        quantity=D("2"),
        unit="users",
        unit_price=D("276"),
        amount=D("552"),
        currency=currency,
    )


OVERVIEW = Overview(
    version="1.2.3",
    now=NOW,
    uptime_seconds=2 * 86400,
    organizations=("acme", ORGANIZATION),
    attention=(
        Attention(
            kind="collector",
            organization="acme",
            subject="contracts",
            text="contracts fails: the permission is missing",
            action="Add it.",
        ),
    ),
    totals=(
        Total(
            organization="acme",
            of="customers",
            amounts=AMOUNTS,
            accounts=12,
            without_forecast=1,
            without_band=2,
            period_start=date(2026, 3, 1),
            period_end=date(2026, 3, 31),
        ),
        Total(
            organization=ORGANIZATION,
            of="contracts",
            amounts=Amounts(currency="JPY", so_far=D("9000.5")),
            accounts=1,
            without_forecast=0,
            without_band=0,
            period_start=None,
            period_end=None,
        ),
    ),
    budgets=(
        Budget(
            budget="EMEA",
            currency="EUR",
            amount=D("1000"),
            so_far=D("800"),
            used=D("0.8"),
            forecast=D("1200"),
            forecast_lower=D("1100"),
            forecast_upper=D("1300"),
            elapsed=D("0.5"),
            unpriced_charges=1,
            without_past=2,
        ),
    ),
    unpaid=(
        Unpaid(
            organization="acme",
            currency="EUR",
            amount=D("100"),
            invoices=3,
            overdue_amount=D("40"),
            overdue_invoices=2,
            unknown_due_amount=D("10"),
            credit=D("-5"),
            by_age=(UnpaidAge(age="1-30d", amount=D("40"), invoices=2),),
        ),
    ),
    differences=tuple(
        Difference(
            organization="acme",
            subject="trustors",
            names=("Ahorn",),
            charge=f"charge {number}",
            sku="s",
            period_start=date(2026, 2, 1),
            state=state,
            currency="EUR",
            used=D("10"),
            invoiced=D("12.5"),
            difference=D("2.5"),
            by_quantity=D("2"),
            by_price=D("0.5"),
            remark="",
        )
        for number, state in enumerate(["difference", *["only_invoiced"] * 11])
    ),
    overages=(overage(), overage("Birke", "Storage"), overage(currency="JPY")),
    contracts=(
        Contract(
            organization="acme",
            contract="C-7",
            end_customer="Ahorn",
            contract_end=date(2027, 1, 1),
            amounts=(AMOUNTS,),
        ),
    ),
    customers=(StateCount(state="forbidden", customers=1), StateCount(state="ok", customers=11)),
    failing_customers=(customer("Cedar", "forbidden"),),
    collectors=COLLECTORS,
    api=(
        ApiBudget(organization="acme", allowed=300, used=7, requests=1200, failed=3, retried=1),
        ApiBudget(
            organization=ORGANIZATION, allowed=None, used=None, requests=0, failed=0, retried=0
        ),
    ),
    data_until=NOW - timedelta(hours=25),
)
EMPTY = Overview(version="1.2.3", now=NOW, uptime_seconds=3)

ACCOUNT = Account(
    now=NOW,
    of="customer",
    customer=customer(),
    organization="acme",
    id="id-Ahorn",
    name="Ahorn",
    amounts=(AMOUNTS,),
    period_start=date(2026, 3, 1),
    period_end=date(2026, 3, 31),
    contract_end=date(2027, 1, 1),
    minimum={"EUR": D("1000")},
    settled=False,
    charges=(
        Charge(
            period="current",
            charge="CX 3",
            sku="PC-170",
            grouping="user-license",
            unit="users",
            used=D("12"),
            prepaid=D("10"),
            overage=D("2"),
            forecast=D("13.5"),
            forecast_lower=D("12"),
            forecast_upper=D("15"),
            currency="EUR",
            unit_price=D("276"),
            prepaid_amount=D("2400"),
            overage_amount=D("552"),
        ),
        Charge(period="previous", charge="API", sku="", grouping="", unit="", used=D("0.000001")),
    ),
    history=tuple(
        Period(start=date(2026, month, 1), currency="EUR", amount=D(1000 + month))
        for month in (1, 2)
    ),
)


def listing(*customers: Customer, **facts: object) -> Customers:
    """Return one page of a list of customers."""
    given: dict[str, object] = {
        "now": NOW,
        "organization": "",
        "search": "",
        "state": None,
        "sort": "state",
        "page": 1,
        "pages": 1,
        "size": 50,
        "total": len(customers),
        "states": OVERVIEW.customers,
        "customers": customers,
    }
    return Customers(**{**given, **facts})  # type: ignore[arg-type]  # facts of any field


def contracts(*shown: Contract, **facts: object) -> Contracts:
    """Return one page of the list of contracts."""
    given: dict[str, object] = {
        "now": NOW,
        "organization": "",
        "search": "",
        "sort": "overage",
        "page": 1,
        "pages": 1,
        "size": 50,
        "total": len(shown),
        "contracts": shown,
    }
    return Contracts(**{**given, **facts})  # type: ignore[arg-type]  # facts of any field


class Shown:
    """Views of records that are set.

    Attributes:
        overview_: of all.
        account: the customer or contract, None where there is none.
        listed: page of the list.
        asked: for which list.
        contracts_listed: page of the list of contracts.
        contracts_asked: for which list of them.
    """

    def __init__(self) -> None:
        self.overview_ = OVERVIEW
        self.account: Account | None = ACCOUNT
        self.listed = listing(customer(), customer("Cedar", "forbidden"))
        self.asked: CustomerQuery | None = None
        self.contracts_listed = contracts(*OVERVIEW.contracts)
        self.contracts_asked: ContractQuery | None = None

    def overview(self) -> Overview:
        """Return the overview."""
        return self.overview_

    def customers(self, query: CustomerQuery) -> Customers:
        """Return the page of the list."""
        self.asked = query
        return self.listed

    def contracts(self, query: ContractQuery) -> Contracts:
        """Return the page of the list of contracts."""
        self.contracts_asked = query
        return self.contracts_listed

    def customer(self, organization: str, key: str) -> Account | None:
        """Return the account where it has this id."""
        one = self.account
        return one if one and (one.organization, one.id) == (organization, key) else None

    def contract(self, organization: str, number: str) -> Account | None:
        """Return the account where it has this number."""
        return self.customer(organization, number)


def routes(shown: Shown | None = None, telemetry_path: str = "/metrics") -> PageRoutes:
    """Return the routes of pages."""
    return PageRoutes(shown or Shown(), telemetry_path=telemetry_path, version="1.2.3")
