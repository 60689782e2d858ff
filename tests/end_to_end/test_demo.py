"""The demo as a newcomer meets it: a command, a page to look at, numbers that move."""

import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from billing_exporter.collectors import configured
from billing_exporter.collectors.durations import Duration
from billing_exporter.collectors.settings import EVERY_COLLECTOR
from billing_exporter.commands.demo import examples, settings_for
from tools.testkit.processes import Program, run, starting, wait_until
from tools.testkit.scrapes import ALL_WELL, Scrape, fetch, wait_until_polled

SUBJECTS = ("usage_quantity", "unpaid_amount", "wallet_balance", "trustor_overage_quantity")


@contextmanager
def demo(*flags: str) -> Iterator[Program]:
    """Run the demo on a free port."""
    address = "--web.listen-address", "127.0.0.1:0"
    said = r"Overview\s+(http://\S+)/\s"
    with starting("demo", *address, *flags, listening=said) as program:
        yield program


def test_first_minute() -> None:
    """It says at once where to look, soon shows a few numbers, and ends cleanly at Ctrl-C."""
    with demo() as program:
        assert f"Metrics       {program.url}/metrics\n" in program.stdout
        assert re.search(r"Simulator +http://127\.0\.0\.1:\d+ ", program.stdout)
        assert fetch(f"{program.url}/").status == 200
        wait_until(lambda: "Ctrl-C ends it." in program.stdout)
        shown = re.findall(
            r"^  genesyscloud_billing_(\w+)\{.+\} (\S+)$", program.stdout, re.MULTILINE
        )
        assert {name for name, _ in shown} >= set(SUBJECTS)
        assert all(float(number) for _, number in shown)
        scrape = Scrape.of(program.url)
        assert scrape.outcomes("demo") == ALL_WELL
        assert all(list(scrape.rows(subject)) for subject in SUBJECTS)
        assert program.end(signal.SIGINT) == 0
        assert program.stderr == ""


def test_days_that_pass() -> None:
    """With another size and a faster clock the numbers move while one watches."""
    with demo("--trustors", "40", "--time-scale", "14400") as program:
        wait_until_polled(program.url)
        first = Scrape.of(program.url)
        assert len(first.values("trustor_status", "trustor", "status")) == 5 * 40
        usage = first.values("usage_quantity", "charge")
        wait_until(lambda: Scrape.of(program.url).values("usage_quantity", "charge") != usage)
        moment = "last_success_timestamp_seconds"
        later = Scrape.of(program.url).value(moment, collector="usage") or 0
        assert later - (first.value(moment, collector="usage") or 0) > 3600
        assert program.end(signal.SIGTERM) == 0


def test_port_in_use() -> None:
    """A port that is taken is one line that names it, with status 1."""
    with demo() as program:
        address = program.url.removeprefix("http://")
        ended = run("demo", "--web.listen-address", address)
        assert ended.returncode == 1
        assert address.rpartition(":")[2] in ended.stderr
        assert ended.stderr.startswith("billing-exporter: ")
        assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("time_scale", "interval"), [(1, "60s"), (1440, "15s"), (1e9, "5s"), (0.001, "60s")]
)
def test_pace(time_scale: float, interval: str) -> None:
    """Six simulated hours lie between polls, but never so few seconds that nobody can follow."""
    organization = settings_for("http://127.0.0.1:1", time_scale=time_scale).organizations[0]
    collectors = list(configured(organization.collectors))
    assert len(collectors) == len(EVERY_COLLECTOR.__struct_fields__)
    assert {settings.interval for _, settings in collectors} == {Duration(interval)}


def test_examples() -> None:
    """Only series with a number other than zero are worth showing, one for each metric."""
    text = (
        "# HELP genesyscloud_billing_wallet_balance x\n"
        'genesyscloud_billing_wallet_balance{wallet="a"} 0\n'
        'genesyscloud_billing_wallet_balance{wallet="b"} 7.5\n'
        'genesyscloud_billing_wallet_balance{wallet="c"} 8\n'
        'genesyscloud_billing_usage_quantity{charge="x"} 0\n'
        "genesyscloud_billing_series 7\n"
    )
    assert list(examples(text)) == ['genesyscloud_billing_wallet_balance{wallet="b"} 7.5']
