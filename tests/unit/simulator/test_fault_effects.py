"""Every fault does what its line says, over HTTP."""

import json
import time
from email.utils import parsedate_to_datetime

import pytest
import requests

from billing_exporter.simulator.dripping import PARTS
from billing_exporter.simulator.payloads import UNKNOWN, WEIRD
from tests.unit.simulator.client import OVERVIEW, Client

ME = "get_organizations_me"
LISTED = ("billing/contracts", "billing/contracts/invoices", "orgauthorization/trustors")


def _usages(client: Client, *, index: int = 0) -> list[dict[str, str]]:
    usages: list[dict[str, str]] = client.overview(0, index).json()["usages"]
    return usages


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ("400", 400, "bad.request"),
        ("408", 408, "client.timeout"),
        ("413", 413, "request.entity.too.large"),
        ("429", 429, "too.many.requests.retry.after"),
        ("500", 500, "internal.server.error"),
        ("502", 502, "bad.gateway"),
        ("503", 503, "service.unavailable"),
        ("504", 504, "request.timeout"),
        ("forbidden", 403, "missing.permissions"),
        ("unauthorized", 401, "bad.credentials"),
    ],
)
def test_statuses_come_with_their_error_body(
    client: Client, fault: str, status: int, code: str
) -> None:
    """A status comes as often as asked, with code and correlation id, then all is well."""
    client.faults(f"{fault}:{ME}:times=1")
    answer = client.get("organizations/me")
    assert answer.status_code == status
    assert answer.json()["code"] == code
    assert answer.json()["contextId"] == answer.headers["ININ-Correlation-Id"]
    assert client.get("organizations/me").ok


def test_retry_after_has_three_forms(client: Client) -> None:
    """Seconds, a date, or nothing at all."""
    client.faults(f"429:{ME}:retry_after=7")
    assert client.get("organizations/me").headers["Retry-After"] == "7"
    client.faults(f"429:{ME}:retry_after=7,form=date")
    date = client.get("organizations/me").headers["Retry-After"]
    assert parsedate_to_datetime(date).tzinfo is not None
    client.faults(f"429:{ME}:form=none")
    assert "Retry-After" not in client.get("organizations/me").headers


@pytest.mark.parametrize(("fault", "status"), [("html502", 502), ("html503", 503), ("html", 200)])
def test_gateways_speak_html(client: Client, fault: str, status: int) -> None:
    """HTML comes without anything of the API."""
    client.faults(fault)
    answer = client.get("organizations/me")
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "text/html"
    assert answer.text.startswith("<html>")
    assert "ININ-Correlation-Id" not in answer.headers


def test_a_cut_body_is_noticed(client: Client) -> None:
    """The connection ends before the promised length."""
    client.faults("cut")
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        client.get("organizations/me")


def test_truncated_json_has_its_length(client: Client) -> None:
    """Half the JSON is all that was promised."""
    client.faults("truncated")
    answer = client.get("billing/contracts")
    assert answer.ok
    with pytest.raises(json.JSONDecodeError):
        answer.json()


# The client of these tests takes an interim answer for the answer.
UNDERSTOOD = [part for part in PARTS if part != "hints"]


@pytest.mark.parametrize(
    "fault",
    [
        *("stall:*:seconds=0.3", "stall:*:seconds=0.3,at=head", "drip:*:seconds=0.3"),
        *(f"drip:*:seconds=0.3,at={part}" for part in UNDERSTOOD),
    ],
)
def test_slow_answers_are_whole_in_the_end(client: Client, fault: str) -> None:
    """A stalled or dripping answer takes its seconds and is the same as ever."""
    usual = client.get("billing/contracts").json()
    client.faults(fault)
    begun = time.monotonic()
    assert client.get("billing/contracts").json() == usual
    assert time.monotonic() - begun > 0.25


