"""The reference of metrics: everything that is declared, in tables that render."""

import re

from billing_exporter.collectors.registry import CATALOGUE
from billing_exporter.commands.metric_docs import metric_reference
from billing_exporter.metrics.finance import BILL, PLAN
from billing_exporter.metrics.forecasts import QUALITY
from billing_exporter.telemetry.catalogue import OWN

ROW = re.compile(r"\| `([a-z_]+)` \| ((?:`[a-z_]+`(?:, )?)*) \| (.+) \|")


def rows() -> dict[str, tuple[str, str]]:
    """Return labels and meaning by metric, as the page has them."""
    matches = (ROW.fullmatch(line) for line in metric_reference().splitlines())
    return {match[1]: (match[2], match[3]) for match in matches if match}


def test_every_metric_has_its_row() -> None:
    """The page names exactly what is declared, billing and exporter alike, each with a meaning."""
    sections = (*CATALOGUE.values(), QUALITY, BILL, PLAN)
    billing = {metric.name for metrics in sections for metric in metrics}
    assert rows().keys() == billing | {own.full_name for own in OWN}


def test_a_row_has_all_labels() -> None:
    """Every billing metric has the label of its organization, and the ones that it declares."""
    found = rows()
    for metric in (one for metrics in (*CATALOGUE.values(), QUALITY, BILL) for one in metrics):
        labels, meaning = found[metric.name]
        assert metric.all_labels[0] == "organization"
        assert labels == ", ".join(f"`{name}`" for name in metric.all_labels)
        assert meaning == metric.help


def test_the_exporters_own_say_their_kind() -> None:
    """Whether a metric of the exporter is a gauge, a counter or a histogram is said."""
    found = rows()
    for own in OWN:
        assert found[own.full_name][1] == f"{own.help} {own.kind.capitalize()}."


def test_every_line_of_a_table_is_a_row() -> None:
    """No text breaks a table: each line has three cells."""
    lines = [line for line in metric_reference().splitlines() if line.startswith("|")]
    headers = ("| metric | labels | meaning |", "|---|---|---|")
    assert [line for line in lines if line not in headers and not ROW.fullmatch(line)] == []


def test_each_collector_has_its_section() -> None:
    """The page has a section for every collector, for what is derived and for the exporter."""
    page = metric_reference()
    assert re.findall("^Collector `(.+)`", page, re.MULTILINE) == list(CATALOGUE)
    assert page.count("\n## ") == len(CATALOGUE) + 4
    assert page.endswith("|\n")
