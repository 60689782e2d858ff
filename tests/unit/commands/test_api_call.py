"""Operations called by their reference names, with parameters as text."""

import json
from collections.abc import Iterator

import pytest

from billing_exporter.commands.api import CallError, call, call_all, listing, printable
from billing_exporter.genesys import OPERATIONS, BillingApi, NotFound, UnexpectedAnswer
from billing_exporter.genesys.clock import Deadline
from billing_exporter.genesys.transport import Answer, Request, Transport
from billing_exporter.simulator import Options, Simulator
from tools.testkit.recorded_api import account, client_at
from tools.testkit.truth import Truth


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    """A simulated Genesys Cloud."""
    with Simulator(Options(address="127.0.0.1:0", trustors=4, in_progress=0)) as running:
        yield running


@pytest.fixture(scope="module")
def api(simulator: Simulator) -> Iterator[BillingApi]:
    """A client of it."""
    client = client_at(simulator.url)
    yield client
    client.close()


def test_every_operation(simulator: Simulator, api: BillingApi) -> None:
    """Each of the eight operations and the two helpers gives its answer as JSON."""
    truth = Truth(simulator.url)
    period = truth.newest_periods[0]
    contract = period.contract["id"]
    invoice = max(truth.invoices, key=lambda each: float(each["amount"]))["id"]
    trustor = truth.trustors[0]["id"]
    truth.close()
    calls = {
        "get_billing_contract": {"contract-id": contract},
        "get_billing_contract_billingperiod": {
            "contract-id": contract,
            "billing-period-id": period.detail["id"],
        },
        "get_billing_contracts": {"status": "Active"},
        "get_billing_contracts_invoice_document": {"invoice-id": invoice},
        "get_billing_contracts_invoice_lines": {"invoice-id": invoice, "page-size": "2"},
        "get_billing_contracts_invoices": {"payment-status": "UnPaid"},
        "get_billing_reports_billableusage": {
            "start-date": "2026-01-01",
            "end-date": "2026-01-31T23:59:59Z",
        },
        "get_billing_trusteebillingoverview_trustor_org_id": {
            "trustor-org-id": trustor,
            "billing-period-index": "1",
        },
        "get_orgauthorization_trustors": {"page_size": "3"},
        "get_organizations_me": {},
    }
    assert set(calls) == set(OPERATIONS)
    answers = {name: json.loads(call(api, name, given)) for name, given in calls.items()}
    assert answers["get_billing_contract"]["id"] == contract
    assert answers["get_billing_contract_billingperiod"]["id"] == period.detail["id"]
    contracts = answers["get_billing_contracts"]["entities"]
    assert {one["status"] for one in contracts} == {"Active"}
    assert answers["get_billing_contracts_invoice_document"]["url"]
    assert len(answers["get_billing_contracts_invoice_lines"]["entities"]) == 2
    unpaid = answers["get_billing_contracts_invoices"]["entities"]
    assert {one["paymentStatus"] for one in unpaid} == {"Unpaid"}
    assert answers["get_billing_reports_billableusage"]["status"] == "Complete"
    assert answers["get_billing_trusteebillingoverview_trustor_org_id"]["usages"]
    assert len(answers["get_orgauthorization_trustors"]["entities"]) == 3
    assert answers["get_organizations_me"]["name"]


def test_errors_of_the_api(api: BillingApi) -> None:
    """What the API refuses is raised as it is."""
    with pytest.raises(NotFound):
        call(api, "get_billing_contract", {"contract-id": "none"})


@pytest.mark.parametrize(
    ("operation", "given", "says"),
    [
        ("get_billing", {}, "unknown operation get_billing; known are get_billing_contract,"),
        ("get_billing_contract", {}, "get_billing_contract needs --contract-id: the contract's id"),
        (
            "get_organizations_me",
            {"x": "1"},
            "get_organizations_me has no --x; its parameters: none",
        ),
        ("get_billing_contract", {"id": "1"}, "has no --id; its parameters: --contract-id"),
        ("get_billing_contracts", {"page-size": "many"}, "--page-size: expected rows per page"),
        ("get_billing_contracts", {"date-start": "soon"}, "--date-start: expected first day, as"),
    ],
)
def test_wrong_calls(api: BillingApi, operation: str, given: dict[str, str], says: str) -> None:
    """A call that cannot be made says what can."""
    with pytest.raises(CallError) as raised:
        call(api, operation, given)
    assert says in str(raised.value)


def test_listing() -> None:
    """The listing names every operation, in its order, and explains every parameter."""
    lines = listing().splitlines()
    assert [line for line in lines if not line.startswith(" ")] == list(OPERATIONS)
    parameters = [line.split() for line in lines if line.startswith(" ")]
    assert all(len(words) > 1 and words[0].strip("[]").startswith("--") for words in parameters)


