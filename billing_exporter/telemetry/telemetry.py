"""The exporter's metrics about itself: polls, the API's responses and budget, the process."""

import platform
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from types import MappingProxyType

from billing_exporter import __version__
from billing_exporter.metrics.deflated import FAST_LEVEL, Deflated
from billing_exporter.metrics.family import Metric
from billing_exporter.telemetry.catalogue import (
    ABORTED,
    ALLOWED,
    BUILD,
    DROPPED,
    DURATION,
    EXPORT_FAILURES,
    EXPORTED_AT,
    FAILURE,
    GRANTED,
    HANDSHAKES,
    INTERVAL,
    LABELS_CUT,
    LAST_ATTEMPT,
    LAST_SUCCESS,
    LEFT_OUT,
    LISTED,
    MERGED,
    ORGANIZATION,
    OVERDUE,
    OWN,
    PARTIAL,
    POLL,
    POLLS,
    RELOADED,
    RELOADED_AT,
    REMAINING,
    REQUEST_DURATION,
    REQUESTS,
    RESTORED,
    RETRIES,
    SERIES,
    SHARD_INDEX,
    SHARDS,
    STATE_FAILURES,
    UNEXPECTED_FIELDS,
    UP,
    USED,
    WAITING,
)
from billing_exporter.telemetry.families import Family
from billing_exporter.telemetry.process import ProcessMetrics

# Up to the five minutes that one operation may take.
_BUCKETS_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300)
_EOF = "# EOF\n"
_GRANTED = {"200": True, "403": False}


# Counted elsewhere, and read when they are shown.
_FOLLOWED = (ABORTED, HANDSHAKES)


