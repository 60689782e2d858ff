"""The chart as Helm renders it, as objects to look into."""

import json
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import helm_python
import yaml

from tools.paths import CHART, RULES

Object = dict[str, Any]

OLDEST, NEWEST = "1.28", "1.37"  # of Kubernetes, that the chart is for
RELEASE, NAMESPACE = "billing", "finance"
SHAPES = sorted(path.name.removesuffix("-values.yaml") for path in (CHART / "ci").iterdir())

# The one in C where there is one: dashboards are long.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# The smallest configuration that exports something.
ONE: Object = {
    "config": {"organizations": [{"name": "acme", "region": "eu-central-1"}]},
    "credentials": {"acme": {"existingSecret": "genesys-acme"}},
}


def shape(name: str) -> Object:
    """Read the values of one of the chart's main shapes."""
    values: Object = yaml.safe_load((CHART / "ci" / f"{name}-values.yaml").read_text())
    return values


def render(values: Object) -> dict[str, str]:
    """Render the chart; the text of each template by its path."""
    return _rendered(json.dumps(values))


def objects(values: Object) -> list[Object]:
    """Render the chart and return its objects, those of hooks too."""
    return deepcopy(_objects(json.dumps(values)))


def only(found: list[Object], kind: str, suffix: str = "") -> Object:
    """Return the one object of a kind whose name ends with a suffix."""
    (one,) = (
        one for one in found if one["kind"] == kind and one["metadata"]["name"].endswith(suffix)
    )
    return one


def pod(found: list[Object]) -> Object:
    """Return what a pod of the exporter is made of."""
    spec: Object = only(found, "StatefulSet")["spec"]["template"]["spec"]
    return spec


def container(found: list[Object]) -> Object:
    """Return the exporter's container."""
    (one,) = (one for one in pod(found)["containers"] if one["name"] == "exporter")
    assert isinstance(one, dict)  # noqa: S101 - for the type checker
    return one


def rules_folder() -> Path:
    """Return where the rules are that the chart carries."""
    return RULES


@cache
def _chart() -> helm_python.Chart:
    return helm_python.Chart.load(str(CHART))


@cache
def _rendered(values: str) -> dict[str, str]:
    return _chart().render(json.loads(values), name=RELEASE, namespace=NAMESPACE)


@cache
def _objects(values: str) -> list[Object]:
    texts = [text for path, text in _rendered(values).items() if path.endswith(".yaml")]
    return [one for text in texts for one in yaml.load_all(text, Loader=_Loader) if one]
