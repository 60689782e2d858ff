"""The house rules that no linter knows: who may import whom, and what no file may hold."""

import ast
import re
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from tools.architecture import PAGE, PRODUCT, TOOLS, page
from tools.paths import ROOT

PACKAGE = ROOT / "billing_exporter"
LONGEST_FILE = 400  # lines

# A pair of brackets in each keeps this file out of its own net.
BANNED = re.compile(
    r"pragma: n[o] cover|\b(TO[D]O|FIX[M]E|XX[X])\b|import_modul[e]\(|__import_[_]\("
)


@cache
def modules() -> dict[str, Path]:
    """Map each module's dotted name within the package to its file."""
    return {_module(path): path for path in sorted(PACKAGE.rglob("*.py"))}


@cache
def _tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text())


def _module(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    if parts[-1] == "__init__":
        parts = parts[:-1]
    return ".".join(parts) or "version"


def _python_files() -> list[Path]:
    folders = (PACKAGE, ROOT / "tests", ROOT / "tools")
    return sorted(path for folder in folders for path in folder.rglob("*.py"))


def imports(file: Path, known: set[str], text: str | None = None) -> list[str]:
    """List the modules of ours that a file imports, wherever the import stands in it."""
    names: list[str] = []
    for node in ast.walk(_tree(file) if text is None else ast.parse(text)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = _base(node, file)
            full = [f"{base}.{alias.name}" for alias in node.names]
            names += [name if _inside(name) in known else base for name in full]
    return [_inside(name) for name in names if name.split(".")[0] == PACKAGE.name]


def _base(node: ast.ImportFrom, file: Path) -> str:
    """Name the module that a ``from`` import reads; leading dots count from the file."""
    if not node.level:
        return node.module or ""
    package = file.relative_to(ROOT).parts[: -node.level]
    return ".".join([*package, *([node.module] if node.module else [])])


def _inside(name: str) -> str:
    """Name a module as the table does: from within the package."""
    return name.removeprefix(PACKAGE.name).removeprefix(".") or "version"


def _covers(prefix: str, module: str) -> bool:
    return prefix in {"*", module} or module.startswith(f"{prefix}.")


def _rule(module: str) -> str | None:
    return max((rule for rule in PRODUCT if _covers(rule, module)), key=len, default=None)


def trespasses(module: str, imported: list[str]) -> list[str]:
    """List the imports that the table does not allow a module."""
    rule = _rule(module)
    if rule is None:
        return imported
    return [
        name for name in imported if not any(_covers(ok, name) for ok in (rule, *PRODUCT[rule]))
    ]


def test_every_module_has_a_rule() -> None:
    """A new module says in the table above what it may know."""
    assert [module for module in modules() if _rule(module) is None] == []


def test_the_table_has_no_circle() -> None:
    """What a module may import never leads back to it, so data flows one way."""
    graph = {rule: {_rule(ok) for ok in oks if ok != "*"} for rule, oks in PRODUCT.items()}
    TopologicalSorter(graph).prepare()


@pytest.mark.parametrize("module", modules())
def test_imports_follow_the_arrows(module: str) -> None:
    """A module imports of ours only what the table allows it."""
    files = modules()
    assert trespasses(module, imports(files[module], set(files))) == []


def test_only_commands_import_app() -> None:
    """Nothing but a command reaches for the place that builds everything."""
    files = modules()
    importers = [name for name, file in files.items() if "app" in imports(file, set(files))]
    assert [name for name in importers if not name.startswith("commands.")] == []


def _tool_imports(file: Path) -> set[str]:
    """List the roots and first folders that a file of tools imports from this repository."""
    found = set()
    for node in ast.walk(_tree(file)):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        found |= {".".join(name.split(".")[:2]) for name in names}
    return found


@pytest.mark.parametrize("tool", sorted(TOOLS))
def test_tools_follow_the_arrows(tool: str) -> None:
    """A tool imports the tools that the table allows it, and never a test."""
    place = ROOT / "tools" / tool
    files = sorted(place.rglob("*.py")) if place.is_dir() else [place.with_suffix(".py")]
    allowed = {f"tools.{name}" for name in (tool, *TOOLS[tool])}
    imported = {name for file in files for name in _tool_imports(file)}
    ours = {name for name in imported if name.split(".")[0] in {"tests", "tools"}}
    assert ours - allowed == set()


def test_every_tool_has_a_rule() -> None:
    """A new tool says in the table what it may know."""
    found = {path.stem for path in (ROOT / "tools").iterdir() if path.suffix in {"", ".py"}}
    assert found - {"__init__", "__pycache__"} == set(TOOLS)


def test_tools_have_no_circle() -> None:
    """No tool is imported by what it imports."""
    TopologicalSorter(TOOLS).prepare()


def test_the_product_knows_no_tool() -> None:
    """The package imports neither tools nor tests."""
    for file in modules().values():
        roots = {name.split(".")[0] for name in _tool_imports(file)}
        assert roots & {"tests", "tools"} == set(), file


def test_the_page_shows_the_rules() -> None:
    """``docs/architecture.md`` holds the table as it is in the code; ``make docs`` writes it."""
    text = PAGE.read_text()
    assert "| `simulator` | nothing |" in text
    assert text == page(text)


def test_few_modules_lie_flat() -> None:
    """At most eight modules lie directly in the package."""
    flat = [path.stem for path in PACKAGE.glob("*.py")]
    assert len(set(flat) - {"__init__", "__main__"}) <= 8


def test_imports_are_found_wherever_they_stand() -> None:
    """Absolute, relative and late imports are all seen, each as the module that holds the name."""
    text = (
        "import billing_exporter.metrics\n"
        "from billing_exporter import __version__, config\n"
        "from .server import WebServer\n"
        "def late():\n"
        "    from ..genesys.regions import hosts\n"
    )
    known = {"metrics", "config", "web.server", "genesys.regions"}
    assert imports(PACKAGE / "web" / "imagined.py", known, text) == [
        "metrics",
        "version",
        "config",
        "web.server",
        "genesys.regions",
    ]


def test_a_forbidden_import_is_noticed() -> None:
    """The table bites: the longest rule decides, itself is allowed, everything else is not."""
    assert trespasses("simulator.world", ["simulator.http", "genesys.records"]) == [
        "genesys.records"
    ]
    assert trespasses("collectors.settings", ["genesys"]) == ["genesys"]
    assert trespasses("collectors.usage", ["genesys.records", "collectors.base"]) == []
    assert trespasses("webhook", ["metrics"]) == ["metrics"]


@pytest.mark.parametrize("path", _python_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_short_and_finished(path: Path) -> None:
    """No file is too long, and none holds a mark of unfinished or excused work."""
    text = path.read_text()
    assert text.count("\n") <= LONGEST_FILE
    assert [match[0] for match in BANNED.finditer(text)] == []


@pytest.mark.parametrize("module", modules())
def test_no_error_is_swallowed_unnamed(module: str) -> None:
    """Every ``except`` names what it catches."""
    nodes = ast.walk(_tree(modules()[module]))
    handlers = [node for node in nodes if isinstance(node, ast.ExceptHandler)]
    assert [node.lineno for node in handlers if node.type is None] == []


@pytest.mark.parametrize(
    "path",
    sorted((ROOT / "tests").rglob("test_*.py")),
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_every_test_states_its_claim(path: Path) -> None:
    """Every test function has a docstring."""
    functions = [
        node
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
    ]
    assert [node.name for node in functions if not ast.get_docstring(node)] == []
