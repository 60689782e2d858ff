"""The window of the own usage: whose contract's period it is, and that it does not leap."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_exporter.collectors.usage_window import LAST_OF_DAY, Window, contract_window
from billing_exporter.genesys import Unavailable
from billing_exporter.genesys.records import BillingContract, BillingContractPeriod
from tests.unit.collectors.api_stub import CONTRACTS, NOW, USAGE, ApiStub, fixture, page
from tests.unit.collectors.test_usage import desk

ME = "/api/v2/organizations/me"
OPEN = ("2026-11-21", "2026-12-20")
EARLIER = ("2026-11-05", "2026-12-04")


def contract(
    name: str, *periods: tuple[str, str], status: str | None = "Open", members: tuple[str, ...] = ()
) -> dict[str, object]:
    """Return a contract as the API gives it, with the organizations of its plan."""
    listed = [{"dateStart": start, "dateEnd": end, "status": status} for start, end in periods]
    plan = {"name": "plan", "organizations": [{"id": each} for each in members]}
    return {"id": name, "billingPeriods": listed, "plans": [plan]}


def starts(cloud: ApiStub) -> list[str]:
    """Return the first day of each window that was asked for."""
    return [query["startDate"][:10] for query in cloud.queries(USAGE)]


@pytest.fixture
def reported(cloud: ApiStub) -> ApiStub:
    """A cloud that has a usage report."""
    cloud.put(USAGE, fixture("usage_report.json"))
    return cloud


def test_the_contract_of_the_own_organization_counts(reported: ApiStub) -> None:
    """A customer's contract in the same listing does not move the window, though its period began
    later; who oneself is, is asked once.
    """
    reported.put(ME, {"id": "me", "name": "Own"})
    own = contract("co-1", EARLIER, members=("other", "ME"))
    reported.put(CONTRACTS, page(contract("co-2", OPEN, members=("customer",)), own))
    usage = desk()
    usage.poll()
    usage.poll()
    assert starts(reported) == ["2026-11-05", "2026-11-05"]
    assert reported.count(ME) == 1


def test_the_own_organization_can_be_the_customer(reported: ApiStub) -> None:
    """A contract whose plans name nobody is the own one where its customer bears the own name."""
    reported.put(ME, {"id": "me", "name": "Own Ltd"})
    own = contract("co-1", EARLIER) | {"endCustomer": {"name": " own ltd "}}
    reported.put(CONTRACTS, page(contract("co-2", OPEN), own))
    desk().poll()
    assert starts(reported) == ["2026-11-05"]


@pytest.mark.parametrize("status", [403, 404])
def test_without_an_own_organization_any_contract_counts(reported: ApiStub, status: int) -> None:
    """Where the own organization cannot be read, the period that began last is the window."""
    reported.refuse(ME, status)
    reported.put(CONTRACTS, page(contract("co-1", EARLIER), contract("co-2", OPEN)))
    usage = desk()
    usage.poll()
    assert starts(reported) == ["2026-11-21"]
    assert usage.left_out == []


def test_an_outage_of_the_own_organization_does_not_choose_a_window(reported: ApiStub) -> None:
    """What passes by itself fails the poll rather than report another window."""
    reported.refuse(ME, 503)
    reported.put(CONTRACTS, page(contract("co-1", EARLIER), contract("co-2", OPEN)))
    with pytest.raises(Unavailable):
        desk().poll()
    assert starts(reported) == []


@pytest.mark.parametrize("status", ["Open", "open", "OPEN", " Open ", None, "Sealed"])
def test_a_period_runs_unless_it_is_closed(reported: ApiStub, status: str | None) -> None:
    """Open is read in any case, and a status that is not known does not make the window leap."""
    reported.put(CONTRACTS, page(contract("co-1", OPEN, status=status)))
    desk().poll()
    assert starts(reported) == ["2026-11-21"]


def test_a_listing_without_periods_is_completed(reported: ApiStub) -> None:
    """Periods that the listing leaves out are read from the contract itself."""
    reported.put(CONTRACTS, page(contract("co-1")))
    reported.put(f"{CONTRACTS}/co-1", contract("co-1", OPEN))
    desk().poll()
    assert starts(reported) == ["2026-11-21"]


def test_a_contract_that_loses_its_periods_keeps_the_window(reported: ApiStub) -> None:
    """While the periods cannot be read the window stays, though another contract has one."""
    reported.put(CONTRACTS, page(contract("co-1", OPEN)))
    usage = desk()
    usage.poll()
    reported.put(CONTRACTS, page(contract("co-1"), contract("co-2", ("2026-11-22", "2026-12-21"))))
    reported.refuse(f"{CONTRACTS}/co-1", 400)
    usage.poll()
    assert starts(reported) == ["2026-11-21", "2026-11-21"]
    assert usage.left_out == [("rejected", "contract co-1")]


def test_between_two_periods_the_window_stays(reported: ApiStub) -> None:
    """Until the next period is listed the last one goes on; a new exporter takes the month."""
    reported.put(CONTRACTS, page(contract("co-1", OPEN)))
    usage = desk()
    usage.poll()
    later = NOW.replace(month=12, day=22)
    usage.poll(later)
    desk().poll(later)
    reported.put(CONTRACTS, page(contract("co-1", OPEN, ("2026-12-21", "2027-01-20"))))
    usage.poll(later)
    assert starts(reported) == ["2026-11-21", "2026-11-21", "2026-12-01", "2026-12-21"]


@pytest.mark.parametrize("status", ["Open", "Closed"])
def test_a_new_exporter_takes_the_last_period_of_the_own_contract(
    reported: ApiStub, status: str
) -> None:
    """Between two periods of a contract that names the own organization no month is asked for,
    whether the period that ended is closed already or not.
    """
    reported.put(ME, {"id": "me"})
    own = contract("co-1", OPEN, status=status, members=("me",))
    reported.put(CONTRACTS, page(own, contract("co-2", ("2026-12-05", "2027-01-04"))))
    desk().poll(NOW.replace(month=12, day=22))
    assert starts(reported) == ["2026-11-21"]


def test_a_period_that_was_not_followed_ends(reported: ApiStub) -> None:
    """A month after the end of its last period a contract is over, and the month is the window."""
    reported.put(CONTRACTS, page(contract("co-1", OPEN)))
    usage = desk()
    usage.poll()
    usage.poll(NOW.replace(year=2027, month=1, day=22))
    assert starts(reported) == ["2026-11-21", "2027-01-01"]


def test_another_contract_does_not_move_a_known_window(reported: ApiStub) -> None:
    """As long as the period that is known runs, one that began later does not take its place."""
    reported.put(CONTRACTS, page(contract("co-1", EARLIER)))
    usage = desk()
    usage.poll()
    reported.put(CONTRACTS, page(contract("co-2", OPEN), contract("co-1", EARLIER)))
    usage.poll()
    assert starts(reported) == ["2026-11-05", "2026-11-05"]


def window(start: int, length: int) -> Window:
    """Return the window of a period that began so many days from now."""
    first = datetime.combine(NOW.date(), time(), UTC) + timedelta(days=start)
    return first, first + timedelta(days=length - 1) + LAST_OF_DAY


windows = st.builds(window, st.integers(-80, 20), st.sampled_from([28, 30, 31, 365]))
periods_of_contracts = st.lists(st.lists(windows, max_size=3), max_size=4)


@given(periods_of_contracts, windows, st.booleans())
def test_a_window_is_one_that_runs(
    given_periods: list[list[Window]], known: Window, is_known: bool
) -> None:
    """Whatever contracts are listed, in whatever order, the window is one of theirs or the known
    one, it runs where one of them does, and the known one stays while it is listed and runs.
    """
    contracts = [
        BillingContract(
            billing_periods=tuple(
                BillingContractPeriod(date_start=start.date(), date_end=end.date(), status="open")
                for start, end in periods
            )
        )
        for periods in given_periods
    ]
    last = known if is_known else None
    found = contract_window(contracts, None, last, NOW)
    assert found == contract_window(contracts[::-1], None, last, NOW)
    listed = {each for periods in given_periods for each in periods}
    running = {each for each in listed if each[0] <= NOW <= each[1]}
    assert found is None or found in listed | {known}
    if running:
        assert found is not None
        assert found[0] <= NOW <= found[1]
    if is_known and known in running:
        assert found == known
