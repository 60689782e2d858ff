"""Bad input to the forecasts: clocks that jump, currencies, charges and names that change."""

import zlib
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_exporter.collectors.contracts import ContractData
from billing_exporter.collectors.trustor_overview import PeriodData, TrustorData
from billing_exporter.forecasting import contracts, trustors
from billing_exporter.forecasting.daily import updated
from billing_exporter.forecasting.forecaster import Forecaster
from billing_exporter.forecasting.outlook import Outlook, look_ahead, with_kept
from billing_exporter.forecasting.readings import Charge, Key, Period, Subject
from billing_exporter.forecasting.state import EMPTY, VERSION, SubjectState, decode
from billing_exporter.forecasting.store import CODEC
from billing_exporter.genesys.records import (
    BillingCharge,
    BillingContract,
    BillingContractPeriodDetail,
    SubscriptionOverviewUsage,
    TrusteeBillingOverview,
)
from billing_exporter.state_files.store import MemoryStore, UnusableStateError

START = date(2026, 11, 1)
VOICE: Key = ("Voice", "GC-1", "resource", "minutes")
BOTS: Key = ("Bots", "GC-2", "resource", "sessions")


def _charge(used: object, currency: str = "EUR") -> Charge:
    quantity = None if used is None else Decimal(str(used))
    return Charge("sum", quantity, Decimal(100), Decimal(50), Decimal(2), currency=currency)


def _period(charges: dict[Key, Charge], start: date = START, days: int = 30) -> Period:
    return Period(start, days, charges)


def _past(months: int, **totals: object) -> tuple[Period, ...]:
    """Return closed periods of 30 days, the oldest first."""
    keys = {"voice": VOICE, "bots": BOTS}
    return tuple(
        _period(
            {keys[name]: _charge(total) for name, total in totals.items()},
            START - timedelta(days=30 * back),
        )
        for back in range(months, 0, -1)
    )


def _read(state: SubjectState, day: int, used: object, *closed: Period) -> SubjectState:
    """Take in a reading that was made on the day after a day of November, and keep forecasts."""
    current = _period({VOICE: _charge(used)})
    state = updated(state, Subject(current, closed), START + timedelta(days=day))
    return with_kept(state, look_ahead(state, current))


jumps = st.lists(st.integers(1, 40), max_size=6)


@given(jumps)
def test_days_of_a_wrong_clock_leave_nothing_that_lies_ahead(days: list[int]) -> None:
    """After any jumps of the clock, a right reading of the fifth day leaves no total of a later
    day, and no forecast that was kept of a later share of the period.
    """
    past = _past(5, voice=300)
    state = EMPTY
    for day in days:
        state = _read(state, day, 10 * day, *past)
    state = _read(state, 5, 50, *past)
    series = state.charges[VOICE]
    assert max(series.running) == 4
    assert all(kept.elapsed * 30 <= 6 for kept in series.kept)
    assert all(kept.elapsed * 30 <= 6 for kept in state.amounts["EUR"].kept)


def test_a_forecast_of_a_wrong_clock_is_kept_again() -> None:
    """What was kept under a clock three weeks ahead is replaced by what the right days give."""
    past = _past(5, voice=300)
    state = _read(EMPTY, 2, 20, *past)
    state = _read(state, 24, 25, *past)
    assert [one.checkpoint for one in state.charges[VOICE].kept] == [75]
    for day in range(3, 30):
        state = _read(state, day, 10 * day, *past)
    kept = state.charges[VOICE].kept
    assert [one.checkpoint for one in kept] == [10, 25, 50, 75, 90]
    assert [round(one.total) for one in kept] == [300] * 5


@given(st.sets(st.integers(2, 30)), st.lists(st.integers(1, 50), min_size=30, max_size=30))
def test_a_clock_that_is_set_back_a_day_and_returns_changes_nothing(
    disturbed: set[int], steps: list[int]
) -> None:
    """On any days the clock goes back a day and forth again: totals, steps and kept forecasts are
    those of a clock that never did.
    """
    past = _past(5, voice=300)
    right = wrong = EMPTY
    for day in range(1, 31):
        used = sum(steps[:day])
        right = _read(right, day, used, *past)
        for read in (day, day - 1, day) if day in disturbed else (day,):
            wrong = _read(wrong, read, used, *past)
    assert wrong == right


