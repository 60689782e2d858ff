"""Builder of all tables of an export, from what was read of every organization."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Literal

import msgspec

from billing_exporter.collectors.base import label
from billing_exporter.export import (
    closing,
    commitments,
    cost_and_usage,
    estimates,
    invoice_detail,
    statement,
)
from billing_exporter.export.accounts import Terms
from billing_exporter.export.billed import charges_of, repeated
from billing_exporter.export.cost_and_usage import Placed
from billing_exporter.export.source import LeftOut, Source, summed
from billing_exporter.export.spans import Selection, Span, days_of, span
from billing_exporter.export.tables import (
    BILLING_PERIOD,
    COLUMNS,
    CONTRACT_COMMITMENT,
    COST_AND_USAGE,
    COST_AND_USAGE_1_2,
    ESTIMATED,
    INVOICE_DETAIL,
    STATEMENT,
    STATEMENT_COLUMNS,
    Column,
    Table,
    table,
    text_of,
)

FocusVersion = Literal["1.4", "1.2"]
FOCUS_DATASETS = (COST_AND_USAGE, INVOICE_DETAIL, BILLING_PERIOD, CONTRACT_COMMITMENT)
_IDS = {CONTRACT_COMMITMENT: "ContractCommitmentId"}


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be exported.

    Attributes:
        datasets: of FOCUS, or the statement.
        version: of FOCUS.
        selection: which billing periods.
        terms: what the rows need to know.
        closed: periods that an earlier export has called closed.
    """

    datasets: tuple[str, ...]
    selection: Selection
    version: FocusVersion = "1.4"
    terms: Terms = Terms()
    closed: tuple[Span, ...] = ()

    def after(self, closed: tuple[Span, ...]) -> "Wanted":
        """Return the same after an export that has called periods closed."""
        return msgspec.structs.replace(self, closed=closed)

    def of(self, starts: Sequence[date]) -> "Wanted":
        """Return the same for the periods that begin on some days."""
        selection = Selection(self.selection.today, min(starts), max(starts), frozenset(starts))
        return msgspec.structs.replace(self, selection=selection)

    def on(self, today: date) -> "Wanted":
        """Return the same on another day."""
        selection = msgspec.structs.replace(self.selection, today=today)
        return msgspec.structs.replace(self, selection=selection)

    def columns(self, dataset: str) -> tuple[Column, ...]:
        """Return the columns of a dataset, none where it is not exported."""
        if dataset == ESTIMATED:
            return self.columns(COST_AND_USAGE)
        if dataset not in self.datasets:
            return ()
        if dataset == COST_AND_USAGE and self.version == "1.2":
            return COST_AND_USAGE_1_2
        return STATEMENT_COLUMNS if dataset == STATEMENT else COLUMNS[dataset]


class Export(msgspec.Struct, frozen=True):
    """Tables and what is in none of them.

    Attributes:
        tables: by dataset and period.
        left_out: added up by dataset, reason and currency.
        closed: billing periods that are closed for good.
    """

    tables: tuple[Table, ...]
    left_out: tuple[LeftOut, ...]
    closed: tuple[Span, ...] = ()


def export(sources: Sequence[Source], wanted: Wanted) -> Export:
    """Return the tables of an export; neither order nor time of reading changes them."""
    placed: defaultdict[str, list[Placed]] = defaultdict(list)
    left_out: list[LeftOut] = []
    members: list[closing.Period] = []
    for source in _without_repeats(sources, left_out):
        known, missing = _add_rows(placed, source, wanted)
        members += known
        left_out += [*source.left_out, *missing]
    if BILLING_PERIOD in wanted.datasets:
        used = {each.period for of_dataset in placed.values() for each in of_dataset}
        rows = closing.rows_of(members, used, wanted.terms, wanted.closed)
        placed[BILLING_PERIOD] = rows
    tables = [
        _table(dataset, start, rows, wanted)
        for (dataset, start), rows in sorted(_by_period(placed, wanted.selection).items())
    ]
    counted = [each for each in left_out if each.days is None or wanted.selection.has(each.days)]
    closed = {
        each.period
        for each in placed[BILLING_PERIOD]
        if closing.is_closed_row(each.row) and wanted.selection.has(each.period)
    }
    return Export(tuple(tables), tuple(summed(counted)), tuple(sorted({*closed, *wanted.closed})))


