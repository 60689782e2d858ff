"""Times and amounts as words of a page: pure functions."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal

_UNITS = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


def span(seconds: float) -> str:
    """Return a length of time in its largest whole unit: ``1 minute``, ``2 days``."""
    size, unit = next(((s, u) for s, u in _UNITS if seconds >= s), _UNITS[-1])
    count = int(max(seconds, 0) // size)
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"


def since(moment: datetime, now: datetime) -> str:
    """Return how long ago a moment was; one that is still to come is ``just now``."""
    seconds = (now - moment).total_seconds()
    return "just now" if seconds < 1 else f"{span(seconds)} ago"


def until(moment: datetime, now: datetime) -> str:
    """Return how far off a moment is; one that has passed is ``now``."""
    seconds = (moment - now).total_seconds()
    return "now" if seconds < 1 else f"in {span(seconds)}"


def utc(moment: datetime) -> str:
    """Return an aware moment as people read it, in UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def duration(seconds: float) -> str:
    """Return a measured duration: ``420 ms``, ``12.3 s``, ``4 min 10 s``."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 100:  # noqa: PLR2004 - three digits tell enough
        return f"{seconds:.1f} s"
    return "{} min {} s".format(*divmod(round(seconds), 60))


def count(number: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun: ``1 invoice``, ``1,200 invoices``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


# Currencies whose amounts have another number of decimals than two (ISO 4217).
_WITHOUT_DECIMALS = frozenset(
    {
        "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG",
        "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF",
    }
)  # fmt: skip
_WITH_THREE_DECIMALS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
_EXACT = Context(prec=60)


def amount(value: Decimal, currency: str = "") -> str:
    """Return an amount rounded to the decimals of its currency, thousands separated."""
    decimals = 0 if currency in _WITHOUT_DECIMALS else 3 if currency in _WITH_THREE_DECIMALS else 2
    return fixed(value, decimals)


def places(values: Iterable[Decimal]) -> int:
    """Return the decimals that the values of a column need."""
    exponents = [value.normalize(_EXACT).as_tuple().exponent for value in values if value]
    return max((-one for one in exponents if isinstance(one, int)), default=0)


def fixed(value: Decimal, decimals: int) -> str:
    """Return a number with so many decimals, thousands separated."""
    return f"{_rounded(value, decimals):,f}"


def _rounded(value: Decimal, places: int) -> Decimal:
    rounded = value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN, _EXACT)
    return _EXACT.add(rounded, 0)  # which has no minus before a zero


def days(day: date, today: date) -> str:
    """Return how far off a day is: ``today``, ``in 3 days``, ``2 days ago``."""
    off = (day - today).days
    if not off:
        return "today"
    return f"in {count(off, 'day')}" if off > 0 else f"{count(-off, 'day')} ago"
