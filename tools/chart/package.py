"""Pack the chart: ``python -m tools.chart.package FOLDER [IMAGE]``.

A chart that is published says where the image is that was published with it, so that it can be
installed without a word about images. The one in the repository cannot know.
"""

import shutil
import sys
import tempfile
from pathlib import Path

import helm_python

from tools.paths import CHART

_UNPUBLISHED = "genesyscloud-billing-exporter"


def package(folder: Path, image: str = "") -> Path:
    """Pack the chart into a folder and return the file.

    Args:
        folder: where it goes.
        image: the image's repository, with its registry; without it the chart is as it is here.

    Raises:
        ValueError: the chart has no place for the repository.
    """
    with tempfile.TemporaryDirectory() as name:
        chart = Path(name) / CHART.name
        shutil.copytree(CHART, chart)
        if image:
            _replace(chart / "values.yaml", f"\n  repository: {_UNPUBLISHED}\n", image)
            _replace(chart / "README.md", f'| `image.repository` | `"{_UNPUBLISHED}"` |', image)
        return Path(helm_python.package(str(chart), destination=str(folder)))


def _replace(path: Path, place: str, image: str) -> None:
    before, found, after = path.read_text().partition(place)
    if not found:
        raise ValueError(f"{path.name} has no {place.strip()}")
    path.write_text(before + place.replace(_UNPUBLISHED, image) + after)


if __name__ == "__main__":
    package(Path(sys.argv[1]), *sys.argv[2:])
