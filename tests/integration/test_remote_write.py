"""Prometheus' side of an exporter and its replica: remote write, and nothing counted twice."""

import math
import re
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from billing_exporter.collectors.registry import REGISTRY
from tests.integration.dashboards.boards import RULES, all_questions
from tests.integration.dashboards.resolving import ALL, resolved
from tools.testkit.components import require
from tools.testkit.processes import environment, serving, simulating, wait_until
from tools.testkit.prometheus_server import (
    PrometheusServer,
    running_prometheus,
    running_victoria_metrics,
)
from tools.testkit.scrapes import fetch, wait_until_polled

_WORLD = ("--trustors", "3", "--rate-limit", "0", "--in-progress", "0")
_AT_ONCE = {"queue_config": {"batch_send_deadline": "500ms"}}
_CHOSEN = dict.fromkeys(("job", "organization", "group", "trustor", "contract", "currency"), ALL)
# Counters with minutes of their own, sent in one scrape. They lie ahead: Prometheus takes what is
# less than ten minutes ahead, and remote write sends nothing of before its start.
_COUNTERS = "counters"
_STEP_SECONDS, _STEPS = 5, 110
_WINDOW = "9m"  # 108 steps; a day of scrapes each two minutes has 720
_GROWTH = (3, 1, 4, 1, 5, 0, 2, 6)  # of each step in turn: uneven, as requests are
_WINDOWS = re.compile(r"(?<=\[)(?:1d|15s)(?=\])")
_RANKED = re.compile(r"\b(top|bottom)k\b")
_TYPE = re.compile(r"^# TYPE (\S+) (\S+)", re.MULTILINE)
_SAMPLE = re.compile(r"^([a-zA-Z_:][\w:]*)(\{.*\})? (\S+)$", re.MULTILINE)
_TOLERANCE = 0.02
_ANSWERED = 8  # of the queries about counters; the others count failures that never happened
# VictoriaMetrics keeps numbers as decimals of 15 digits, so an age in seconds has five behind the
# point.
_DIGITS, _SECONDS = 1e-13, 1e-5

Answer = dict[tuple[tuple[str, str], ...], float]


@dataclass(frozen=True)
class Both:
    """Two engines with the same samples, and when to ask them.

    Attributes:
        prometheus: scrapes two replicas, evaluates the rules, and writes it all to the other one.
        victoria: was written to.
        alone: a Prometheus with the same rules that scrapes one of the replicas.
        now: a time at which all have everything.
        counted: the time of the newest sample of the counters.
    """

    prometheus: PrometheusServer
    victoria: PrometheusServer
    alone: PrometheusServer
    now: float
    counted: float


def _grown(exposition: str, begin: float) -> str:
    """Return the counters of an exposition with a sample for each step from a time on."""
    kinds = dict(_TYPE.findall(exposition))
    lines = [line for line in exposition.splitlines() if line.startswith("# TYPE")]
    for number, (name, labels, _) in enumerate(_SAMPLE.findall(exposition)):
        family = re.sub(r"_(bucket|sum|count)$", "", name)
        if kinds.get(name) != "counter" and kinds.get(family) != "histogram":
            continue
        value = 0
        for step in range(_STEPS + 1):
            at = round((begin + step * _STEP_SECONDS) * 1000)
            lines.append(f"{name}{labels} {value} {at}")
            value += _GROWTH[(step + number) % len(_GROWTH)]
    return "\n".join(lines) + "\n"


@contextmanager
def _served(texts: list[str]) -> Iterator[str]:
    """Serve each text once, nothing while there is none, on a free port; gives host and port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(texts.pop().encode() if texts else b"")

        def log_message(self, *_: object) -> None:
            """Keep the tests' output quiet."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def both() -> Iterator[Both]:
    """A Prometheus that scrapes two replicas and counters, and a VictoriaMetrics behind it."""
    with ExitStack() as stack:
        victoria = stack.enter_context(running_victoria_metrics(require("victoria-metrics")))
        simulator = stack.enter_context(simulating(*_WORLD))
        replicas = [stack.enter_context(serving(environment(simulator))) for _ in range(2)]
        targets = [replica.url.removeprefix("http://") for replica in replicas]
        texts: list[str] = []
        counters = stack.enter_context(_served(texts))
        program = require("prometheus-3")
        prometheus = stack.enter_context(
            running_prometheus(
                program,
                targets=targets,
                jobs=[{"job_name": _COUNTERS, "static_configs": [{"targets": [counters]}]}],
                rules=RULES,
                remote_write=[{"url": f"{victoria.url}/api/v1/write", **_AT_ONCE}],
            )
        )
        alone = stack.enter_context(running_prometheus(program, targets=targets[:1], rules=RULES))
        for replica in replicas:
            wait_until_polled(replica.url)
        begin = time.time()
        texts.append(_grown(fetch(f"{replicas[0].url}/metrics").text, begin))
        # Both have been scraped after their polls: requests are compared, and sums of both.
        polled = 'genesyscloud_billing_polls_total{job="exporter",outcome="success"} == 1'
        prometheus.wait_for(f"count({polled}) == {len(replicas) * len(REGISTRY)}")
        for server in (prometheus, alone):
            server.wait_for("organization_currency:overdue_amount:sum")
            server.wait_for('ALERTS{alertstate="pending"}')
        scraped = "timestamp(up{job='exporter'})"
        (row,) = prometheus.wait_for(f"max({scraped})")
        now, counted = float(row["value"][1]), begin + _STEPS * _STEP_SECONDS
        for server in (victoria, alone):  # has a later sample of each replica, so all until now
            server.wait_for(f"min({scraped}) > {now}")
        last = f'{{job="{_COUNTERS}",__name__=~".*_total"}}'
        sent = [prometheus, victoria]
        wait_until(lambda: _is_same([_answer(each, last, counted) for each in sent]))
        yield Both(prometheus, victoria, alone, now, counted)


