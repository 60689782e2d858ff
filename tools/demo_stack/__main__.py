"""Simulator, exporter, Prometheus with the rules, and Alertmanager, until Ctrl-C."""

import argparse
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import requests

from tools.demo_stack.hurry import hurried
from tools.paths import ROOT
from tools.testkit.components import find
from tools.testkit.prometheus_server import (
    AlertmanagerServer,
    PrometheusServer,
    running_alertmanager,
    running_prometheus,
)
from tools.testkit.scrapes import has_polled

LOOK_SECONDS = 5.0
# Prometheus scrapes only 5 seconds after its start: until then the exporter is absent to it.
SHORTEST_WAIT_SECONDS = 15
READY_SECONDS = 60.0


def main() -> int:
    """Run the stack; 1 where no Prometheus is to be had."""
    arguments = _parser().parse_args()
    prometheus = find("prometheus-3") or find("prometheus-2")
    if prometheus is None:
        print("no Prometheus found: make test fetches one on Debian, or set PROMETHEUS_3=/path")
        return 1
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        stack.enter_context(_demo(arguments.address, arguments.time_scale))
        alertmanager = _alertmanager(stack)
        server = stack.enter_context(
            running_prometheus(
                prometheus,
                targets=[arguments.address],
                rules=_rules(folder, arguments.time_scale),
                alertmanagers=[alertmanager.url.removeprefix("http://")] if alertmanager else [],
            )
        )
        _say_where(arguments.address, server, alertmanager)
        _watch(server, ended, arguments.seconds)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.demo_stack", description=__doc__)
    parser.add_argument("--time-scale", type=float, default=1440.0, help="default: a day a minute")
    parser.add_argument("--address", default="127.0.0.1:10059", help="where the exporter serves")
    parser.add_argument("--seconds", type=float, default=None, help="end by itself after that long")
    return parser


@contextmanager
def _demo(address: str, time_scale: float) -> Iterator[None]:
    flags = ["--web.listen-address", address, "--time-scale", str(time_scale)]
    command = [sys.executable, "-m", "billing_exporter", "demo", *flags]
    # Of its own session, so that Ctrl-C reaches this program alone, which ends it in order.
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True) as process:
        try:
            _wait_until_polled(f"http://{address}/metrics")
            yield
        finally:
            process.terminate()


def _wait_until_polled(url: str) -> None:
    until = time.monotonic() + READY_SECONDS
    while True:
        try:
            if has_polled(requests.get(url, timeout=1).text):
                return
        except requests.RequestException:
            pass  # it does not listen yet; that it never does is reported below
        if time.monotonic() > until:
            raise TimeoutError(f"{url} is not ready: is its address free?")
        time.sleep(0.2)


def _alertmanager(stack: ExitStack) -> AlertmanagerServer | None:
    program = find("alertmanager")
    return stack.enter_context(running_alertmanager(program)) if program else None


def _rules(folder: Path, time_scale: float) -> list[Path]:
    """Write the rules for the faster clock."""
    written = []
    for rules in sorted((ROOT / "prometheus" / "rules").glob("*.yml")):
        path = folder / rules.name
        path.write_text(hurried(rules.read_text(), time_scale, SHORTEST_WAIT_SECONDS))
        written.append(path)
    return written


def _say_where(
    address: str, prometheus: PrometheusServer, alertmanager: AlertmanagerServer | None
) -> None:
    print("A simulated Genesys Cloud whose days pass in minutes, watched end to end:")
    print(f"  exporter       http://{address}/")
    print(f"  alerts         {_first_that_answers(prometheus.url, '/alerts', '/api/v1/alerts')}")
    print(f"  a first graph  {_first_that_answers(prometheus.url, _GRAPH, _NUMBERS)}")
    if alertmanager:
        print(f"  Alertmanager   {_first_that_answers(alertmanager.url, '/', '/api/v2/alerts')}")
    else:
        print("  Alertmanager   not installed here")
    print("Durations in the rules are as much shorter as the clock is faster. Ctrl-C ends it.")
    sys.stdout.flush()


_QUERY = "genesyscloud_billing_trustor_overage_quantity%20%3E%200"
_GRAPH = f"/graph?g0.expr={_QUERY}&g0.tab=0&g0.range_input=5m"
_NUMBERS = f"/api/v1/query?query={_QUERY}"


def _first_that_answers(server: str, page: str, interface: str) -> str:
    """Return the address of a page, or of the interface where the server comes without pages."""
    try:
        answer = requests.get(server + page, timeout=READY_SECONDS)
    except requests.RequestException:
        return server + interface
    is_page = answer.ok and "<html" in answer.text.lower()
    return server + (page if is_page else interface)


def _watch(prometheus: PrometheusServer, ended: threading.Event, seconds: float | None) -> None:
    """Return which alerts fire, whenever that changes."""
    known: set[str] = set()
    waited = 0.0
    while not ended.wait(LOOK_SECONDS) and (seconds is None or waited < seconds):
        waited += LOOK_SECONDS
        rows = prometheus.query('count by (alertname) (ALERTS{alertstate="firing"})')
        firing = {f"{row['metric']['alertname']} ({row['value'][1]})" for row in rows}
        names = {each.partition(" ")[0] for each in firing}
        for each in sorted(firing):
            if each.partition(" ")[0] not in known:
                print(f"  fires: {each}", flush=True)
        for name in sorted(known - names):
            print(f"  ended: {name}", flush=True)
        known = names


if __name__ == "__main__":
    sys.exit(main())
