"""What the soak compares with the truth: a number that is not so is found, whichever it is."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from tools.reliability.matrix import OPERATIONS
from tools.reliability.sandbox import Sandbox
from tools.reliability.truth import COMPARED

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
# Late in the period of the wallets, of a partner that is large enough to overdraw one.
SANDBOX = Sandbox(datetime(2026, 11, 20, 12, tzinfo=UTC), trustors=8)


@pytest.fixture(scope="module")
def shown() -> str:
    """What is shown of a simulated partner."""
    SANDBOX.branch.poll()
    return SANDBOX.shown()


def test_all_numbers_are_so(shown: str) -> None:
    """What is shown is the truth."""
    assert SANDBOX.differences(shown) == []


@pytest.mark.parametrize("metric", COMPARED)
def test_a_wrong_number_is_found(metric: str, shown: str) -> None:
    """One series with another number, or one that is missing, is a disagreement."""
    line = re.compile(rf"^(genesyscloud_billing_{metric}{{.*}}) (\S*[1-9]\S*)$", re.MULTILINE)
    series = [it for it in line.finditer(shown) if 'period="previous"' not in it[0]]
    assert series
    wrong = f"{shown[: series[0].start(2)]}{float(series[0][2]) + 1}{shown[series[0].end(2) :]}"
    assert len(SANDBOX.differences(wrong)) == 1
    missing = f"{shown[: series[0].start()]}{shown[series[0].end() + 1 :]}"
    assert len(SANDBOX.differences(missing)) == 1


@pytest.mark.parametrize("fault", ["500", "html", "forbidden", "wrong_types"])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_failure_at_the_first_poll_does_not_last(operation: str, fault: str) -> None:
    """However the first poll failed, two polls later all numbers are so."""
    sandbox = Sandbox(NOON)
    sandbox.service.set_faults([f"{fault}:{operation}"])
    sandbox.branch.poll()
    sandbox.service.set_faults([])
    for _ in range(2):
        sandbox.moment.now += timedelta(hours=1)
        sandbox.branch.let_pass(3600)
        sandbox.branch.poll()
    assert sandbox.differences(sandbox.shown()) == []
