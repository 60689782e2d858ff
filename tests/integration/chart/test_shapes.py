"""What holds for every shape of the chart: each values file in its folder ``ci``."""

import json
from collections import Counter
from pathlib import Path

import helm_python
import kubernetes_validate
import pytest

from billing_exporter.cli import parser
from billing_exporter.config import load
from tools.chart.rendering import (
    NAMESPACE,
    NEWEST,
    OLDEST,
    SHAPES,
    Object,
    container,
    objects,
    only,
    pod,
    render,
    shape,
)
from tools.paths import CHART

every_shape = pytest.mark.parametrize("name", SHAPES)
WARNING = 2  # of helm lint; 1 is advice
CUSTOM = ("monitoring.coreos.com/", "grafana.integreatly.org/", "cilium.io/")


@every_shape
@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_lint(name: str, version: str) -> None:
    """Helm's own lint finds nothing in strict mode."""
    found = helm_python.lint(str(CHART), shape(name), strict=True, kube_version=f"v{version}.0")
    assert [one for one in found["messages"] if one["severity"] >= WARNING] == []
    assert found["errors"] == []


@every_shape
@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_every_object_is_valid(name: str, version: str) -> None:
    """Every object fits the oldest and the newest Kubernetes strictly: it has no unknown key."""
    for one in objects(shape(name)):
        if not one["apiVersion"].startswith(CUSTOM):
            kubernetes_validate.validate(one, version, strict=True)


@every_shape
def test_names(name: str) -> None:
    """Every object has a name of its own in its kind, a namespace that was named, and labels."""
    found = objects(shape(name))
    names = Counter((one["kind"], one["metadata"]["name"]) for one in found)
    assert max(names.values()) == 1
    named = {part["namespace"] for part in shape(name).values() if _has_namespace(part)}
    for one in found:
        assert one["metadata"]["namespace"] in {NAMESPACE, *named}
        assert one["metadata"]["labels"]["app.kubernetes.io/instance"] == "billing"
        assert all(one["metadata"]["labels"].values())


def _has_namespace(part: object) -> bool:
    return isinstance(part, dict) and "namespace" in part


@every_shape
def test_selectors(name: str) -> None:
    """Whatever selects pods selects those of the exporter, and not the pod of ``helm test``."""
    found = objects(shape(name))
    labels = only(found, "StatefulSet")["spec"]["template"]["metadata"]["labels"]
    others = [one["metadata"]["labels"] for one in found if one["kind"] == "Pod"]
    for selector in filter(None, map(_selector, found)):
        assert selector.items() <= labels.items()
        assert not any(selector.items() <= other.items() for other in others)


def _selector(one: Object) -> dict[str, str] | None:
    spec = one.get("spec", {})
    selector = spec.get("selector") or spec.get("podSelector") or {}
    return selector.get("matchLabels", selector) if one["kind"] != "ServiceMonitor" else None


@every_shape
def test_secrets_stay_in_secrets(name: str) -> None:
    """No secret that is given as a value reaches anything but a Secret, the notes included."""
    values = shape(name)
    secrets = list(_secrets(values))
    for path, text in render(values).items():
        if "/secret-" not in path:
            assert not [secret for secret in secrets if secret in text]


def _secrets(values: object) -> list[str]:
    if isinstance(values, list):
        return [secret for item in values for secret in _secrets(item)]
    if not isinstance(values, dict):
        return []
    own = [values["clientSecret"]] if "clientSecret" in values else []
    own += values.get("basic_auth_users", {}).values()
    return own + [secret for value in values.values() for secret in _secrets(value)]


@every_shape
def test_restricted(name: str) -> None:
    """Every pod keeps to the level ``restricted`` of the Pod Security Standards, and beyond."""
    found = objects(shape(name))
    for spec in (pod(found), *(one["spec"] for one in found if one["kind"] == "Pod")):
        assert spec["automountServiceAccountToken"] is False
        assert spec["securityContext"]["runAsNonRoot"] is True
        assigned = shape(name).get("openshift", False)
        assert assigned or spec["securityContext"]["runAsUser"] > 0
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for one in (*spec["containers"], *spec.get("initContainers", ())):
            assert one["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }


@every_shape
def test_mounts(name: str) -> None:
    """Every mount has its volume, and no volume is left without one."""
    found = objects(shape(name))
    volumes = [volume["name"] for volume in pod(found).get("volumes", [])]
    claims = only(found, "StatefulSet")["spec"].get("volumeClaimTemplates", [])
    volumes += [claim["metadata"]["name"] for claim in claims]
    assert sorted(volumes) == sorted(mount["name"] for mount in container(found)["volumeMounts"])
    # A file that is mounted by itself never follows a change.
    assert not [mount for mount in container(found)["volumeMounts"] if "subPath" in mount]


@every_shape
def test_arguments(name: str) -> None:
    """The exporter knows every argument that a pod gives it, and the address is the pod's port."""
    found = objects(shape(name))
    given = [argument.replace("$(SHARD_INDEX)", "0") for argument in container(found)["args"]]
    parsed = parser().parse_args(given)
    port = container(found)["ports"][0]["containerPort"]
    assert parsed.listen_address == (f":{port}",)
    for one in found:
        if one["kind"] == "Pod":
            for test in one["spec"]["containers"]:
                assert parser().parse_args(test["args"]).command == "health"


@every_shape
def test_configuration(name: str, tmp_path: Path) -> None:
    """The exporter reads the configuration of every shard, and the secrets where they are."""
    found = objects(shape(name))
    files = [one for one in found if one["kind"] == "ConfigMap" and "shard-0.yml" in one["data"]]
    variables = {variable["name"]: "id" for variable in container(found)["env"]}
    for path in _mounted_secrets(found):
        (tmp_path / path).write_text("a secret")
    for text in (text for one in files for text in one["data"].values()):
        file = tmp_path / "config.yml"
        file.write_text(text.replace("/run/billing-exporter/credentials", str(tmp_path)))
        settings = load(str(file), variables)
        assert [one.secret() for one in settings.organizations] == ["a secret"] * len(
            shape(name)["config"]["organizations"]
        )


def _mounted_secrets(found: list[Object]) -> list[str]:
    volumes = [one for one in pod(found)["volumes"] if one["name"] == "credentials"]
    sources = [source["secret"] for volume in volumes for source in volume["projected"]["sources"]]
    return [item["path"] for source in sources for item in source["items"]]


@every_shape
def test_no_empty_rendering(name: str) -> None:
    """Nothing is rendered from a name that does not exist."""
    for path, text in render(shape(name)).items():
        assert "<no value>" not in text, path
        assert "<nil>" not in text, path
    for one in objects(shape(name)):
        assert "null" not in json.dumps({key: one[key] for key in one if key != "data"})


@every_shape
def test_each_pod_names_a_high_user(name: str) -> None:
    """Pods run as a user that no host has, except on OpenShift, which assigns one."""
    found = objects(shape(name))
    tests = [one["spec"] for one in found if one["kind"] == "Pod"]
    for spec in (pod(found), *tests):
        user = spec["securityContext"].get("runAsUser")
        assert user is None if name == "openshift" else user >= 10_000
