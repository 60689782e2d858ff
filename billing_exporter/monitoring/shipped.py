"""Files that ship with the package: in a wheel and the image below it, in a checkout beside it."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

_SHIPPED = Path(__file__).parent / "shipped"
_CHECKOUT = Path(__file__).parents[2]

PLACES: Mapping[str, str] = MappingProxyType(
    {"rules": "prometheus/rules", "dashboards": "grafana/dashboards"}
)
"""Each kind of file and where a checkout has it; the build puts copies into `shipped`."""


def files(kind: str) -> dict[str, str]:
    """Return the text of the files of a kind by name.

    Raises:
        FileNotFoundError: they are not where they should be.
    """
    folder = _SHIPPED / kind
    if not folder.is_dir():
        folder = _CHECKOUT / PLACES[kind]
    found = {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("[!.]*.*"))}
    if not found:
        raise FileNotFoundError(f"the installation has no {kind}: {folder} has no file")
    return found