RAW = b'{"id": 1, "unknown": null, "amount": 1.10, "big": 12345678901234567890.5,\r\n "none": []}'


def test_the_json_is_what_the_api_sent() -> None:
    """Unknown keys, nulls and numbers are as the API wrote them; indenting changes no token."""
    packed = Answer(200, {}, RAW)
    transport = Replies(Answer(200, {}, b'{"access_token": "t"}'), packed)
    client = BillingApi(account(), transport=transport)
    body = call(client, "get_organizations_me", {})
    assert body == RAW
    assert printable(body, indented=False) == RAW.decode().replace("\r\n", "\n") + "\n"
    indented = printable(body, indented=True)
    assert '"amount": 1.10,\n' in indented
    assert '"big": 12345678901234567890.5,\n' in indented
    assert json.loads(indented) == json.loads(RAW)


def test_what_is_not_json_is_refused() -> None:
    """A body that is not JSON is an error, not an answer."""
    transport = Replies(Answer(200, {}, b'{"access_token": "t"}'), Answer(200, {}, b"<html>"))
    with pytest.raises(UnexpectedAnswer, match="not JSON"):
        call(BillingApi(account(), transport=transport), "get_organizations_me", {})


@pytest.mark.parametrize(
    ("operation", "given"),
    [
        ("get_billing_contracts_invoices", {"page-size": "3"}),
        ("get_orgauthorization_trustors", {"page_size": "3"}),
    ],
)
def test_all_pages(api: BillingApi, operation: str, given: dict[str, str]) -> None:
    """Every page comes, by cursor and by number, and each row once."""
    pages = [json.loads(page) for page in call_all(api, operation, given)]
    assert len(pages) > 1
    assert {len(page["entities"]) for page in pages[:-1]} == {3}
    found = [row["id"] for page in pages for row in page["entities"]]
    assert len(found) == len(set(found))
    rows = api.trustors() if operation == "get_orgauthorization_trustors" else api.invoices()
    assert set(found) == {row.id for row in rows}


def numbered(*bodies: str) -> BillingApi:
    """Return a client that is given these pages, one after the other."""
    answers = (Answer(200, {}, body.encode()) for body in bodies)
    transport = Replies(Answer(200, {}, b'{"access_token": "t"}'), *answers)
    return BillingApi(account(), transport=transport)


@pytest.mark.parametrize("counts", ['"pageCount": 3', '"pageCount": 0, "total": 2', '"total": 2'])
def test_an_empty_page_ends_no_listing(counts: str) -> None:
    """Pages behind an empty one come as long as pages or rows are left."""
    row = '{"id": "%s", "enabled": true}'
    pages = [f'{{"entities": [{rows}], {counts}}}' for rows in (row % "a", "", row % "b")]
    found = list(call_all(numbered(*pages), "get_orgauthorization_trustors", {}))
    assert [page.decode() for page in found] == pages


def test_a_listing_from_a_later_page() -> None:
    """Rows of the pages that were not asked for are not missing."""
    page = '{"entities": [{"id": "z", "enabled": true}], "pageSize": 2, "total": 3}'
    given = {"page-number": "2", "page-size": "2"}
    assert len(list(call_all(numbered(page), "get_orgauthorization_trustors", given))) == 1


def test_rows_that_are_counted_and_never_come() -> None:
    """Empty pages without end are an error."""
    pages = ['{"entities": [], "total": 2}'] * 10
    with pytest.raises(UnexpectedAnswer, match="do not end"):
        list(call_all(numbered(*pages), "get_orgauthorization_trustors", {}))


def test_pages_that_do_not_end(simulator: Simulator, api: BillingApi) -> None:
    """A cursor that repeats ends the call with an error."""
    simulator.service.set_faults(["endless"])
    try:
        with pytest.raises(UnexpectedAnswer, match="do not end"):
            list(call_all(api, "get_billing_contracts_invoices", {}))
    finally:
        simulator.service.set_faults([])


def test_what_has_no_pages(api: BillingApi) -> None:
    """An operation with one answer has no pages to ask for."""
    with pytest.raises(CallError, match="has no pages"):
        list(call_all(api, "get_organizations_me", {}))


class Replies(Transport):
    """A transport that answers with what it was given, in order."""

    def __init__(self, *answers: Answer) -> None:
        super().__init__()
        self._answers = iter(answers)

    def send(self, request: Request, deadline: Deadline) -> Answer:  # noqa: ARG002 - no network
        """Return the next answer."""
        return next(self._answers)
