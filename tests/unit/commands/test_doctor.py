"""The doctor: says in plain words what is missing where."""

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest

from billing_exporter.collectors.settings import EVERY_COLLECTOR, Collectors, InvoicesSettings
from billing_exporter.commands.doctor import Doctor, Finding
from billing_exporter.config import Organization
from billing_exporter.genesys import OPERATIONS, BillingApi, NotFound, date_of
from billing_exporter.polling.organization import connect
from billing_exporter.simulator import Options, Simulator
from tools.testkit.organizations import organization_at

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
def cloud() -> Iterator[Simulator]:
    """A simulated Genesys Cloud without limits."""
    with Simulator(Options(address="127.0.0.1:0", rate_limit=100_000)) as simulator:
        yield simulator


def _examine(
    cloud: Simulator, collectors: Collectors = EVERY_COLLECTOR, *, refused: bool = False
) -> dict[str, Finding]:
    organization = organization_at(cloud.url, secret="wrong" if refused else "demo")
    api = connect(organization, lambda _: None)
    doctor = Doctor(api, collectors, NOW)
    doctor.examine()
    api.close()
    return {finding.subject: finding for finding in doctor.findings}


def test_every_operation_is_tried(cloud: Simulator) -> None:
    """A client with all permissions finds all ten operations in order."""
    findings = _examine(cloud)
    assert {name: finding.outcome for name, finding in findings.items()} == dict.fromkeys(
        OPERATIONS, "ok"
    )


def test_a_missing_permission_is_named(cloud: Simulator) -> None:
    """The finding says which permission to grant and which collectors need it."""
    cloud.service.set_faults(["forbidden:get_billing_reports_billableusage"])
    finding = _examine(cloud)["get_billing_reports_billableusage"]
    assert finding.outcome == "failed"
    assert "billing:subscription" in finding.text
    assert "needed by usage" in finding.text


def test_what_nobody_needs_is_a_warning(cloud: Simulator) -> None:
    """An operation that no collector of the configuration uses may be forbidden."""
    cloud.service.set_faults(["forbidden:get_orgauthorization_trustors"])
    findings = _examine(cloud, Collectors(invoices=InvoicesSettings()))
    assert findings["get_orgauthorization_trustors"].outcome == "warning"


def test_what_cannot_be_tried_is_skipped(cloud: Simulator) -> None:
    """Without the listing there is no invoice whose lines could be asked for."""
    cloud.service.set_faults(["forbidden:get_billing_contracts_invoices"])
    assert _examine(cloud)["get_billing_contracts_invoice_lines"].outcome == "skipped"


def test_one_customer_without_trust_is_no_finding(cloud: Simulator) -> None:
    """A customer that refuses says nothing of the client's permission when the next one answers."""
    cloud.service.set_faults(
        ["forbidden:get_billing_trusteebillingoverview_trustor_org_id:times=1"]
    )
    findings = _examine(cloud)
    assert findings["get_billing_trusteebillingoverview_trustor_org_id"].outcome == "ok"


@pytest.mark.parametrize(("times", "outcome"), [(1, "ok"), (9, "warning")])
def test_customers_without_an_overview_are_a_warning(
    cloud: Simulator, monkeypatch: pytest.MonkeyPatch, times: int, outcome: str
) -> None:
    """One customer may have no overview; where the first ones have none, the API may be failing."""
    name = "get_billing_trusteebillingoverview_trustor_org_id"
    failures, ask = iter(range(times)), getattr(BillingApi, name)

    def overview(api: BillingApi, key: str) -> object:
        if next(failures, None) is not None:
            raise NotFound("no", status=404)
        return ask(api, key)

    monkeypatch.setattr(BillingApi, name, overview)
    assert _examine(cloud)[name].outcome == outcome


def test_refused_credentials_end_the_examination(cloud: Simulator) -> None:
    """One clear line says what is wrong, instead of ten that say the same."""
    (finding,) = _examine(cloud, refused=True).values()
    assert finding.outcome == "failed"
    assert "check client_secret" in finding.text


@pytest.mark.parametrize(
    ("date", "outcome", "words"),
    [
        (format_datetime(NOW, usegmt=True), "ok", "within a minute"),
        ("Mon, 23 Nov 2026 11:50:00 GMT", "warning", "is 600 s fast"),
        ("Mon, 23 Nov 2026 12:10:00 GMT", "warning", "is 600 s slow"),
        ("yesterday", "skipped", "did not say"),
        (None, "skipped", "did not say"),
    ],
)
def test_the_clock_is_compared(
    cloud: Simulator, date: str | None, outcome: str, words: str
) -> None:
    """A clock that is off by more than a minute is reported, with its direction."""
    organization = Organization(name="acme", api_url=cloud.url, client_id="demo")
    api = connect(organization, lambda _: None)
    doctor = Doctor(api, EVERY_COLLECTOR, NOW)
    doctor.clock(date)
    api.close()
    (finding,) = doctor.findings
    assert finding.outcome == outcome
    assert words in finding.text


def test_the_api_tells_its_time_without_a_token(cloud: Simulator) -> None:
    """The clock can be compared before anything else works."""
    assert date_of(cloud.url) is not None
