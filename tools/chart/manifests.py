"""Write what the chart renders, for tools that look at manifests.

``python -m tools.chart.manifests FOLDER`` writes one file for each shape of the chart.
"""

import sys
from pathlib import Path

import yaml

from tools.chart.rendering import SHAPES, objects, shape


def main() -> None:
    """Write the files into the folder that the command line names."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name in SHAPES:
        (folder / f"{name}.yaml").write_text(yaml.safe_dump_all(objects(shape(name))))


if __name__ == "__main__":
    main()
