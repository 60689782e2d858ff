"""The project's addresses: repository, image registry and maintainer."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

IMAGE = "genesyscloud-billing-exporter"


@dataclass(frozen=True, kw_only=True)
class Project:
    """Where the project is found; each part may be empty.

    Attributes:
        version: the version of the package.
        repository: address of the repository, such as https://git.example.com/team/exporter.
        registry: where the image is published: host and path, such as registry.example.com/team.
        maintainer: name of who maintains it.
    """

    version: str
    repository: str = ""
    registry: str = ""
    maintainer: str = ""

    def __post_init__(self) -> None:
        """Refuse what is no address.

        Raises:
            ValueError: repository or registry is not of the form that packages need.
        """
        if self.repository and not re.fullmatch(r"https://[^\s/]+(?:/[\w.~-]+)+", self.repository):
            raise ValueError(f"repository: expected https://host/path, got {self.repository!r}")
        if self.registry and not re.fullmatch(r"[\w.-]+(?::\d+)?(?:/[\w.-]+)*", self.registry):
            raise ValueError(f"registry: expected host/path, got {self.registry!r}")

    def page(self, path: str) -> str:
        """Return the address of a file of this version, as a page."""
        return f"{self.repository}/blob/v{self.version}/{path}"

    def raw(self, path: str) -> str:
        """Return the address of a file of this version, as it is."""
        return f"{self.repository}/raw/v{self.version}/{path}"

    def image(self) -> tuple[str, str]:
        """Return the image's registry and its repository in it."""
        host, _, path = self.registry.partition("/")
        return host, "/".join(part for part in (path, IMAGE) if part)


def project_of(pyproject: Path, given: Mapping[str, str]) -> Project:
    """Return the setting of ``pyproject.toml``; what is given comes before it."""
    tree = tomllib.loads(pyproject.read_text())
    setting = dict(tree["tool"]["release"])
    init = (pyproject.parent / tree["tool"]["hatch"]["version"]["path"]).read_text()
    (version,) = re.findall(r'^__version__ = "(.+)"$', init, re.MULTILINE)
    filled = {name: text.rstrip("/") for name, text in given.items() if text}
    return Project(version=version, **{**setting, **filled})
