"""What the dashboards ask, put to a real Prometheus that has scraped the demo."""

import math
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from urllib.error import HTTPError

import pytest

from tests.integration.dashboards.boards import (
    BOARDS,
    Json,
    Question,
    all_questions,
    panels,
    questions,
)
from tests.integration.dashboards.resolving import ALL, label_values, resolved, several
from tools.dashboards import charges
from tools.dashboards.demo_months import PATIENCE, Past, Programs, watched
from tools.dashboards.queries import CURRENT, Scope
from tools.testkit.components import require
from tools.testkit.prometheus_server import PrometheusServer

_CHOICES = ("job", "organization", "group", "trustor", "contract", "currency")
_EVERYTHING = dict.fromkeys(_CHOICES, ALL)
_HISTORY_SECONDS = 10
_NOW_MILLISECONDS = time.time() * 1000
# More customers than a table of all their charges shows, and a poll at the same time yesterday.
_PAST = Past(
    days=52,
    step=timedelta(days=6),
    close=timedelta(days=1),
    close_step=timedelta(hours=8),
    trustors=26,
    history=4,
)
_SEVERAL = 2  # values of each variable, if it has as many
_GONE = "No such (one)"  # chosen beside them, for the demo has one job and one organization
_DECADE_MILLISECONDS = 10 * 365 * 86_400_000


@pytest.fixture(scope="module")
def prometheus() -> Iterator[PrometheusServer]:
    """A Prometheus with the rules that has watched the demo for two months, now and then."""
    programs = Programs(require("prometheus-3"), require("promtool-3"))
    with watched(programs, _PAST) as server:
        server.wait_for("count_over_time(up[5m]) >= 4", timeout=PATIENCE)
        yield server


def test_every_question_is_answered(prometheus: PrometheusServer) -> None:
    """Each query of each panel, and of each annotation, has an answer in which there are numbers.

    One test for all of them: the world takes longer to start than they take.
    """
    assert [each for each in map(_Asking(prometheus), all_questions()) if each] == []


def test_every_question_can_be_asked_of_several(prometheus: PrometheusServer) -> None:
    """Each query is one too where several values are chosen; there may be nothing of them all."""
    ask = _Asking(prometheus)
    for name, board in BOARDS.items():
        chosen = _several(prometheus, board)
        assert all("|" in chosen[each["name"]] for each in _lists(board)), name
        for question in questions(name):
            try:
                ask.numbers(question, chosen)
            except HTTPError as error:
                pytest.fail(f"{question.place}: {error} for {chosen}")


def test_several_values_choose_themselves(prometheus: PrometheusServer) -> None:
    """The values chosen are those found, whatever characters they have."""
    board = BOARDS["customers"]
    values = _values(prometheus, board, "trustor")
    series = f'genesyscloud_billing_trustor_status{{trustor=~"{several(values[:-1])}"}}'
    rows = prometheus.query(f"count by (trustor) ({series})")
    assert sorted(row["metric"]["trustor"] for row in rows) == sorted(values[:-1])


def test_a_query_that_is_none_fails(prometheus: PrometheusServer) -> None:
    """What Prometheus refuses is not taken for emptiness, now or over a range."""
    for instant in (True, False):
        question = Question("x", 'up{job=~"$job"', instant=instant)
        with pytest.raises(HTTPError):
            _Asking(prometheus).numbers(question, _EVERYTHING)


def test_every_repeated_panel_is_answered(prometheus: PrometheusServer) -> None:
    """A panel that is repeated has an answer for each value of its variable."""
    repeated = [
        (panel, name)
        for name, board in BOARDS.items()
        for panel in panels(board)
        if "repeat" in panel
    ]
    assert repeated
    for panel, name in repeated:
        for value in _values(prometheus, BOARDS[name], panel["repeat"]):
            for target in panel["targets"]:
                chosen = {**_EVERYTHING, panel["repeat"]: value}
                assert prometheus.query(resolved(target["expr"], chosen)), (panel["title"], value)


