"""What the exporter tells about itself: fixed names, never stale, valid in both formats."""

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from billing_exporter import __version__
from billing_exporter.collectors.registry import CATALOGUE
from billing_exporter.metrics.catalogue import USAGE_QUANTITY
from billing_exporter.metrics.exposition import Exposition
from billing_exporter.metrics.family import PREFIX
from billing_exporter.metrics.rendering import render
from billing_exporter.metrics.samples import Samples, labels
from billing_exporter.telemetry.api_observer import ApiObserver
from billing_exporter.telemetry.catalogue import OWN
from billing_exporter.telemetry.telemetry import Telemetry
from tools.testkit.components import require
from tools.testkit.scrapes import samples_of

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
POLL = "organization collector"

# What is promised to users: no name and no label of these may change.
PROMISED = {
    "up": POLL,
    "last_success_timestamp_seconds": POLL,
    "last_attempt_timestamp_seconds": POLL,
    "poll_duration_seconds": POLL,
    "polls_total": f"{POLL} outcome",
    "rows_dropped_total": f"{POLL} reason",
    "api_requests_total": "organization endpoint status",
    "api_request_duration_seconds": "organization endpoint",
    "api_retries_total": "organization reason",
    "api_rate_limit_allowed": "organization",
    "api_rate_limit_used": "organization",
    "series": POLL,
    "exporter_build_info": "version python",
    "exporter_shards": "",
    "exporter_shard_index": "",
    "exporter_config_last_reload_successful": "",
    "exporter_config_last_reload_success_timestamp_seconds": "",
}

Event = Callable[[Telemetry], None]

EVENTS: dict[str, Event] = {
    "sharded": lambda it: it.sharded(2, 3),
    "configured": lambda it: it.configured(AT),
    "misconfigured": lambda it: it.misconfigured(),
    "interval": lambda it: it.interval("acme", "usage", 60),
    "listed": lambda it: it.listed("acme", "usage", listed=True),
    "waiting": lambda it: it.waiting("acme", "usage", waiting=True),
    "remaining": lambda it: it.remaining("acme", "usage", 3),
    "attempted": lambda it: it.attempted("acme", "usage", AT),
    "polled": lambda it: it.polled("acme", "usage", "success", 1.5),
    "failed": lambda it: it.polled("acme", "usage", "forbidden", 1.5),
    "shown": lambda it: it.shown(
        "acme", "usage", AT, series=3, left_out=2, labels_cut=1, dropped={"missing": 2}, merged=1
    ),
    "expired": lambda it: it.expired("acme", "usage"),
    "tolerated": lambda it: it.tolerated("acme", "usage", "not_found"),
    "requested": lambda it: ApiObserver(it, "acme").request("get_organizations_me", "200", 0.2),
    "retried": lambda it: ApiObserver(it, "acme").retry("get_organizations_me", "unavailable"),
    "limited": lambda it: ApiObserver(it, "acme").rate_limit(300, 17),
    "odd": lambda it: ApiObserver(it, "acme").unexpected_field(
        "get_organizations_me", "unknown_field", "x"
    ),
    "state_failed": lambda it: it.state_failed("save"),
    "exported": lambda it: it.exported(AT),
    "export_failed": lambda it: it.export_failed("write"),
}


def busy() -> Telemetry:
    """Return telemetry that has seen every event."""
    telemetry = Telemetry(process=False)
    for tell in EVENTS.values():
        tell(telemetry)
    telemetry.follow_overdue(lambda: [(("acme", "usage"), 2.5)])
    return telemetry


def samples(text: str) -> dict[tuple[str, str], float]:
    """Return the exporter's values by name without prefix and by labels."""
    return {
        (
            sample.name.removeprefix(PREFIX),
            " ".join(f"{key}={value}" for key, value in sorted(sample.labels.items())),
        ): sample.value
        for sample in samples_of(text)
    }


def test_what_is_promised_is_there() -> None:
    """Every promised metric has its name and exactly its labels."""
    declared = {own.full_name.removeprefix(PREFIX): set(own.labels) for own in OWN}
    promised = {name: set(text.split()) for name, text in PROMISED.items()}
    assert {name: declared.get(name) for name in promised} == promised


def test_the_names_are_those_in_the_exposition() -> None:
    """What is declared is what is written: name, kind and labels."""
    text = busy().live(openmetrics=False).decode()
    written = {sample.name: set(sample.labels) - {"le"} for sample in samples_of(text)}
    for own in OWN:
        name = own.full_name + ("_count" if own.kind == "histogram" else "")
        assert written[name] == set(own.labels)
    billing = {metric.name for of_collector in CATALOGUE.values() for metric in of_collector}
    assert not billing & {own.full_name for own in OWN}