def _is_same(answers: list[Answer]) -> bool:
    return bool(answers[0]) and answers[0] == answers[1]


def _answer(server: PrometheusServer, expression: str, at: float) -> Answer:
    """Return the values by labels; VictoriaMetrics adjusts no time unless it may cache."""
    rows = server.query(expression, time=f"{at:.3f}", nocache="1")
    return {tuple(sorted(row["metric"].items())): float(row["value"][1]) for row in rows}


def _differences(both: Both, place: str, expression: str, at: float, share: float) -> list[str]:
    ours, theirs = (_answer(each, expression, at) for each in (both.prometheus, both.victoria))
    if ours.keys() != theirs.keys():
        return [f"{place}: {len(ours)} rows and {len(theirs)}, others"]
    return [
        f"{place}: {value} and {theirs[labels]} for {labels}"
        for labels, value in ours.items()
        if not math.isclose(value, theirs[labels], rel_tol=share, abs_tol=_SECONDS)
        and not (math.isnan(value) and math.isnan(theirs[labels]))
    ]


def test_what_is_shown_now_is_the_same(both: Both) -> None:
    """Each query about gauges and recorded sums has the same rows with the same numbers.

    Where several rows have the same rank, either engine chooses among them as it likes.
    """
    asked, differ = 0, []
    for each in all_questions():
        expression = resolved(each.expr, _CHOSEN)
        if not _WINDOWS.search(expression) and not _RANKED.search(expression):
            asked += 1
            differ += _differences(both, each.place, expression, both.now, _DIGITS)
    assert differ == []
    assert asked > 200


def test_increases_are_nearly_the_same(both: Both) -> None:
    """Over a hundred scrapes of uneven growth, increases and rates are within 2 %."""
    answered, differ = 0, []
    for each in all_questions():
        expression = resolved(each.expr, {**_CHOSEN, "job": _COUNTERS})
        if not _WINDOWS.search(expression):
            continue
        expression = _WINDOWS.sub(_WINDOW, expression)
        answered += bool(_answer(both.prometheus, expression, both.counted))
        differ += _differences(both, each.place, expression, both.counted, _TOLERANCE)
    assert differ == []
    assert answered >= _ANSWERED


def test_replicas_are_counted_once(both: Both) -> None:
    """With two replicas, all that is recorded of organizations and each alert on billing is as with
    one of them; increases of counters are left out, for here they are not those of the replicas.
    """
    recorded = '{__name__=~"organization.*:.+",__name__!~".*:increase1d"}'
    for selector in (recorded, 'ALERTS{organization!="",instance=""}'):
        answers: list[Answer] = []

        def alike(selector: str = selector, answers: list[Answer] = answers) -> bool:
            at, servers = time.time(), (both.prometheus, both.alone)
            answers[:] = [_answer(each, selector, at) for each in servers]
            return answers[0].keys() == answers[1].keys()

        wait_until(alike)  # rules that build on others are some seconds behind them
        two, one = answers
        # The replicas' readings are seconds apart, and so are the days that are left.
        assert two == pytest.approx(one, rel=1e-4, abs=1e-3)
        assert one


def test_replicas_ask_for_everything_twice(both: Both) -> None:
    """Each replica sends as many requests to the API as the other one."""
    asked = _answer(
        both.prometheus,
        'sum by (instance) (genesyscloud_billing_api_requests_total{job="exporter"})',
        both.now,
    )
    first, second = asked.values()
    assert first == second > 0
