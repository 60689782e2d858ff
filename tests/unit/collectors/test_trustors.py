"""The trustors collector: who is asked, and that one customer's trouble is nobody else's."""

import threading
from datetime import timedelta

import pytest

from billing_exporter.collectors.durations import Duration
from billing_exporter.collectors.settings import TrustorsSettings
from billing_exporter.collectors.trustors import spacing
from billing_exporter.genesys import Forbidden
from tests.unit.collectors.api_stub import NOW, OVERVIEW, TRUSTORS, ApiStub, fixture, lines
from tests.unit.collectors.partner import desk, put_overview, put_trustors, row, statuses, used


def test_trustors_become_an_exposition(cloud: ApiStub) -> None:
    """Every customer has its status; the readable ones have usage, prepaid and overage, prices and
    estimates by the rules, and what is left out or added up is counted.
    """
    cloud.put(TRUSTORS, fixture("trustors.json"))
    at = f"{OVERVIEW}/00000000-0000-4000-8000-00000000000"
    cloud.put(f"{at}a", fixture("overview_current.json"), billingPeriodIndex="0")
    cloud.put(f"{at}a", fixture("overview_previous.json"), billingPeriodIndex="1")
    cloud.refuse(f"{at}c", 403)
    cloud.refuse(f"{at}d", 404)
    cloud.put(f"{at}e", fixture("overview_young.json"), billingPeriodIndex="0")
    trustors = desk()
    text = trustors.poll()
    assert text == fixture("trustors.prom")
    assert trustors.dropped == {"missing": 7, "conflict": 2, "not_a_number": 1, "zero": 2}
    assert trustors.merged == 5
    assert trustors.left_out == []
    assert cloud.count(f"{at}b") == 0
    assert "Agent One" not in text


@pytest.mark.parametrize(
    ("include", "exclude", "asked"),
    [
        (("*",), (), ["alpha", "beta", "gamma"]),
        (("*a",), ("BETA",), ["alpha", "gamma"]),
        (("Alpha", "g*"), (), ["alpha", "gamma"]),
        (("id-b*",), (), ["beta"]),
        (("*",), ("id-gamma", "[ab]*"), []),
        (("?????",), ("none",), ["alpha", "gamma"]),
        (("alph",), (), []),
    ],
)
def test_customers_are_selected_by_name_or_id(
    cloud: ApiStub, include: tuple[str, ...], exclude: tuple[str, ...], asked: list[str]
) -> None:
    """Patterns fit whole names and ids in any case; exclude wins; who is left out has no series."""
    put_trustors(cloud, "alpha", "beta", "gamma")
    paths = {name: put_overview(cloud, name, row()) for name in ("alpha", "beta", "gamma")}
    text = desk(include=include, exclude=exclude, periods=("current",)).poll()
    assert [name for name, path in paths.items() if cloud.count(path)] == asked
    assert sorted(statuses(text)) == asked


def test_a_customer_without_a_name_goes_by_its_id(cloud: ApiStub) -> None:
    """Where the listing has no name, the id stands in its place."""
    cloud.put(TRUSTORS, {"entities": [{"id": "id-x", "enabled": True}], "pageCount": 1})
    put_overview(cloud, "x", row())
    assert statuses(desk().poll()) == {"id-x": "ok"}


def test_a_customer_on_two_pages_is_asked_once(cloud: ApiStub) -> None:
    """A customer that the listing repeats is one customer."""
    entity = {"id": "id-x", "enabled": True, "organization": {"name": "x"}}
    cloud.put(TRUSTORS, {"entities": [entity], "pageCount": 2}, pageNumber="1")
    other = {"id": "id-y", "enabled": False, "organization": {"name": "y"}}
    cloud.put(TRUSTORS, {"entities": [entity, other], "pageCount": 2}, pageNumber="2")
    path = put_overview(cloud, "x", row())
    assert statuses(desk(periods=("current",)).poll()) == {"x": "ok", "y": "disabled"}
    assert cloud.count(path) == 1


