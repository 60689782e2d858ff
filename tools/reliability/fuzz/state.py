"""Files in the state directory, whatever somebody or something has made of them."""

import hashlib
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import strategies as st

from billing_exporter.collectors import configured
from billing_exporter.collectors.registry import CATALOGUE
from billing_exporter.metrics.exposition import Exposition
from billing_exporter.polling.poller import Poller
from billing_exporter.polling.reading_files import FORMAT
from billing_exporter.polling.reading_store import StateDirectory, origin_of
from billing_exporter.polling.target import Target as PollTarget
from billing_exporter.telemetry.telemetry import Telemetry
from tools.reliability.fuzz.harness import Target
from tools.reliability.in_process_exporter import EVERYTHING
from tools.testkit.json_strategies import any_json
from tools.testkit.recorded_api import billing_api
from tools.testkit.scrapes import Scrape

_NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
_DISK_SECONDS = 10.0
_ORIGIN = origin_of("acme")
_PAIRS = {collector.name: (collector, settings) for collector, settings in configured(EVERYTHING)}
_REASONS = {"damaged", "format", "configuration", "read"}


def _sealed(header: Any, body: bytes, name: str) -> tuple[str, bytes]:
    """Return a file whose checksum is right, whatever it holds."""
    reported = msgspec.json.encode(header) + b"\n" + body
    return name, hashlib.sha256(reported).hexdigest().encode() + b"\n" + reported


_HEADERS = st.fixed_dictionaries(
    {
        "format": st.just(FORMAT) | st.integers(),
        "organization": st.just("acme"),
        "collector": st.sampled_from(sorted(_PAIRS)),
        "origin": st.just(_ORIGIN),
        "at": st.datetimes().map(lambda at: f"{at.isoformat()}Z")
        | st.sampled_from(["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "now", ""]),
    }
)
_KINDS = [collector.data for collector, _ in _PAIRS.values()]


def _bodies(name: str) -> st.SearchStrategy[bytes]:
    collector, _ = _PAIRS[name]
    random = any_json(_KINDS).map(msgspec.json.encode)
    return st.one_of(well_formed_data(collector.data), random, st.binary(max_size=60))


def well_formed_data(kind: Any) -> st.SearchStrategy[bytes]:
    """Return what a collector could have saved, now and then with another number in it."""
    return st.builds(_respelt, _data(kind), st.sampled_from(["1", "NaN", "-Infinity", "1e999", ""]))


def _data(kind: Any) -> st.SearchStrategy[Any]:
    return st.from_type(kind)


def _made(default: Any) -> Any:
    """Return what a default's factory makes: hypothesis hands on the factory itself."""
    return default.factory()


def _respelt(data: Any, number: str) -> bytes:
    encoded = msgspec.json.encode(data, enc_hook=_made)
    return encoded.replace(b'"0"', b'"%s"' % number.encode())


def _restore(given: tuple[str, bytes]) -> None:
    name, content = given
    failures: list[str] = []
    telemetry, exposition = Telemetry(process=False), Exposition(CATALOGUE)
    collector, settings = _PAIRS[name]
    with tempfile.TemporaryDirectory() as folder:
        directory = StateDirectory(Path(folder), failures.append)
        directory._file("acme", name).write_bytes(content)  # noqa: SLF001 - where it looks
        poller = Poller(
            PollTarget("acme", collector, settings, billing_api(), listed=True),
            exposition,
            telemetry,
            now=lambda: _NOW,
            keep=directory.keeper(_ORIGIN),
        )
        poller.restore()
        assert poller.due_in() <= 6 * 3600
        assert directory.flush(_DISK_SECONDS)  # a start keeps what it rendered
    assert set(failures) <= _REASONS
    Scrape(b"".join(exposition.body.pieces(telemetry.live(openmetrics=False), gzip=False)).decode())


_SEALED = st.sampled_from(sorted(_PAIRS)).flatmap(
    lambda name: st.builds(_sealed, _HEADERS, _bodies(name), st.just(name))
)
_DAMAGED = st.tuples(_SEALED, st.integers(0, 500), st.binary(max_size=3)).map(
    lambda parts: (parts[0][0], parts[0][1][: parts[1]] + parts[2] + parts[0][1][parts[1] :])
)
STATE = Target(
    name="files in the state directory",
    inputs=st.one_of(
        _SEALED, _SEALED, _DAMAGED, st.tuples(st.sampled_from(sorted(_PAIRS)), st.binary())
    ),
    check=_restore,
    holds="a reading or nothing, no crash, and an exposition that can be read",
    share=2,
)
