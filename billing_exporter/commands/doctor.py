"""Command ``doctor``: tries each operation of the API and reports what to change where."""

import argparse
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal, TypeVar

from billing_exporter.collectors.registry import REGISTRY, needing
from billing_exporter.collectors.settings import Collectors
from billing_exporter.collectors.usage_window import calendar_month
from billing_exporter.commands import flags
from billing_exporter.commands.configuration import configured
from billing_exporter.genesys import (
    OPERATIONS,
    ApiError,
    BillingApi,
    Forbidden,
    NotFound,
    date_of,
)
from billing_exporter.genesys.operations import OWN_ORGANIZATION
from billing_exporter.polling.organization import connect

EXAMPLES = """\
examples:
  billing-exporter doctor                         the organization of the environment
  billing-exporter doctor --config.file c.yml --log.level info

exit status: 1 when a collector that runs misses something
"""

T = TypeVar("T")
Outcome = Literal["ok", "failed", "warning", "skipped"]

# A token's lifetime and a Retry-After date are read by the clock; a minute does them no harm.
CLOCK_SECONDS = 60
# One customer may have withdrawn its trust; the next one tells whether the permission is there.
_CUSTOMERS = 3


@dataclass(frozen=True)
class Finding:
    """What one look found.

    Attributes:
        subject: the operation's reference name, or ``clock``.
        outcome: ``failed`` where a collector that runs misses something, ``warning`` where none
            does, ``skipped`` where there is nothing to try the operation on.
        text: what was found, and what to do.
    """

    subject: str
    outcome: Outcome
    text: str


