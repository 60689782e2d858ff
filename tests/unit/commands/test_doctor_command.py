"""``doctor`` says by its status whether something needed is missing."""

from collections.abc import Iterator

import pytest

from billing_exporter.simulator import Simulator
from tests.unit.commands.calls import Call


@pytest.fixture
def forbidding(account: Simulator) -> Iterator[Simulator]:
    """The account, which may not read the usage report."""
    account.service.set_faults(["forbidden:get_billing_reports_billableusage"])
    yield account
    account.service.set_faults([])


@pytest.mark.usefixtures("account")
def test_all_is_well(call: Call) -> None:
    """Each operation is a line, and the status is 0."""
    status, out, _ = call("doctor")
    assert status == 0
    assert "get_billing_reports_billableusage" in out
    assert "failed" not in out


@pytest.mark.usefixtures("forbidding")
def test_a_permission_is_missing(call: Call) -> None:
    """The operation is said to fail, and the status is not 0."""
    status, out, _ = call("doctor")
    assert status != 0
    (line,) = (line for line in out.splitlines() if line.strip().startswith("failed"))
    assert "get_billing_reports_billableusage" in line
    assert "billing:subscription" in line


def test_a_wrong_secret(account: Simulator, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refused client fails, and its secret is not shown."""
    assert account.url
    monkeypatch.setenv("GENESYSCLOUD_OAUTHCLIENT_SECRET", "not-the-one")
    status, out, err = call("doctor")
    assert status != 0
    assert "failed" in out
    assert "not-the-one" not in out + err
