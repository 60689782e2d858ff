"""Builds the packages: ``python -m tools.release FOLDER [--repository URL] ...``."""

import argparse
from pathlib import Path

from tools.paths import ROOT
from tools.release.build import build
from tools.release.project import project_of


def main() -> None:
    """Build wheel, sdist and chart into a folder."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("folder", type=Path, help="where the packages go")
    for name in ("repository", "registry", "maintainer"):
        parser.add_argument(f"--{name}", default="", help=f"instead of tool.release.{name}")
    arguments = parser.parse_args()
    given = {name: vars(arguments)[name] for name in ("repository", "registry", "maintainer")}
    for path in build(arguments.folder, project_of(ROOT / "pyproject.toml", given)):
        print(path)


if __name__ == "__main__":
    main()
