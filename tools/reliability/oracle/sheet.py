"""A sheet of rows: what they come to, and how many gave nothing or were merged."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from billing_exporter.collectors.registry import CATALOGUE
from billing_exporter.metrics.family import PREFIX

_DECLARED = {m.name.removeprefix(PREFIX): m for metrics in CATALOGUE.values() for m in metrics}

# The metric's name without its prefix, and the values of its labels beyond ``organization``.
Series = tuple[str, tuple[str, ...]]


@dataclass(frozen=True)
class ExpectedSeries:
    """What a poll ought to show.

    Attributes:
        series: the values, by series as an exposition writes them.
        dropped: how many numbers gave no sample, by reason.
        merged: how many numbers were joined with another of the same labels.
    """

    series: Mapping[str, Decimal]
    dropped: Mapping[str, int]
    merged: int


class Sheet:
    """Takes rows one by one, then tells what a poll ought to show of them."""

    def __init__(self) -> None:
        self._rows: defaultdict[Series, list[Decimal]] = defaultdict(list)
        self._sums: defaultdict[Series, Decimal] = defaultdict(Decimal)
        self._lost: Counter[str] = Counter()
        self._holes: set[Series] = set()

    def put(
        self, metric: str, labels: tuple[str, ...], value: Decimal | None, *, needed: bool = False
    ) -> None:
        """Write a number of a row; one that is needed and absent is counted."""
        if value is None and not needed:
            self.leave_hole(metric, labels)
            return
        found = self._number(value)
        if found is None:
            self.leave_hole(metric, labels)
        else:
            self._rows[metric, labels].append(found)

    def leave_hole(self, metric: str, labels: tuple[str, ...]) -> None:
        """Note that a row says nothing of a sum, in any currency if the labels end before it."""
        self._holes.add((metric, labels))

    def put_money(
        self, metric: str, labels: tuple[str, ...], currency: str, value: Decimal | None
    ) -> None:
        """Write an amount; without a currency it says nothing."""
        if currency:
            self.put(metric, (*labels, currency), value)
        elif value is not None:
            self.lose("missing")

    def add(self, metric: str, labels: tuple[str, ...], value: Decimal | None) -> None:
        """Add to a sum over all rows, in which it is no news that there are several."""
        found = self._number(value)
        if found is None:
            self.leave_hole(metric, labels)
        else:
            self._sums[metric, labels] += found

    def add_known(self, metric: str, labels: tuple[str, ...], value: Decimal | None) -> None:
        """Add to a sum that stands without the rows that have no number."""
        found = self._number(value)
        if found is not None:
            self._sums[metric, labels] += found

    def fill(self, counted: str, summed: str, labels: tuple[str, ...], last: Iterable[str]) -> None:
        """Write zeros where nothing was counted; where something was its amount may be unknown."""
        for name in last:
            if (counted, (*labels, name)) not in self._sums:
                self._sums[counted, (*labels, name)] = Decimal(0)
                self._sums[summed, (*labels, name)] = Decimal(0)

    def lose(self, reason: str) -> None:
        """Count what gives no sample."""
        self._lost[reason] += 1

    def value(self, metric: str, labels: tuple[str, ...]) -> Decimal | None:
        """Return what a series comes to, if there is one."""
        return self._result((metric, labels), self._rows.get((metric, labels), []))

    def reported(self, organization: str) -> ExpectedSeries:
        """Add up, and tell what is shown of an organization."""
        results = {key: self._result(key, values) for key, values in self._rows.items()}
        settled = {key: value for key, value in results.items() if value is not None}
        numbers = sum(map(len, self._rows.values()))
        clashing = sum(len(values) for key, values in self._rows.items() if _clash(key, values))
        partial = sum(len(values) for key, values in self._rows.items() if self._is_partial(key))
        sums = {key: value for key, value in self._sums.items() if not self._is_partial(key)}
        lost = self._lost + Counter(
            conflict=clashing, incomplete=partial + len(self._sums) - len(sums)
        )
        return ExpectedSeries(
            {_written(key, organization): value for key, value in (settled | sums).items()},
            {reason: count for reason, count in lost.items() if count},
            numbers - clashing - partial - len(settled),
        )

    def _result(self, key: Series, values: list[Decimal]) -> Decimal | None:
        if not values or _clash(key, values) or self._is_partial(key):
            return None
        return sum(values, Decimal(0)) if _DECLARED[key[0]].additive else values[0]

    def _is_partial(self, key: Series) -> bool:
        """Return whether a row says nothing of a sum, which then nobody knows."""
        metric, labels = key
        holes = {key, (metric, labels[:-1])}
        return _DECLARED[metric].additive and not holes.isdisjoint(self._holes)

    def _number(self, value: Decimal | None) -> Decimal | None:
        if value is None:
            self.lose("missing")
        elif value.is_nan():
            self.lose("not_a_number")
        else:
            return value
        return None


def _clash(key: Series, values: list[Decimal]) -> bool:
    """Return whether rows of what does not add up say different things."""
    return not _DECLARED[key[0]].additive and len(set(values)) > 1


def _written(series: Series, organization: str) -> str:
    metric = _DECLARED[series[0]]
    pairs = zip(metric.all_labels, (organization, *series[1]), strict=True)
    return f"{metric.name}{{{','.join(f'{name}={_quoted(value)}' for name, value in pairs)}}}"


def _quoted(value: str) -> str:
    for character, written in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n")):
        value = value.replace(character, written)
    return f'"{value}"'
