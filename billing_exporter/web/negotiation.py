"""Content negotiation: pure functions of the request headers.

Whatever stands in the headers, there is an answer: what cannot be read is passed over, and
where nothing fits, the plainest form is served (the text format, not compressed).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from operator import attrgetter


class Format(Enum):
    """A format of the exposition; the value is its content type."""

    TEXT = "text/plain; version=0.0.4; charset=utf-8"
    OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"

    @property
    def content_type(self) -> str:
        """The content type that an answer in this format carries."""
        return self.value


@dataclass(frozen=True)
class _Choice:
    """One element of a header's list: what it names, with which parameters, how welcome."""

    name: str
    parameters: Mapping[str, str]
    quality: float


# A Prometheus server repeats the same headers at every scrape.
@lru_cache(maxsize=16)
def choose_format(accept: str | None) -> Format:
    """Return the format that the ``Accept`` header prefers.

    The range that fits a format most closely decides how welcome it is. Of two formats that
    are equally welcome, the one that is named more closely wins, then the text format.
    """
    choices = tuple(_choices(accept or ""))
    text, openmetrics = (_welcome(form, choices) for form in (Format.TEXT, Format.OPENMETRICS))
    return Format.OPENMETRICS if openmetrics > text else Format.TEXT


@lru_cache(maxsize=16)
def accepts_gzip(accept_encoding: str | None) -> bool:
    """Return whether the ``Accept-Encoding`` header allows gzip and does not prefer it plain."""
    qualities = {choice.name: choice.quality for choice in _choices(accept_encoding or "")}
    others = qualities.get("*", 0.0)
    gzip = qualities.get("gzip", qualities.get("x-gzip", others))
    return gzip > 0 and gzip >= qualities.get("identity", 0.0)


def _welcome(form: Format, choices: tuple[_Choice, ...]) -> tuple[float, int]:
    """Return how welcome a format is: the quality of its closest range, and how close it is."""
    fits = [(closeness, c.quality) for c in choices if (closeness := _closeness(form, c))]
    if not fits:
        return 0.0, 0
    closeness, quality = max(fits)
    return quality, closeness if quality else 0


def _closeness(form: Format, choice: _Choice) -> int:
    """Return 0 where the range does not fit the format, else more the closer it does."""
    offered = _choice(form.content_type)
    kind = offered.name.partition("/")[0]
    if choice.name == "*/*":
        return 1
    if choice.name == f"{kind}/*":
        return 2
    version = choice.parameters.get("version")
    if choice.name != offered.name or version not in (None, offered.parameters["version"]):
        return 0
    return 3 if version is None else 4


def _choices(header: str) -> Iterator[_Choice]:
    """Yield the readable elements of a list; one with a senseless quality is left out."""
    choices = map(_choice, header.split(","))
    return filter(attrgetter("name"), (c for c in choices if 0 <= c.quality <= 1))


def _choice(element: str) -> _Choice:
    """Read ``name; key=value; q=0.5``. A quality that is no number becomes NaN."""
    name, *rest = element.split(";")
    pairs = (parameter.partition("=") for parameter in rest)
    parameters = {key.strip().lower(): value.strip(' \t"') for key, _, value in pairs}
    return _Choice(name.strip().lower(), parameters, _number(parameters.get("q", "1")))


def _number(text: str) -> float:
    """Return the number in the text, or NaN."""
    try:
        return float(text)
    except ValueError:
        return float("nan")
