"""Many at once: scrapes, polls and reloads, and every scrape is of whole readings."""

import gzip
import random
import re
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest

from billing_exporter.app import build
from billing_exporter.collectors.durations import Duration
from billing_exporter.collectors.settings import (
    Collectors,
    ContractsSettings,
    InvoicesSettings,
    TrustorsSettings,
    UsageSettings,
)
from billing_exporter.config import Organization, Settings
from billing_exporter.config.secret import Secret
from billing_exporter.exporter import Exporter
from billing_exporter.metrics.family import PREFIX
from billing_exporter.web.negotiation import Format
from tools.reliability.torn_read_check import ROWS, generating
from tools.testkit.processes import wait_until
from tools.testkit.scrapes import fetch

SECONDS = 2.0  # more of the same, once each reader has seen enough
ENOUGH = 5  # readings of each collector
SWITCH_SECONDS = 1e-5  # between threads; usually five hundred times as long
ALWAYS, SOMETIMES = "always", "sometimes"
# Metrics whose values are the number of their reading, which label tells the parts of a reading
# apart, and how many of each a part has. A sweep publishes one part after the other, each whole.
PLAIN = {
    "usage_quantity": ("usage", "", ROWS),
    "plan_item_price": ("contracts", "contract", ROWS),
    "charge_actual_quantity": ("contracts", "contract", ROWS),
    "invoice_amount": ("invoices", "invoice", 1),
    "invoice_line_amount": ("invoices", "invoice", ROWS),
    "trustor_usage_quantity": ("trustors", "trustor_id", ROWS),
    "trustor_prepaid_quantity": ("trustors", "trustor_id", ROWS),
}
ALL = {collector for collector, _, _ in PLAIN.values()}
LINE = re.compile(rf'^{PREFIX}({"|".join(PLAIN)}){{organization="(\w+)"(.*)}} (\S+)$', re.MULTILINE)


def organization(name: str, url: str, *, most_series: int = 500_000) -> Organization:
    """Return an organization that is polled again and again."""
    return Organization(
        name=name,
        api_url=url,
        client_id="id",
        client_secret=Secret("secret"),
        collectors=Collectors(
            usage=UsageSettings(interval=Duration("5ms")),
            invoices=InvoicesSettings(interval=Duration("5ms"), max_series=most_series),
            contracts=ContractsSettings(interval=Duration("5ms")),
            trustors=TrustorsSettings(interval=Duration("5ms"), concurrency=2),
        ),
    )


class Reader:
    """Reads what is scraped: whole readings, none of them older than the one before."""

    def __init__(self) -> None:
        self.scrapes = 0
        self.generations: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
        self.faults: list[str] = []
        self._newest: dict[tuple[str, str, str], int] = {}

    def read(self, text: str) -> None:
        """Look for a torn reading, or one that is older than what was shown before."""
        self.scrapes += 1
        found: defaultdict[tuple[str, str, str], Counter[tuple[str, int]]] = defaultdict(Counter)
        for metric, name, labels, value in LINE.findall(text):
            collector, label, _ = PLAIN[metric]
            part = re.search(rf',{label}="([^"]*)"', labels) if label else None
            key = name, collector, part[1] if part else ""
            found[key][metric, int(float(value))] += 1
        for key, counts in found.items():
            numbers = {number for _, number in counts}
            expected = {metric: size for metric, (of, _, size) in PLAIN.items() if of == key[1]}
            if (
                len(numbers) > 1
                or {metric: size for (metric, _), size in counts.items()} != expected
            ):
                self.faults.append(f"{key} is torn: {counts}")
            self.generations[key[:2]] |= numbers
            newest = max(numbers)
            if newest < self._newest.get(key, 0):
                self.faults.append(f"{key} went back from {self._newest[key]} to {newest}")
            self._newest[key] = newest


@contextmanager
def switching_often() -> Iterator[None]:
    """Have the interpreter go from thread to thread at nearly every step."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


@contextmanager
def at_once(*works: Callable[[], object]) -> Iterator[list[BaseException]]:
    """Do each work again and again in a thread of its own; give what they raised."""
    ended, raised = threading.Event(), []

    def repeat(work: Callable[[], object]) -> None:
        try:
            while not ended.is_set():
                work()
        except BaseException as error:  # noqa: BLE001 - whatever it is, the test tells it
            raised.append(error)

    threads = [threading.Thread(target=repeat, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    try:
        yield raised
    finally:
        ended.set()
        for thread in threads:
            thread.join()


@pytest.fixture
def url() -> Iterator[str]:
    """A service whose numbers tell which reading they are of."""
    with generating() as it:
        yield it


def test_no_scrape_is_torn(url: str) -> None:
    """While readings are published, organizations come and go and settings change, each scrape,
    packed or plain, shows whole readings of each collector, and none after a newer one.
    """
    chance = random.Random(1)  # noqa: S311 - no secret
    settings = Settings(organizations=(organization(ALWAYS, url), organization(SOMETIMES, url)))
    app = build(settings, address="127.0.0.1:0")
    exporter, server = app.exporter, app.server
    readers = [Reader() for _ in range(4)]

    def plain(reader: Reader) -> None:
        reader.read(b"".join(exporter.scrape(Format.TEXT, gzip=False)).decode())

    def packed(reader: Reader) -> None:
        reader.read(gzip.decompress(b"".join(exporter.scrape(Format.TEXT, gzip=True))).decode())

    def over_http(reader: Reader) -> None:
        reader.read(fetch(f"{server.url}/metrics", Accept_Encoding="gzip").text)

    def reload() -> None:
        others = [organization(SOMETIMES, url)] * chance.randrange(2)
        first = organization(ALWAYS, url, most_series=chance.choice([1000, 5000]))
        exporter.change(Settings(organizations=(first, *others)))
        time.sleep(0.05)

    with switching_often(), ExitStack() as stack:
        stack.callback(exporter.stop)
        server.start()
        stack.callback(server.stop)
        exporter.start(spread=0.01)
        works = [
            lambda: plain(readers[0]),
            lambda: packed(readers[1]),
            lambda: over_http(readers[2]),
            lambda: over_http(readers[3]),
            reload,
        ]

        def seen_enough() -> bool:
            each = [
                reader.generations[ALWAYS, collector] for reader in readers for collector in ALL
            ]
            return bool(raised) or min(map(len, each)) > ENOUGH

        with at_once(*works) as raised:
            wait_until(seen_enough, seconds=120)
            time.sleep(SECONDS)
    assert raised == []
    assert [fault for reader in readers for fault in reader.faults] == []


def test_who_leaves_is_gone(url: str) -> None:
    """An organization that a reload removes in the middle of its polls leaves no series behind,
    neither of its billing nor of its polls, however often it comes and goes.
    """
    both = Settings(organizations=(organization(ALWAYS, url), organization(SOMETIMES, url)))
    one = Settings(organizations=both.organizations[:1])
    exporter = Exporter(both, process_metrics=False)
    threads = threading.active_count()

    def text() -> str:
        return b"".join(exporter.scrape(Format.TEXT, gzip=False)).decode()

    with switching_often(), ExitStack() as stack:
        stack.callback(exporter.stop)
        exporter.start(spread=0.001)
        for number in range(15):
            exporter.change(both)
            time.sleep(0.01 * (number % 4))
            exporter.change(one)
            time.sleep(0.02)
            assert SOMETIMES not in text()
        wait_until(lambda: ALWAYS in text())
    wait_until(lambda: threading.active_count() <= threads)
