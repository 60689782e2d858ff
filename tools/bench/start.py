"""Start time and memory of the program."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median

from tools.bench import measure
from tools.bench.report import Aim, Finding
from tools.bench.scale import Scale
from tools.bench.scraper import Scraper
from tools.testkit.scrapes import has_polled

# 0.35 s where bare Python takes 0.03 s.
HELP_AIM = 0.35 / 0.03
IDLE_MEBIBYTES = 45.0
_COMMAND = (sys.executable, "-m", "billing_exporter")
_PATIENCE = 60.0  # seconds until a started exporter has polled everything once


def findings(scale: Scale) -> Iterator[Finding]:
    """Measure the command's help, and an exporter of one organization."""
    bare = (sys.executable, "-c", "pass")
    starts = measure.interleaved(
        {"help": partial(_seconds, *_COMMAND, "--help"), "bare": partial(_seconds, *bare)},
        3 * scale.rounds,
    )
    ours, theirs = (1000 * median(each) for each in starts.values())
    yield Finding("billing-exporter --help", "ms", ours, "python -c pass", theirs, Aim(HELP_AIM))
    with measure.service("tools.bench.contestants.api", 100, 1) as url:
        runs = [_serve(url) for _ in range(scale.starts)]
    healthy, idle = (median(each) for each in zip(*runs, strict=True))
    yield Finding("from serve to the first answer", "ms", 1000 * healthy, "python -c pass", theirs)
    aim = Aim(value=IDLE_MEBIBYTES)
    yield Finding("memory of serve after its first polls", "MiB", measure.mebibytes(idle), aim=aim)


def _seconds(*command: str) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def _serve(api: str) -> tuple[float, int]:
    """Run an exporter of the prepared API.

    Returns:
        Seconds until it was healthy, and bytes that it held once it was ready.
    """
    environment = {
        **os.environ,
        "GENESYSCLOUD_API_URL": api,
        "GENESYSCLOUD_LOGIN_URL": api,
        "GENESYSCLOUD_OAUTHCLIENT_ID": "client",
        "GENESYSCLOUD_OAUTHCLIENT_SECRET": "secret",
    }
    address = f"127.0.0.1:{measure.free_port()}"
    start = time.perf_counter()
    process = subprocess.Popen(
        (*_COMMAND, "serve", "--web.listen-address", address, "--log.level", "error"),
        env=environment,
    )
    try:
        _wait_for(f"http://{address}/-/healthy")
        healthy = time.perf_counter() - start
        _wait_for(f"http://{address}/metrics", _polled)
        status = Path(f"/proc/{process.pid}/status").read_text()
        return healthy, measure.memory_in(status, "VmRSS")
    finally:
        process.terminate()
        process.wait(_PATIENCE)


def _polled(body: bytearray) -> bool:
    return has_polled(body.decode())


def _wait_for(url: str, arrived: Callable[[bytearray], bool] = lambda _: True) -> None:
    until = time.monotonic() + _PATIENCE
    while True:
        scraper = Scraper(url, gzip=False)
        body = bytearray()
        try:
            scraper.scrape(body.extend)
        except ConnectionError:
            if time.monotonic() > until:
                raise
        finally:
            scraper.close()
        if body and arrived(body):
            return
        time.sleep(0.005)
