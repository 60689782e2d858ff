"""What the soak compares with the truth: a number that is not so is found, whichever it is."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from billing_exporter.collectors.settings import (
    Collectors,
    ContractsSettings,
    InvoicesSettings,
    TrustorsSettings,
    UsageSettings,
)
from reliability.branch import NAME, Branch
from reliability.direct import Direct, Moment
from reliability.looking import QuickScrape
from reliability.matrix import OPERATIONS
from reliability.truth import COMPARED, differences

COLLECTORS = Collectors(
    usage=UsageSettings(),
    invoices=InvoicesSettings(lookback="10y"),
    contracts=ContractsSettings(),
    trustors=TrustorsSettings(),
)
MOMENT = Moment(datetime(2026, 11, 23, 12, tzinfo=UTC))
DIRECT = Direct(MOMENT, trustors=4)


@pytest.fixture(scope="module")
def shown() -> str:
    """What is shown of a simulated partner."""
    branch = Branch("https://api.example.com", MOMENT, collectors=COLLECTORS, transport=DIRECT)
    branch.poll()
    return b"".join(branch.exposition.body.pieces(b"", gzip=False)).decode()


def disagreements(text: str) -> list[str]:
    """Compare an exposition with the truth."""
    return differences(DIRECT.service.summary(100), QuickScrape(text), NAME)


def test_all_numbers_are_so(shown: str) -> None:
    """What is shown is the truth."""
    assert disagreements(shown) == []


@pytest.mark.parametrize("metric", COMPARED)
def test_a_wrong_number_is_found(metric: str, shown: str) -> None:
    """One series with another number, or one that is missing, is a disagreement."""
    line = re.compile(rf"^(genesyscloud_billing_{metric}{{.*}}) (\S*[1-9]\S*)$", re.MULTILINE)
    series = [it for it in line.finditer(shown) if 'period="previous"' not in it[0]]
    assert series
    wrong = f"{shown[: series[0].start(2)]}{float(series[0][2]) + 1}{shown[series[0].end(2) :]}"
    assert len(disagreements(wrong)) == 1
    missing = f"{shown[: series[0].start()]}{shown[series[0].end() + 1 :]}"
    assert len(disagreements(missing)) == 1


def shows_again_what_is_so(fault: str) -> list[str]:
    """Poll for the first time under a fault, then twice without, and compare with the truth."""
    moment = Moment(MOMENT.now)
    direct = Direct(moment, trustors=4)
    branch = Branch("https://api.example.com", moment, collectors=COLLECTORS, transport=direct)
    direct.service.set_faults([fault])
    branch.poll()
    direct.service.set_faults([])
    for _ in range(2):
        moment.now += timedelta(hours=1)
        branch.let_pass(3600)
        branch.poll()
    text = b"".join(branch.exposition.body.pieces(b"", gzip=False)).decode()
    return differences(direct.service.summary(100), QuickScrape(text), NAME)


@pytest.mark.parametrize("fault", ["500", "html", "forbidden", "wrong_types"])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_failure_at_the_first_poll_does_not_last(operation: str, fault: str) -> None:
    """However the first poll failed, two polls later all numbers are so."""
    assert shows_again_what_is_so(f"{fault}:{operation}") == []
