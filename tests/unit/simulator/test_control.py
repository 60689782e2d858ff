"""Control calls steer the simulator."""

import pytest

from tests.unit.simulator.client import Client, connected


def test_faults_are_shown_replaced_and_cleared(client: Client) -> None:
    """POST replaces the set, GET shows it, DELETE clears it."""
    assert client.steer("POST", "faults", ["504", "html"]).json() == ["504", "html"]
    assert client.steer("POST", "faults", ["500"]).json() == ["500"]
    assert client.steer("GET", "faults").json() == ["500"]
    assert client.get("organizations/me").status_code == 500
    assert client.steer("DELETE", "faults").json() == []
    assert client.get("organizations/me").ok


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("faults", ["flood"], "known faults"),
        ("faults", "500", "list"),
        ("faults", [500], "list"),
        ("clock", {"advance": "soon"}, "SECONDS"),
        ("clock", {"advance": -5}, "advance takes seconds"),
        ("clock", [], "SECONDS"),
    ],
)
def test_a_problem_is_told(client: Client, name: str, given: object, message: str) -> None:
    """What cannot be done is 400 and says why."""
    answer = client.steer("POST", name, given)
    assert answer.status_code == 400
    assert message in answer.json()["message"]


def test_unknown_control_calls_are_404(client: Client) -> None:
    """Anything else is 404; the world takes a number as its limit."""
    assert client.steer("GET", "nothing").status_code == 404
    assert client.steer("GET", "world?limit=many").status_code == 400


def test_time_moves_on() -> None:
    """Advancing the clock by a day changes what the API says, and clock and world tell it."""
    with connected() as client:
        before = client.overview(0).json()
        reported = client.steer("POST", "clock", {"advance": 86_400}).json()
        assert reported == {"now": "2026-11-24T09:30:00.000Z"}
        assert client.steer("GET", "clock").json() == reported
        assert client.steer("GET", "world").json()["now"] == reported["now"]
        assert client.overview(0).json() != before


def test_revoking_ends_every_token() -> None:
    """After a revocation the token is refused, a new one is not."""
    with connected() as client:
        assert client.steer("POST", "revoke").ok
        assert client.get("organizations/me").json()["code"] == "bad.credentials"
        client.login()
        assert client.get("organizations/me").ok


def test_requests_are_counted() -> None:
    """Requests are counted by operation and status, control calls are not."""
    with connected() as client:
        client.get("organizations/me")
        client.get("billing/contracts/none")
        assert client.steer("GET", "requests").json() == {
            "get_billing_contract": {"404": 1},
            "get_organizations_me": {"200": 1},
            "oauth_token": {"200": 1},
        }


def test_the_truth_is_what_the_api_says(client: Client) -> None:
    """The world's charges are the rows of the overview."""
    truth = client.steer("GET", "world?limit=1").json()["trustors"]
    rows = {
        (row["partNumber"], row["grouping"]): float(row["usageQuantity"] or 0)
        for row in client.overview(0).json()["usages"]
    }
    assert len(truth) == 1
    assert truth[0]["charges"]
    for charge in truth[0]["charges"]:
        assert rows[charge["partNumber"], charge["grouping"]] == float(charge["usage"])