def test_charges_of_many_customers(prometheus: PrometheusServer) -> None:
    """Of many customers the table of charges shows those with the highest used shares, with all
    their rows; a customer that is chosen alone is shown whatever it has.
    """
    now = f"{time.time()}"  # the demo's numbers move on between two questions
    title = "Charges against their allowance, at most 20 customers"
    used = _asked("customers", title)

    def rows(expr: str, trustor: str = ALL) -> list[tuple[str, str]]:
        asked = resolved(expr, {**_EVERYTHING, "trustor": trustor})
        answer = prometheus.get("/api/v1/query", query=asked, time=now)
        labels = [row["metric"] for row in answer["data"]["result"]]
        return [(each["trustor"], each.get("charge", "")) for each in labels]

    share = charges.used_share(Scope(()))
    highest = {name for name, _ in rows(f"topk(20, max by (trustor) ({share}))")}
    everything = rows(Scope(()).one("trustor_usage_quantity", CURRENT))
    names = {name for name, _ in everything}
    assert len(highest) == 20 < len(names)
    assert Counter(rows(used)) == Counter(row for row in everything if row[0] in highest)
    for name in names:
        assert Counter(rows(used, several([name]))) == Counter(
            row for row in everything if row[0] == name
        )


def test_every_variable_has_values(prometheus: PrometheusServer) -> None:
    """Each variable lists values, and of the right label."""
    for board in BOARDS.values():
        for variable in _lists(board):
            assert _values(prometheus, board, variable["name"]), variable["name"]
    assert _values(prometheus, BOARDS["customers"], "currency") == ["EUR", "GBP", "USD"]


def _asked(board: str, title: str) -> str:
    """Return the first query of a panel."""
    (panel,) = (each for each in panels(BOARDS[board]) if each["title"] == title)
    expression: str = panel["targets"][0]["expr"]
    return expression


def _values(prometheus: PrometheusServer, board: Json, name: str) -> list[str]:
    """List a variable's values as Grafana does: from the series that its query selects."""
    (variable,) = (each for each in board["templating"]["list"] if each["name"] == name)
    series, label = label_values(variable["query"])
    parameters = {"match[]": resolved(series, _EVERYTHING)}
    found: list[str] = prometheus.get(f"/api/v1/label/{label}/values", **parameters)["data"]
    return found


def _several(prometheus: PrometheusServer, board: Json) -> dict[str, str]:
    """Choose a few values of each variable of a dashboard; first those with special characters."""
    names = [variable["name"] for variable in _lists(board)]
    found = {name: _values(prometheus, board, name) for name in names}
    chosen = {}
    for name, values in found.items():
        special_first = sorted(values, key=lambda value: several([value]) == value)
        chosen[name] = several([*special_first[:_SEVERAL], _GONE])
    return {"group": ALL, **chosen}


def _lists(board: Json) -> list[Json]:
    """Return the variables that list values."""
    return [each for each in board["templating"]["list"] if each["type"] == "query"]


class _Asking:
    """Puts questions to a Prometheus and says what is wrong with its answers."""

    def __init__(self, prometheus: PrometheusServer) -> None:
        self._prometheus = prometheus
        self._end = time.time()

    def __call__(self, question: Question) -> str:
        """Return what is wrong, or nothing."""
        expression = resolved(question.expr, _EVERYTHING)
        numbers = self.numbers(question, _EVERYTHING)
        if not any(map(math.isfinite, numbers)):
            return f"{question.place}: no number among {len(numbers)} for {expression}"
        if question.values_are_times and not all(map(_is_recent, numbers)):
            return f"{question.place}: not times in milliseconds: {numbers}"
        return ""

    def numbers(self, question: Question, chosen: Mapping[str, str]) -> list[float]:
        """Return the values of the answer for what is chosen."""
        expression = resolved(question.expr, chosen)
        return [float(value) for value in self._ask(expression, instant=question.instant)]

    def _ask(self, expression: str, *, instant: bool) -> list[str]:
        if instant:
            return [row["value"][1] for row in self._prometheus.query(expression)]
        span = {"start": f"{self._end - _HISTORY_SECONDS}", "end": f"{self._end}", "step": "1"}
        answer = self._prometheus.get("/api/v1/query_range", query=expression, **span)
        return [value for row in answer["data"]["result"] for _, value in row["values"]]


def _is_recent(milliseconds: float) -> bool:
    return abs(milliseconds - _NOW_MILLISECONDS) < _DECADE_MILLISECONDS
