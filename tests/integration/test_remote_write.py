"""Remote write into VictoriaMetrics: what the dashboards ask is answered as by Prometheus."""

import math
import re
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

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
# VictoriaMetrics keeps numbers as decimals of 15 digits, so an age in seconds has six behind the
# point.
_DIGITS, _SECONDS = 1e-13, 2e-6

Answer = dict[tuple[tuple[str, str], ...], float]


@dataclass(frozen=True)
class Both:
    """Two engines with the same samples, and when to ask them.

    Attributes:
        prometheus: scrapes, evaluates the rules, and writes all of it to the other one.
        victoria: was written to.
        now: a time at which both have everything.
        counted: the time of the newest sample of the counters.
    """

    prometheus: PrometheusServer
    victoria: PrometheusServer
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
def _served(text: str) -> Iterator[str]:
    """Serve a text once, then nothing, on a free loopback port; gives host and port."""
    left = [text.encode()]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(left.pop() if left else b"")

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
    """A Prometheus that scrapes an exporter and its counters, and a VictoriaMetrics behind it."""
    with ExitStack() as stack:
        victoria = stack.enter_context(running_victoria_metrics(require("victoria-metrics")))
        simulator = stack.enter_context(simulating("--trustors", "3", "--rate-limit", "0"))
        exporter = stack.enter_context(serving(environment(simulator)))
        wait_until_polled(exporter.url)
        begin = time.time()
        text = _grown(fetch(f"{exporter.url}/metrics").text, begin)
        counters = stack.enter_context(_served(text))
        prometheus = stack.enter_context(
            running_prometheus(
                require("prometheus-3"),
                targets=[exporter.url.removeprefix("http://")],
                jobs=[
                    {
                        "job_name": _COUNTERS,
                        "static_configs": [{"targets": [counters]}],
                    }
                ],
                rules=RULES,
                remote_write=[{"url": f"{victoria.url}/api/v1/write"}],
            )
        )
        prometheus.wait_for("organization_currency:overdue_amount:sum")
        prometheus.wait_for('ALERTS{alertstate="pending"}')
        (row,) = prometheus.wait_for("timestamp(up{job='exporter'})")
        now, counted = float(row["value"][1]), begin + _STEPS * _STEP_SECONDS
        victoria.wait_for(f"timestamp(up{{job='exporter'}}) > {now}")
        last = f'{{job="{_COUNTERS}",__name__=~".*_total"}}'
        wait_until(lambda: _answer(victoria, last, counted) == _answer(prometheus, last, counted))
        yield Both(prometheus, victoria, now, counted)


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
