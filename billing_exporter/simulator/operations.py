"""The operations: a call in, the answer's payload out, or a refusal.

Documented: paths, parameters, enumerations of the query, UnPaid as the query's spelling. Invented:
dates filter invoices by the day they were issued and contracts by overlap, both ends included.
"""

import re
import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from billing_exporter.simulator import report
from billing_exporter.simulator.accounts import Term
from billing_exporter.simulator.answers import (
    RefusedError,
    invalid_date,
    invalid_value,
    missing_permission,
    not_found,
)
from billing_exporter.simulator.contracts import YEAR, annual
from billing_exporter.simulator.invoices import Invoice
from billing_exporter.simulator.paging import by_cursor, by_number, whole
from billing_exporter.simulator.routes import Call
from billing_exporter.simulator.trustors import Trustor
from billing_exporter.simulator.world import World, organization

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d.*")
LARGEST_PAGE, LARGEST_CONTRACT_PAGE = 200, 10


def _day(call: Call, name: str) -> date | None:
    text = call.query.get(name)
    if text is None:
        return None
    if not _DAY.fullmatch(text):
        raise invalid_date(name)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise invalid_date(name) from None


def _moment(call: Call, name: str) -> datetime:
    text = call.query.get(name)
    if text is None:
        raise RefusedError(400, "bad.request", f"The request lacks the parameter {name}.")
    if not _MOMENT.fullmatch(text):
        raise invalid_date(name)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise invalid_date(name) from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _choice(call: Call, name: str, *allowed: str) -> str | None:
    value = call.query.get(name)
    if value is not None and value not in allowed:
        raise invalid_value(name, ", ".join(allowed))
    return value


class Operations:
    """Every operation but the token's, on one world."""

    def __init__(self, world: World, *, contract_page: int, in_progress: int) -> None:
        """Answer from a world.

        Args:
            world: what there is to ask about.
            contract_page: largest page of contracts.
            in_progress: calls for a usage report that find it still being made.
        """
        self._world = world
        self._contract_page = contract_page
        self._in_progress = in_progress
        self._asked: Counter[report.Window] = Counter()
        self._lock = threading.Lock()
        self._operations: dict[str, Callable[[Call], dict[str, Any]]] = {
            "get_billing_contract": self._contract,
            "get_billing_contract_billingperiod": self._period,
            "get_billing_contracts": self._contracts,
            "get_billing_contracts_invoice_document": self._document,
            "get_billing_contracts_invoice_lines": self._lines,
            "get_billing_contracts_invoices": self._invoices,
            "get_billing_reports_billableusage": self._report,
            "get_billing_trusteebillingoverview_trustor_org_id": self._overview,
            "get_orgauthorization_trustors": self._trustors,
            "get_organizations_me": self._me,
        }

    def answer(self, call: Call) -> dict[str, Any]:
        """Carry out a call.

        Raises:
            RefusedError: as the API would.
        """
        return self._operations[call.operation](call)

    def _term(self, call: Call) -> Term:
        term = self._world.term(call.ids["contract"], call.now.date())
        if term is None:
            raise not_found()
        return term

    def _contract(self, call: Call) -> dict[str, Any]:
        return self._world.contracts.contract(self._term(call), call.now.date())

    def _period(self, call: Call) -> dict[str, Any]:
        today, contracts = call.now.date(), self._world.contracts
        period = call.ids["period"].removesuffix(YEAR)
        detail = contracts.detail(self._term(call), period, today, call.twist)
        if detail is None:
            raise not_found()
        return detail if period == call.ids["period"] else {**detail, **annual(detail)}

    def _contracts(self, call: Call) -> dict[str, Any]:
        today, accounts = call.now.date(), self._world.accounts
        status = _choice(call, "status", "Active", "Inactive")
        start, end = _day(call, "dateStart") or date.min, _day(call, "dateEnd") or date.max
        number = call.query.get("externalNumber")
        terms = [
            term
            for term in accounts.terms(today)
            if (status is None or term.active == (status == "Active"))
            and (number is None or accounts.external_number(term) == number)
            and term.start <= end
            and start <= term.end
        ]
        page = by_cursor(terms, accounts.contract_id, call, self._contract_page)
        contracts = self._world.contracts
        return {
            "entities": [contracts.contract(term, today) for term in page.entities],
            **page.links,
        }

    def _invoices(self, call: Call) -> dict[str, Any]:
        today, statements = call.now.date(), self._world.statements
        status = _choice(call, "paymentStatus", "Paid", "UnPaid")
        start, end = _day(call, "dateStart") or date.min, _day(call, "dateEnd") or date.max
        found = [
            invoice
            for invoice in statements.all(today)
            if start <= invoice.issued <= end
            and (status is None or invoice.is_paid(today) == (status == "Paid"))
        ]
        page = by_cursor(found, lambda invoice: invoice.id, call, LARGEST_PAGE)
        entities = [statements.invoice(invoice, today, call.twist) for invoice in page.entities]
        return {"entities": entities, **page.links}

    def _invoice(self, call: Call) -> Invoice:
        invoice = self._world.statements.find(call.ids["invoice"], call.now.date())
        if invoice is None:
            raise not_found()
        return invoice

    def _lines(self, call: Call) -> dict[str, Any]:
        invoice, statements = self._invoice(call), self._world.statements
        lines = [
            statements.line(invoice, place, line)
            for place, line in enumerate(statements.lines(invoice, call.twist))
        ]
        page = by_cursor(lines, lambda line: str(line["id"]), call, LARGEST_PAGE)
        return {"entities": list(page.entities), **page.links}

    def _document(self, call: Call) -> dict[str, Any]:
        return self._world.statements.document(self._invoice(call))

    def _report(self, call: Call) -> dict[str, Any]:
        window = report.Window(_moment(call, "startDate"), _moment(call, "endDate"))
        if window.end < window.start:
            raise invalid_value("endDate", "a moment not before startDate")
        with self._lock:
            self._asked[window] += 1
            early = self._asked[window] <= self._in_progress
        if early:
            return report.in_progress(self._world.seed, window)
        return self._world.report(window, call.now.date())

    def _overview(self, call: Call) -> dict[str, Any]:
        trustor = self._world.fleet.find(call.ids["trustor"])
        index = whole(call, "billingPeriodIndex", 0, 0, 10**8)
        if trustor is None:
            raise not_found()
        if trustor.state == "disabled":
            raise RefusedError(403, "not.authorized", "You are not authorized to do that.")
        if trustor.state == "forbidden":
            raise missing_permission("affiliateOrganization:clientBilling:view")
        place = index + call.twist.behind
        overview = self._world.overview(trustor, place, call.now.date(), call.twist)
        if overview is None:
            raise not_found()
        return overview

    def _trustors(self, call: Call) -> dict[str, Any]:
        page = by_number(range(len(self._world.fleet)), call)
        trustors = (self._world.fleet[number] for number in page.entities)
        return {"entities": [_trustor(trustor) for trustor in trustors], **page.links}

    def _me(self, _: Call) -> dict[str, Any]:
        return self._world.organization()


def _trustor(trustor: Trustor) -> dict[str, Any]:
    enabled = trustor.state != "disabled"
    return {
        "id": trustor.organization.id,
        "enabled": enabled,
        "dateCreated": "2023-04-05T06:07:08.000Z",
        "organization": organization(trustor.organization, active=enabled),
        "selfUri": f"/api/v2/orgauthorization/trustors/{trustor.organization.id}",
    }
