"""Lowest versions of the dependencies that pyproject.toml allows, as constraints for pip."""

import re
import tomllib
from collections.abc import Iterable

from tools.paths import ROOT

_BOUND = re.compile(r"([A-Za-z0-9._-]+)>=([0-9.]+)")


def lowest(dependencies: Iterable[str]) -> list[str]:
    """Return a constraint such as `urllib3==2.6.0` for each dependency.

    Raises:
        ValueError: A dependency has no lower bound, or more than that.
    """
    bounds = [(text, _BOUND.fullmatch(text)) for text in dependencies]
    for text, bound in bounds:
        if bound is None:
            raise ValueError(f"{text}: expected NAME>=VERSION")
    return [f"{bound[1]}=={bound[2]}" for _, bound in bounds if bound]


def dependencies() -> list[str]:
    """Return the dependencies of pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return list(project["dependencies"])


if __name__ == "__main__":
    print("\n".join(lowest(dependencies())))