class Doctor:
    """Looks at one organization with about a dozen small requests.

    Attributes:
        findings: what was found, in the order of looking.
    """

    def __init__(self, api: BillingApi, collectors: Collectors, now: datetime) -> None:
        self.findings: list[Finding] = []
        self._api = api
        self._collectors = collectors
        self._now = now

    def examine(self) -> None:
        """Try every operation."""
        own = self._try("get_organizations_me", self._api.get_organizations_me)
        if own is None:
            # Without token or network the others would only say the same again.
            return
        self._contracts()
        self._invoices()
        start, end = calendar_month(self._now)
        usage = self._api.get_billing_reports_billableusage
        self._try("get_billing_reports_billableusage", lambda: usage(start, end))
        self._trustors()

    def clock(self, date: str | None) -> None:
        """Compare the machine's clock with the ``Date`` header of an answer."""
        try:
            off = (self._now - parsedate_to_datetime(date or "")).total_seconds()
        except (ValueError, TypeError):
            self._find("clock", "skipped", "the API did not say what time it is")
            return
        if abs(off) <= CLOCK_SECONDS:
            self._find("clock", "ok", "agrees with the API's within a minute")
            return
        word = "fast" if off > 0 else "slow"
        self._find("clock", "warning", f"is {abs(off):.0f} s {word}: set the machine's time")

    def _contracts(self) -> None:
        listing = self._try(
            "get_billing_contracts", lambda: self._api.get_billing_contracts(page_size=10)
        )
        contracts = listing.entities if listing else ()
        contract = next((each for each in contracts if each.id), None)
        if contract is None or contract.id is None:
            self._skip("get_billing_contract", "get_billing_contract_billingperiod")
            return
        key = contract.id
        full = self._try("get_billing_contract", lambda: self._api.get_billing_contract(key))
        periods = (full or contract).billing_periods
        period = next((each.id for each in periods if each.id), None)
        if period is None:
            self._skip("get_billing_contract_billingperiod")
            return
        detail = self._api.get_billing_contract_billingperiod
        self._try("get_billing_contract_billingperiod", lambda: detail(key, period))

    def _invoices(self) -> None:
        name = "get_billing_contracts_invoices"
        listing = self._try(name, lambda: self._api.get_billing_contracts_invoices(page_size=1))
        key = next((each.id for each in (listing.entities if listing else ()) if each.id), None)
        lines, document = (
            "get_billing_contracts_invoice_lines",
            "get_billing_contracts_invoice_document",
        )
        if key is None:
            self._skip(lines, document)
            return
        self._try(lines, lambda: self._api.get_billing_contracts_invoice_lines(key, page_size=1))
        self._try(document, lambda: self._api.get_billing_contracts_invoice_document(key))

    def _trustors(self) -> None:
        listing = self._try(
            "get_orgauthorization_trustors",
            lambda: self._api.get_orgauthorization_trustors(page_size=_CUSTOMERS * 5),
        )
        rows = listing.entities if listing else ()
        keys = [row.id for row in rows if row.id and row.enabled is not False]
        name = "get_billing_trusteebillingoverview_trustor_org_id"
        if keys:
            self._try(name, lambda: self._first_overview(keys[:_CUSTOMERS]), _without_overview)
        else:
            self._skip(name)

    def _first_overview(self, keys: Iterable[str]) -> object:
        """Return the first overview that there is, else the answer that there is none."""
        refusal: ApiError | None = None
        missing: NotFound | None = None
        for key in keys:
            try:
                return self._api.get_billing_trusteebillingoverview_trustor_org_id(key)
            except NotFound as error:
                missing = error
            except Forbidden as error:
                refusal = error
        if missing is not None:
            return missing
        raise refusal or ApiError("no trustor was asked for")

    def _try(
        self, name: str, call: Callable[[], T], doubt: Callable[[T], str] = lambda _: ""
    ) -> T | None:
        try:
            answer = call()
        except ApiError as error:
            needed = self._needed(name)
            said = f"{error}; needed by {', '.join(needed)}" if needed else f"{error}; not needed"
            if isinstance(error, Forbidden):
                said = f"{said}{_permission(name, str(error))}"
            self._find(name, "failed" if needed else "warning", said)
            return None
        doubtful = doubt(answer)
        self._find(name, "warning" if doubtful else "ok", doubtful)
        return answer

    def _needed(self, name: str) -> list[str]:
        """Name the collectors that run and need an operation."""
        needed_by = REGISTRY if name == OWN_ORGANIZATION.name else needing(name)
        return [each for each in needed_by if getattr(self._collectors, each) is not None]

    def _skip(self, *names: str) -> None:
        for name in names:
            text = f"there is nothing to try it on{_permission(name)}"
            self._find(name, "skipped", text)

    def _find(self, subject: str, outcome: Outcome, text: str) -> None:
        self.findings.append(Finding(subject, outcome, text))


def _without_overview(answer: object) -> str:
    if not isinstance(answer, NotFound):
        return ""
    return f"no overview of the first customers (HTTP {answer.status}): new, or does the API fail?"


def _permission(name: str, said: str = "") -> str:
    """Return which permission an operation needs, where that has not been said."""
    permission = OPERATIONS[name].permission
    return "" if permission is None or permission in said else f"; needs {permission}"


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    flags.add_config(parser)
    flags.add_log(parser, level="error")


def run(arguments: argparse.Namespace) -> int:
    """Examine every organization; the status is 1 where a collector lacks something.

    Raises:
        CommandError: the configuration is invalid.
    """
    settings, redactor = configured(arguments)
    failed = False
    for organization in settings.organizations:
        api_url, _ = organization.hosts()
        print(f"{organization.name} ({api_url})", flush=True)
        api = connect(organization, redactor.redact)
        doctor = Doctor(api, organization.collectors, datetime.now(UTC))
        try:
            doctor.clock(date_of(api_url))
        except ApiError as error:
            print(f"  {'failed':<8} {error}")
            failed = True
            api.close()
            continue
        doctor.examine()
        api.close()
        for finding in doctor.findings:
            print(f"  {finding.outcome:<8} {finding.subject}  {finding.text}".rstrip())
        failed = failed or any(finding.outcome == "failed" for finding in doctor.findings)
    return int(failed)
