"""One sweep over all customers: one may end or fail, and the API's failure empties nobody."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_exporter.collectors.durations import Duration
from billing_exporter.collectors.overviews import OVERVIEW as OPERATION
from billing_exporter.collectors.overviews import Attempt
from billing_exporter.collectors.sweep import (
    FEW_CUSTOMERS,
    HOPELESS_FAILURES,
    HOPELESS_REFUSALS,
    Sweep,
    TrustorsData,
)
from billing_exporter.collectors.trustor_overview import Status, TrustorData, TrustorState
from billing_exporter.genesys import (
    ApiError,
    Forbidden,
    NotFound,
    RateLimited,
    Timeout,
    Unauthorized,
    Unavailable,
    UnexpectedAnswer,
)
from tests.unit.collectors.api_stub import NOW, OVERVIEW, TRUSTORS, ApiStub, lines
from tests.unit.collectors.partner import (
    DECEMBER,
    desk,
    put_overview,
    put_trustors,
    row,
    statuses,
    used,
)

LATER = NOW + timedelta(hours=6)


def several(count: int) -> list[str]:
    """Return names of so many customers, in the order of their ids."""
    return [f"t{number:03}" for number in range(count)]


def at(name: str) -> str:
    """Return the path of a customer's overview."""
    return f"{OVERVIEW}/id-{name}"


def read_times(text: str) -> dict[str, int]:
    """Return by how many hours after the first poll each customer was read."""
    found = lines(text, "trustor_last_success_timestamp_seconds")
    start = int(NOW.timestamp())
    return {line.split('"')[1]: (int(line.rsplit(" ", 1)[1]) - start) // 3600 for line in found}


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (404, '{"code": "not.found", "status": 404}', NotFound),
        (403, '{"code": "missing.permissions"}', Forbidden),
        (200, "{}", UnexpectedAnswer),
        (200, '{"usages": []}', UnexpectedAnswer),
    ],
)
def test_an_outage_ends_nobody(
    cloud: ApiStub, status: int, body: str, kind: type[ApiError]
) -> None:
    """When all customers lose their data at once the poll fails and shows what it did before,
    with the times of reading it had, and each customer marked.
    """
    names = several(4)
    put_trustors(cloud, *names)
    for name in names:
        put_overview(cloud, name, row("2"))
    trustors = desk(periods=("current",))
    before = used(trustors.poll())
    for name in names:
        cloud.answer(at(name), status, body)
    with pytest.raises(kind):
        trustors.poll(LATER)
    assert used(trustors.text()) == before
    assert set(read_times(trustors.text()).values()) == {0}
    assert set(statuses(trustors.text()).values()) <= {"no_data", "forbidden", "error"}


@pytest.mark.parametrize("customers", [1, 4])
def test_a_period_whose_rows_are_all_gone(cloud: ApiStub, customers: int) -> None:
    """A period that had rows and has none, not even of zeros, is no answer: the customer keeps its
    numbers and is marked, and where all are so it is the API that fails.
    """
    names = several(4)
    put_trustors(cloud, *names)
    for name in names:
        put_overview(cloud, name, row("2"))
        put_overview(cloud, name, row("5"), index=1)
    trustors = desk()
    before = used(trustors.poll())
    for name in names[:customers]:
        put_overview(cloud, name)
    if customers == len(names):
        with pytest.raises(UnexpectedAnswer, match="no rows any more"):
            trustors.poll(LATER)
        assert used(trustors.text()) == before
    else:
        text = trustors.poll(LATER)
        assert used(text) == before
        assert statuses(text)[names[0]] == "error"
        assert list(statuses(text).values()).count("ok") == len(names) - 1


def test_a_new_period_may_have_no_rows_yet(cloud: ApiStub) -> None:
    """On its first day a period may be empty; that is no outage."""
    names = several(4)
    put_trustors(cloud, *names)
    for name in names:
        put_overview(cloud, name, row("2"))
    trustors = desk(periods=("current",))
    trustors.poll()
    for name in names:
        put_overview(cloud, name, period=DECEMBER)
    text = trustors.poll(LATER)
    assert set(statuses(text).values()) == {"ok"}
    assert used(text) == []


