"""A real Prometheus, Alertmanager or VictoriaMetrics for the length of a ``with`` block.

    with running_prometheus(require("prometheus-3"), targets=["127.0.0.1:10059"]) as prometheus:
        rows = prometheus.wait_for("genesyscloud_billing_invoices")

Each listens on a free loopback port, keeps its data in a folder that vanishes with it, and is
ended by SIGTERM. Whatever fails inside the block carries the end of the server's log as a note.
"""

import json
import re
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

_PATIENCE = (
    30.0  # seconds for a start or an end; a busy machine is slow, a right one never this slow
)
_PAUSE = 0.1  # seconds between two looks
_LISTENING = re.compile(r'msg="Listening on".* address=(\S+)')
# A proxy that the environment names has no business between a test and its own machine.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

Row = dict[str, Any]


@dataclass(frozen=True)
class Server:
    """A running server: its address, and the file its log goes to."""

    url: str
    log: Path

    def get(self, path: str, **parameters: str) -> Any:
        """Ask for a path and decode its JSON; raises HTTPError for an error status."""
        query = urllib.parse.urlencode(parameters)
        with _opener.open(f"{self.url}{path}?{query}", timeout=_PATIENCE) as answer:
            return json.load(answer)


class PrometheusServer(Server):
    """A running Prometheus."""

    def query(self, expression: str, **parameters: str) -> list[Row]:
        """Evaluate an expression, by default now; rows have ``metric`` (labels) and ``value``."""
        answer = self.get("/api/v1/query", query=expression, **parameters)
        rows: list[Row] = answer["data"]["result"]
        return rows

    def wait_for(
        self,
        expression: str,
        predicate: Callable[[list[Row]], object] = bool,
        timeout: float = _PATIENCE,
    ) -> list[Row]:
        """Evaluate an expression until its rows satisfy a predicate, by default: there are some.

        Raises:
            AssertionError: They did not within the timeout (seconds); the text has the last rows.
        """
        return _waited(lambda: self.query(expression), predicate, timeout, expression)


class AlertmanagerServer(Server):
    """A running Alertmanager."""

    def alerts(self) -> list[Row]:
        """List the alerts it holds; each row has ``labels``, ``annotations``, ``status``, ..."""
        rows: list[Row] = self.get("/api/v2/alerts")
        return rows

    def wait_for_alerts(
        self, predicate: Callable[[list[Row]], object] = bool, timeout: float = _PATIENCE
    ) -> list[Row]:
        """List the alerts until they satisfy a predicate, by default: there are some.

        Raises:
            AssertionError: They did not within the timeout (seconds); the text has the last ones.
        """
        return _waited(self.alerts, predicate, timeout, "alerts")


