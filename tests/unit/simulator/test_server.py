"""The simulator over HTTP behaves as the API does."""

import gzip
import http.client
import json
import socket
import threading
import time
from urllib.parse import urlsplit

import pytest
import requests

from billing_exporter.simulator import Options, Simulator
from tests.unit.simulator.client import Client, connected
from tools.testkit.scrapes import Answer


def _raw(client: Client, method: str, path: str, **headers: str) -> Answer:
    connection = http.client.HTTPConnection(urlsplit(client.simulator.url).netloc, timeout=10)
    try:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())
    finally:
        connection.close()


def test_every_answer_carries_limit_and_correlation(client: Client) -> None:
    """Good and bad answers have the three limit headers and a correlation id, errors repeat it."""
    good, bad = client.get("organizations/me"), client.get("billing/contracts/none")
    for answer in (good, bad):
        assert {"inin-ratelimit-count", "inin-ratelimit-allowed", "inin-ratelimit-reset"} <= set(
            map(str.lower, answer.headers)
        )
    assert bad.json()["contextId"] == bad.headers["ININ-Correlation-Id"]
    assert good.headers["ININ-Correlation-Id"] != bad.headers["ININ-Correlation-Id"]
    assert good.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("path", "query", "status", "code"),
    [
        ("billing/contracts/none", {}, 404, "not.found"),
        ("billing/contracts/none/billingperiods/none", {}, 404, "not.found"),
        ("billing/contracts/invoices/none/lines", {}, 404, "not.found"),
        ("billing/contracts/invoices/none/document", {}, 404, "not.found"),
        ("billing/trusteebillingoverview/none", {}, 404, "not.found"),
        ("billing/nothing", {}, 404, "not.found"),
        ("billing/contracts", {"pageSize": 11}, 400, "invalid.value"),
        ("billing/contracts", {"status": "active"}, 400, "invalid.value"),
        ("billing/contracts", {"after": "nonsense"}, 400, "invalid.value"),
        ("billing/contracts", {"dateStart": "2026-13-01"}, 400, "invalid.date"),
        ("billing/contracts/invoices", {"pageSize": 201}, 400, "invalid.value"),
        ("billing/contracts/invoices", {"paymentStatus": "Unpaid"}, 400, "invalid.value"),
        ("billing/contracts/invoices", {"dateEnd": "yesterday"}, 400, "invalid.date"),
        ("billing/reports/billableusage", {}, 400, "bad.request"),
        ("orgauthorization/trustors", {"pageNumber": 0}, 400, "invalid.value"),
    ],
)
def test_what_is_wrong_is_refused(
    client: Client, path: str, query: dict[str, str], status: int, code: str
) -> None:
    """Unknown ids are 404, bad values and dates 400, each with its code in an error body."""
    answer = client.get(path, **query)
    assert answer.status_code == answer.json()["status"] == status
    assert answer.json()["code"] == code


@pytest.mark.parametrize(
    ("start", "end", "code"),
    [
        ("2026-11-01", "2026-11-30T00:00:00Z", "invalid.date"),
        ("2026-11-01T00:00:00Z", "2026-11-31T00:00:00Z", "invalid.date"),
        ("2026-11-02T00:00:00Z", "2026-11-01T00:00:00Z", "invalid.value"),
    ],
)
def test_a_window_must_make_sense(client: Client, start: str, end: str, code: str) -> None:
    """The report wants two moments in order."""
    answer = client.get("billing/reports/billableusage", startDate=start, endDate=end)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_a_report_is_in_progress_at_first() -> None:
    """The first call for each window says InProgress without usage, the second is Complete."""
    window = {"startDate": "2026-11-01T00:00:00Z", "endDate": "2026-11-30T23:59:59Z"}
    with connected(in_progress=1) as client:
        first, second = (client.get("billing/reports/billableusage", **window) for _ in range(2))
        shorter = {**window, "endDate": "2026-11-15T00:00:00Z"}
        other = client.get("billing/reports/billableusage", **shorter)
    assert (first.json()["status"], first.json()["usages"]) == ("InProgress", [])
    assert second.json()["status"] == "Complete"
    assert second.json()["usages"]
    assert other.json()["status"] == "InProgress"


def test_invoices_come_before_contract_ids(client: Client) -> None:
    """The literal path of invoices is no contract's id."""
    assert "paymentStatus" in client.get("billing/contracts/invoices").json()["entities"][0]