def test_a_404_of_something_else_is_no_answer(cloud: ApiStub) -> None:
    """A page of a gateway that says 404 is an unexpected answer, for one customer as for all."""
    put_trustors(cloud, "one", "other")
    put_overview(cloud, "one", row("2"))
    put_overview(cloud, "other", row("2"))
    trustors = desk(periods=("current",))
    trustors.poll()
    cloud.answer(at("one"), 404, "<html>Not found</html>")
    text = trustors.poll(LATER)
    assert statuses(text) == {"one": "error", "other": "ok"}
    assert used(text) == ["one current 2", "other current 2"]
    assert trustors.left_out == [("unexpected_answer", "overview of trustor id-one")]


@pytest.mark.parametrize(
    ("customers", "lost", "fails"), [(3, 3, False), (4, 2, False), (4, 3, True)]
)
def test_more_than_half_of_at_least_four_is_the_api(
    cloud: ApiStub, customers: int, lost: int, *, fails: bool
) -> None:
    """Up to half of the customers, or all of three, may end by themselves."""
    names = several(customers)
    put_trustors(cloud, *names)
    for name in names:
        put_overview(cloud, name, row("1"))
    trustors = desk(periods=("current",))
    trustors.poll()
    for name in names:
        put_overview(cloud, name, row("2"))
    for name in names[:lost]:
        cloud.refuse(at(name), 404)
    if fails:
        with pytest.raises(NotFound):
            trustors.poll(LATER)
        kept = [f"{name} current 1" for name in names[:lost]]
    else:
        trustors.poll(LATER)
        kept = []
    assert used(trustors.text()) == [*kept, *(f"{name} current 2" for name in names[lost:])]


@pytest.mark.parametrize("listing", [(), ("t000",)])
def test_a_listing_that_lacks_most_customers_ends_nobody(
    cloud: ApiStub, listing: tuple[str, ...]
) -> None:
    """Half of the customers may leave between two polls; more, and the listing is not believed."""
    names = several(4)
    put_trustors(cloud, *names)
    for name in names:
        put_overview(cloud, name, row("1"))
    trustors = desk(periods=("current",))
    before = used(trustors.poll())
    put_trustors(cloud, *listing)
    with pytest.raises(UnexpectedAnswer):
        trustors.poll(LATER)
    assert used(trustors.text()) == before


def test_a_customer_that_ended_keeps_the_time_it_was_read(cloud: ApiStub) -> None:
    """A customer that lost its numbers keeps the time of its reading."""
    put_trustors(cloud, "lost", "never")
    put_overview(cloud, "lost", row())
    trustors = desk(periods=("current",))
    trustors.poll()
    cloud.refuse(at("lost"), 404)
    text = trustors.poll(LATER)
    assert read_times(text) == {"lost": 0}
    assert lines(text, "trustor_info") == []
    assert statuses(text) == {"lost": "no_data", "never": "no_data"}


def test_numbers_that_cannot_be_read_end_by_their_own_age(cloud: ApiStub) -> None:
    """After ``max_age`` the numbers of a customer that fails end, and those of others do not."""
    put_trustors(cloud, "bad", "good")
    put_overview(cloud, "good", row())
    put_overview(cloud, "bad", row())
    trustors = desk(periods=("current",), max_age=Duration("1d"))
    trustors.poll()
    cloud.refuse(at("bad"), 500)
    assert used(trustors.poll(NOW + timedelta(hours=24))) == ["bad current 1", "good current 1"]
    assert used(trustors.poll(NOW + timedelta(hours=25))) == ["good current 1"]


def test_neighbours_that_fail_cost_nobody_else_anything(cloud: ApiStub) -> None:
    """More failures in a row than look hopeless, at the head of the list, cost others nothing."""
    names = several(60)
    failing = names[: HOPELESS_FAILURES + 2]
    put_trustors(cloud, *names)
    for name in names:
        put_overview(cloud, name, row())
    for name in failing:
        cloud.refuse(at(name), 500)
    for poll in range(2):
        found = statuses(desk(concurrency=1, periods=("current",)).poll())
        assert [name for name in names if found[name] == "error"] == failing, poll
        assert list(found.values()).count("ok") == len(names) - len(failing)


