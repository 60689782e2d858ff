"""Manifest of a folder of exports: its files, what they come to, and what is in none of them."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

import msgspec

from billing_exporter.export.source import LeftOut
from billing_exporter.export.spans import Span
from billing_exporter.export.tables import Table, text_of
from billing_exporter.metrics.samples import EXACT

FORMAT = 1
_SUMMED = ("BilledCost", "EffectiveCost", "ContractCommitmentCost", "amount", "prepaid_amount")
_CURRENCIES = ("BillingCurrency", "currency")


class File(msgspec.Struct, frozen=True, kw_only=True):
    """One file.

    Attributes:
        dataset: what it holds.
        period_start: first day of its billing periods.
        period_end: last day of the longest of them.
        rows: how many.
        revision: 1, and one more each time that its content has changed.
        sha256: digest of the file.
        sums: of its amounts, by currency and column.
    """

    dataset: str
    period_start: date
    period_end: date
    rows: int
    revision: int
    sha256: str
    sums: dict[str, dict[str, str]]

    @property
    def days(self) -> Span:
        """Return the days of its longest billing period."""
        return Span(self.period_start, self.period_end)


class Missing(msgspec.Struct, frozen=True, kw_only=True):
    """What is in no file, added up."""

    dataset: str
    reason: str
    count: int
    currency: str
    amount: str


class Marks(msgspec.Struct, frozen=True, kw_only=True):
    """What `serve` must know of the periods that it writes, to see later whether they changed.

    Attributes:
        settled: as in the manifest.
        unpaid: as in the manifest.
    """

    settled: dict[str, str]
    unpaid: dict[str, dict[str, str]]


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a folder of exports holds.

    Attributes:
        manifest: version of this form.
        exporter: version of the exporter.
        focus: version of FOCUS, None for a statement.
        files: by name.
        left_out: of the last export.
        closed: billing periods that are closed for good, which never open again.
        settled: marks of the settled periods that `serve` has written, by first day (ISO).
        unpaid: payment status as written of the invoices in those periods that were not settled,
            by first day and invoice.
    """

    manifest: int
    exporter: str
    focus: str | None
    files: dict[str, File]
    left_out: tuple[Missing, ...] = ()
    closed: tuple[Span, ...] = ()
    settled: dict[str, str] = {}
    unpaid: dict[str, dict[str, str]] = {}


def decoded(content: bytes) -> Manifest | None:
    """Return a manifest, None where the content is none."""
    try:
        found = msgspec.json.decode(content, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return found if found.manifest == FORMAT else None


def encoded(manifest: Manifest) -> bytes:
    """Return a manifest as JSON that a person can read, with its names in order."""
    plain = msgspec.json.encode(manifest, order="deterministic")
    return msgspec.json.format(plain, indent=2) + b"\n"


def sums_of(table: Table) -> dict[str, dict[str, str]]:
    """Return the sums of a table's amounts by currency and column."""
    found: dict[str, dict[str, Decimal]] = {}
    names = {column.name for column in table.columns}
    of = next((name for name in _CURRENCIES if name in names), None)
    for row in table.rows if of else ():
        currency = text_of(row.get(of or ""))
        for name in _SUMMED:
            amount = row.get(name)
            if currency and isinstance(amount, Decimal):
                sums = found.setdefault(currency, {})
                sums[name] = EXACT.add(sums.get(name, Decimal(0)), amount)
    return {
        currency: {name: text_of(amount) for name, amount in sums.items()}
        for currency, sums in found.items()
    }


def missing_of(left_out: Iterable[LeftOut]) -> tuple[Missing, ...]:
    """Return what was left out as the manifest has it."""
    return tuple(
        Missing(
            dataset=each.dataset,
            reason=each.reason,
            count=each.count,
            currency=each.currency,
            amount=text_of(each.amount) if each.currency else "",
        )
        for each in left_out
    )


def revision_of(name: str, digest: str, before: Mapping[str, File]) -> int:
    """Return the revision of a file with a digest, after what was there."""
    known = before.get(name)
    if known is None:
        return 1
    return known.revision + (known.sha256 != digest)
