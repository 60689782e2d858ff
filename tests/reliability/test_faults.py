"""Every fault with every operation: what fails is named, what was known stays, nothing is wrong."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from billing_exporter.simulator.faults import KINDS
from reliability.branch import NAME, Branch
from reliability.looking import Look, metric_of
from reliability.matrix import FAULTS, LOGIN, SUCCESS, Case, Fault, cases
from reliability.verdict import OF_THE_POLL, faults
from tests.processes import Program, simulating
from tests.scrapes import steer

# Longer than any wait that the client remembers over operations.
FORGETTING_SECONDS = 3600.0
# For what never answers: the client's own bound would take minutes.
SHORT_SECONDS = 0.5


@dataclass
class Noon:
    """A clock that stands at noon and moves on a second each time it is asked."""

    now: datetime

    def __call__(self) -> datetime:
        """Tell the time."""
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture(scope="module")
def simulator() -> Iterator[Program]:
    """A simulated Genesys Cloud whose day will not end soon."""
    flags = "--trustors", "2", "--rate-limit", "0", "--in-progress", "0"
    with simulating(*flags) as program:
        now = datetime.fromisoformat(steer(program.url, "world")["now"])
        noon = datetime(now.year, now.month, now.day, 12, tzinfo=UTC) + timedelta(days=1)
        steer(program.url, "clock", {"advance": (noon - now).total_seconds()})
        yield program


def branch(simulator: Program) -> Branch:
    """Return an organization that has been polled with success."""
    now = datetime.fromisoformat(steer(simulator.url, "world")["now"])
    it = Branch(simulator.url, Noon(now))
    it.poll()
    return it


def test_every_fault_has_its_row() -> None:
    """The matrix leaves out no fault that the simulator knows."""
    assert {fault.name for fault in FAULTS} == set(KINDS)


@pytest.mark.parametrize("fault", [f for f in FAULTS if not f.slow], ids=lambda f: f.text(""))
def test_a_fault(fault: Fault, simulator: Program, caplog: pytest.LogCaptureFixture) -> None:
    """Whichever operation it hits, each collector ends as the matrix says, and recovers."""
    patient = branch(simulator)
    for case in cases():
        if case.fault == fault:
            suffer(case, simulator, patient, caplog)


@pytest.mark.parametrize("case", [c for c in cases() if c.fault.slow], ids=str)
def test_a_slow_answer(case: Case, simulator: Program, caplog: pytest.LogCaptureFixture) -> None:
    """An answer that does not come in time fails what needs it, and nothing else."""
    suffer(case, simulator, branch(simulator), caplog, SHORT_SECONDS)


def suffer(
    case: Case,
    simulator: Program,
    patient: Branch,
    caplog: pytest.LogCaptureFixture,
    seconds: float = 300.0,
) -> None:
    """Poll under the case's fault, compare with before; poll without it, compare again."""
    before = patient.look()
    caplog.clear()
    steer(simulator.url, "faults", [case.fault.text(case.operation)])
    if case.operation == LOGIN:
        steer(simulator.url, "revoke", {})
    with patient.in_haste(seconds):
        patient.poll(case.concerned)
    steer(simulator.url, "faults", [])
    assert list(faults(case, before, patient.look(), NAME, case.concerned)) == []
    assert list(said_wrongly(case, caplog)) == []
    patient.let_pass(FORGETTING_SECONDS)
    patient.poll(case.concerned)
    recovered = patient.look()
    assert set(recovered.own.outcomes(NAME).values()) == {SUCCESS}
    assert billing(recovered) == billing(before)


def billing(look: Look) -> dict[tuple[str, str], dict[str, str]]:
    """Return the billing series, without those that say how the poll went."""
    return {
        key: {name: value for name, value in of.items() if metric_of(name) not in OF_THE_POLL}
        for key, of in look.billing.items()
    }


def said_wrongly(case: Case, caplog: pytest.LogCaptureFixture) -> Iterator[str]:
    """Yield what the log does not say as it should: one warning for each failure, no traceback."""
    for collector in case.concerned:
        expected = case.expected[collector]
        lines = [
            record
            for record in caplog.records
            if getattr(record, "collector", None) == collector
            and record.getMessage().startswith("poll failed")
            and record.levelno == logging.WARNING
        ]
        reasons = [record.reason for record in lines]  # type: ignore[attr-defined]
        wanted = [] if expected.outcome == SUCCESS else [expected.outcome]
        if reasons != wanted:
            yield f"{case}: {collector} was said to fail by {reasons}, not {wanted}"
    yield from (
        record.getMessage() for record in caplog.records if record.levelno > logging.WARNING
    )
