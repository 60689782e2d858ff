"""Builds wheel, sdist and chart from a copy of the files under version control."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import helm_python

from tools.paths import CHART, ROOT
from tools.release.fill import fill
from tools.release.project import Project

EPOCH = "1577836800"  # 2020-01-01: what a file of the wheel is dated, unless the environment says
_LEFT_OUT = shutil.ignore_patterns(
    ".git",
    ".venv",
    ".cache",
    "__pycache__",
    "*.egg-info",
    "dist",
    "build",
    ".*_cache",
    ".hypothesis",
)


def build(folder: Path, project: Project) -> list[Path]:
    """Build the packages into a folder and return their files.

    Raises:
        CalledProcessError: the build failed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name) / "source"
        copy_source(copy)
        fill(copy, project)
        environment = {"SOURCE_DATE_EPOCH": EPOCH, **os.environ}
        command = [
            sys.executable,
            "-m",
            "build",
            "--no-isolation",
            "--outdir",
            str(folder.absolute()),
        ]
        subprocess.run(
            [*command, str(copy)], check=True, env=environment, stdout=subprocess.DEVNULL
        )
        helm_python.package(str(copy / CHART.relative_to(ROOT)), destination=str(folder))
    return sorted(path for path in folder.iterdir() if path.suffix in {".whl", ".gz", ".tgz"})


def copy_source(target: Path) -> None:
    """Copy the files under version control; without one, all but what builds leave."""
    if not (ROOT / ".git").exists():
        shutil.copytree(ROOT, target, ignore=_LEFT_OUT)
        return
    git = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "--cached", "--others"]
    listed = subprocess.run(
        [*git, "--exclude-standard", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
