"""Writes the dashboards: ``python -m grafana``."""

import sys
from pathlib import Path

from grafana.rendering import files

FOLDER = Path(__file__).parent / "dashboards"


def main() -> None:
    """Write every dashboard anew."""
    for name, text in files().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
        sys.stdout.write(f"{FOLDER / name}\n")


if __name__ == "__main__":
    main()
