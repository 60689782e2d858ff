"""State of the forecasts of one customer or contract: what must survive a restart.

Totals by day, steps and closed periods of each charge and of the amounts, in frozen records that
are kept as compressed MessagePack. Days are ordinals and offsets, because there are many of them.
"""

import zlib
from collections.abc import Mapping
from decimal import Decimal

import msgspec

from billing_exporter.forecasting.forecast import CHECKPOINTS, Kind
from billing_exporter.state_files.store import UnusableStateError

HUNDREDTHS = tuple(int(share * 100) for share in CHECKPOINTS)
_SHARES = dict(zip(HUNDREDTHS, CHECKPOINTS, strict=True))
_MILLIONTH = Decimal("0.000001")

VERSION = 1
_LEVEL = 1
_LARGEST = 64 * 1024 * 1024  # bytes of one state; more is no state of ours


class Kept(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A forecast that was kept when a share of the period had passed.

    Attributes:
        checkpoint: the share at which it is scored, in hundredths.
        elapsed: the share that had passed.
        total: what was forecast.
        lower: its lower bound, if any.
        upper: its upper bound, if any.
    """

    checkpoint: int
    elapsed: Decimal
    total: Decimal
    lower: Decimal | None
    upper: Decimal | None


class Outcome(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """How a kept forecast came out.

    Attributes:
        checkpoint: the share at which it was kept, in hundredths.
        score: its error, extended to a whole period, in millionths.
        error: its error as a share of the outcome, in ten-thousandths and at most 1000 times the
            outcome; None where the outcome is 0.
        inside: whether the outcome was within the band; None without a band.
    """

    checkpoint: int
    score: int
    error: int | None
    inside: bool | None


class Cost(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a charge cost in a closed period.

    Attributes:
        currency: of the amounts.
        fixed: was due whatever was used; None without a price.
        overage: the overage beyond it; None without a price.
        price: of one unit of overage.
        included: quantity that could be used without overage.
    """

    currency: str
    fixed: Decimal | None
    overage: Decimal | None
    price: Decimal | None
    included: Decimal | None


class ClosedPeriod(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One closed period of one series.

    Attributes:
        start: the ordinal of its first day.
        days: its length.
        total: what it came to.
        outcomes: of the forecasts that were kept in it.
        cost: what it cost; None for one that was read before it closed only, and for amounts.
    """

    start: int
    days: int
    total: Decimal
    outcomes: tuple[Outcome, ...] = ()
    cost: Cost | None = None

    def score_at(self, elapsed: Decimal) -> Decimal | None:
        """Return the score of the last checkpoint passed when a share has passed, if any."""
        for one in reversed(self.outcomes):
            share = _SHARES.get(one.checkpoint)
            if share is not None and share <= elapsed:
                return one.score * _MILLIONTH
        return None


class Series(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One charge, or the amount of one currency.

    Attributes:
        kind: how it grows.
        running: the total through each day of the running period, by offset from its start.
        steps: the daily steps before the running period, by ordinal of the day.
        closed: closed periods, oldest first.
        kept: the forecasts kept in the running period.
    """

    kind: Kind
    running: Mapping[int, Decimal] = msgspec.field(default_factory=dict)
    steps: tuple[tuple[int, Decimal], ...] = ()
    closed: tuple[ClosedPeriod, ...] = ()
    kept: tuple[Kept, ...] = ()


class SubjectState(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """All series of one customer or contract.

    Attributes:
        start: the ordinal of the first day of the running period; 0 before the first reading.
        days: its length.
        changed: the ordinal of the newest day on which a total differed from the day before.
        charges: by what identifies them.
        amounts: by currency.
    """

    start: int = 0
    days: int = 0
    changed: int = 0
    charges: Mapping[tuple[str, ...], Series] = msgspec.field(default_factory=dict)
    amounts: Mapping[str, Series] = msgspec.field(default_factory=dict)


class _File(msgspec.Struct, frozen=True, array_like=True):
    version: int
    start: int
    days: int
    changed: int
    charges: tuple[tuple[tuple[str, ...], Series], ...]
    amounts: tuple[tuple[str, Series], ...]


EMPTY = SubjectState()

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_File)


def encode(state: SubjectState) -> bytes:
    """Return the state as bytes; equal states give equal bytes."""
    file = _File(
        VERSION,
        state.start,
        state.days,
        state.changed,
        tuple(sorted(state.charges.items())),
        tuple(sorted(state.amounts.items())),
    )
    return zlib.compress(_encoder.encode(file), _LEVEL)


def decode(content: bytes) -> SubjectState:
    """Return the state that bytes stand for.

    Raises:
        UnusableStateError: they are damaged, or of another version.
    """
    try:
        inflater = zlib.decompressobj()
        plain = inflater.decompress(content, _LARGEST)
        if not inflater.eof:
            raise UnusableStateError
        file = _decoder.decode(plain)
    except (zlib.error, msgspec.MsgspecError, ValueError):
        raise UnusableStateError from None
    if file.version != VERSION:
        raise UnusableStateError
    return SubjectState(file.start, file.days, file.changed, dict(file.charges), dict(file.amounts))