@pytest.mark.parametrize("enabled", [(True, False), (False, True)])
def test_a_trust_that_was_given_again(cloud: ApiStub, enabled: tuple[bool, ...]) -> None:
    """A customer that is listed both enabled and disabled is enabled, whichever comes last."""
    rows = [{"id": "id-x", "enabled": each, "organization": {"name": "x"}} for each in enabled]
    cloud.put(TRUSTORS, {"entities": rows, "pageCount": 1})
    put_overview(cloud, "x", row())
    assert statuses(desk(periods=("current",)).poll()) == {"x": "ok"}


def test_a_failing_customer_keeps_what_it_had(cloud: ApiStub) -> None:
    """An error is that customer's status: its last numbers stay, with the time they are of, and
    the others are new.
    """
    put_trustors(cloud, "good", "bad")
    put_overview(cloud, "good", row("1"))
    put_overview(cloud, "bad", row("2"))
    trustors = desk(periods=("current",))
    trustors.poll()
    put_overview(cloud, "good", row("3"))
    cloud.refuse(f"{OVERVIEW}/id-bad", 500)
    text = trustors.poll(NOW + timedelta(hours=6))
    assert statuses(text) == {"good": "ok", "bad": "error"}
    assert used(text) == ["bad current 2", "good current 3"]
    assert [
        line.rsplit(" ", 1)[1] for line in lines(text, "trustor_last_success_timestamp_seconds")
    ] == [
        str(int(NOW.timestamp())),
        str(int(NOW.timestamp()) + 6 * 3600),
    ]
    assert trustors.left_out == [("unavailable", "overview of trustor id-bad")]


def test_a_customer_that_never_answered_has_a_status_only(cloud: ApiStub) -> None:
    """An error without earlier numbers gives no numbers, least of all zeros."""
    put_trustors(cloud, "bad")
    cloud.refuse(f"{OVERVIEW}/id-bad", 500)
    text = desk().poll()
    assert statuses(text) == {"bad": "error"}
    assert used(text) == []
    assert lines(text, "trustor_last_success_timestamp_seconds") == []


@pytest.mark.parametrize(("status", "word"), [(403, "forbidden"), (404, "no_data")])
def test_a_customer_that_is_lost_ends(cloud: ApiStub, status: int, word: str) -> None:
    """When trust or data end, so do the customer's series; nobody receives a failure."""
    put_trustors(cloud, "lost", "kept")
    put_overview(cloud, "lost", row())
    put_overview(cloud, "kept", row())
    trustors = desk(periods=("current",))
    trustors.poll()
    cloud.refuse(f"{OVERVIEW}/id-lost", status)
    text = trustors.poll()
    assert statuses(text) == {"lost": word, "kept": "ok"}
    assert used(text) == ["kept current 1"]
    assert trustors.left_out == []


def test_a_customer_that_vanished_from_the_listing_ends(cloud: ApiStub) -> None:
    """Who is no longer a trustor has no series at all."""
    put_trustors(cloud, "gone", "kept")
    put_overview(cloud, "gone", row())
    put_overview(cloud, "kept", row())
    trustors = desk(periods=("current",))
    trustors.poll()
    put_trustors(cloud, "kept")
    assert "gone" not in trustors.poll()


def test_no_permission_to_list_is_a_failed_poll(cloud: ApiStub) -> None:
    """An organization that is nobody's partner lacks a permission, which is named."""
    cloud.refuse(TRUSTORS, 403)
    with pytest.raises(Forbidden, match="authorization:orgTrustor:view"):
        desk().poll()


def test_customers_are_asked_side_by_side(cloud: ApiStub) -> None:
    """As many overviews as configured are fetched at the same time."""
    names = ["a", "b", "c"]
    put_trustors(cloud, *names)
    together = threading.Barrier(len(names), timeout=30)
    cloud.before_answer = lambda path: together.wait() if path.startswith(OVERVIEW) else None
    trustors = desk(concurrency=len(names))
    assert set(statuses(trustors.poll()).values()) == {"no_data"}