@pytest.mark.parametrize("status", [401, 429])
def test_one_customer_that_is_refused_costs_nobody_else_anything(
    cloud: ApiStub, status: int
) -> None:
    """A lasting 401 or 429 of one customer is an error of that customer."""
    names = several(5)
    put_trustors(cloud, *names)
    for name in names:
        put_overview(cloud, name, row())
    cloud.refuse(at(names[0]), status, headers={"Retry-After": "600"})
    found = statuses(desk(concurrency=1, periods=("current",)).poll())
    assert found == {name: "ok" if name != names[0] else "error" for name in names}


def test_a_customer_that_cannot_be_read_says_why(cloud: ApiStub) -> None:
    """The sentence of a customer's error stays with its state, and goes when it can be read."""
    trustors = desk(concurrency=1, periods=("current",))
    put_trustors(cloud, *several(5))
    for name in several(5):
        put_overview(cloud, name, row())
    path = at(several(5)[0])
    cloud.refuse(path, 403)
    trustors.poll()

    def errors() -> list[str]:
        found = trustors.reading.summaries() if trustors.reading else ()
        return [one.error for _, one in found if isinstance(one, TrustorState) and one.error]

    assert [error.partition(":")[0] for error in errors()] == ["the OAuth client may not do this"]
    put_overview(cloud, several(5)[0], row())
    trustors.poll()
    assert errors() == []


def test_asking_ends_where_nothing_succeeds(cloud: ApiStub) -> None:
    """When customer after customer fails from the start, it is the API that fails."""
    names = several(FEW_CUSTOMERS + 1)
    put_trustors(cloud, *names)
    for name in names:
        cloud.refuse(at(name), 500)
    trustors = desk(concurrency=1)
    with pytest.raises(Unavailable):
        trustors.poll()
    assert sum(1 for name in names if cloud.count(at(name))) == HOPELESS_FAILURES
    assert list(statuses(trustors.text()).values()) == ["error"] * HOPELESS_FAILURES


@pytest.mark.parametrize("status", [401, 429, 500])
@pytest.mark.parametrize("customers", [11, 19, 25, FEW_CUSTOMERS])
def test_all_of_a_few_customers_are_asked(cloud: ApiStub, customers: int, status: int) -> None:
    """In the first sweep of a small fleet, one that can be read is shown although all fail that
    are asked before it.
    """
    names = several(customers)
    put_trustors(cloud, *names)
    for name in names:
        cloud.refuse(at(name), status, headers={"Retry-After": "600"})
    order = Sweep(TrustorsData(), {f"id-{name}": name for name in names}, 0, NOW).order()
    last = order[-1].removeprefix("id-")
    put_overview(cloud, last, row("7"))
    text = desk(concurrency=1, periods=("current",)).poll()
    assert used(text) == [f"{last} current 7"]
    assert list(statuses(text).values()).count("error") == customers - 1


def test_a_login_that_fails_ends_a_small_sweep() -> None:
    """Where no token can be had, three customers are enough to know that others get none."""
    keys = several(FEW_CUSTOMERS)
    sweep = Sweep(TrustorsData(), {key: key for key in keys}, 0, NOW)
    for key in keys[:HOPELESS_REFUSALS]:
        assert not sweep.is_hopeless()
        sweep.note(key, Attempt("error", error=Unavailable("no", operation="oauth_token")))
    assert sweep.is_hopeless()


def test_all_of_a_few_customers_failing_is_the_api_failing(cloud: ApiStub) -> None:
    """A partner of few customers sees that the poll failed when none of them answers."""
    put_trustors(cloud, "one", "two")
    for name in ("one", "two"):
        cloud.refuse(at(name), 500)
    with pytest.raises(Unavailable):
        desk(concurrency=1).poll()


