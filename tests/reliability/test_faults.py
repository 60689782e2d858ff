"""Every fault with every operation: what fails is named, what was known stays, nothing is wrong."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from billing_exporter.simulator.faults import KINDS
from reliability.branch import NAME, Branch
from reliability.matrix import FAULTS, LOGIN, OPERATIONS, SUCCESS, Case, Fault, cases
from reliability.verdict import faults
from tests.processes import Program, simulating
from tests.scrapes import steer

# Longer than any wait that the client remembers over operations.
FORGETTING_SECONDS = 3600.0
# For what never answers: the client's own bound would take minutes.
SHORT_SECONDS = 0.3


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
    flags = "--trustors", "3", "--rate-limit", "0", "--in-progress", "0"
    with simulating(*flags) as program:
        now = datetime.fromisoformat(steer(program.url, "world")["now"])
        noon = datetime(now.year, now.month, now.day, 12, tzinfo=UTC) + timedelta(days=1)
        steer(program.url, "clock", {"advance": (noon - now).total_seconds()})
        yield program


@pytest.fixture(scope="module")
def patient(simulator: Program) -> Branch:
    """An organization that is polled under every fault that answers in time."""
    return branch(simulator)


def branch(simulator: Program, seconds: float = 300.0) -> Branch:
    """Return an organization that has been polled with success."""
    now = datetime.fromisoformat(steer(simulator.url, "world")["now"])
    it = Branch(simulator.url, Noon(now), seconds=seconds)
    it.poll()
    return it


def test_every_fault_has_its_row() -> None:
    """The matrix leaves out no fault that the simulator knows."""
    assert {fault.name for fault in FAULTS} == set(KINDS)


@pytest.mark.parametrize("fault", [f for f in FAULTS if not f.slow], ids=lambda f: f.text(""))
def test_a_fault(
    fault: Fault, simulator: Program, patient: Branch, caplog: pytest.LogCaptureFixture
) -> None:
    """Whichever operation it hits, each collector ends as the matrix says, and recovers."""
    for case in cases():
        if case.fault == fault:
            suffer(case, simulator, patient, caplog)


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("fault", [f for f in FAULTS if f.slow], ids=lambda f: f.text(""))
def test_a_slow_answer(
    fault: Fault, operation: str, simulator: Program, caplog: pytest.LogCaptureFixture
) -> None:
    """An answer that does not come in time fails what needs it, and nothing else."""
    short = branch(simulator, SHORT_SECONDS)
    (case,) = (c for c in cases() if c.fault == fault and c.operation == operation)
    suffer(case, simulator, short, caplog)


def suffer(
    case: Case, simulator: Program, patient: Branch, caplog: pytest.LogCaptureFixture
) -> None:
    """Poll under the case's fault, compare with before; poll without it, compare again."""
    before = patient.scrape()
    caplog.clear()
    steer(simulator.url, "faults", [case.fault.text(case.operation)])
    if case.operation == LOGIN:
        steer(simulator.url, "revoke", {})
    patient.poll()
    steer(simulator.url, "faults", [])
    assert list(faults(case, before, patient.scrape(), NAME)) == []
    assert list(said_wrongly(case, caplog)) == []
    patient.let_pass(FORGETTING_SECONDS)
    patient.poll()
    recovered = patient.scrape()
    assert set(recovered.outcomes(NAME).values()) == {SUCCESS}
    assert billing(recovered) == billing(before)


def billing(scrape: object) -> dict[object, float]:
    """Return all billing series but those that say when they were read."""
    return {
        (row.name, tuple(sorted(row.labels.items()))): row.value
        for row in scrape.billing(NAME)  # type: ignore[attr-defined]
        if not row.name.endswith("last_success_timestamp_seconds")
    }


def said_wrongly(case: Case, caplog: pytest.LogCaptureFixture) -> Iterator[str]:
    """Yield what the log does not say as it should: one warning for each failure, no traceback."""
    for collector, expected in case.expected.items():
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
