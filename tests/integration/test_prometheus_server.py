"""The helper itself: a real Prometheus of each supported line and a real Alertmanager run."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tools.testkit.components import require
from tools.testkit.prometheus_server import running_alertmanager, running_prometheus

_RULES = """
groups:
- name: helper
  rules:
  - {record: twice, expr: answer * 2}
  - {alert: AnswerIsThere, expr: answer > 0}
"""


class _Answer(BaseHTTPRequestHandler):
    """Serves one sample, whatever is asked for."""

    def do_GET(self) -> None:
        """Answer with the text format of Prometheus."""
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write(b"answer 21\n")

    def log_message(self, *_: object) -> None:
        """Keep the tests' output quiet."""


@pytest.fixture
def target() -> Iterator[str]:
    """Serve the sample on a free loopback port; gives host and port."""
    with HTTPServer(("127.0.0.1", 0), _Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("name", ["prometheus-2", "prometheus-3"])
def test_a_sample_travels_from_its_target_to_the_alertmanager(
    name: str, target: str, tmp_path: Path
) -> None:
    """Sample, rule result and alert arrive each in its place; nothing stays behind the block."""
    rules = tmp_path / "rules.yml"
    rules.write_text(_RULES)

    with running_alertmanager(require("alertmanager")) as alertmanager:
        address = alertmanager.url.removeprefix("http://")
        with running_prometheus(
            require(name), targets=[target], rules=[rules], alertmanagers=[address]
        ) as prometheus:
            rows = prometheus.wait_for("twice", lambda rows: rows and rows[0]["value"][1] == "42")
            alerts = alertmanager.wait_for_alerts()

    assert rows[0]["metric"]["job"] == "exporter"
    assert alerts[0]["labels"]["alertname"] == "AnswerIsThere"
    assert not prometheus.log.parent.exists()


def test_waiting_in_vain_says_what_was_seen_last() -> None:
    """An expression that never has a row fails with the expression and the empty answer."""
    with (
        pytest.raises(AssertionError, match=r"nothing_here: after 0 s still \[\]"),
        running_prometheus(require("prometheus-3")) as prometheus,
    ):
        prometheus.wait_for("nothing_here", timeout=0)


def test_a_failure_carries_the_end_of_the_servers_log(tmp_path: Path) -> None:
    """A Prometheus that refuses its rules fails the test with its own words in the note."""
    rules = tmp_path / "rules.yml"
    rules.write_text("groups: [{name: broken, rules: [{record: x, expr: 'sum('}]}]")

    with (
        pytest.raises(AssertionError, match="not ready") as failure,
        running_prometheus(require("prometheus-3"), rules=[rules]),
    ):
        pass

    assert "broken" in "\n".join(failure.value.__notes__)
