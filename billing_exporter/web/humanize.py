"""Times and amounts as words of a page: pure functions."""

from datetime import UTC, datetime

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
