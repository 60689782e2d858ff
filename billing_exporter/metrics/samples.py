"""Samples by metric, with every row accounted for.

For each metric the law holds: values in = samples out + dropped + merged. ``dropped`` counts by
reason, ``merged`` counts the values that were added to (or agreed with) an earlier one.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import (
    Context,
    Decimal,
    DecimalException,
    Inexact,
    InvalidOperation,
    Overflow,
    Subnormal,
)
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple, TypeAlias

from billing_exporter.metrics.family import LONGEST_LABEL, Metric

# Numbers from the API: 28 digits between 1e-30 and 1e30 lie far outside any bill. What is beyond
# cannot be shown: a Prometheus server refuses the whole scrape over one number it cannot hold.
_READABLE = Context(
    prec=28, Emin=-30, Emax=30, traps=[Inexact, InvalidOperation, Overflow, Subnormal]
)
# Sums and products of such numbers fit without rounding.
EXACT = Context(prec=200, traps=[Inexact, InvalidOperation, Overflow])
_ZERO = Decimal(0)

INCOMPLETE = "incomplete"
"""Reason of numbers that are in no sum because another row of it lacks its number."""

_DIGEST = 16  # characters that keep apart what begins alike

_SPECIAL = re.compile('["\\\\\n\ud800-\udfff]')
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n"}


_Key: TypeAlias = "tuple[Metric, str]"  # a series


class Labels(NamedTuple):
    """Label values of a series as the exposition writes them, ready to be used many times.

    Attributes:
        names: of the labels.
        text: names and values.
        cut: whether a value was too long.
    """

    names: tuple[str, ...]
    text: str
    cut: bool


def labels(names: tuple[str, ...], *values: str) -> Labels:
    """Pair label names with values.

    Raises:
        ValueError: there are not as many values as names.
    """
    text = _text(names, values)
    if len(text) <= LONGEST_LABEL:
        return Labels(names, text, cut=False)
    return Labels(names, *_bounded(names, values))


def extended(base: Labels, names: tuple[str, ...], *values: str) -> Labels:
    """Return ``base`` with more labels, the last ones of ``names``.

    Raises:
        ValueError: there are not as many values as names that ``base`` lacks.
    """
    more, cut = names[len(base.names) :], base.cut
    text = _shared_text(more, values)
    if len(text) > LONGEST_LABEL:
        text, too_long = _bounded(more, values)
        cut = cut or too_long
    return Labels(names, f"{base.text},{text}", cut)


def _text(names: tuple[str, ...], values: tuple[str, ...]) -> str:
    pairs = zip(names, values, strict=True)
    return ",".join([f'{name}="{escaped(value)}"' for name, value in pairs])


# What extends labels (charges, units, currencies) is the same for one customer after the other.
_shared_text = lru_cache(maxsize=4096)(_text)


def _bounded(names: tuple[str, ...], values: tuple[str, ...]) -> tuple[str, bool]:
    cut = any(len(value) > LONGEST_LABEL for value in values)
    if cut:
        _shared_text.cache_clear()  # what is too long would stay there
    return _text(names, tuple(map(_shortened, values))), cut


def _shortened(value: str) -> str:
    if len(value) <= LONGEST_LABEL:
        return value
    digest = sha256(value.encode(errors="surrogatepass")).hexdigest()[:_DIGEST]
    return f"{value[: LONGEST_LABEL - _DIGEST - 1]}…{digest}"


def escaped(value: str) -> str:
    """Return the value as it stands between quotes; what is not valid Unicode becomes ``?``."""
    if _SPECIAL.search(value) is None:
        return value
    return _SPECIAL.sub(lambda match: _ESCAPES.get(match[0], "?"), value)


def unix_time(moment: datetime | date | None, *, end_of_day: bool = False) -> Decimal | None:
    """Return a moment as exact seconds since 1970; a date is its first or last second in UTC."""
    if moment is None:
        return None
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time(23, 59, 59) if end_of_day else time(), UTC)
    elif moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    seconds = Decimal(since.days * 86400 + since.seconds)
    return seconds + Decimal(since.microseconds) / 1_000_000 if since.microseconds else seconds


class Samples:
    """Collects the samples of one reading or of a part of it.

    Attributes:
        families: label text to value, by metric. Values are exact.
        dropped: values that gave no sample, by reason: ``missing``, ``not_a_number``,
            ``conflict`` (rows with the same labels and different prices, times or states),
            ``incomplete`` (a sum of which another row lacks its number), and whatever reasons the
            collector counts itself.
        merged: values that were added to an earlier one with the same labels.
        labels_cut: values with a label that was too long.
    """

    def __init__(self) -> None:
        self.families: defaultdict[Metric, dict[str, Decimal]] = defaultdict(dict)
        self.dropped: Counter[str] = Counter()
        self.merged = 0
        self.labels_cut = 0
        self._repeats: Counter[_Key] = Counter()
        self._withdrawn: dict[_Key, str] = {}
        self._totals: set[_Key] = set()

    def __len__(self) -> int:
        return sum(map(len, self.families.values()))

    def add(self, metric: Metric, to: Labels, value: Decimal | int | None) -> None:
        """Add a value that may be absent: absence is not counted, but leaves a sum incomplete."""
        if value is not None:
            self.require(metric, to, value)
        elif metric.additive:
            self._spoil(metric, to.text)

    def require(self, metric: Metric, to: Labels, value: Decimal | int | None) -> None:
        """Add a value that ought to be there: absence is counted.

        Rows with the same labels add up where the metric does. A sum of which a row lacks its
        number, or has one that cannot be read, is not a number: there is no sample of it.
        """
        number = self._number(metric, to, value)
        if number is None:
            return
        family = self.families[metric]
        if to.text in family or self._withdrawn:
            self._add_again(metric, to.text, number)
        else:
            family[to.text] = number

    def add_money(self, metric: Metric, of: Labels, currency: str, amount: Decimal | None) -> None:
        """Add an amount that may be absent; without its currency it says nothing and is counted."""
        if currency:
            self.add(metric, extended(of, metric.labels, currency), amount)
        elif amount is not None:
            self.drop("missing")

    def sum_up(
        self,
        metric: Metric,
        to: Labels,
        value: Decimal | int | None,
        *,
        needed: bool = True,
        whole: bool = True,
    ) -> None:
        """Add a value to a total that many rows make up; merging is not counted.

        Args:
            metric: of the total.
            to: its labels.
            value: of one row.
            needed: whether absence is counted.
            whole: whether a total of which a row lacks its number is left out, and counted once;
                else it is the total of the rows that have one.
        """
        if value is None and not needed:
            self._spoil(metric, to.text)
            return
        number = self._number(metric, to, value, whole=whole)
        if number is None:
            return
        family, key = self.families[metric], (metric, to.text)
        if key not in self._withdrawn:
            family[to.text] = EXACT.add(family.get(to.text, _ZERO), number)
        elif key not in self._totals:
            self.dropped[INCOMPLETE] += 1
            self._totals.add(key)

    def drop(self, reason: str, count: int = 1) -> None:
        """Count rows that give no sample at all."""
        if count:
            self.dropped[reason] += count

    def values(self, metric: Metric) -> Mapping[str, Decimal]:
        """Return the values of one metric by label text."""
        return self.families.get(metric, {})

    def _number(
        self, metric: Metric, to: Labels, value: Decimal | int | None, *, whole: bool = True
    ) -> Decimal | None:
        if to.names is not metric.labels and to.names != metric.labels:
            raise ValueError(f"{metric.name} has the labels {metric.labels}, not {to.names}")
        number = readable(value)
        if number is None:
            self.dropped["missing" if value is None else "not_a_number"] += 1
            if metric.additive and whole:
                self._spoil(metric, to.text)
        elif to.cut:
            self.labels_cut += 1
        return number

    def _spoil(self, metric: Metric, text: str) -> None:
        """Withdraw a sum of which a row lacks its number; what comes later changes nothing."""
        key = metric, text
        if key in self._withdrawn:
            return
        if text in self.values(metric):
            self._withdraw(metric, text, INCOMPLETE)
            self._totals.add(key)
        else:
            self._withdrawn[key] = INCOMPLETE

    def _withdraw(self, metric: Metric, text: str, reason: str) -> None:
        del self.families[metric][text]
        self._withdrawn[metric, text] = reason
        repeats = self._repeats.pop((metric, text), 0)
        self.merged -= repeats
        self.dropped[reason] += repeats + 1

    def _add_again(self, metric: Metric, text: str, number: Decimal) -> None:
        family, key = self.families[metric], (metric, text)
        if key in self._withdrawn:
            self.dropped[self._withdrawn[key]] += 1
        elif text not in family:
            family[text] = number
        elif metric.additive or family[text] == number:
            # Facts that agree can still be 1.5 and 1.50: the order must not decide which is shown.
            merge = EXACT.add if metric.additive else EXACT.max
            family[text] = merge(family[text], number)
            self.merged += 1
            self._repeats[key] += 1
        else:
            self._withdraw(metric, text, "conflict")
            self.dropped["conflict"] += 1


def readable(value: Decimal | int | None) -> Decimal | None:
    """Return the number as a Decimal, or None where it is missing, NaN, infinite or absurd."""
    if value is None:
        return None
    try:
        number = _READABLE.plus(value)
    except DecimalException:
        return None
    return number if number.is_finite() else None