@pytest.mark.parametrize("part", ["body", *UNDERSTOOD])
def test_what_drips_outlasts_the_patience_between_two_bytes(client: Client, part: str) -> None:
    """A client that limits only the time between two bytes waits for the whole of a drip."""
    usual = client.get("organizations/me").json()
    client.faults(f"drip:*:seconds=0.6,at={part}")
    begun = time.monotonic()
    url = f"{client.simulator.url}/api/v2/organizations/me"
    assert client.session.get(url, timeout=0.3).json() == usual
    assert time.monotonic() - begun > 0.5


def test_one_trustor_is_slow(client: Client) -> None:
    """Only the trustor with the number waits."""
    client.faults("slow_trustor:seconds=0.3,trustor=1")
    begun = time.monotonic()
    client.overview(1)
    assert time.monotonic() - begun > 0.25
    client.faults("slow_trustor:seconds=600,trustor=1")
    assert client.overview(0).ok


def test_a_body_can_be_huge(client: Client) -> None:
    """An unknown key makes the body as long as asked."""
    client.faults("hugebody:mb=3")
    assert len(client.get("organizations/me").content) > 3_000_000


def test_small_pages_lead_on(client: Client) -> None:
    """Pages hold as many entities as asked, whatever was asked for."""
    client.faults("small_pages:size=3")
    for path in LISTED:
        page = client.get(path).json()
        assert len(page["entities"]) == 3
        assert page["nextUri"]


@pytest.mark.parametrize("path", LISTED)
def test_an_endless_listing_never_moves(client: Client, path: str) -> None:
    """Following nextUri gives the same page and the same nextUri for ever."""
    client.faults("endless", "small_pages")
    first = client.get(path).json()
    second = client.session.get(client.simulator.url + first["nextUri"], timeout=10).json()
    third = client.session.get(client.simulator.url + second["nextUri"], timeout=10).json()
    assert second["nextUri"] == first["nextUri"] == third["nextUri"]
    assert second["entities"] == third["entities"]


def test_next_can_be_on_another_host(client: Client) -> None:
    """NextUri names the other host with the right path and cursor; the last page has none."""
    client.faults("foreign_next")
    page = client.get("billing/contracts").json()
    assert page["nextUri"].startswith("http://127.0.0.2:9/api/v2/billing/contracts?after=")
    path, count = page["nextUri"], 2
    while path:
        assert path.startswith("http://127.0.0.2:9/")
        here = client.simulator.url + path.removeprefix("http://127.0.0.2:9")
        page = client.session.get(here, timeout=10).json()
        path, count = page.get("nextUri"), count + len(page["entities"])
    assert count == 5


def test_faults_of_listings_leave_other_answers_alone(client: Client) -> None:
    """What has neither pages nor usage is as ever, and so is an empty listing."""
    paths = ("organizations/me", "billing/contracts/invoices?dateEnd=2001-01-01")
    usual = [client.get(path).json() for path in paths]
    client.faults("endless", "foreign_next", "in_progress", "restated", "small_pages")
    assert [client.get(path).json() for path in paths] == usual


def test_redirects_go_to_another_host(client: Client) -> None:
    """302 leads to the same path elsewhere."""
    client.faults("redirect")
    answer = client.get("billing/contracts", pageSize=5)
    assert answer.status_code == 302
    assert answer.headers["Location"] == "http://127.0.0.2:9/api/v2/billing/contracts?pageSize=5"


def test_reports_stay_in_progress(client: Client) -> None:
    """The report says InProgress for as many calls as asked."""
    window = {"startDate": "2026-10-01T00:00:00Z", "endDate": "2026-10-31T23:59:59Z"}
    client.get("billing/reports/billableusage", **window)
    client.faults("in_progress:times=2")
    states = [client.get("billing/reports/billableusage", **window).json() for _ in range(3)]
    assert [state["status"] for state in states] == ["InProgress", "InProgress", "Complete"]
    assert [bool(state["usages"]) for state in states] == [False, False, True]


def test_a_revoked_token_is_refused(client: Client) -> None:
    """The request finds its token revoked; a new one works."""
    client.faults(f"revoked:{ME}:times=1")
    assert client.get("organizations/me").json()["code"] == "bad.credentials"
    assert client.get("organizations/me").status_code == 401
    client.login()
    assert client.get("organizations/me").ok