def test_filters_choose(client: Client) -> None:
    """Invoices are chosen by status and days, contracts by status, number and days."""
    unpaid = client.get("billing/contracts/invoices", paymentStatus="UnPaid", pageSize=200).json()
    assert {invoice["paymentStatus"] for invoice in unpaid["entities"]} == {"Unpaid"}
    query = {"dateStart": "2026-11-01", "dateEnd": "2026-11-11", "pageSize": 200}
    november = client.get("billing/contracts/invoices", **query).json()["entities"]
    assert {i["dateInvoiced"] for i in november} <= {f"2026-11-{day:02d}" for day in range(1, 12)}
    contracts = client.get("billing/contracts").json()["entities"]
    assert len(contracts) == 5
    assert len(client.get("billing/contracts", status="Active").json()["entities"]) == 4
    number = contracts[1]["externalNumber"]
    found = client.get("billing/contracts", externalNumber=number).json()["entities"]
    assert found == [contracts[1]]

    assert client.get(f"billing/contracts/{number}").json() == contracts[1]
    early = client.get("billing/contracts", dateEnd="2023-01-01").json()["entities"]
    assert [contract["status"] for contract in early] == ["Inactive"]


def test_a_contract_has_its_own_periods_alone(client: Client) -> None:
    """A period is found under its contract, and under no other."""
    first, second = client.get("billing/contracts", pageSize=2).json()["entities"]
    period = first["billingPeriods"][0]["id"]
    assert client.get(f"billing/contracts/{first['id']}/billingperiods/{period}").ok
    other = client.get(f"billing/contracts/{second['id']}/billingperiods/{period}")
    assert other.json()["code"] == "not.found"


def test_links_are_relative_and_lead_on(client: Client) -> None:
    """NextUri has no host, and following it to the end gives every invoice once."""
    found, path = [], "/api/v2/billing/contracts/invoices?pageSize=25"
    while path:
        assert path.startswith("/api/v2/")
        page = client.session.get(client.simulator.url + path, timeout=10).json()
        found += [invoice["id"] for invoice in page["entities"]]
        path = page.get("nextUri")
    assert len(found) == len(set(found)) == 149


def test_trustors_have_their_states(client: Client) -> None:
    """One is not enabled; disabled and forbidden ones are 403, one without data 404, others 200."""
    listing = client.get("orgauthorization/trustors").json()
    assert (listing["total"], listing["pageCount"], listing["pageSize"]) == (12, 1, 25)
    assert [trustor["enabled"] for trustor in listing["entities"]].count(False) == 1
    codes = [client.overview(number).status_code for number in range(12)]
    assert codes == [200] * 9 + [403, 403, 404]
    assert client.overview(0, 100).status_code == 404
    assert client.overview(0, -1).json()["code"] == "invalid.value"


def test_wrong_credentials_are_told_apart(client: Client) -> None:
    """An unknown client is 400, a wrong secret 401, no token 401 with its own code."""
    assert client.login("nobody").status_code == 400
    assert client.login(secret="wrong").status_code == 401
    assert _raw(client, "GET", "/api/v2/organizations/me").status == 401


def test_beyond_the_limit_is_429() -> None:
    """The request over the limit receives how long to wait, in header and body."""
    with connected(rate_limit=2) as client:
        answers = [client.get("organizations/me") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].json()["code"] == "too.many.requests.retry.after"
    assert 1 <= int(answers[2].headers["Retry-After"]) <= 60
    assert answers[2].headers["inin-ratelimit-count"] == "2"
    assert answers[2].headers["inin-ratelimit-allowed"] == "2"


def test_each_client_has_its_own_limit() -> None:
    """Another token of a client that is at its limit is refused too, one of another client not."""
    with connected(rate_limit=2, more_clients=("other:open",)) as client:
        statuses = []
        for name, secret in (("demo", "demo"), ("demo", "demo"), ("other", "open")):
            assert client.login(name, secret).ok
            statuses.append([client.get("organizations/me").status_code for _ in range(2)])
        reported = client.steer("GET", "clients").json()
    assert statuses == [[200, 200], [429, 429], [200, 200]]
    assert reported == {"demo": {"most": 2, "declined": 2}, "other": {"most": 2, "declined": 0}}


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("POST", {"Content-Type": "application/json"}, 405),
        ("POST", {"Content-Type": "text/plain"}, 415),
        ("DELETE", {}, 405),
        ("PUT", {}, 405),
    ],
)
def test_nothing_but_get(client: Client, method: str, headers: dict[str, str], status: int) -> None:
    """Other methods are 405, other content types 415, with an error body."""
    url = f"{client.simulator.url}/api/v2/billing/contracts"
    data = b"{}" if headers else None
    answer = client.session.request(method, url, data=data, headers=headers, timeout=10)
    assert answer.status_code == answer.json()["status"] == status


