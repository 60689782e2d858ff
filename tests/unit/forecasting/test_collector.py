"""Forecasts joined to collectors: what a customer's and a contract's readings become."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import msgspec
import pytest

from billing_exporter.accounts.records import Current
from billing_exporter.collectors.closed_periods import Answer, History, MissingBefore
from billing_exporter.collectors.contracts import (
    ContractData,
    ContractsCollector,
    ContractsData,
)
from billing_exporter.collectors.settings import EVERY_COLLECTOR
from billing_exporter.collectors.sweep import TrustorsData
from billing_exporter.collectors.trustor_overview import PeriodData, TrustorData, TrustorState
from billing_exporter.collectors.trustors import TrustorsCollector
from billing_exporter.forecasting import contracts, trustors
from billing_exporter.forecasting.collector import Dated, ForecastingCollector
from billing_exporter.forecasting.forecaster import Forecaster
from billing_exporter.forecasting.forecasts import Forecasts
from billing_exporter.forecasting.outlook import look_ahead
from billing_exporter.forecasting.readings import Key
from billing_exporter.forecasting.store import CODEC
from billing_exporter.genesys.records import (
    BillingCharge,
    BillingContract,
    BillingContractPeriodDetail,
    BillingProduct,
    SubscriptionOverviewUsage,
    TrusteeBillingOverview,
)
from billing_exporter.metrics.family import PREFIX
from billing_exporter.metrics.samples import Samples
from billing_exporter.reconciliation.records import Subject as AccountSubject
from billing_exporter.settlement import fingerprint
from billing_exporter.state_files.store import MemoryStore

SETTINGS = EVERY_COLLECTOR.trustors
NOVEMBER = datetime(2026, 11, 1, tzinfo=UTC)


def _row(
    used: int, *, grouping: str = "resource", name: str = "Voice"
) -> SubscriptionOverviewUsage:
    return SubscriptionOverviewUsage(
        name=name,
        part_number="GC-1",
        grouping=grouping,
        unit_of_measure_type="minutes",
        usage_quantity=Decimal(used),
        prepay_quantity=Decimal(100),
        prepay_price=Decimal(1),
        overage_price=Decimal(2),
    )


def _overview(start: datetime, days: int, *rows: SubscriptionOverviewUsage) -> PeriodData:
    overview = TrusteeBillingOverview(
        usages=rows,
        currency="EUR",
        billing_period_start_date=start,
        billing_period_end_date=start + timedelta(days=days, seconds=-1),
        minimum_monthly_amount=Decimal(10),
    )
    return PeriodData(overview, 0)


def _acme(used: int) -> TrustorData:
    october = _overview(datetime(2026, 10, 1, tzinfo=UTC), 31, _row(310))
    return TrustorData.of(
        "id-1", "Acme", {"current": _overview(NOVEMBER, 30, _row(used)), "previous": october}
    )


def _data(used: int, read: datetime) -> TrustorsData:
    state = TrustorState("id-1", "Acme", "ok", read)
    return TrustorsData({"id-1": state}, {"id-1": _acme(used)})


def _collector(forecaster: Forecaster) -> ForecastingCollector:
    assert SETTINGS is not None
    return ForecastingCollector(TrustorsCollector(SETTINGS), forecaster)


def _values(samples: Samples) -> Mapping[str, Decimal]:
    """Return the one value of each forecast metric."""
    return {
        metric.name.removeprefix(PREFIX): next(iter(family.values()))
        for metric, family in samples.families.items()
        if "forecast" in metric.name or "expected" in metric.name
    }


def test_a_customer_has_forecasts_of_charge_and_amount() -> None:
    """On the 11th, with ten a day as in October, 300 are forecast and cost 100 and 200 * 2."""
    forecaster = Forecaster("", MemoryStore(CODEC))
    collector = _collector(forecaster)
    part = collector.parts(_data(100, NOVEMBER + timedelta(days=10)))["trustor id-1"]
    assert _values(collector.expose(part)) == {
        "trustor_forecast_quantity": 300,
        "trustor_expected_quantity": 100,
        "trustor_forecast_estimated_amount": 500,
    }
    assert forecaster.quality().results == {"no_band": 1}


def test_the_part_of_another_day_is_exposed_again() -> None:
    """The same numbers on another UTC day are another part; on the same day they are not."""
    collector = _collector(Forecaster("", MemoryStore(CODEC)))
    morning = NOVEMBER + timedelta(days=10, hours=1)
    parts = [
        collector.parts(_data(100, morning + timedelta(hours=hours)))["trustor id-1"]
        for hours in (0, 5, 24)
    ]
    assert parts[0] == parts[1]
    assert parts[1] != parts[2]


def test_other_parts_are_as_they_were() -> None:
    """The states of customers have no forecast and no day."""
    collector = _collector(Forecaster("", MemoryStore(CODEC)))
    parts = collector.parts(_data(100, NOVEMBER))
    assert parts["state id-1"].day is None
    assert _values(collector.expose(parts["state id-1"])) == {}


def test_a_customer_that_is_gone_no_longer_counts() -> None:
    """Only customers that have numbers are among the forecasts."""
    forecaster = Forecaster("", MemoryStore(CODEC))
    collector = _collector(forecaster)
    collector.expose(collector.parts(_data(100, NOVEMBER + timedelta(days=10)))["trustor id-1"])
    collector.parts(TrustorsData())
    assert forecaster.quality().results == {}


def test_rows_that_repeat_others_have_no_amount() -> None:
    """A fair-use row and a breakdown are not forecast, a rollup has a quantity but no amount."""
    rows = [_row(5, grouping=grouping) for grouping in ("fair-use", "rollup-usage", "rollup")]
    periods = {"current": _overview(NOVEMBER, 30, *rows)}
    current = trustors.subject_of(TrustorData.of("id-1", "Acme", periods)).current
    assert current is not None
    assert [(key[2], one.is_priced) for key, one in current.charges.items()] == [("rollup", False)]


def test_an_allowance_is_no_overage() -> None:
    """What a fair-use row includes is taken off before anything costs."""
    plain = SubscriptionOverviewUsage(
        name="Voice",
        part_number="GC-1",
        grouping="resource",
        unit_of_measure_type="minutes",
        usage_quantity=Decimal(50),
        prepay_quantity=Decimal(0),
        overage_price=Decimal(2),
    )
    fair = SubscriptionOverviewUsage(
        name="Voice", part_number="GC-1", grouping="fair-use", usage_quantity=Decimal(40)
    )
    periods = {"current": _overview(NOVEMBER, 30, plain, fair)}
    current = trustors.subject_of(TrustorData.of("id-1", "Acme", periods)).current
    assert current is not None
    (charge,) = current.charges.values()
    assert charge.amount(Decimal(50)) == 20


def _contract(status: str, *, end: date = date(2026, 11, 30)) -> ContractData:
    """Return a contract whose newest period began in November, read on the 11th."""
    product = BillingProduct(sku="GC-1", unit_of_measure="Minute")
    charge = BillingCharge(
        name="Voice",
        product=product,
        actual_quantity=Decimal(100),
        prepaid_quantity=Decimal(50),
        fairuse_quantity=Decimal(50),
        overage_rate=Decimal(2),
        overage_charge=Decimal(0),
        overage_currency="EUR",
    )
    november = BillingContractPeriodDetail(
        id="p2", date_start=date(2026, 11, 1), date_end=end, status=status, charges=(charge,)
    )
    october = BillingContractPeriodDetail(
        id="p1",
        date_start=date(2026, 10, 1),
        date_end=date(2026, 10, 31),
        status="Closed",
        charges=(charge,),
    )
    return ContractData(
        BillingContract(id="c", external_number="C-1"),
        {"current": november, "previous": october},
        read={"p2": NOVEMBER + timedelta(days=10)},
    )


def test_a_contract_has_forecasts() -> None:
    """A contract's charge and its overage amount are forecast from its own period."""
    forecaster = Forecaster("", MemoryStore(CODEC))
    subject = contracts.subject_of(_contract("Open"))
    outlook = forecaster.take("c", subject, date(2026, 11, 11))
    assert outlook is not None
    samples = Samples()
    contracts.add_samples(samples, "C-1", outlook)
    values = _values(samples)
    quantity = values["charge_forecast_quantity"]
    assert 200 < quantity < 300  # between October's pace and this month's
    assert values["contract_forecast_estimated_overage_amount"] == (quantity - 100) * 2