def test_rows_come_twice(client: Client) -> None:
    """The first row of an overview is there twice, exactly."""
    client.faults("duplicate_rows")
    usages = _usages(client)
    assert len(usages) == 141
    assert usages[0] == usages[1]


@pytest.mark.parametrize(
    ("fault", "odd"),
    [
        ("nulls", None),
        ("empty_strings", ""),
        ("nan", "NaN"),
        ("wrong_types", {"value": "63"}),
        ("thousands", "1,297.0"),
    ],
)
def test_numbers_are_odd(client: Client, fault: str, odd: object) -> None:
    """Every number (step 1) of the first row is what was reported, its names are as ever."""
    client.faults(f"{fault}:{OVERVIEW}:step=1")
    row = _usages(client)[0]
    assert row["prepayQuantity"] == odd
    assert row["name"] == "Genesys Cloud CX 3 Concurrent"


def test_bare_nan_is_possible(client: Client) -> None:
    """Where the API writes numbers bare, NaN is bare too."""
    client.faults("nan:*:step=1")
    assert '"amount":NaN' in client.get("billing/contracts/invoices").text


def test_the_schema_can_change(client: Client) -> None:
    """Enumerations, keys, spellings and names can be what nobody knows."""
    client.faults("unknown_enum", "unknown_keys", "weird_names")
    contract = client.get("billing/contracts").json()["entities"][0]
    assert contract["status"] == UNKNOWN
    assert contract["plans"][0]["futureKey"] == {"futureValue": 1}
    assert contract["endCustomer"]["name"].endswith(WEIRD)
    client.faults("renamed_keys")
    assert "getpurchaseOrderNumbers" in client.get("billing/contracts").json()["entities"][0]
    client.faults("renamed_keys:spelling=future")
    assert "purchaseOrderNumbersV2" in client.get("billing/contracts").json()["entities"][0]


def test_the_login_host_is_hit_where_it_is_named(client: Client) -> None:
    """oauth_token is hit by its own name alone."""
    client.faults("503")
    assert client.login().ok
    client.faults("503:oauth_token:times=1")
    assert client.login().status_code == 503
    assert client.login().ok


def test_content_faults_leave_errors_alone(client: Client) -> None:
    """An error body is what it was, whatever is done to content."""
    client.faults("endless", "duplicate_rows", "nulls", "in_progress", "restated", "hugebody")
    assert client.get("billing/contracts/none").json()["code"] == "not.found"


def test_an_incomplete_success_has_less(client: Client) -> None:
    """A listing that is not the whole one says so by its status alone."""
    whole = client.get("orgauthorization/trustors").json()["entities"]
    client.faults("incomplete:get_orgauthorization_trustors:status=206")
    answer = client.get("orgauthorization/trustors")
    assert answer.status_code == 206
    assert answer.json()["entities"] == whole[::2]


def test_a_page_can_be_empty_or_uncounted(client: Client) -> None:
    """An empty page still counts its rows, and a count of pages can be 0 though there are some."""
    client.faults("empty_page")
    empty = client.get("orgauthorization/trustors").json()
    assert (empty["entities"], empty["total"] > 0) == ([], True)
    client.faults("no_page_count:size=2")
    page = client.get("orgauthorization/trustors").json()
    assert (page["pageCount"], len(page["entities"])) == (0, 2)
    assert page["nextUri"]


def test_rows_can_all_be_gone(client: Client) -> None:
    """Periods, overviews, reports and lines can be without rows; listings are as they were."""
    (contract, *_) = contracts = client.get("billing/contracts").json()["entities"]
    period = contract["billingPeriods"][0]["id"]
    (invoice, *_) = client.get("billing/contracts/invoices").json()["entities"]
    client.faults("no_rows")
    assert client.get("billing/contracts").json()["entities"] == contracts
    detail = client.get(f"billing/contracts/{contract['id']}/billingperiods/{period}").json()
    assert (detail["charges"], detail["wallets"]) == ([], [])
    lines = client.get(f"billing/contracts/invoices/{invoice['id']}/lines").json()
    assert (lines["entities"], lines["nextUri"]) == ([], None)
    assert client.overview(0).json()["usages"] == []