@contextmanager
def running_prometheus(
    program: Path,
    *,
    targets: Sequence[str] = (),
    scrape: Mapping[str, Any] | None = None,
    jobs: Sequence[Mapping[str, Any]] = (),
    rules: Sequence[Path] = (),
    alertmanagers: Sequence[str] = (),
    remote_write: Sequence[Mapping[str, Any]] = (),
    data: Path | None = None,
    settings: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[PrometheusServer]:
    """Run a Prometheus that scrapes targets and evaluates rules every second.

    Prometheus itself takes 5 seconds from its start to its first scrape: share one between tests.

    Args:
        program: Which Prometheus; any from 2.42 on.
        targets: Addresses (``host:port``) of the job ``exporter``.
        scrape: More settings of that job, such as ``scheme`` or ``basic_auth``.
        jobs: More jobs, as a configuration has them.
        rules: Files of recording and alert rules.
        alertmanagers: Addresses that alerts are sent to.
        remote_write: Where samples are sent, as a configuration has it.
        data: A folder of blocks that it begins with; without, one of its own.
        settings: More flags, without the dashes: name -> value.

    Yields:
        The server, once it is ready.
    """
    configuration = {
        "global": {
            "scrape_interval": "1s",
            "scrape_timeout": "1s",
            "evaluation_interval": "1s",
        },
        "scrape_configs": [
            {"job_name": "exporter", "static_configs": [{"targets": [*targets]}], **(scrape or {})},
            *jobs,
        ],
        "rule_files": [str(path.resolve()) for path in rules],
        "remote_write": [*remote_write],
        "alerting": {
            "alertmanagers": [{"static_configs": [{"targets": [*alertmanagers]}]}],
        },
    }
    arguments = [f"--storage.tsdb.path={data or 'data'}", "--web.enable-lifecycle"]
    arguments += [f"--{name}={value}" for name, value in settings.items()]
    with _running(program, configuration, arguments) as server:
        yield PrometheusServer(server.url, server.log)


@contextmanager
def running_alertmanager(
    program: Path, configuration: Mapping[str, Any] | None = None
) -> Iterator[AlertmanagerServer]:
    """Run an Alertmanager with no peers; by default its one receiver tells nobody."""
    nobody = {"route": {"receiver": "nobody"}, "receivers": [{"name": "nobody"}]}
    arguments = ["--storage.path=data", "--cluster.listen-address="]
    with _running(program, configuration or nobody, arguments) as server:
        yield AlertmanagerServer(server.url, server.log)


@contextmanager
def running_victoria_metrics(program: Path) -> Iterator[PrometheusServer]:
    """Run a VictoriaMetrics that shows each sample at once; it answers as Prometheus does."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    arguments = ["-storageDataPath=data", "-search.latencyOffset=0s", "-search.disableCache"]
    command = [str(program), f"-httpListenAddr={address}", *arguments]
    with _started(command, {}, lambda _: address) as server:
        yield PrometheusServer(server.url, server.log)


@contextmanager
def _running(
    program: Path, configuration: Mapping[str, Any], arguments: Sequence[str]
) -> Iterator[Server]:
    """Start a program of the Prometheus family, wait until it is ready, end it afterwards."""
    command = [str(program), "--config.file=config.yml", "--web.listen-address=127.0.0.1:0"]
    with _started([*command, *arguments], configuration, _listening) as server:
        yield server


@contextmanager
def _started(
    command: Sequence[str],
    configuration: Mapping[str, Any],
    listening: Callable[[Path], str | None],
) -> Iterator[Server]:
    with tempfile.TemporaryDirectory() as folder, Path(folder, "log").open("wb") as output:
        log = Path(output.name)
        Path(folder, "config.yml").write_text(json.dumps(configuration))  # JSON is YAML
        with subprocess.Popen(
            command, cwd=folder, stdout=output, stderr=subprocess.STDOUT
        ) as process:
            try:
                yield _ready(process, log, listening)
            except BaseException as failure:
                failure.add_note(
                    f"the log of {Path(command[0]).name} ends:\n{log.read_text()[-4000:]}"
                )
                raise
            finally:
                _end(process)


def _waited(
    look: Callable[[], list[Row]],
    predicate: Callable[[list[Row]], object],
    timeout: float,
    what: str,
) -> list[Row]:
    """Look again and again until the rows satisfy the predicate."""
    deadline = time.monotonic() + timeout
    while not predicate(rows := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: after {timeout:g} s still {rows}")
        time.sleep(_PAUSE)
    return rows


def _listening(log: Path) -> str | None:
    """Read from the log which free port was taken."""
    found = _LISTENING.search(log.read_text())
    return found[1] if found else None


def _ready(
    process: "subprocess.Popen[bytes]", log: Path, listening: Callable[[Path], str | None]
) -> Server:
    """Wait until it is known where a server listens, and until it is ready."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        if address := listening(log):
            server = Server(f"http://{address}", log)
            if _is_ready(server):
                return server
        time.sleep(_PAUSE)
    raise AssertionError(f"not ready; exit status so far: {process.poll()}")


def _is_ready(server: Server) -> bool:
    try:
        with _opener.open(f"{server.url}/-/ready", timeout=_PATIENCE):
            return True
    except urllib.error.HTTPError as error:
        error.close()
        return False
    except urllib.error.URLError:
        return False  # it does not listen yet


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
