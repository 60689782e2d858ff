"""Matching of names by patterns, with an account of which patterns ever matched."""

from collections.abc import Iterable
from fnmatch import fnmatchcase

_MOST_KNOWN = 10_000
_ANYTHING = "*"

Unmatched = frozenset[tuple[int, int, str]]


class Matcher:
    """Tells whether names fit one of some patterns, in whatever case.

    Attributes:
        patterns: as the configuration has them.
        matched: those that have matched something.
    """

    def __init__(self, patterns: tuple[str, ...]) -> None:
        self.patterns = patterns
        self.matched: set[str] = set()
        self._known: dict[tuple[str, ...], bool] = {}

    def fits(self, *names: str) -> bool:
        """Return whether a pattern fits one of the names, which are all of one thing."""
        known = self._known.get(names)
        if known is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            lower = [name.lower() for name in names if name]
            fitting = {
                pattern
                for pattern in self.patterns
                if any(fnmatchcase(name, pattern.lower()) for name in lower)
            }
            self.matched |= fitting
            known = self._known[names] = bool(fitting)
        return known


def unmatched(rules: Iterable[Iterable[Matcher | None]]) -> Unmatched:
    """Return the patterns of some rules that have matched nothing, with their places.

    ``*``, a default, is none of them: it matches whatever there is.
    """
    return frozenset(
        (number, place, pattern)
        for number, matchers in enumerate(rules)
        for place, matcher in enumerate(matchers)
        if matcher is not None
        for pattern in set(matcher.patterns) - matcher.matched - {_ANYTHING}
    )
