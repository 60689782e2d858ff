"""Writes the dashboards: ``python -m tools.dashboards``."""

import sys

from tools.dashboards.rendering import files
from tools.paths import DASHBOARDS

FOLDER = DASHBOARDS


def main() -> None:
    """Write every dashboard again."""
    for name, text in files().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
        sys.stdout.write(f"{FOLDER / name}\n")


if __name__ == "__main__":
    main()