@given(
    st.integers(2, 30),
    st.integers(1, 29),
    st.integers(0, 5),
    st.lists(st.integers(1, 50), min_size=36, max_size=36),
)
def test_a_clock_that_is_set_back_by_days_loses_nothing(
    day: int, days: int, lasting: int, steps: list[int]
) -> None:
    """A clock goes back by days, stays so for some, and returns: what was known stays, and no day
    has the total of another.
    """
    past = _past(5, voice=300)
    right, last = EMPTY, min(30, day + lasting)
    for read in range(1, day + 1):
        right = _read(right, read, sum(steps[:read]), *past)
    wrong = right
    for real in range(day, min(last, day + days - 1) + 1):
        wrong = _read(wrong, max(1, real - days), sum(steps[:real]), *past)
    assert wrong == right
    wrong = _read(wrong, last, sum(steps[:last]), *past)
    assert all(total == sum(steps[: at + 1]) for at, total in wrong.charges[VOICE].running.items())


@given(st.integers(1, 14), st.integers(10, 60), st.lists(st.integers(1, 50), min_size=30))
def test_a_clock_that_jumps_ahead_and_returns_invents_nothing(
    day: int, days: int, steps: list[int]
) -> None:
    """A clock jumps ahead by weeks and comes back: the period goes on as if it never had."""
    past = _past(5, voice=300)
    right = wrong = EMPTY
    for read in range(1, 31):
        used = sum(steps[:read])
        right = _read(right, read, used, *past)
        wrong = _read(wrong, read, used, *past)
        if read == day:
            wrong = _read(wrong, read + days, used, *past)
            wrong = _read(wrong, read, used, *past)
    assert wrong.charges[VOICE].running == right.charges[VOICE].running
    assert wrong.charges[VOICE].closed == right.charges[VOICE].closed
    assert wrong.start == right.start


@given(st.integers(-9, 9).filter(bool), st.integers(12, 28))
def test_a_running_period_whose_start_moves_is_no_other_period(moved: int, day: int) -> None:
    """Its old dates become no closed period, its totals go on, and the weekdays stay learnt."""
    past = _past(5, voice=300)
    state = EMPTY
    for read in range(1, day):
        state = _read(state, read, 10 * read, *past)
    start = START + timedelta(days=moved)
    current = _period({VOICE: _charge(10 * (day - moved))}, start, 30 - moved)
    after = updated(state, Subject(current, past), START + timedelta(days=day))
    series = after.charges[VOICE]
    assert (after.start, after.days) == (start.toordinal(), 30 - moved)
    assert series.closed == state.charges[VOICE].closed
    assert series.running == {day - 1 - moved: 10 * (day - moved)}
    assert len(series.steps) == day - 1
    assert updated(after, Subject(current, past), START + timedelta(days=day)) == after


@given(st.integers(-9, 9).filter(bool))
def test_a_closed_period_whose_start_moves_counts_once(moved: int) -> None:
    """It takes its new dates and total, with the outcomes of its forecasts."""
    state = _read(EMPTY, 10, 100, *_past(5, voice=300))
    *others, last = _past(5, voice=300)
    again = _period({VOICE: _charge(290)}, last.start + timedelta(days=moved), last.days - moved)
    series = _read(state, 11, 110, *others, again).charges[VOICE]
    assert [one.total for one in series.closed] == [300] * 4 + [290]
    assert series.closed[-1].start == again.start.toordinal()


def _outlook(current: Period, *closed: Period, day: int = 11) -> Outlook:
    forecaster = Forecaster("", MemoryStore(CODEC))
    outlook = forecaster.take("id", Subject(current, closed), START + timedelta(days=day - 1))
    assert outlook is not None
    return outlook


def test_a_currency_that_changes_is_another_amount() -> None:
    """Amounts of the new currency have no bounds from those of the old one, which is forecast no
    more; the quantity's history is the same in every currency.
    """
    outlook = _outlook(_period({VOICE: _charge(100, "USD")}), *_past(6, voice=300))
    assert set(outlook.amounts) == {"USD"}
    assert outlook.amounts["USD"].amount.upper is None
    assert outlook.charges[VOICE].forecast.upper is not None