def test_a_node_can_lag(client: Client) -> None:
    """A node that lags has the previous period at index 0."""
    before = client.overview(0, 1).json()
    client.faults("late_node")
    assert client.overview(0).json() == before


def test_an_answer_can_be_about_something_else(client: Client) -> None:
    """Contract, period and overview name another one than was asked for; listings do not change."""
    (listed, *_) = client.get("billing/contracts").json()["entities"]
    path = f"billing/contracts/{listed['id']}"
    period = listed["billingPeriods"][0]["id"]
    organization = client.overview(0).json()["organization"]["id"]
    client.faults("wrong_identity")
    assert client.get(path).json()["id"] != listed["id"]
    assert client.get(f"{path}/billingperiods/{period}").json()["id"] != period
    assert client.overview(0).json()["organization"]["id"] != organization
    assert client.get("billing/contracts").json()["entities"][0] == listed


def test_invoices_can_be_credits_of_another_status(client: Client) -> None:
    """Amounts below 0, payment statuses as set, and one id for all rows."""
    client.faults("credits", "payment_status:status=Past Due", "same_ids:id=")
    rows = client.get("billing/contracts/invoices").json()["entities"]
    assert all(row["amount"] <= 0 for row in rows)
    assert {row["paymentStatus"] for row in rows} == {"Paid", "Past Due"}
    assert {row["id"] for row in rows} == {""}


def test_contracts_can_have_a_year_beside_their_months(client: Client) -> None:
    """An annual period is open, holds the newest one, and can be asked for."""
    client.faults("annual_period:get_billing_contracts")
    (listed, *_) = client.get("billing/contracts").json()["entities"]
    year, newest = listed["billingPeriods"][-1], listed["billingPeriods"][0]
    assert year["dateStart"] < newest["dateStart"] < newest["dateEnd"] < year["dateEnd"]
    detail = client.get(f"billing/contracts/{listed['id']}/billingperiods/{year['id']}").json()
    assert {key: detail[key] for key in year} == year
    assert detail["charges"]


def test_a_listing_can_be_empty(client: Client) -> None:
    """Contracts, invoices and trustors can be listed as none, in full agreement with the total."""
    client.faults("empty_listing")
    for path in ("billing/contracts", "billing/contracts/invoices", "orgauthorization/trustors"):
        listing = client.get(path).json()
        assert (listing["entities"], listing.get("total", 0)) == ([], 0)


def test_contracts_can_be_without_periods(client: Client) -> None:
    """Neither the listing nor a contract names a billing period."""
    client.faults("no_periods")
    contracts = client.get("billing/contracts").json()["entities"]
    assert contracts
    assert not any(contract.get("billingPeriods") for contract in contracts)
    single = client.get(f"billing/contracts/{contracts[0]['id']}").json()
    assert single["billingPeriods"] == []


@pytest.mark.parametrize("status", [500, 403, 404])
def test_the_previous_period_alone_can_fail(client: Client, status: int) -> None:
    """Index 1 fails with the status that is set, while other periods answer."""
    client.faults(f"no_previous:status={status}")
    assert [client.overview(0, index).status_code for index in (0, 1, 2)] == [200, status, 200]


def test_an_allowance_can_be_in_another_unit(client: Client) -> None:
    """Fair-use rows have a unit that no other row has."""
    client.faults("allowance_unit")
    rows = client.overview(0).json()["usages"]
    units = {row["unitOfMeasureType"]: row["grouping"] for row in rows}
    assert units["fortnights"] == "fair-use"


def test_pages_can_be_more_than_their_count(client: Client) -> None:
    """The number of pages can be 1 although a link leads to more, and no total is given."""
    client.faults("low_page_count")
    page = client.get("orgauthorization/trustors").json()
    assert (page["pageCount"], page["total"], len(page["entities"])) == (1, None, 1)
    assert page["nextUri"]