def _without_repeats(sources: Iterable[Source], left_out: list[LeftOut]) -> Iterable[Source]:
    """Yield the sources, each invoice with the first organization that has it."""
    seen: set[str] = set()
    for source in sorted(sources, key=lambda each: each.organization):
        again = [each for each in source.invoices if label(each.invoice.id) in seen]
        left_out += [repeated(each) for each in again]
        kept = tuple(each for each in source.invoices if label(each.invoice.id) not in seen)
        seen |= {key for each in kept if (key := label(each.invoice.id))}
        yield msgspec.structs.replace(source, invoices=kept)


def _add_rows(
    placed: dict[str, list[Placed]], source: Source, wanted: Wanted
) -> tuple[list[closing.Period], list[LeftOut]]:
    """Add the rows of one organization; return its billing periods and what is left out."""
    terms, today = wanted.terms, wanted.selection.today
    charges, missing = charges_of(source, terms)
    exported = charges if source.is_first else []
    are_wanted = source.is_first and bool({COST_AND_USAGE, INVOICE_DETAIL} & {*wanted.datasets})
    left_out = missing if are_wanted else []
    known = closing.periods_of(source, charges, today)
    chosen = _selected(source, wanted.selection)
    made: list[tuple[str, tuple[list[Placed], list[LeftOut]]]] = []
    if COST_AND_USAGE in wanted.datasets:
        prices = cost_and_usage.prices_of(source)
        placed[COST_AND_USAGE] += cost_and_usage.rows_of(exported, prices, terms)
        made.append((ESTIMATED, estimates.rows_of(chosen, charges, terms)))
    if INVOICE_DETAIL in wanted.datasets:
        placed[INVOICE_DETAIL] += invoice_detail.rows_of(exported, terms)
    if CONTRACT_COMMITMENT in wanted.datasets:
        made.append((CONTRACT_COMMITMENT, commitments.rows_of(chosen, terms)))
    if STATEMENT in wanted.datasets:
        made.append((STATEMENT, statement.rows_of(chosen, charges, known, terms)))
    for dataset, (rows, more) in made:
        placed[dataset] += rows
        left_out = left_out + more
    return closing.members(source, known), left_out


def _selected(source: Source, selection: Selection) -> Source:
    """Return the source with the billing periods that are exported, or have no dates."""

    def is_wanted(days: Span | None) -> bool:
        return days is None or selection.has(days)

    return msgspec.structs.replace(
        source,
        contract_periods=tuple(
            each
            for each in source.contract_periods
            if is_wanted(span(each.detail.date_start, each.detail.date_end))
        ),
        trustor_periods=tuple(each for each in source.trustor_periods if is_wanted(days_of(each))),
    )


def _by_period(
    placed: dict[str, list[Placed]], selection: Selection
) -> dict[tuple[str, date], list[Placed]]:
    found: defaultdict[tuple[str, date], list[Placed]] = defaultdict(list)
    for dataset, rows in placed.items():
        for each in _distinct(dataset, rows):
            if selection.has(each.period):
                found[dataset, each.period.start].append(each)
    return found


def _distinct(dataset: str, rows: Iterable[Placed]) -> Iterable[Placed]:
    """Yield the rows; ids that must be unique and are not get a number, in a fixed order."""
    name = _IDS.get(dataset)
    if name is None:
        yield from rows
        return
    seen: Counter[str] = Counter()
    for each in sorted(
        rows, key=lambda placed: sorted((k, text_of(v)) for k, v in placed.row.items())
    ):
        key = text_of(each.row[name])
        seen[key] += 1
        again = {name: f"{key}-{seen[key]}"} if seen[key] > 1 else {}
        yield Placed(each.period, {**each.row, **again})


def _table(dataset: str, start: date, placed: Iterable[Placed], wanted: Wanted) -> Table:
    found = list(placed)
    rows = [each.row for each in found]
    if wanted.version == "1.2":
        rows = [cost_and_usage.as_1_2(row, wanted.terms) for row in rows]
    days = Span(start, max(each.period.end for each in found))
    return table(dataset, days, wanted.columns(dataset), rows)