def test_a_currency_that_changes_within_a_period_is_not_added_up() -> None:
    """A running period that goes from euros to dollars has an amount in dollars alone."""
    state = _read(EMPTY, 10, 100)
    current = _period({VOICE: _charge(110, "USD")})
    state = updated(state, Subject(current), START + timedelta(days=11))
    outlook = look_ahead(state, current)
    assert {currency: one.incurred for currency, one in outlook.amounts.items()} == {"USD": 70}


def test_a_charge_that_is_gone_has_no_forecast_and_comes_back_with_its_past() -> None:
    """While it is away nothing stands for it; when it is back its last period counts, and no zero
    stands between them.
    """
    store = MemoryStore(CODEC)
    forecaster = Forecaster("", store)
    both = _past(6, voice=300, bots=600)
    away = forecaster.take(
        "id", Subject(_period({VOICE: _charge(100)}), both), START + timedelta(days=10)
    )
    assert away is not None
    assert set(away.charges) == {VOICE}
    december = date(2026, 12, 1)
    current = _period({VOICE: _charge(100), BOTS: _charge(200)}, december)
    november = _period({VOICE: _charge(300)})
    back = forecaster.take("id", Subject(current, (*both, november)), december + timedelta(days=10))
    assert back is not None
    made = back.charges[BOTS].forecast
    assert made.total == 600
    assert made.upper == made.total  # six equal periods, and none of nothing


def test_a_customer_with_another_name_is_the_same() -> None:
    """A forecast hangs on the id alone: nothing begins again, and nobody counts twice."""
    forecaster = Forecaster("", MemoryStore(CODEC))
    for day, used in ((10, 100), (11, 110)):
        subject = Subject(_period({VOICE: _charge(used)}), _past(6, voice=300))
        forecaster.take("id", subject, START + timedelta(days=day))
    assert forecaster.quality().results == {"ok": 1}


@pytest.mark.parametrize("version", [VERSION - 1, VERSION + 1])
def test_a_state_of_another_version_is_refused(version: int) -> None:
    """What a former or a later release has written is set aside, not misread."""
    plain = msgspec.msgpack.encode((version, 0, 0, 0, (), ()))
    with pytest.raises(UnusableStateError):
        decode(zlib.compress(plain))


def test_periods_whose_totals_are_missing_are_no_history() -> None:
    """A closed period without a number is neither zero nor an outcome."""
    unknown = _past(3, voice=None)[:1]
    outlook = _outlook(_period({VOICE: _charge(100)}), *unknown, *_past(2, voice=300))
    made = outlook.charges[VOICE].forecast
    assert made.total == 300
    assert made.sample == 1  # the change between the two that are known


@pytest.mark.parametrize("first", [True, False])
def test_a_sum_that_lacks_a_row_is_no_reading(first: bool) -> None:
    """Two rows of one charge of which one has no usage give no quantity to forecast from, of a
    customer as of a contract.
    """
    one, none = Decimal(1), None
    pair = (none, one) if first else (one, none)
    rows = tuple(
        SubscriptionOverviewUsage(name="a", grouping="resource", usage_quantity=used)
        for used in pair
    )
    overview = TrusteeBillingOverview(
        billing_period_start_date=datetime(2026, 11, 1, tzinfo=UTC),
        billing_period_end_date=datetime(2026, 11, 30, tzinfo=UTC),
        currency="EUR",
        usages=rows,
    )
    customer = TrustorData.of("x", "x", {"current": PeriodData(overview, 0)})
    detail = BillingContractPeriodDetail(
        id="p",
        date_start=date(2026, 11, 1),
        date_end=date(2026, 11, 30),
        charges=tuple(BillingCharge(name="a", actual_quantity=used) for used in pair),
    )
    contract = ContractData(BillingContract(id="c"), {"current": detail})
    for subject in (trustors.subject_of(customer), contracts.subject_of(contract)):
        assert subject.current is not None
        (charge,) = subject.current.charges.values()
        assert charge.quantity is None