def test_an_open_annual_period_is_no_history() -> None:
    """Beside monthly periods it says nothing of the pace of a month."""
    data = _contract("Open")
    charges = data.periods["current"].charges
    annual = BillingContractPeriodDetail(
        id="p9", date_start=date(2026, 2, 1), date_end=date(2027, 1, 31), charges=charges
    )
    beside = msgspec.structs.replace(data, periods={**data.periods, "open": annual})
    assert contracts.subject_of(beside) == contracts.subject_of(data)


def test_a_month_without_use_is_history() -> None:
    """A charge that was listed with 0 has a total of 0, one that was not listed has none."""
    key, other = ("Voice", "GC-1", "resource", "minutes"), ("Bots", "GC-2", "resource", "units")
    history = History()
    for month, used in ((7, {key: 310}), (8, {key: 0, other: 0}), (9, {}), (10, {key: 0})):
        start = date(2026, month, 1)
        end = (start + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        quantities: dict[Key, Decimal] = {of: Decimal(quantity) for of, quantity in used.items()}
        answer = Answer(start, end, fingerprint([], {}), {}, quantities)
        history = history.with_answer(answer, NOVEMBER, 12)
    data = TrustorData.of("id-1", "Acme", {"current": _overview(NOVEMBER, 30, _row(0))})
    found = {
        period.start.month: {of: charge.quantity for of, charge in period.charges.items()}
        for period in trustors.subject_of(data, history).closed
    }
    assert found == {7: {key: 310}, 8: {key: 0}, 9: {}, 10: {key: 0}}


class _Accounts:
    """Keeps the newest period of each customer or contract."""

    def __init__(self) -> None:
        self.kept: dict[str, Current] = {}

    def keep_only(
        self,
        subject: AccountSubject,
        keys: Iterable[str],
        unread: Mapping[str, str],
        missing: Mapping[tuple[str, ...], MissingBefore],
    ) -> None:
        """Keep the others too."""

    def current_period(
        self, subject: AccountSubject, key: str, name: str, current: Current
    ) -> None:
        """Keep it."""
        assert (subject, name) in {("contracts", "C-1"), ("trustors", "Acme")}
        self.kept[key] = current


@pytest.mark.parametrize(
    ("status", "end", "is_over"),
    [
        ("Open", date(2026, 11, 30), False),
        ("Closed", date(2026, 11, 5), True),
        ("closed", date(2026, 11, 10), True),
        # An open period that has ended is still being added to; a late one may be closed soon.
        ("Open", date(2026, 11, 5), False),
    ],
)
def test_a_contract_that_has_ended_has_no_forecast(status: str, end: date, is_over: bool) -> None:
    """Of a newest period that is closed nothing is forecast, counted, or expected in budgets."""
    assert EVERY_COLLECTOR.contracts is not None
    forecaster, accounts = Forecaster("", MemoryStore(CODEC)), _Accounts()
    collector = ForecastingCollector(
        ContractsCollector(EVERY_COLLECTOR.contracts), forecaster, accounts
    )
    (part,) = collector.parts(ContractsData((_contract(status, end=end),))).values()
    values = _values(collector.expose(part))
    assert bool(values) is not is_over
    assert bool(forecaster.quality().results) is not is_over
    assert accounts.kept["c"].is_over is is_over


@pytest.mark.parametrize(("days", "is_over"), [(29, False), (40, False), (41, True), (400, True)])
def test_a_customer_that_has_ended_has_no_forecast(days: int, is_over: bool) -> None:
    """A newest overview that ended more than ten days ago has no successor: nothing is forecast."""
    assert SETTINGS is not None
    forecaster, accounts = Forecaster("", MemoryStore(CODEC)), _Accounts()
    collector = ForecastingCollector(TrustorsCollector(SETTINGS), forecaster, accounts)
    for day in (10, days):
        part = collector.parts(_data(100, NOVEMBER + timedelta(days=day - 1)))["trustor id-1"]
        values = _values(collector.expose(part))
    assert bool(values) is not is_over
    assert bool(forecaster.quality().results) is not is_over
    assert accounts.kept["id-1"].is_over is is_over
    assert [row.overage for row in accounts.kept["id-1"].rows] == [0]


def test_the_state_of_another_organization_is_another() -> None:
    """The same customer id at two places is two customers, and each is reported apart."""
    forecasts = Forecasts(MemoryStore(CODEC))
    assert SETTINGS is not None
    for name in ("one", "two"):
        collector = forecasts.added_to(TrustorsCollector(SETTINGS), name, "https://api.example")
        parts = collector.parts(_data(100, NOVEMBER + timedelta(days=10)))
        collector.expose(parts["trustor id-1"])
    text = forecasts.text().decode()
    line = 'forecasts{organization="%s",subject="trustors",outcome="no_band"} 1'
    assert all(line % name in text for name in ("one", "two"))
    assert forecasts.text() is forecasts.text()  # written once, while nothing has changed
    forecasts.keep_only("one", ())
    forecasts.keep_only("two", ("trustors",))
    assert line % "one" not in forecasts.text().decode()
    assert line % "two" in forecasts.text().decode()


def test_an_organization_that_has_moved_is_reported_once() -> None:
    """The same name at another place takes the place of the first: no series is there twice."""
    forecasts = Forecasts(MemoryStore(CODEC))
    assert SETTINGS is not None
    for place in ("https://api.example", "https://api.example.org"):
        collector = forecasts.added_to(TrustorsCollector(SETTINGS), "one", place)
        parts = collector.parts(_data(100, NOVEMBER + timedelta(days=10)))
        collector.expose(parts["trustor id-1"])
    lines = [line.rpartition(" ")[0] for line in forecasts.text().decode().splitlines()]
    assert len(lines) == len(set(lines)) > 0


def test_nothing_is_forecast_for_an_unknown_day() -> None:
    """A reading of unknown age is not taken in, and without a state nothing is said."""
    collector = _collector(Forecaster("", MemoryStore(CODEC)))
    assert _values(collector.expose(Dated(_acme(100), None))) == {}


def test_a_customer_whose_current_period_is_missing_has_no_forecast() -> None:
    """An overview without dates gives no forecast."""
    bare = PeriodData(TrusteeBillingOverview(usages=(_row(1),)), 0)
    subject = trustors.subject_of(TrustorData.of("id-1", "Acme", {"current": bare}))
    assert subject.current is None
    assert Forecaster("", MemoryStore(CODEC)).take("id-1", subject, date(2026, 11, 11)) is None


def test_look_ahead_is_never_below_what_was_read() -> None:
    """A reading that is newer than the newest daily total raises the forecast."""
    subject = trustors.subject_of(_acme(100))
    forecaster = Forecaster("", store := MemoryStore(CODEC))
    forecaster.take("id-1", subject, date(2026, 11, 11))
    later = trustors.subject_of(_acme(999)).current
    assert later is not None
    (one,) = look_ahead(store.load("\nid-1"), later).charges.values()
    assert one.forecast.total is not None
    assert one.forecast.total >= 999


def test_day_zero_works_from_history_alone() -> None:
    """With five closed periods a customer has a forecast with bounds on the first day."""
    key = ("Voice", "GC-1", "resource", "minutes")
    history = History()
    for month, used in ((6, 300), (7, 310), (8, 305), (9, 290), (10, 320)):
        start = date(2026, month, 1)
        end = date(2026, month + 1, 1) - timedelta(days=1)
        amounts = {"EUR": Decimal(used)}
        answer = Answer(start, end, fingerprint([], {}), amounts, {key: Decimal(used)})
        history = history.with_answer(answer, NOVEMBER, 12)
    data = TrustorData.of("id-1", "Acme", {"current": _overview(NOVEMBER, 30, _row(0))})
    outlook = Forecaster("", MemoryStore(CODEC)).take(
        "id-1", trustors.subject_of(data, history), date(2026, 11, 1)
    )
    assert outlook is not None
    made = outlook.charges[key].forecast
    assert (made.elapsed, made.sample) == (Decimal(0), 4)
    assert made.total == Decimal("309.677419")
    assert made.upper is not None
    assert outlook.amounts["EUR"].amount.upper is not None
