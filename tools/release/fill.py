"""Fills the project's addresses into a copy of the source: metadata, chart, links."""

import json
import posixpath
import re
from pathlib import Path

import yaml

from tools.release.project import IMAGE, Project

_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")
_KINDS = {"Added": "added", "Changed": "changed", "Fixed": "fixed", "Removed": "removed"}
_CHART = "helm/billing-exporter"


def fill(root: Path, project: Project) -> None:
    """Fill the addresses into the files of a copy of the source."""
    _pyproject(root / "pyproject.toml", project)
    for path in ("README.md", f"{_CHART}/README.md"):
        page = root / path
        page.write_text(links(page.read_text(), posixpath.dirname(path), project))
    _chart(root, project)


def links(text: str, folder: str, project: Project) -> str:
    """Return a page whose links to files of the repository work anywhere.

    Without a repository a link becomes its text: one that leads nowhere is worse than none.
    """

    def absolute(found: re.Match[str]) -> str:
        picture, label, target = found.groups()
        if re.match(r"[a-z]+:|#", target):
            return found[0]
        path, anchor, name = target.partition("#")
        path = posixpath.normpath(posixpath.join(folder, path))
        if not project.repository:
            return label
        address = project.raw(path) if picture else project.page(path)
        return f"{picture}[{label}]({address}{anchor}{name})"

    return _LINK.sub(absolute, text)


def changes(changelog: str, version: str) -> list[dict[str, str]]:
    """Return the changes of a version in the form that Artifact Hub reads."""
    section = re.search(
        rf"^## \[{re.escape(version)}\][^\n]*\n(.*?)(?=^## |\Z)",
        changelog,
        re.MULTILINE | re.DOTALL,
    )
    found, kind = [], "added"
    for block in re.split(r"\n(?=- |### )", section[1] if section else ""):
        text = " ".join(block.split())
        if text.startswith("### "):
            kind = _KINDS.get(text.removeprefix("### "), kind)
        elif text.startswith("- "):
            found.append({"kind": kind, "description": text.removeprefix("- ")})
    return found


def _pyproject(path: Path, project: Project) -> None:
    lines = []
    if project.maintainer:
        lines.append(f"maintainers = [{{name = {json.dumps(project.maintainer)}}}]")
    if project.repository:
        urls = {
            "Homepage": project.repository,
            "Documentation": project.page("docs/index.md"),
            "Changelog": project.page("CHANGELOG.md"),
            "Issues": f"{project.repository}/issues",
        }
        lines += ["[project.urls]", *(f"{name} = {json.dumps(url)}" for name, url in urls.items())]
    place = 'dynamic = ["version"]\n'
    urls_at = lines.index("[project.urls]") if "[project.urls]" in lines else len(lines)
    head, tail = lines[:urls_at], lines[urls_at:]
    text = path.read_text()
    _require(path, text, place)
    text = text.replace(place, place + "".join(f"{line}\n" for line in head))
    if tail:
        text = text.replace(
            "\n[dependency-groups]\n", "\n" + "\n".join(tail) + "\n\n[dependency-groups]\n"
        )
    path.write_text(text)


def _chart(root: Path, project: Project) -> None:
    chart = root / _CHART
    if project.registry:
        registry, repository = project.image()
        values = chart / "values.yaml"
        _replace(values, '\n  registry: ""\n', f"\n  registry: {registry}\n")
        _replace(values, f"\n  repository: {IMAGE}\n", f"\n  repository: {repository}\n")
        page = chart / "README.md"
        _replace(page, '| `image.registry` | `""` |', f'| `image.registry` | `"{registry}"` |')
        _replace(
            page,
            f'| `image.repository` | `"{IMAGE}"` |',
            f'| `image.repository` | `"{repository}"` |',
        )
    if project.repository:
        base = project.page("").rstrip("/")
        _replace(chart / "values.yaml", '  runbookBaseUrl: ""\n', f"  runbookBaseUrl: {base}\n")
        _replace(
            chart / "README.md",
            '| `prometheusRule.runbookBaseUrl` | `""` |',
            f'| `prometheusRule.runbookBaseUrl` | `"{base}"` |',
        )
    _metadata(root, project)


def _metadata(root: Path, project: Project) -> None:
    """Fill what chart repositories show: maintainers, addresses, images, links, changes."""
    path = root / _CHART / "Chart.yaml"
    tree = yaml.safe_load(path.read_text())
    notes = tree["annotations"]
    if project.maintainer:
        owner = {"name": project.maintainer}
        tree["maintainers"] = [owner | ({"url": project.repository} if project.repository else {})]
    if project.repository:
        tree |= {"home": project.repository, "sources": [project.repository]}
        tree["icon"] = project.raw("docs/images/icon.svg")
        pages = {"Kubernetes": "docs/kubernetes.md", "Runbooks": "docs/runbooks"}
        shown = [{"name": name, "url": project.page(page)} for name, page in pages.items()]
        notes["artifacthub.io/links"] = _yaml(shown)
    if project.registry:
        image = f"{'/'.join(project.image())}:{tree['appVersion']}"
        notes["artifacthub.io/images"] = _yaml([{"name": "exporter", "image": image}])
    changelog = (root / "CHANGELOG.md").read_text()
    if found := changes(changelog, project.version):
        notes["artifacthub.io/changes"] = _yaml(found)
    path.write_text(_yaml(tree))


def _yaml(tree: object) -> str:
    return yaml.safe_dump(tree, sort_keys=False, allow_unicode=True, width=1000)


def _replace(path: Path, place: str, filled: str) -> None:
    text = path.read_text()
    _require(path, text, place)
    path.write_text(text.replace(place, filled, 1))


def _require(path: Path, text: str, place: str) -> None:
    """Refuse a file without the place that is to be filled.

    Raises:
        ValueError: the place is not there.
    """
    if place not in text:
        raise ValueError(f"{path.name} has no {place.strip()}")
