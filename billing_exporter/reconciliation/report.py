"""Report of a reconciliation: table for people, CSV and JSON for programs."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Context, Decimal, InvalidOperation
from types import MappingProxyType

import msgspec

from billing_exporter.reconciliation.invoices import Unbalanced
from billing_exporter.reconciliation.records import Comparison, Reconciliation, State, Subject
from billing_exporter.reconciliation.summary import left_out_amounts, pending_amounts
from billing_exporter.reconciliation.tolerance import subunit

_COLUMNS = (
    *("organization", "subject", "state", "name", "charge", "sku", "period_start", "period_end"),
    *("currency", "used_quantity", "invoiced_quantity", "used_amount", "invoiced_amount"),
    *("credited_amount", "by_quantity", "by_price", "remark"),
)
_SHOWN = (
    *("subject", "state", "name", "charge", "sku", "period_start", "currency"),
    *("used_quantity", "invoiced_quantity", "used_amount", "invoiced_amount", "credited_amount"),
    "remark",
)
_QUANTITIES = frozenset({"used_quantity", "invoiced_quantity"})
_AMOUNTS = frozenset({"used_amount", "invoiced_amount", "credited_amount"})
_STATES: Mapping[State, str] = MappingProxyType(
    {
        "only_invoiced": "billed, and nothing was used beyond what is prepaid",
        "only_used": "used beyond what is prepaid, and not billed",
        "pending": "its invoice may still come",
    }
)
_WIDE = Context(prec=60)
_SAME_MONEY = "  contracts and customers state the same money: do not add them up"
_WRONG = frozenset({"difference", "only_invoiced", "only_used"})


class Report(msgspec.Struct, frozen=True):
    """What was found in one organization.

    Attributes:
        organization: its name in the configuration.
        reconciliations: one for each subject that could be read.
        invoices: how many were read.
        unbalanced: those whose lines do not add up.
        not_read: what could not be read, in words.
    """

    organization: str
    reconciliations: tuple[Reconciliation, ...]
    invoices: int
    unbalanced: tuple[Unbalanced, ...]
    not_read: tuple[str, ...]

    @property
    def is_clean(self) -> bool:
        """Return whether everything was read and nothing differs."""
        states = {each.state for found in self.reconciliations for each in found.comparisons}
        return not (states & _WRONG or self.not_read or self.unbalanced)


def _rows(results: Iterable[Report], shows_all: bool) -> list[dict[str, str]]:
    return [
        _row(result.organization, subject, each)
        for result in results
        for subject, each in _listed(result, shows_all)
    ]


def _listed(result: Report, shows_all: bool) -> Iterator[tuple[Subject, Comparison]]:
    """Yield what is shown, the largest difference of each currency first."""
    for found in result.reconciliations:
        for each in sorted(found.comparisons, key=_order):
            if shows_all or each.state in _WRONG or each.remark or _has_price_effect(each):
                yield found.subject, each


def _has_price_effect(each: Comparison) -> bool:
    return each.state == "matched" and abs(each.by_price) >= 1


def _order(each: Comparison) -> tuple[str, bool, Decimal, tuple[str, ...], str]:
    return each.currency, each.state == "matched", -abs(each.difference), each.of, each.sku


def _row(organization: str, subject: Subject, each: Comparison) -> dict[str, str]:
    return {
        "organization": organization,
        "subject": subject,
        "state": each.state,
        "name": ", ".join(each.of),
        "charge": each.charge,
        "sku": each.sku,
        "period_start": str(each.start),
        "period_end": str(each.end),
        "currency": each.currency,
        "used_quantity": _number(each.used_quantity),
        "invoiced_quantity": _number(each.invoiced_quantity),
        "used_amount": _number(each.used_amount),
        "invoiced_amount": _number(each.invoiced_amount),
        "credited_amount": _number(each.credited_amount),
        "by_quantity": _number(each.by_quantity),
        "by_price": _number(each.by_price),
        "remark": each.remark,
    }


def _for_people(each: Comparison, row: Mapping[str, str]) -> tuple[str, ...]:
    """Return the cells of a row in the table: whole cents, and what the state means."""
    cells = {**row, "remark": ", ".join(_meaning(each))}
    for name in _QUANTITIES | _AMOUNTS:
        if row[name]:
            number = Decimal(row[name])
            cells[name] = _amount(number, each.currency) if name in _AMOUNTS else _plain(number)
    return tuple(cells[name] for name in _SHOWN)


def _meaning(each: Comparison) -> Iterator[str]:
    """Yield what a person should know of a comparison."""
    if each.state in _STATES:
        yield _STATES[each.state]
    if each.state == "difference" or _has_price_effect(each):
        for amount, cause in ((each.by_quantity, "quantity"), (each.by_price, "price")):
            if abs(amount) >= subunit(each.currency):
                sign = "+" if amount > 0 else ""
                yield f"{sign}{_amount(amount, each.currency)} by {cause}"
    if each.remark:
        yield each.remark


def _amount(amount: Decimal, currency: str) -> str:
    """Write an amount in whole units of the currency's smallest."""
    return f"{amount.quantize(subunit(currency), context=_WIDE):f}"