def test_large_bodies_are_packed_where_accepted(client: Client) -> None:
    """Gzip comes where it is accepted and the body is large, and is the same content."""
    token = str(client.session.headers["Authorization"])
    path = "/api/v2/billing/contracts"
    packed = _raw(client, "GET", path, Authorization=token, **{"Accept-Encoding": "gzip"})
    plain = _raw(client, "GET", path, Authorization=token)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert plain.headers["Content-Encoding"] is None
    assert gzip.decompress(packed.body) == plain.body


def test_a_connection_is_kept(client: Client) -> None:
    """One connection serves several requests."""
    connection = http.client.HTTPConnection(urlsplit(client.simulator.url).netloc, timeout=10)
    for _ in range(3):
        connection.request("GET", "/_simulator/faults")
        first = connection.sock
        assert json.loads(connection.getresponse().read()) == []
        assert connection.sock is first is not None
    connection.close()


def test_a_request_too_large_is_refused(client: Client) -> None:
    """A body beyond the documented bytes, or of no length, is refused unread."""
    for length in ("600000", "many"):
        answer = _raw(client, "POST", "/oauth/token", **{"Content-Length": length})
        assert answer.status == 413


def test_it_stops_at_once_and_leaves_nothing() -> None:
    """Stopping ends idle connections and stalled answers, and no thread stays."""
    before = set(threading.enumerate())
    simulator = Simulator(Options(address="127.0.0.1:0", latency=600.0))
    simulator.start()
    address = (urlsplit(simulator.url).hostname, urlsplit(simulator.url).port)
    with socket.create_connection(address) as idle, socket.create_connection(address) as waiting:
        idle.sendall(b"GET /_simulator/faults HTTP/1.1\r\nHost: x\r\n\r\n")
        assert idle.recv(65_536).startswith(b"HTTP/1.1 200")
        waiting.sendall(b"GET /api/v2/organizations/me HTTP/1.1\r\nHost: x\r\n\r\n")
        while not simulator.service.requests():
            time.sleep(0.01)
        simulator.stop()
        assert waiting.recv(1) == b""
    assert set(threading.enumerate()) <= before
    simulator.stop()


def test_it_stops_in_the_middle_of_a_body() -> None:
    """Stopping ends an answer that drips, however long it would have taken."""
    with connected() as client:
        client.faults("drip:seconds=600")
        answer = client.session.get(f"{client.simulator.url}/api/v2/organizations/me", stream=True)
        client.simulator.stop()
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            answer.content  # noqa: B018 - reading it is the act


def test_a_moment_without_a_zone_is_utc(client: Client) -> None:
    """The report takes a moment without a zone as UTC, and moves one with a zone there."""
    ends = ("2026-11-05T23:59:59", "2026-11-06T01:59:59+02:00")
    reports = [
        client.get("billing/reports/billableusage", startDate="2026-11-01T00:00:00", endDate=end)
        for end in ends
    ]
    assert {report.json()["endDate"] for report in reports} == {"2026-11-05T23:59:59.000Z"}


def test_an_address_in_use_is_an_error(client: Client) -> None:
    """A second simulator on the same port does not start."""
    taken = urlsplit(client.simulator.url).netloc
    with pytest.raises(OSError, match="in use"):
        Simulator(Options(address=taken)).start()


def test_it_listens_on_ipv6() -> None:
    """An IPv6 address works and its URL has brackets."""
    try:
        with connected(address="[::1]:0") as client:
            assert client.simulator.url.startswith("http://[::1]:")
            assert client.get("organizations/me").ok
    except OSError:
        pytest.skip("this machine has no IPv6")


def test_a_problem_of_its_own_is_shown(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the service itself fails, standard error says so."""
    with connected() as client:
        monkeypatch.setattr(client.simulator.service, "answer", None)
        with pytest.raises(requests.ConnectionError):
            client.get("organizations/me")
    assert "TypeError" in capfd.readouterr().err


def test_a_client_that_goes_away_is_not_worth_a_word(capfd: pytest.CaptureFixture[str]) -> None:
    """A client that resets its connection in the middle of a body leaves no trace."""
    with connected() as client:
        client.faults("hugebody:mb=20")
        answer = client.session.get(
            f"{client.simulator.url}/api/v2/organizations/me",
            headers={"Accept-Encoding": "identity"},
            stream=True,
            timeout=10,
        )
        answer.close()
    assert capfd.readouterr().err == ""
