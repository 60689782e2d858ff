"""Runs of the exporter with many customers, watched by one gzip scraper."""

import json
import os
import signal
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from tools.bench import measure
from tools.bench.contestants.partner_api import READ
from tools.bench.customers import PERIODS
from tools.bench.scraper import Scraper
from tools.paths import ROOT

_SHOWN = b"\ngenesyscloud_billing_trustor_last_success_timestamp_seconds{"
_CONFIGURATION = """\
organizations:
  - name: acme
    api_url: {url}
    login_url: {url}
    client_id: client
    client_secret: secret
    collectors:
      usage: {{}}
      contracts: {{}}
      invoices: {{}}
      trustors:
        interval: 1m
        timeout: 6h
        max_series: 5000000
"""
_PATIENCE = 1800.0  # seconds for a sweep
# Seconds; what scrapes show is looked at less often, because to inflate it takes longer.
_SCRAPE_EVERY = 0.25
_LOOK_EVERY = 4 * _SCRAPE_EVERY
_STARTS = 3


@dataclass(frozen=True)
class Life:
    """What an exporter took.

    Attributes:
        seconds: from the start of the process until all customers were shown.
        cpu: seconds of the processor until then.
        peak: the most bytes that it held by the end of the second sweep.
        longest_scrape: of both sweeps, in seconds.
        restart_seconds: from a later start until a scrape showed all customers, the median.
    """

    seconds: float
    cpu: float
    peak: int
    longest_scrape: float
    restart_seconds: float


@dataclass(frozen=True)
class Begun:
    """What the first seconds at the API's limit showed; infinite where nothing was shown.

    Attributes:
        first_seconds: from the start of the process until a customer was shown.
        longest_lag: seconds from the last answer about a customer until it was shown, at most.
        lost_seconds: how long before a kill the last customer was read that a restart shows.
    """

    first_seconds: float
    longest_lag: float
    lost_seconds: float


class Exporter:
    """A process of the exporter with its scraper.

    Attributes:
        started: when it was started, in seconds since the epoch.
        received: when the last scrape had come, likewise; what it shows is counted after that.
        longest_scrape: the longest so far, seconds.
    """

    def __init__(self, process: subprocess.Popen[bytes], url: str) -> None:
        """Watch a process that begins to serve."""
        self.started = self.received = time.time()
        self.longest_scrape = 0.0
        self.process = process
        self._url = url

    def shown(self) -> int | None:
        """Scrape and return how many customers are shown; None before it listens."""
        packed = self.scrape()
        return None if packed is None else _customers_in(packed)

    def scrape(self) -> list[bytes] | None:
        """Scrape and return the body in pieces as they came, deflated; None before it listens."""
        packed: list[bytes] = []
        try:
            with closing(Scraper(self._url, gzip=True)) as scraper:
                began = time.perf_counter()
                scraper.scrape(lambda piece: packed.append(bytes(piece)))
                self.received = time.time()
                self.longest_scrape = max(self.longest_scrape, time.perf_counter() - began)
        except OSError:
            return None
        return packed

    def wait_for(self, condition: Callable[[int | None], bool], seconds: float = _PATIENCE) -> None:
        """Scrape until a condition holds of what is shown, at which it looks each second.

        Raises:
            TimeoutError: it does not in time.
        """
        until = time.monotonic() + seconds
        while not condition(self.shown()):
            if time.monotonic() > until or self.process.poll() is not None:
                raise TimeoutError("the exporter does not show what it should")
            look = time.monotonic() + _LOOK_EVERY
            while time.monotonic() < look:
                time.sleep(_SCRAPE_EVERY)
                self.scrape()

    def cpu(self) -> float:
        """Return the seconds of the processor that it has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def peak(self) -> int:
        """Return the most bytes that it has held."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return measure.memory_in(status, "VmHWM")

    def kill(self) -> None:
        """Kill it at once."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def live(api: str, count: int, folder: Path, place: Path = ROOT) -> Life:
    """Let the exporter of a checkout read all customers twice, and start again."""
    with running(api, folder, place) as exporter:
        exporter.wait_for(lambda shown: shown == count)
        seconds, cpu = time.time() - exporter.started, exporter.cpu()
        # The next sweep begins after a minute and reads at least one period of each again.
        exporter.wait_for(lambda _: _requests(api) >= (PERIODS + 1) * count)
        exporter.wait_for(lambda shown: shown == count)
        peak, longest = exporter.peak(), exporter.longest_scrape
    restarts = []
    for _ in range(_STARTS):
        with running(api, folder, place) as exporter:
            while exporter.shown() != count:
                time.sleep(0.005)
            restarts.append(exporter.received - exporter.started)
    return Life(seconds, cpu, peak, longest, median(restarts))


def first_shown(api: str, count: int, folder: Path, seconds: float) -> Begun:
    """Watch the beginning of a first sweep, then kill the exporter and start it again."""
    first = lag = lost = float("inf")
    with running(api, folder) as exporter:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            now, shown = time.time(), exporter.shown() or 0
            if shown and first == float("inf"):
                first, lag = now - exporter.started, 0.0
            waiting = _read(api)[shown:]
            if shown and shown < count and waiting:
                lag = max(lag, now - waiting[0])
            time.sleep(_LOOK_EVERY)
        exporter.kill()
        killed = time.time()
    with running(api, folder) as exporter:
        read = [each for each in _read(api) if each <= killed]
        exporter.wait_for(lambda shown: shown is not None)
        shown = exporter.shown() or 0
        if shown:
            lost = max(0.0, killed - read[min(shown, len(read)) - 1])
    return Begun(first, lag, lost)


@contextmanager
def running(api: str, folder: Path, place: Path = ROOT) -> Iterator[Exporter]:
    """Run the exporter of a checkout with its state in a folder; end it with the block."""
    configuration = folder / "configuration.yaml"
    configuration.write_text(_CONFIGURATION.format(url=api))
    address = f"127.0.0.1:{measure.free_port()}"
    flags = ("--web.listen-address", address, "--log.level", "error")
    state = ("--config.file", str(configuration), "--state.dir", str(folder / "state"))
    command = (sys.executable, "-m", "billing_exporter", "serve", *flags, *state)
    # What is installed is compiled, and so is what this runs, from its second start on.
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(folder / "compiled")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    process = subprocess.Popen(command, cwd=place, env=environment)
    try:
        yield Exporter(process, f"http://{address}/metrics")
    finally:
        process.terminate()
        process.wait(60)


def _customers_in(packed: list[bytes]) -> int:
    """Return how many customers a deflated body shows."""
    inflater = zlib.decompressobj(zlib.MAX_WBITS | 16)
    count, tail = 0, b""
    for piece in packed:
        text = tail + inflater.decompress(piece)
        count += text.count(_SHOWN)
        tail = text[1 - len(_SHOWN) :]
    return count


def _read(api: str) -> list[float]:
    """Return the moments at which each customer had been read in full."""
    moments: list[float] = _noted(api)["moments"]
    return moments


def _requests(api: str) -> int:
    """Return how many overviews were asked for."""
    requests: int = _noted(api)["requests"]
    return requests


def _noted(api: str) -> dict[str, Any]:
    body: list[bytes] = []
    with closing(Scraper(f"{api}{READ}", gzip=False)) as scraper:
        scraper.scrape(lambda piece: body.append(bytes(piece)))
    noted: dict[str, Any] = json.loads(b"".join(body))
    return noted
