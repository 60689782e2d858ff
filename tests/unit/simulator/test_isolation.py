"""The simulator stands alone."""

import ast
import sys
from pathlib import Path

import billing_exporter.simulator

FOLDER = Path(billing_exporter.simulator.__file__).parent


def _imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


def test_it_imports_the_standard_library_and_itself_alone() -> None:
    """The simulator imports nothing of the rest of the package, nor of any other."""
    imported = set().union(*map(_imported, FOLDER.glob("*.py")))
    outside = {
        name
        for name in imported
        if not name.startswith("billing_exporter.simulator")
        and name.split(".")[0] not in sys.stdlib_module_names
    }
    assert imported
    assert not outside
