"""What the documents say is so: references are fresh, commands, flags, metrics and files exist."""

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from billing_exporter.cli import parser
from billing_exporter.collectors.registry import CATALOGUE
from billing_exporter.commands.metric_docs import metric_reference
from billing_exporter.config import reference
from billing_exporter.config.load import VARIABLES
from billing_exporter.metrics.finance import BILL, PLAN
from billing_exporter.metrics.forecasts import QUALITY
from billing_exporter.telemetry.catalogue import OWN
from tools.paths import ROOT

PAGES = sorted(
    {
        *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")),
        *(ROOT / "docs").rglob("*.md"),
    }
)
_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_CALL = re.compile(r"billing-exporter +([a-z][a-z-]*)((?: +[^\s`|#&]+)*)")
_FLAG = re.compile(r"(?<![\w-])--[a-z][a-z.-]*[a-z]")
_METRIC = re.compile(r"(?<![\w:])genesyscloud_billing_[a-z_]*[a-z](?![\w:*])")
_SUFFIXES = ("_bucket", "_sum", "_count")

pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def commands() -> dict[str, argparse.ArgumentParser]:
    """Return the parser of each command."""
    choices = next(action.choices for action in parser()._actions if action.choices)
    assert isinstance(choices, dict)
    return choices


def flags_of(command: argparse.ArgumentParser) -> set[str]:
    """Return the flags of a command."""
    return {text for action in command._actions for text in action.option_strings}


def anchors(page: Path) -> Iterator[str]:
    """Yield the anchors of a page's headings, as GitHub makes them."""
    for heading in re.findall(r"^#+ +(.+)$", _FENCE.sub("", page.read_text()), re.MULTILINE):
        text = re.sub(r"[^\w\- ]", "", heading.lower())
        yield text.strip().replace(" ", "-")


def test_metric_reference_is_fresh() -> None:
    """docs/metrics.md is what the command says; ``make docs`` makes it so."""
    assert (ROOT / "docs" / "metrics.md").read_text() == metric_reference()


def test_configuration_reference_is_fresh() -> None:
    """docs/configuration.md is what the command says; ``make docs`` makes it so."""
    assert (ROOT / "docs" / "configuration.md").read_text() == reference()


@pages
def test_links(page: Path) -> None:
    """Every link to a file leads to one, and every anchor to a heading of its page."""
    for link in _LINK.findall(_FENCE.sub("", page.read_text())):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{link} leads nowhere"
        if anchor and target.suffix == ".md":
            assert anchor in set(anchors(target)), f"{link} has no such heading"


@pages
def test_calls(page: Path) -> None:
    """Every command that is shown exists, and has the flags that it is shown with."""
    known = commands()
    for name, rest in _CALL.findall(page.read_text()):
        assert name in known, f"billing-exporter {name}"
        flags = set() if name == "api" else set(_FLAG.findall(rest))
        assert flags <= flags_of(known[name]), f"billing-exporter {name}{rest}"


def test_readme_has_every_command() -> None:
    """The README names every command, with no flag that none of them has."""
    text = (ROOT / "README.md").read_text()
    assert _CALL.search(text)
    assert [name for name in commands() if f"`{name}`" not in text] == []
    known = set().union(*map(flags_of, commands().values()))
    assert set(_FLAG.findall(text)) <= known


@pages
def test_make_targets(page: Path) -> None:
    """Every target that is shown exists."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    shown = re.findall(r"(?:`|^ {4}|; )make ([a-z-]+)", page.read_text(), re.MULTILINE)
    assert set(shown) <= targets


@pages
def test_metrics(page: Path) -> None:
    """Every metric that is named in full exists."""
    sections = (*CATALOGUE.values(), QUALITY, BILL, PLAN)
    known = {metric.name for metrics in sections for metric in metrics}
    known |= {own.full_name for own in OWN}
    for name in _METRIC.findall(page.read_text()):
        stem = next((name.removesuffix(end) for end in _SUFFIXES if name.endswith(end)), name)
        assert {name, stem} & known, name


@pages
def test_variables(page: Path) -> None:
    """Every variable of the environment that is named is one that is read."""
    assert set(re.findall(r"GENESYSCLOUD_[A-Z_]*[A-Z]", page.read_text())) <= {*VARIABLES.values()}


def test_table_of_shards() -> None:
    """The times for four shards follow from the text below: each shard reads the whole listing."""
    page = (ROOT / "docs" / "operations.md").read_text()
    rows = re.findall(
        r"^\| ([\d,]+) \| ([\d,]+) \| [\d.]+ min \| ([\d.]+) (s|min) \|$", page, re.MULTILINE
    )
    assert len(rows) == 3
    for customers, requests, time, unit in rows:
        count = int(customers.replace(",", ""))
        listing = int(requests.replace(",", "")) - count
        minutes = (count / 4 + listing) / 300
        assert f"{minutes * 60:.0f}" == time if unit == "s" else f"{minutes:.1f}" == time