def test_one_customer_alone_that_fails_is_seen(cloud: ApiStub) -> None:
    """A fleet of one that fails in every sweep is no failure of the API, but its status, the count
    of customers without numbers and the count of partial failures show it each time.
    """
    put_trustors(cloud, "one")
    cloud.refuse(at("one"), 500)
    trustors = desk(concurrency=1)
    for sweep in range(1, 4):
        text = trustors.poll(NOW + sweep * timedelta(hours=1))
        assert statuses(text) == {"one": "error"}
        assert lines(text, "trustors_without_reading") == ["{} 1"]
        assert trustors.left_out == [("unavailable", "overview of trustor id-one")] * sweep


@pytest.mark.parametrize(("status", "kind"), [(429, RateLimited), (401, Unauthorized)])
def test_a_refused_token_ends_the_poll(cloud: ApiStub, status: int, kind: type[ApiError]) -> None:
    """When the API refuses the first customers and none succeeds, no more are asked."""
    names = several(FEW_CUSTOMERS + 1)
    put_trustors(cloud, *names)
    for name in names:
        cloud.refuse(at(name), status, headers={"Retry-After": "600"})
    with pytest.raises(kind) as caught:
        desk(concurrency=1).poll()
    assert caught.value.retry_after == 600
    assert sum(1 for name in names if cloud.count(at(name))) == HOPELESS_REFUSALS


def test_a_renamed_customer_has_one_name(cloud: ApiStub) -> None:
    """A customer that fails and is renamed shows its kept numbers under the new name."""
    put_trustors(cloud, "x")
    put_overview(cloud, "x", row())
    trustors = desk(periods=("current",))
    trustors.poll()
    entity = {"id": "id-x", "enabled": True, "organization": {"name": "new"}}
    cloud.put(TRUSTORS, {"entities": [entity], "pageCount": 1})
    cloud.refuse(at("x"), 500)
    text = trustors.poll(LATER)
    assert used(text) == ["new current 1"]
    assert 'trustor="x"' not in text


OUTCOMES: list[Attempt] = [
    Attempt("ok"),
    Attempt("disabled"),
    Attempt("no_data", error=NotFound("no", operation=OPERATION)),
    Attempt("forbidden", error=Forbidden("no", operation=OPERATION)),
    Attempt("error", error=Unavailable("no", operation=OPERATION)),
    Attempt("error", error=RateLimited("no", operation=OPERATION)),
    Attempt("error", error=Timeout("no", operation=OPERATION)),
]


@given(st.lists(st.tuples(st.booleans(), st.sampled_from(OUTCOMES)), max_size=12))
def test_a_sweep_loses_nothing(customers: list[tuple[bool, Attempt]]) -> None:
    """Whatever becomes of each customer: who was read is shown, who failed keeps its numbers, and
    numbers end only by an answer about that customer, in a sweep that succeeds.
    """
    keys = [f"{number:02}" for number in range(len(customers))]
    had = {key for key, (had, _) in zip(keys, customers, strict=True) if had}
    known = TrustorsData(
        {key: TrustorState(key, key, "ok", NOW) for key in keys},
        {key: TrustorData.of(key, key, {}) for key in had},
    )
    sweep = Sweep(known, {key: key for key in keys}, 0, LATER)
    assert sorted(sweep.order()) == keys
    statuses: dict[str, Status] = {}
    for key, (_, attempt) in zip(keys, customers, strict=True):
        numbers = TrustorData.of(key, key, {}) if attempt.status == "ok" else None
        sweep.note(key, Attempt(attempt.status, numbers, attempt.error))
        statuses[key] = attempt.status
    during, failure, after = sweep.data(), sweep.end(), sweep.data()
    read = {key for key, status in statuses.items() if status == "ok"}
    lost = {key for key, status in statuses.items() if status in {"no_data", "forbidden"}}
    disabled = {key for key, status in statuses.items() if status == "disabled"}
    assert during.numbers.keys() == (had | read) - disabled
    ended = set() if failure else lost
    assert after.numbers.keys() == (had | read) - disabled - ended
    assert {key for key, state in after.states.items() if state.read_at == LATER} == read
