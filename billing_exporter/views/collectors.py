"""Collectors and the API's budget as pages show them."""

from collections import defaultdict
from collections.abc import Iterable

from billing_exporter.polling.poller import Poller
from billing_exporter.polling.state import SUCCESS, State
from billing_exporter.telemetry.catalogue import (
    ALLOWED,
    LABELS_CUT,
    LEFT_OUT,
    REQUESTS,
    RETRIES,
    SERIES,
    USED,
)
from billing_exporter.telemetry.telemetry import Telemetry
from billing_exporter.views.advice import BY_REASON
from billing_exporter.web.records import ApiBudget, Collector, CollectorState

_ATTENTION_FIRST: tuple[CollectorState, ...] = ("failing", "waiting", "restored", "ok")
_STATES: dict[str | None, CollectorState] = {None: "waiting", SUCCESS: "ok"}
# That there is no such period, or no billing, is an answer.
_ANSWERS = frozenset({"200", "404"})


def collectors(pollers: Iterable[Poller], telemetry: Telemetry) -> tuple[Collector, ...]:
    """Return all collectors; those that need attention come first."""
    counts = {own: telemetry.values(own) for own in (SERIES, LEFT_OUT, LABELS_CUT)}
    found = []
    for poller in pollers:
        state, timing = poller.state, poller.timing
        reason = "" if state.outcome in _STATES else str(state.outcome)
        done, total = timing.progress or (None, None)
        series, left_out, cut = (int(by_key.get(poller.key, 0)) for by_key in counts.values())
        found.append(
            Collector(
                organization=poller.target.organization,
                collector=poller.target.collector.name,
                state=_state(state),
                reason=reason,
                error=state.error,
                action=BY_REASON.get(reason, ""),
                failures=state.failures,
                polling=timing.is_polling,
                done=done,
                total=total,
                last_success=state.succeeded,
                last_attempt=state.attempted,
                next_poll_seconds=timing.seconds_to_next(),
                duration_seconds=state.seconds,
                series=series,
                series_left_out=left_out,
                labels_cut=cut,
                rows_dropped=dict(telemetry.dropped(*poller.key)),
            )
        )
    return tuple(sorted(found, key=lambda one: _ATTENTION_FIRST.index(one.state)))


def _state(state: State) -> CollectorState:
    """Return the state as pages call it; values from before a restart are no wait."""
    if state.outcome is None and not state.is_waiting:
        return "restored"
    return _STATES.get(state.outcome, "failing")


def api_budgets(organizations: Iterable[str], telemetry: Telemetry) -> tuple[ApiBudget, ...]:
    """Return the budget of each organization's token."""
    allowed, used = telemetry.values(ALLOWED), telemetry.values(USED)
    requests: defaultdict[str, int] = defaultdict(int)
    failed: defaultdict[str, int] = defaultdict(int)
    retried: defaultdict[str, int] = defaultdict(int)
    for (organization, _, status), count in telemetry.values(REQUESTS).items():
        requests[organization] += int(count)
        if status not in _ANSWERS:
            failed[organization] += int(count)
    for (organization, _), count in telemetry.values(RETRIES).items():
        retried[organization] += int(count)
    return tuple(
        ApiBudget(
            organization=name,
            allowed=None if (name,) not in allowed else int(allowed[name,]),
            used=None if (name,) not in used else int(used[name,]),
            requests=requests[name],
            failed=failed[name],
            retried=retried[name],
        )
        for name in organizations
    )
