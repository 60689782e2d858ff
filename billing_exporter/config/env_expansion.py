"""`${NAME}` within a value, taken from the environment."""

import re
from collections.abc import Mapping

_REFERENCE = re.compile(r"\$\$\{|\$\{(?:([A-Za-z_][A-Za-z0-9_]*)\})?")


def expand(text: str, environ: Mapping[str, str]) -> str:
    """Return the text with each `${NAME}` replaced; `$${` stands for a literal `${`.

    What a variable holds is not expanded again.

    Raises:
        ValueError: A variable is not set, or `${` is not followed by a name and `}`.
    """

    def value(match: re.Match[str]) -> str:
        if match[0] == "$${":
            return "${"
        name = match[1]
        if name is None:
            raise ValueError("expected `${NAME}`; a literal `${` is written `$${`")
        if name not in environ:
            raise ValueError(f"the environment variable {name} is not set")
        return environ[name]

    return _REFERENCE.sub(value, text)