def test_everything_that_is_told_is_counted() -> None:
    """Each event has its value, with the labels that say where it happened."""
    found = samples(busy().live(openmetrics=False).decode())
    poll = "collector=usage organization=acme"
    expected = {
        ("up", poll): 0,
        ("poll_failure", f"{poll} reason=forbidden"): 1,
        ("polls_total", "collector=usage organization=acme outcome=success"): 1,
        ("polls_total", "collector=usage organization=acme outcome=forbidden"): 1,
        ("poll_duration_seconds", poll): 1.5,
        ("poll_interval_seconds", poll): 60,
        ("collector_listed", poll): 1,
        ("poll_overdue_seconds", poll): 2.5,
        ("last_attempt_timestamp_seconds", poll): AT.timestamp(),
        ("last_success_timestamp_seconds", poll): AT.timestamp(),
        ("series", poll): 0,
        ("series_left_out", poll): 2,
        ("labels_cut", poll): 1,
        ("restored", poll): 0,
        ("waiting", poll): 1,
        ("sweep_remaining", poll): 3,
        ("rows_dropped_total", f"{poll} reason=missing"): 2,
        ("rows_merged_total", poll): 1,
        ("partial_failures_total", f"{poll} reason=not_found"): 1,
        ("api_requests_total", "endpoint=get_organizations_me organization=acme status=200"): 1,
        (
            "api_request_duration_seconds_count",
            "endpoint=get_organizations_me organization=acme",
        ): 1,
        ("api_retries_total", "organization=acme reason=unavailable"): 1,
        (
            "api_oddities_total",
            "endpoint=get_organizations_me kind=unknown_field organization=acme",
        ): 1,
        ("api_rate_limit_allowed", "organization=acme"): 300,
        ("api_rate_limit_used", "organization=acme"): 17,
        ("exporter_config_last_reload_successful", ""): 0,
        ("exporter_config_last_reload_success_timestamp_seconds", ""): AT.timestamp(),
    }
    assert {key: found.get(key) for key in expected} == expected
    (build,) = [labels for name, labels in found if name == "exporter_build_info"]
    assert f"version={__version__}" in build


@pytest.mark.parametrize("openmetrics", [False, True])
def test_no_event_leaves_a_stale_text(*, openmetrics: bool) -> None:
    """The text is kept while nothing happens, and is new as soon as something has."""
    telemetry = Telemetry(process=False)
    events: tuple[Event, ...] = (*EVENTS.values(), lambda it: it.remove("acme", "usage"))
    for event in events:
        before = telemetry.live(openmetrics=openmetrics)
        event(telemetry)
        assert telemetry.live(openmetrics=openmetrics) != before


def test_a_collector_that_is_removed_leaves_nothing() -> None:
    """No series of a collector that is no longer configured stays, and others lose none."""
    telemetry = busy()
    telemetry.polled("acme", "invoices", "success", 1)
    telemetry.polled("zeta", "usage", "success", 1)
    telemetry.remove("acme", "usage")
    telemetry.follow_overdue(tuple)
    found = [text for _, text in samples(telemetry.live(openmetrics=False).decode())]
    assert not [text for text in found if "collector=usage organization=acme" in text]
    assert [text for text in found if "collector=invoices organization=acme" in text]
    assert [text for text in found if "collector=usage organization=zeta" in text]


@pytest.mark.parametrize("process", [False, True])
def test_both_formats_are_valid(*, process: bool) -> None:
    """Billing and live part together are read by the reference parsers; OpenMetrics is closed."""
    telemetry = Telemetry(process=process)
    for tell in EVENTS.values():
        tell(telemetry)
    exposition = Exposition(CATALOGUE)
    reading = Samples()
    reading.require(USAGE_QUANTITY, labels(("charge",), "CX 3"), 7)
    exposition.publish("usage", "acme", {"report": render(reading, "acme")})
    for openmetrics in (False, True):
        live = telemetry.live(openmetrics=openmetrics)
        text = b"".join(exposition.body.pieces(live, gzip=False)).decode()
        assert text.endswith("\n# EOF\n") == openmetrics
        names = {sample.name for sample in samples_of(text, openmetrics=openmetrics)}
        assert {USAGE_QUANTITY.name, f"{PREFIX}polls_total"} <= names
        assert ("process_cpu_seconds_total" in names) == process
        assert not [name for name in names if name.endswith("_created")]


@pytest.mark.component
@pytest.mark.parametrize("name", ["promtool-2", "promtool-3"])
def test_promtool_has_nothing_to_say(name: str) -> None:
    """Names, help texts and kinds of the exporter's own metrics are as promtool wants them."""
    answer = subprocess.run(
        [require(name), "check", "metrics"],
        input=busy().live(openmetrics=False),
        capture_output=True,
        check=False,
    )
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, b"", b"")


_OVERVIEW = "get_billing_trusteebillingoverview_trustor_org_id"


@pytest.mark.parametrize(
    ("operation", "statuses", "granted"),
    [
        ("get_billing_contracts", ("200",), 1),
        ("get_billing_contracts", ("403",), 0),
        ("get_billing_contracts", ("200", "403"), 0),
        ("get_billing_contracts", ("403", "200"), 1),
        ("get_billing_contracts", ("200", "503", "429"), 1),
        ("get_billing_contracts", ("503",), None),
        (_OVERVIEW, ("403", "403"), None),
        (_OVERVIEW, ("403", "403", "end"), 0),
        (_OVERVIEW, ("403", "200", "403", "end"), 1),
        (_OVERVIEW, ("200", "end", "403"), 1),
        (_OVERVIEW, ("200", "end", "403", "end"), 0),
        (_OVERVIEW, ("200", "end", "503", "end"), 1),
        (_OVERVIEW, ("200", "end", "403", "end", "200"), 1),
    ],
)
def test_permissions(operation: str, statuses: tuple[str, ...], granted: int | None) -> None:
    """The last answer tells whether a permission is granted; of customers a whole poll does, for
    one of them alone may have refused.
    """
    telemetry = Telemetry(process=False, per_customer={_OVERVIEW: "trustors"})
    for status in statuses:
        if status == "end":
            telemetry.polled("acme", "trustors", "success", 1)
        else:
            telemetry.requested("acme", operation, status, 0.1)
    text = telemetry.live(openmetrics=False).decode()
    label = f'operation="{operation}",organization="acme"'
    lines = [line for line in text.splitlines() if f"{PREFIX}permission_granted{{" in line]
    expected = f"{PREFIX}permission_granted{{{label}}} {granted}.0"
    assert lines == ([] if granted is None else [expected])
