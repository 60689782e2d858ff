"""The last line of defence: known secrets, tokens, people and queries are masked in any text."""

import re
from urllib.parse import quote

_MASK = "<redacted>"

# Shorter ones would mask parts of common words and hide what a line says.
_SHORTEST = 6

# A character of an e-mail address, also of one that is written into a URL.
_WORD = r"[^\s@%<>\"'(),;:=/\[\]]"

# Every repetition is bounded or starts at a fixed character, so that long text costs little.
_PATTERNS = (
    (re.compile(r"\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE), rf"\1 {_MASK}"),
    (re.compile(r"://[^/\s@]{1,200}@"), f"://{_MASK}@"),
    (re.compile(r"(https?://[^\s?#\"'<>]{1,2000})[?#][^\s\"'<>]+"), rf"\1?{_MASK}"),
    (re.compile(r"\?[^\s=?\"'<>]{1,200}=[^\s\"'<>]*"), f"?{_MASK}"),
    (re.compile(rf"(?:{_WORD}|%(?!40)){{1,64}}(?:@|%40){_WORD}{{1,255}}\.\w{{1,63}}"), _MASK),
)


class Redactor:
    """Knows the secrets of this process and masks them."""

    def __init__(self) -> None:
        """Start without secrets; tokens, e-mail addresses and queries are masked in any case."""
        self._secrets: tuple[str, ...] = ()

    def redact(self, secret: str) -> None:
        """Mask this text from now on, plain and as in a URL; below six characters it stays."""
        if len(secret) >= _SHORTEST:
            known = {*self._secrets, secret, quote(secret, safe="")}
            # Longest first: one secret may contain another.
            self._secrets = tuple(sorted(known, key=len, reverse=True))

    def clean(self, text: str) -> str:
        """Return the text without known secrets, tokens, e-mail addresses and queries."""
        for secret in self._secrets:
            text = text.replace(secret, _MASK)
        for pattern, mask in _PATTERNS:
            text = pattern.sub(mask, text)
        return text