def test_progress_is_told_and_can_end_the_poll(cloud: ApiStub) -> None:
    """Each customer that is done is reported, and who listens can end the poll."""
    put_trustors(cloud, "a", "b", "c")
    reported: list[tuple[int, int]] = []
    desk().poll(progress=lambda done, total: reported.append((done, total)))
    assert reported == [(0, 3), (1, 3), (2, 3), (3, 3)]

    def refuse(done: int, _total: int) -> None:
        if done == 1:
            raise TimeoutError

    with pytest.raises(TimeoutError):
        desk().poll(progress=refuse)


def test_customers_appear_as_they_are_read(cloud: ApiStub) -> None:
    """Each customer is shown whole once it is read; who is not read yet is counted, and who is gone
    keeps its numbers, marked, until the sweep has ended.
    """
    put_trustors(cloud, "a", "b", "c")
    for name in "abc":
        put_overview(cloud, name, row("1"))
    trustors = desk(concurrency=1, periods=("current",))
    trustors.poll()
    assert [len(used(text)) for text in trustors.published] == [0, 1, 2, 3, 3]
    unread = [lines(text, "trustors_without_reading") for text in trustors.published]
    assert [each[0][-1] for each in unread] == ["3", "2", "1", "0", "0"]
    trustors.published.clear()
    cloud.refuse(f"{OVERVIEW}/id-a", 404)
    put_overview(cloud, "b", row("2"))
    trustors.poll()
    first, *_, before, last = trustors.published
    assert used(first) == [f"{name} current 1" for name in "abc"]
    assert used(before) == ["a current 1", "b current 2", "c current 1"]
    assert statuses(before) == {"a": "no_data", "b": "ok", "c": "ok"}
    assert used(last) == ["b current 2", "c current 1"]


def test_what_is_rendered_again_is_what_changed(cloud: ApiStub) -> None:
    """A customer whose overview is as before keeps its rendered part."""
    put_trustors(cloud, "same", "other")
    put_overview(cloud, "same", row("1"))
    put_overview(cloud, "other", row("1"))
    trustors = desk(periods=("current",))
    trustors.poll()
    before = trustors.reading
    put_overview(cloud, "other", row("2"))
    trustors.poll()
    after = trustors.reading
    assert before is not None
    assert after is not None
    same = {key for key in after.shown if after.shown[key] is before.shown[key]}
    assert {"state id-same", "trustor id-same", "state id-other"} <= same
    assert "trustor id-other" not in same


@pytest.mark.parametrize(
    ("interval", "timeout", "customers", "seconds"),
    [
        ("6h", "2h", 40, 0),
        ("6h", "2h", 41, 1),
        ("6h", "2h", 10_000, 0.36),
        ("1h", "2h", 9_000, 0.1),
    ],
)
def test_customers_that_are_read_again_leave_room(
    interval: str, timeout: str, customers: int, seconds: float
) -> None:
    """They take at most a quarter of the interval and half of the timeout; a few do not wait."""
    settings = TrustorsSettings(interval=Duration(interval), timeout=Duration(timeout))
    assert spacing(settings, customers) == pytest.approx(seconds)


def test_new_customers_do_not_wait_for_known_ones(cloud: ApiStub) -> None:
    """They are read within seconds, while those that are only read again take a minute."""
    known = [f"known-{number:02}" for number in range(60)]
    new = ["new-1", "zz-new-2", "a-new-3"]
    for name in (*known, *new):
        put_overview(cloud, name, row())
    put_trustors(cloud, *known)
    trustors = desk(periods=("current",))
    trustors.poll()
    put_trustors(cloud, *known, *new)
    began, read_at = trustors.clock.monotonic(), dict[str, float]()
    cloud.before_answer = lambda path: read_at.update(
        {path.removeprefix(f"{OVERVIEW}/id-"): trustors.clock.monotonic() - began}
    )
    trustors.poll(NOW + timedelta(hours=6))
    assert max(read_at[name] for name in new) < 15
    assert max(read_at[name] for name in known) > 50
