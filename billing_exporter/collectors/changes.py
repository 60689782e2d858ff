"""Changes of a sweep's data: what differs between two of its states, so that only that is saved."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import TypeVar

import msgspec

from billing_exporter.collectors.closed_periods import PackedHistory
from billing_exporter.collectors.sweep import TrustorsData
from billing_exporter.collectors.trustor_overview import TrustorData, TrustorState

Value = TypeVar("Value")

_ENTRIES = 500


class Changes(msgspec.Struct, frozen=True, array_like=True):
    """What makes one state of the data the next.

    Attributes:
        states: new or changed ones.
        numbers: the same.
        history: the same.
        nameless: as it is now.
        ended: ids that have no state, no numbers and no history any more, in this order.
    """

    states: dict[str, TrustorState]
    numbers: dict[str, TrustorData]
    history: dict[str, PackedHistory]
    nameless: int
    ended: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]

    def __len__(self) -> int:
        changed = len(self.states) + len(self.numbers) + len(self.history)
        return changed + sum(map(len, self.ended))


def encoded(data: object) -> Iterator[bytes]:
    """Yield data as JSON; that of many customers piece by piece, which takes little memory."""
    if not isinstance(data, TrustorsData):
        yield msgspec.json.encode(data)
        return
    for number, field in enumerate(data.__struct_fields__):
        yield (b"," if number else b"{") + msgspec.json.encode(field) + b":"
        value = getattr(data, field)
        if isinstance(value, dict):
            yield from _encoded(value)
        else:
            yield msgspec.json.encode(value)
    yield b"}"


def _encoded(values: Mapping[str, object]) -> Iterator[bytes]:
    """Yield a JSON object, some hundred entries at a time."""
    entries, separator = iter(values.items()), b"{"
    while some := dict(islice(entries, _ENTRIES)):
        yield separator + msgspec.json.encode(some)[1:-1]
        separator = b","
    yield b"}" if values else b"{}"


def changes_between(before: object, after: object) -> Changes | None:
    """Return the changes; None where the data is not kept customer by customer."""
    if not isinstance(before, TrustorsData) or not isinstance(after, TrustorsData):
        return None
    return Changes(
        _changed(before.states, after.states),
        _changed(before.numbers, after.numbers),
        _changed(before.history, after.history),
        after.nameless,
        (
            _ended(before.states, after.states),
            _ended(before.numbers, after.numbers),
            _ended(before.history, after.history),
        ),
    )


def changed(data: TrustorsData, changes: Changes) -> TrustorsData:
    """Return the data after changes."""
    states, numbers, history = changes.ended
    return TrustorsData(
        _after(data.states, changes.states, states),
        _after(data.numbers, changes.numbers, numbers),
        changes.nameless,
        _after(data.history, changes.history, history),
    )


def _changed(before: Mapping[str, Value], after: Mapping[str, Value]) -> dict[str, Value]:
    return {
        key: value
        for key, value in after.items()
        if (known := before.get(key)) is not value and known != value
    }


def _ended(before: Mapping[str, object], after: Mapping[str, object]) -> tuple[str, ...]:
    return tuple(sorted(before.keys() - after.keys()))


def _after(
    before: Mapping[str, Value], changed: Mapping[str, Value], ended: tuple[str, ...]
) -> dict[str, Value]:
    after = {**before, **changed}
    for key in ended:
        after.pop(key, None)
    return after