def _plain(number: Decimal) -> str:
    """Write a number without zeros at its end."""
    return f"{number.normalize(_WIDE):f}"


def _number(number: Decimal | None) -> str:
    return "" if number is None else f"{number:f}"


def _table(results: Sequence[Report], shows_all: bool) -> str:
    lines = []
    for result in results:
        lines.append(f"{result.organization}: {result.invoices} invoices read")
        lines += map(_count_line, result.reconciliations)
        if sum(bool(found.comparisons) for found in result.reconciliations) > 1:
            lines.append(_SAME_MONEY)
        shown = [
            _for_people(each, _row(result.organization, subject, each))
            for subject, each in _listed(result, shows_all)
        ]
        lines += _columns([_SHOWN, *shown])
        for found in result.unbalanced:
            invoice = found.invoice
            lines.append(
                f"  invoice {invoice.id}: {invoice.amount} {invoice.currency},"
                f" its lines come to {found.lines_amount}"
            )
        for found_ in result.reconciliations:
            lines += _amount_lines(found_)
    return "\n".join(lines) + "\n"


def _count_line(found: Reconciliation) -> str:
    counts: dict[str, int] = {}
    for each in found.comparisons:
        counts[each.state] = counts.get(each.state, 0) + 1
    said = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
    return f"  {found.subject}: {said or 'nothing to compare'}"


def _amount_lines(found: Reconciliation) -> list[str]:
    lines = [
        f"  {found.subject}: used and not yet invoiced {_amount(amount, currency)} {currency}"
        for currency, amount in sorted(pending_amounts(found).items())
    ]
    return lines + [
        f"  {found.subject}: not compared ({reason}) {_amount(amount, currency)} {currency}"
        for (currency, reason), amount in sorted(left_out_amounts(found).items())
    ]


def _columns(rows: Sequence[tuple[str, ...]]) -> list[str]:
    if len(rows) == 1:
        return []
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  "
        + "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _csv(results: Sequence[Report], shows_all: bool) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(
        {name: _harmless(value) for name, value in row.items()} for row in _rows(results, shows_all)
    )
    return text.getvalue()


def _harmless(text: str) -> str:
    """Keep a spreadsheet from taking a name for a formula; negative numbers stay numbers."""
    is_formula = text[:1] in {"=", "+", "@", "\t", "\r"} or (
        text[:1] == "-" and not _is_number(text)
    )
    return f"'{text}" if is_formula else text


def _is_number(text: str) -> bool:
    try:
        Decimal(text)
    except InvalidOperation:
        return False
    return True


def _json(results: Sequence[Report], shows_all: bool) -> str:
    found = [
        {
            "organization": result.organization,
            "comparisons": _rows([result], shows_all),
            "pending": [
                {"subject": each.subject, "currency": currency, "amount": f"{amount:f}"}
                for each in result.reconciliations
                for currency, amount in sorted(pending_amounts(each).items())
            ],
            "left_out": [
                {
                    "subject": each.subject,
                    "currency": currency,
                    "reason": reason,
                    "amount": f"{amount:f}",
                }
                for each in result.reconciliations
                for (currency, reason), amount in sorted(left_out_amounts(each).items())
            ],
            "unbalanced_invoices": [
                {
                    "invoice": each.invoice.id,
                    "currency": each.invoice.currency,
                    "amount": _number(each.invoice.amount),
                    "lines_amount": _number(each.lines_amount),
                }
                for each in result.unbalanced
            ],
            "not_read": list(result.not_read),
        }
        for result in results
    ]
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


Format = Callable[[Sequence[Report], bool], str]
FORMATS: Mapping[str, Format] = MappingProxyType({"table": _table, "csv": _csv, "json": _json})