class Telemetry:
    """The exporter's own metrics. Every method may be called from any thread.

    Args:
        process: whether metrics about the process are shown too.
        per_customer: operations that are asked once per customer, and the collector that asks
            each: one refusal says nothing about the permission, the end of a poll does.
    """

    def __init__(
        self, *, process: bool = True, per_customer: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self._lock = threading.Lock()
        self._per_customer = per_customer
        self._grants: dict[tuple[str, str], set[bool]] = {}
        self._gauges = {
            metric: Family(metric)
            for metric in OWN
            if metric.kind == "gauge" and metric is not OVERDUE
        }
        self._counters = {metric: Family(metric) for metric in OWN if metric.kind == "counter"}
        self._durations = Family(REQUEST_DURATION, _BUCKETS_SECONDS)
        self._build = Family(BUILD)
        self._build.labels(version=__version__, python=platform.python_version()).set(1)
        self._followed: dict[Metric, Callable[[], int]] = dict.fromkeys(_FOLLOWED, int)
        self._late = Family(OVERDUE)
        self._overdue: Callable[[], Iterable[tuple[tuple[str, str], float]]] = tuple
        self._process = ProcessMetrics() if process else None
        self._dropped: dict[tuple[str, str], dict[str, int]] = {}
        self._families = (
            *self._gauges.values(),
            *self._counters.values(),
            self._durations,
            self._build,
        )
        # By whether it is OpenMetrics: the versions of the families, and their text.
        nothing: tuple[list[int], Deflated] = [], Deflated.of(b"", FAST_LEVEL)
        self._kept = {False: nothing, True: nothing}
        self.sharded(0, 1)

    def follow(self, metric: Metric, read: Callable[[], int]) -> None:
        """Show a counter that is kept elsewhere; it is read at every scrape."""
        self._followed[metric] = read

    def follow_overdue(self, read: Callable[[], Iterable[tuple[tuple[str, str], float]]]) -> None:
        """Show by how much polls are late, by organization and collector, at every scrape."""
        self._overdue = read

    def sharded(self, index: int, count: int) -> None:
        """Show which one of how many exporters this is."""
        self._gauges[SHARD_INDEX].set(index)
        self._gauges[SHARDS].set(count)

    def configured(self, at: datetime) -> None:
        """Show when the configuration was read."""
        self._gauges[RELOADED].set(1)
        self._gauges[RELOADED_AT].set(at.timestamp())

    def misconfigured(self) -> None:
        """Show that the configuration has an error and the last good one goes on."""
        self._gauges[RELOADED].set(0)

    def interval(self, organization: str, collector: str, seconds: float) -> None:
        """Show how often a collector polls."""
        self._gauges[INTERVAL].labels(organization, collector).set(seconds)

    def listed(self, organization: str, collector: str, *, listed: bool) -> None:
        """Set whether the configuration lists a collector; otherwise it runs by default."""
        self._gauges[LISTED].labels(organization, collector).set(int(listed))

    def waiting(self, organization: str, collector: str, *, waiting: bool) -> None:
        """Set whether a collector has neither had an outcome nor a restored reading."""
        self._gauges[WAITING].labels(organization, collector).set(int(waiting))

    def remaining(self, organization: str, collector: str, count: int) -> None:
        """Set how many things a poll has still to read."""
        self._gauges[REMAINING].labels(organization, collector).set(count)

    def attempted(self, organization: str, collector: str, at: datetime) -> None:
        """Count the beginning of a poll."""
        self._gauges[LAST_ATTEMPT].labels(organization, collector).set(at.timestamp())

    def polled(self, organization: str, collector: str, outcome: str, seconds: float) -> None:
        """Count the end of a poll; ``outcome`` is ``success`` or the reason of the failure."""
        key = {"organization": organization, "collector": collector}
        succeeded = outcome == "success"
        failure = self._gauges[FAILURE]
        with self._lock:
            self._counters[POLLS].labels(**key, outcome=outcome).inc()
            self._gauges[DURATION].labels(**key).set(seconds)
            self._gauges[UP].labels(**key).set(int(succeeded))
            failure.remove_by_labels(key)
            if not succeeded:
                failure.labels(**key, reason=outcome).set(1)
            for operation, owner in self._per_customer.items():
                if owner == collector and self._grants.pop((organization, operation), None) == {
                    False
                }:
                    self._gauges[GRANTED].labels(organization, operation).set(0)

    def shown(
        self,
        organization: str,
        collector: str,
        at: datetime | None,
        *,
        series: int,
        left_out: int,
        labels_cut: int,
        dropped: Mapping[str, int],
        merged: int,
        restored: bool = False,
    ) -> None:
        """Count a reading that was published, after a poll or from before a restart."""
        key = {"organization": organization, "collector": collector}
        if at is not None:
            self._gauges[LAST_SUCCESS].labels(**key).set(at.timestamp())
        self._gauges[RESTORED].labels(**key).set(int(restored))
        self.updated(
            organization, collector, series=series, left_out=left_out, labels_cut=labels_cut
        )
        self._counters[MERGED].labels(**key).inc(merged)
        self._dropped[organization, collector] = dict(dropped)
        for reason, count in dropped.items():
            self._counters[DROPPED].labels(**key, reason=reason).inc(count)

    def updated(
        self, organization: str, collector: str, *, series: int, left_out: int, labels_cut: int
    ) -> None:
        """Set how much is shown, in the middle of a poll or when a part has ended."""
        key = {"organization": organization, "collector": collector}
        self._gauges[SERIES].labels(**key).set(series)
        self._gauges[LEFT_OUT].labels(**key).set(left_out)
        self._gauges[LABELS_CUT].labels(**key).set(labels_cut)

    def state_failed(self, reason: str) -> None:
        """Count a reading on disk that could not be saved or used."""
        self._counters[STATE_FAILURES].labels(reason).inc()

    def exporting(self) -> None:
        """Show that settled periods are exported: failures are counted from 0."""
        for reason in ("read", "write"):
            self._counters[EXPORT_FAILURES].labels(reason).inc(0)

    def exported(self, at: datetime) -> None:
        """Show when all settled periods were in the folder of exports."""
        self._gauges[EXPORTED_AT].labels("focus").set(at.timestamp())

    def export_failed(self, reason: str) -> None:
        """Count an export that could not be read or written."""
        self._counters[EXPORT_FAILURES].labels(reason).inc()

    def values(self, metric: Metric) -> dict[tuple[str, ...], float]:
        """Return the values of a gauge or counter, by its label values."""
        return (self._gauges | self._counters)[metric].values()

    def dropped(self, organization: str, collector: str) -> Mapping[str, int]:
        """Return how many values of the latest reading gave no sample, by reason."""
        return self._dropped.get((organization, collector), {})

    def remove(self, organization: str, collector: str) -> None:
        """Remove the series of a collector that is no longer configured."""
        key = {"organization": organization, "collector": collector}
        self._dropped.pop((organization, collector), None)
        with self._lock:
            for metric, family in (*self._gauges.items(), *self._counters.items()):
                if metric.labels[:2] == POLL:
                    family.remove_by_labels(key)

    def remove_organization(self, organization: str) -> None:
        """Remove the series of an organization that is no longer configured."""
        key = {"organization": organization}
        with self._lock:
            for metric, family in (*self._gauges.items(), *self._counters.items()):
                if metric.labels[:1] == ORGANIZATION:
                    family.remove_by_labels(key)
            self._durations.remove_by_labels(key)
            for operation in self._per_customer:
                self._grants.pop((organization, operation), None)

    def expired(self, organization: str, collector: str) -> None:
        """Show no series of a reading that became too old."""
        self._gauges[SERIES].labels(organization, collector).set(0)

    def tolerated(self, organization: str, collector: str, reason: str) -> None:
        """Count the failure of one thing among many."""
        self._counters[PARTIAL].labels(organization, collector, reason).inc()

    def requested(self, organization: str, endpoint: str, status: str, seconds: float) -> None:
        """Count a request to the API."""
        self._counters[REQUESTS].labels(organization, endpoint, status).inc()
        self._durations.labels(organization, endpoint).observe(seconds)
        if status in _GRANTED:
            self._granted(organization, endpoint, granted=_GRANTED[status])

    def _granted(self, organization: str, operation: str, *, granted: bool) -> None:
        per_customer = operation in self._per_customer
        if per_customer:
            with self._lock:
                self._grants.setdefault((organization, operation), set()).add(granted)
        # One customer's refusal says nothing about the permission: the end of a poll does.
        if granted or not per_customer:
            self._gauges[GRANTED].labels(organization, operation).set(int(granted))

    def retried(self, organization: str, reason: str) -> None:
        """Count a request that is tried again."""
        self._counters[RETRIES].labels(organization, reason).inc()

    def limited(self, organization: str, allowed: int, used: int) -> None:
        """Keep what the API says of a token's budget."""
        self._gauges[ALLOWED].labels(organization).set(allowed)
        self._gauges[USED].labels(organization).set(used)

    def odd(self, organization: str, endpoint: str, kind: str) -> None:
        """Count a field that is not as documented."""
        self._counters[UNEXPECTED_FIELDS].labels(organization, endpoint, kind).inc()

    def live(self, *, openmetrics: bool) -> bytes:
        """Return the metrics as they are now; OpenMetrics ends with its closing line."""
        kept, changing = self.live_parts(openmetrics=openmetrics)
        return kept.text() + changing

    def live_parts(self, *, openmetrics: bool) -> tuple[Deflated, bytes]:
        """Return the same in two parts: what events changed, deflated once, and what time does."""
        for metric, read in self._followed.items():
            self._counters[metric].set(read())
        self._late.replace(dict(self._overdue()))
        kept = self._kept_part(openmetrics=openmetrics)
        process = self._process.text(openmetrics=openmetrics) if self._process else ()
        end = _EOF if openmetrics else ""
        live = (self._late.text(openmetrics=openmetrics), *process, end)
        return kept, "".join(live).encode()

    def _kept_part(self, *, openmetrics: bool) -> Deflated:
        """Return what events changed, as it was before where there were none."""
        # Before the texts: what changes while they are joined is seen the next time.
        versions = [family.version for family in self._families]
        known, kept = self._kept[openmetrics]
        if versions != known:
            text = "".join([family.text(openmetrics=openmetrics) for family in self._families])
            kept = Deflated.of(text.encode(), FAST_LEVEL)
            self._kept[openmetrics] = versions, kept
        return kept
