"""The FinOps Foundation's validator of FOCUS, in an environment of its own.

``python -m tools.testkit.focus_validator`` installs it where a Python 3.12 or later is found. It is
large (650 MB) and wants another Python and other libraries than the exporter. ``FOCUS_PYTHON``
names one that is not on the path.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tools.testkit.components import CACHE

FOLDER = CACHE / "focus-validator"
REPORTS = CACHE / "focus-reports"
MODEL = "1.2.0.1"
_REQUIREMENTS = ("focus-validator==2.2.1", "pyarrow<21")  # newer ones want another NumPy
_PYTHONS = ("python3.12", "python3.13", "python3.14", "python3")
_OLDEST = (3, 12)
_FAILED = re.compile(r"^❌ (\S+): FAIL", re.MULTILINE)
MISSING = (
    "focus-validator is missing: it would prove that the FinOps Foundation's own validator "
    "accepts the export; `make focus` installs it where Python 3.12 or later is found"
)


def program() -> Path | None:
    """Return the program, None where it is not installed."""
    found = FOLDER / "bin" / "focus-validator"
    return found if found.is_file() else None


def failures(file: Path) -> set[str]:
    """Judge a file of Cost and Usage 1.2 and return the rules that it fails.

    The whole report is kept in the folder of reports.

    Raises:
        RuntimeError: the validator has not come to its end.
    """
    command = [
        *(str(FOLDER / "bin" / "focus-validator"), "--data-file", str(file)),
        *("--validate-version", MODEL, "--focus-dataset", "CostAndUsage", "--block-download"),
    ]
    # It opens its list of currencies by a relative path.
    (folder,) = FOLDER.glob("lib/python3.*/site-packages")
    answer = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    REPORTS.mkdir(parents=True, exist_ok=True)
    (REPORTS / f"{file.stem}.txt").write_text(answer.stdout + answer.stderr, encoding="utf-8")
    if "Total: " not in answer.stdout:
        raise RuntimeError(f"the validator has failed: {answer.stderr[-2000:]}")
    return set(_FAILED.findall(answer.stdout))


def _python() -> str | None:
    """Return a Python that is new enough, None where there is none."""
    found = [shutil.which(name) for name in (os.environ.get("FOCUS_PYTHON", ""), *_PYTHONS) if name]
    for path in filter(None, found):
        code = f"import sys; sys.exit(sys.version_info < {_OLDEST})"
        if subprocess.run([path, "-c", code], capture_output=True, check=False).returncode == 0:
            return path
    return None


def main() -> None:
    """Install the validator, or say why it is not here."""
    if program() is not None:
        sys.stdout.write(f"focus-validator  {program()}\n")
        return
    python = _python()
    if python is None:
        sys.stdout.write(f"focus-validator  NOT INSTALLED, no Python 3.12 or later: {MISSING}\n")
        return
    subprocess.run([python, "-m", "venv", "--clear", str(FOLDER)], check=True)
    pip = [str(FOLDER / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, "--disable-pip-version-check", *_REQUIREMENTS], check=True)
    sys.stdout.write(f"focus-validator  {program()}\n")


if __name__ == "__main__":
    main()
