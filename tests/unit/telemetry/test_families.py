"""Families: the text is byte for byte what prometheus-client writes after the same events."""

from collections.abc import Callable
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics

from billing_exporter.metrics.family import Metric
from billing_exporter.telemetry import families
from billing_exporter.telemetry.catalogue import own
from billing_exporter.telemetry.families import Family

HELP = 'A "help" with \\ and\na second line.'
LABELS = ("organization", "endpoint")
BUCKETS = (0.1, 1, 10)
GAUGE = own("gauge", "some_gauge", LABELS, HELP)
COUNTER = own("counter", "some_counter", LABELS, HELP)
HISTOGRAM = own("histogram", "some_seconds", LABELS, HELP)

values = st.tuples(st.sampled_from(["acme", 'a "b"\\\n']), st.sampled_from(["one", "two", "€"]))
numbers = st.floats(0, 1e12) | st.sampled_from([0, 0.1, 1, 10, 1767225600.5])
events = st.lists(st.tuples(st.sampled_from(["add", "add", "remove", "scrape"]), values, numbers))

Reference = Gauge | Counter | Histogram


def reference_of(metric: Metric, registry: CollectorRegistry) -> Reference:
    """Return prometheus-client's metric of the same kind."""
    disable_created_metrics()  # type: ignore[no-untyped-call]  # the library ships no type
    if metric.kind == "histogram":
        return Histogram(
            metric.name, metric.help, metric.labels, registry=registry, buckets=BUCKETS
        )
    if metric.kind == "gauge":
        return Gauge(metric.name, metric.help, metric.labels, registry=registry)
    return Counter(metric.name, metric.help, metric.labels, registry=registry)


ADD: dict[str, Callable[[object, float], None]] = {
    "gauge": lambda series, number: series.set(number),  # type: ignore[attr-defined]
    "counter": lambda series, number: series.inc(number),  # type: ignore[attr-defined]
    "histogram": lambda series, number: series.observe(number),  # type: ignore[attr-defined]
}


@pytest.mark.parametrize("metric", [GAUGE, COUNTER, HISTOGRAM], ids=lambda metric: metric.kind)
@given(steps=events)
def test_the_text_is_that_of_the_client_library(
    metric: Metric, steps: list[tuple[str, tuple[str, str], float]]
) -> None:
    """Whatever is set, counted, observed and removed between scrapes, both formats agree."""
    registry = CollectorRegistry()
    family, reference = Family(metric, BUCKETS), reference_of(metric, registry)
    for step, labels, number in steps:
        if step == "add":
            ADD[metric.kind](family.labels(*labels), number)
            ADD[metric.kind](reference.labels(*labels), number)
        elif step == "remove":
            family.remove_by_labels({"organization": labels[0]})
            reference.remove_by_labels({"organization": labels[0]})
        else:
            family.text(openmetrics=False)
    assert family.text(openmetrics=False).encode() == generate_latest(registry)
    expected = generate_openmetrics(registry).removesuffix(b"# EOF\n")
    assert family.text(openmetrics=True).encode() == expected


def test_a_scrape_writes_only_what_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many series, one that changed is written again; of none that changed, none."""
    family = Family(HISTOGRAM, BUCKETS)
    for number in range(20):
        family.labels("acme", str(number)).observe(1)
    family.text(openmetrics=False)
    write = mock.Mock(side_effect=families.line)
    monkeypatch.setattr(families, "line", write)
    family.labels("acme", "7").observe(2)
    text = family.text(openmetrics=False)
    assert {call.args[1]["endpoint"] for call in write.call_args_list} == {"7"}
    write.reset_mock()
    assert family.text(openmetrics=False) == text
    assert not write.called


def test_labels_must_fit() -> None:
    """Missing, unknown and too many labels are refused."""
    family = Family(GAUGE)
    for wrong in ({"organization": "acme", "other": "x"}, {"organization": "acme"}):
        with pytest.raises(ValueError, match="some_gauge has the labels"):
            family.labels(**wrong)
    with pytest.raises(ValueError, match="some_gauge has the labels"):
        family.labels("acme")


def test_a_value_that_is_set_again_changes_no_text() -> None:
    """The version grows with each change of the text, and with nothing else."""
    family = Family(GAUGE)
    versions = [family.version]
    for value in (0.0, 0.0, 1.5, 1.5, float("nan"), float("nan")):
        family.labels("acme", "one").set(value)
        family.text(openmetrics=False)
        versions.append(family.version)
    assert versions == [0, 1, 1, 2, 2, 3, 4]


def test_replaced_series_are_those_that_are_given() -> None:
    """What is not given any more is removed, what stays the same is no change."""
    family = Family(GAUGE)
    family.replace({("acme", "one"): 1.0, ("acme", "two"): 2.0})
    family.replace({("acme", "two"): 2.0, ("beta", "one"): 3.0})
    assert family.values() == {("acme", "two"): 2.0, ("beta", "one"): 3.0}
    family.text(openmetrics=False)
    version = family.version
    family.replace({("acme", "two"): 2.0, ("beta", "one"): 3.0})
    assert family.version == version
