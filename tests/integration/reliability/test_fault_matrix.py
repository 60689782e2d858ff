"""Every fault with every operation: what fails is named, what was known stays, nothing is wrong."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from billing_exporter.simulator.faults import KINDS
from tools.reliability.exposition_view import Look, metric_of
from tools.reliability.in_process_exporter import NAME, Branch
from tools.reliability.matrix import (
    COLLECTORS,
    FAULTS,
    INVOICES,
    LOGIN,
    SUCCESS,
    Case,
    Fault,
    cases,
)
from tools.reliability.oracle import Answers, asked, reported
from tools.reliability.verdict import OF_THE_POLL, Sheets, differences, faults, sheets, untrue
from tools.testkit.processes import Program, simulating
from tools.testkit.scrapes import steer, time_of

# Longer than any wait that the client remembers over operations.
FORGETTING_SECONDS = 3600.0
# For what never answers: the client's own bound would take minutes.
SHORT_SECONDS = 0.5


@dataclass
class Noon:
    """A clock that stands at noon and moves on a second each time it is asked."""

    now: datetime

    def __call__(self) -> datetime:
        """Return the time."""
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture(scope="module")
def simulator() -> Iterator[Program]:
    """A simulated Genesys Cloud whose day will not end soon."""
    flags = "--trustors", "2", "--rate-limit", "0", "--in-progress", "0"
    with simulating(*flags) as program:
        now = time_of(program.url)
        noon = datetime(now.year, now.month, now.day, 12, tzinfo=UTC) + timedelta(days=1)
        steer(program.url, "clock", {"advance": (noon - now).total_seconds()})
        yield program


@dataclass
class FaultBench:
    """A simulator and all that can be suffered from it.

    Attributes:
        simulator: which shows the faults.
        known: what the simulator answers while all is well.
        caplog: what was logged.
    """

    simulator: Program
    known: Answers
    caplog: pytest.LogCaptureFixture

    def patient(self) -> Branch:
        """Return an organization that has been polled with success."""
        now = time_of(self.simulator.url)
        it = Branch(self.simulator.url, Noon(now))
        it.poll()
        return it

    def suffer(self, case: Case, patient: Branch, seconds: float = 300.0) -> None:
        """Poll under the case's fault, compare with before; poll without it, compare again."""
        before, url = patient.look(), self.simulator.url
        self.caplog.clear()
        steer(url, "faults", [case.fault.text(case.operation)])
        if case.operation == LOGIN:
            steer(url, "revoke", {})
        with patient.in_haste(seconds):
            patient.poll(case.concerned)
        expected = sheets(case, url, NAME, self.known)
        steer(url, "faults", [])
        assert list(faults(case, before, patient.look(), NAME, expected)) == []
        assert list(said_wrongly(case, self.caplog)) == []
        patient.let_pass(FORGETTING_SECONDS)
        patient.poll(case.concerned)
        recovered = patient.look()
        assert set(recovered.own.outcomes(NAME).values()) == {SUCCESS}
        assert billing(recovered) == billing(before)


@pytest.fixture(scope="module")
def known(simulator: Program) -> Answers:
    """What the simulator answers while all is well."""
    return asked(simulator.url, COLLECTORS)


@pytest.fixture
def clinic(simulator: Program, known: Answers, caplog: pytest.LogCaptureFixture) -> FaultBench:
    """A simulator and all that can be suffered from it."""
    return FaultBench(simulator, known, caplog)


def test_every_fault_has_its_row() -> None:
    """The matrix leaves out no fault that the simulator knows."""
    assert {fault.name for fault in FAULTS} == set(KINDS)


@pytest.mark.parametrize("fault", [f for f in FAULTS if not f.slow], ids=lambda f: f.text(""))
def test_a_fault(fault: Fault, clinic: FaultBench) -> None:
    """Whichever operation it hits, each collector ends as the matrix says, and recovers."""
    patient = clinic.patient()
    for case in cases():
        if case.fault == fault:
            clinic.suffer(case, patient)


@pytest.mark.parametrize("case", [c for c in cases() if c.fault.slow], ids=str)
def test_a_slow_answer(case: Case, clinic: FaultBench) -> None:
    """An answer that does not come in time fails what needs it, and nothing else."""
    clinic.suffer(case, clinic.patient(), SHORT_SECONDS)


def test_restated_numbers(clinic: FaultBench) -> None:
    """Numbers of a closed period that change later are shown by who reads the period first."""
    url = clinic.simulator.url
    steer(url, "faults", ["restated"])
    try:
        fresh, answers = clinic.patient().look(), asked(url, COLLECTORS)
    finally:
        steer(url, "faults", [])
    for collector in ("contracts", "trustors"):
        shown = reported(collector, NAME, answers)
        assert list(untrue(fresh.billing[NAME, collector], shown)) == []
        assert shown != reported(collector, NAME, clinic.known)


def test_what_is_not_so_is_found(clinic: FaultBench) -> None:
    """A series too many, a wrong value, a row that was not counted: the comparison finds each."""
    patient, organization = clinic.patient(), (NAME, "invoices")
    case = next(case for case in cases() if case.fault.name == "unknown_keys")
    case = replace(case, operation=INVOICES)
    before = patient.look()
    patient.poll(["invoices"])
    after = patient.look()
    (right,) = sheets(case, clinic.simulator.url, NAME, clinic.known).values()
    series, value = next(iter(right.now.series.items()))

    def found(**wrong: object) -> list[str]:
        sheet = Sheets(right.well, replace(right.now, **wrong))  # type: ignore[arg-type]
        return [*faults(case, before, after, NAME, {"invoices": sheet})]

    assert found() == []
    assert len(found(series={**right.now.series, series: value + 1})) == 1
    assert len(found(series={**right.now.series, "more": value})) == 1
    assert any("dropped rows" in line for line in found(dropped={"missing": 1}))
    assert any("merged rows" in line for line in found(merged=1))
    after.billing[organization][series] = "0.5"
    assert len(found()) == 2


def billing(look: Look) -> dict[tuple[str, str], dict[str, str]]:
    """Return the billing series, without those that say how the poll went."""
    return {
        key: {name: value for name, value in of.items() if metric_of(name) not in OF_THE_POLL}
        for key, of in look.billing.items()
    }


def said_wrongly(case: Case, caplog: pytest.LogCaptureFixture) -> Iterator[str]:
    """Yield what the log does not say as it should: no traceback either."""
    facts = [vars(record) for record in caplog.records if record.levelno == logging.WARNING]
    failed = [each for each in facts if each["message"].startswith("poll failed")]
    yield from differences(case, [(each["collector"], each["reason"]) for each in failed])
    yield from (
        record.getMessage() for record in caplog.records if record.levelno > logging.WARNING
    )


@pytest.mark.parametrize(
    "fault", [*(f"no_previous:status={each}" for each in (500, 403, 404)), "allowance_unit"]
)
def test_customers_that_are_first_read_under_a_fault(fault: str, clinic: FaultBench) -> None:
    """Who knows no earlier reading shows of each customer what the answers say, no less."""
    url = clinic.simulator.url
    steer(url, "faults", [fault])
    try:
        fresh = Branch(url, Noon(time_of(url)))
        fresh.poll(("trustors",))
        answers = asked(url, ("trustors",))
    finally:
        steer(url, "faults", [])
    shown = reported("trustors", NAME, answers)
    assert list(untrue(fresh.look().billing[NAME, "trustors"], shown)) == []
