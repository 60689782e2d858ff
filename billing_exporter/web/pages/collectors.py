"""Collectors and the API's budget on the overview."""

from collections import Counter
from datetime import datetime
from html import escape

from billing_exporter.web import humanize
from billing_exporter.web.pages.html import (
    NOTHING,
    Column,
    empty,
    faint,
    moment,
    name,
    section,
    sentence,
    table,
)
from billing_exporter.web.records import ApiBudget, Collector, CollectorState, Overview

_ATTENTION_FIRST: tuple[CollectorState, ...] = ("failing", "waiting", "restored", "ok")
_COLUMNS = (
    Column("Organization", "name"),
    Column("Collector"),
    Column("State", "wide"),
    Column("Values of"),
    Column("Next poll"),
    Column("Took", "number"),
    Column("Series", "number"),
)


def section_of(one: Overview) -> str:
    """Return the collectors and the budgets."""
    if not one.collectors:
        return section("Collectors", empty("No collector is configured."), key="collectors")
    states = Counter(each.state for each in one.collectors)
    items = "".join(
        f'<li class="{state}"><strong>{states[state]:,}</strong> {state}</li>'
        for state in _ATTENTION_FIRST
        if states[state]
    )
    summary = f'<ul class="summary" aria-label="Collectors by state">{items}</ul>'
    rows = [(each.state, _cells(each, one.now)) for each in one.collectors]
    return "\n".join(
        [
            section(
                "Collectors", f"{summary}\n{table('Collectors', _COLUMNS, rows)}", key="collectors"
            ),
            section("API budget", _budgets(one.api), key="api"),
        ]
    )


def _cells(one: Collector, now: datetime) -> list[str]:
    took = one.duration_seconds
    return [
        name(one.organization),
        escape(one.collector),
        _state(one, now),
        moment(one.last_success, now, "never"),
        _next(one),
        NOTHING if took is None else humanize.duration(took),
        _series(one),
    ]


def _state(one: Collector, now: datetime) -> str:
    """Return the state, and what is known about it."""
    parts = [f'<span class="state {one.state}">{one.state}</span>']
    if one.error:
        parts.append(f'<span class="reason">{sentence(one.error)}</span>')
    if one.state == "restored":
        parts.append(faint("Values from before the restart, until the first poll has ended."))
    if one.action:
        parts.append(faint(one.action))
    if one.state == "failing" and one.last_attempt is not None:
        tried = humanize.since(one.last_attempt, now)
        parts.append(faint(f"{humanize.count(one.failures, 'failure')} in a row, tried {tried}"))
    return " ".join(parts)


def _next(one: Collector) -> str:
    """Return when the next poll is due, or how far the one under way is."""
    if one.polling:
        if one.done is None or not one.total:
            return "polling now"
        share = 100 * one.done // one.total
        return (
            f"polling now {faint(f'{one.done:,} of {one.total:,} read, {share} %')}"
            f'<progress max="{one.total}" value="{one.done}">{share} %</progress>'
        )
    if one.next_poll_seconds is None:
        return faint("not planned")
    return "now" if one.next_poll_seconds < 1 else f"in {humanize.span(one.next_poll_seconds)}"


def _series(one: Collector) -> str:
    """Return the number of series, and what is not among them."""
    notes = [
        f"{one.series_left_out:,} left out" if one.series_left_out else "",
        f"{one.labels_cut:,} with a label cut" if one.labels_cut else "",
        *(f"{rows:,} dropped: {reason}" for reason, rows in sorted(one.rows_dropped.items())),
    ]
    return f"{one.series:,}" + "".join(f" {faint(note)}" for note in notes if note)


def _budgets(found: tuple[ApiBudget, ...]) -> str:
    columns = [
        Column("Organization", "name"),
        Column("Requests a minute", "number"),
        Column("Used in this minute", "number"),
        Column("Requests since the start", "number"),
        Column("Failed", "number"),
        Column("Tried again", "number"),
    ]
    rows = [
        (
            "",
            [
                name(one.organization),
                NOTHING if one.allowed is None else f"{one.allowed:,}",
                NOTHING if one.used is None else f"{one.used:,}",
                f"{one.requests:,}",
                f"{one.failed:,}",
                f"{one.retried:,}",
            ],
        )
        for one in found
    ]
    return table("Requests to the API", columns, rows)
