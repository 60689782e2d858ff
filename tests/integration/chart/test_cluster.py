"""What Helm puts into a cluster, changes there and takes out of it, for every shape of the chart.

The cluster is an imitation: that Kubernetes takes the objects is what their schemas tell.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy

import helm_python
import pytest

from tests.integration.chart.cluster import Cluster, running_cluster
from tools.chart.rendering import NAMESPACE, ONE, RELEASE, SHAPES, Object, objects, shape
from tools.paths import CHART

every_shape = pytest.mark.parametrize("name", SHAPES)
OPERATOR = {"ServiceMonitor": "serviceMonitor", "PrometheusRule": "prometheusRule"}
# What Helm writes on each object that is a release's.
OWNED = {
    "meta.helm.sh/release-name": RELEASE,
    "meta.helm.sh/release-namespace": NAMESPACE,
}


class Helm:
    """Helm at work on a cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self._config = helm_python.Config(
            kube_apiserver=cluster.url, namespace=NAMESPACE, storage_driver="memory"
        )

    def install(self, values: Object) -> str:
        """Install the chart; return its notes."""
        return _notes(self._config.install(str(CHART), RELEASE, values))

    def upgrade(self, values: Object) -> str:
        """Upgrade to the chart with other values; return its notes."""
        return _notes(self._config.upgrade(str(CHART), RELEASE, values))

    def uninstall(self) -> None:
        """Take the release out."""
        self._config.uninstall(RELEASE)

    def close(self) -> None:
        """Let go of the cluster."""
        self._config.close()


def _notes(release: Object) -> str:
    assert release["status"] == "deployed"
    return str(release["notes"])


@contextmanager
def helm(*, operator: bool = True) -> Iterator[Helm]:
    """Run a cluster, with or without the Prometheus operator, and Helm on it."""
    with running_cluster(operator=operator) as cluster:
        at_work = Helm(cluster)
        try:
            yield at_work
        finally:
            at_work.close()


def rendered(values: Object) -> list[Object]:
    """Render what an install applies where the operator is: without the pod of ``helm test``."""
    seen = deepcopy(values)
    pods = seen.get("podMonitor", {}).get("enabled")
    for name in OPERATOR.values():
        if pods and name == "serviceMonitor":
            continue
        settings = seen.setdefault(name, {})
        if settings.get("enabled", "auto") == "auto":
            settings["enabled"] = True
    found = [one for one in objects(seen) if one["kind"] != "Pod"]
    for one in found:
        one["metadata"]["annotations"] = {**one["metadata"].get("annotations", {}), **OWNED}
    return _sorted(found)


def _sorted(found: list[Object]) -> list[Object]:
    return sorted(found, key=lambda one: (one["kind"], one["metadata"]["name"]))


@every_shape
def test_installed_as_rendered(name: str) -> None:
    """An install applies what the chart renders and nothing else, each object whole."""
    with helm() as at_work:
        at_work.install(shape(name))
        assert _sorted(list(at_work.cluster.objects.values())) == rendered(shape(name))


@every_shape
def test_upgraded_as_rendered(name: str) -> None:
    """After an upgrade the cluster has what the chart renders with the new values.

    They change every object, add one and leave some out; nothing that Kubernetes fixes is changed.
    """
    after = shape(name) | {
        "commonLabels": {"cost-center": "0815"},
        "dashboards": {"enabled": False},
        "networkPolicy": {"enabled": False},
        "podDisruptionBudget": {"enabled": True, "maxUnavailable": 2},
        "terminationGracePeriodSeconds": 20,
    }
    with helm() as at_work:
        at_work.install(shape(name))
        before = at_work.cluster.objects.copy()
        at_work.upgrade(after)
        objects_now = at_work.cluster.objects
        assert _sorted(list(objects_now.values())) == rendered(after)
        assert all(objects_now[path] != before[path] for path in before.keys() & objects_now.keys())


@every_shape
def test_nothing_is_left(name: str) -> None:
    """An uninstall leaves nothing but the volumes' claims, which nothing tells to go."""
    with helm() as at_work:
        at_work.install(shape(name))
        for one in at_work.cluster.objects.values():
            assert one["kind"] != "PersistentVolumeClaim"
            assert "persistentVolumeClaimRetentionPolicy" not in one.get("spec", {})
        at_work.uninstall()
        assert at_work.cluster.objects == {}


@pytest.mark.parametrize("operator", [True, False])
def test_installed_where_the_cluster_knows_it(operator: bool) -> None:
    """An install applies the operator's objects where the cluster has their kinds, else none."""
    with helm(operator=operator) as at_work:
        at_work.install(ONE)
        kinds = {one["kind"] for one in at_work.cluster.objects.values()}
    assert kinds & OPERATOR.keys() == (set(OPERATOR) if operator else set())
    assert {"StatefulSet", "Service", "ServiceAccount", "ConfigMap", "NetworkPolicy"} < kinds


def test_volumes_stay_as_they_are() -> None:
    """Claims have the labels that never change, so new labels and a new chart upgrade them too."""
    values = {**ONE, "persistence": {"enabled": True}}
    with helm() as at_work:
        at_work.install(values)
        at_work.upgrade({**values, "commonLabels": {"cost-center": "0815"}, "shards": 3})
        with pytest.raises(helm_python.HelmReleaseError):
            at_work.upgrade({**values, "persistence": {"enabled": True, "size": "1Gi"}})


def test_more_customers_leave_volumes_as_they_are() -> None:
    """A size that nobody gave follows the customers at an install, and stays at an upgrade.

    The notes give both sizes then, and only then.
    """
    values = {**ONE, "persistence": {"enabled": True}, "customers": 10_000}
    path = f"apis/apps/v1/namespaces/{NAMESPACE}/statefulsets/{RELEASE}-billing-exporter"
    with helm() as at_work:
        notes = at_work.install(values)
        assert "416Mi" not in notes
        notes = at_work.upgrade({**values, "customers": 20_000, "shards": 2})
        assert "stay at 416Mi" in notes
        assert "would get 458Mi" in notes
        (claim,) = at_work.cluster.objects[path]["spec"]["volumeClaimTemplates"]
        assert claim["spec"]["resources"]["requests"] == {"storage": "416Mi"}
