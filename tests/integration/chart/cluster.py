"""A small imitation of the Kubernetes API: it keeps what is applied until it is deleted.

It runs nothing, adds nothing to an object, and of all that Kubernetes refuses it knows one thing:
most of a StatefulSet cannot change. That is enough to see what Helm would put into a cluster and
take out of it, and what the chart does where the cluster has the resources of the Prometheus
operator.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_PROTOBUF = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
_VERBS = ["create", "delete", "get", "patch"]
_VERSION = {"major": "1", "minor": "31", "gitVersion": "v1.31.4"}
_RESOURCES = {
    "v1": {
        "configmaps": "ConfigMap",
        "pods": "Pod",
        "secrets": "Secret",
        "serviceaccounts": "ServiceAccount",
        "services": "Service",
    },
    "apps/v1": {"statefulsets": "StatefulSet"},
    "networking.k8s.io/v1": {"networkpolicies": "NetworkPolicy"},
    "policy/v1": {"poddisruptionbudgets": "PodDisruptionBudget"},
}
_OPERATOR = {
    "cilium.io/v2": {"ciliumnetworkpolicies": "CiliumNetworkPolicy"},
    "grafana.integreatly.org/v1beta1": {"grafanadashboards": "GrafanaDashboard"},
    "monitoring.coreos.com/v1": {
        "podmonitors": "PodMonitor",
        "prometheusrules": "PrometheusRule",
        "servicemonitors": "ServiceMonitor",
    },
}
# All else in the spec of a StatefulSet stays as it was made.
_MAY_CHANGE = {
    "minReadySeconds",
    "ordinals",
    "persistentVolumeClaimRetentionPolicy",
    "replicas",
    "revisionHistoryLimit",
    "template",
    "updateStrategy",
}


class Cluster(ThreadingHTTPServer):
    """The server; ``objects`` has what is in the cluster, by the path of each."""

    daemon_threads = True

    def __init__(self, *, operator: bool) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.resources = {**_RESOURCES, **(_OPERATOR if operator else {})}
        self.objects: dict[str, dict[str, Any]] = {}

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"


@contextmanager
def running_cluster(*, operator: bool) -> Iterator[Cluster]:
    """Run the imitation, with or without the resources of operators."""
    with Cluster(operator=operator) as cluster:
        thread = threading.Thread(target=cluster.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield cluster
        finally:
            cluster.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Cluster

    def do_GET(self) -> None:
        """Answer discovery, or send an object."""
        if self._place == "openapi/v2":
            # No schemas, in the form that is asked for: an empty protobuf message.
            self._send(200, _PROTOBUF, b"")
            return
        known = self.server.objects.get(self._place)
        answer = known or _discovery(self._place, self.server.resources)
        self._answer(200 if answer else 404, answer or _status("Failure", "NotFound", 404))

    def do_PATCH(self) -> None:
        """Keep an object that is applied in the place of the one before, and send it back."""
        sent, before = self._body(), self.server.objects.get(self._place)
        if before and _is_forbidden(before, sent):
            self._answer(422, _status("Failure", "Invalid", 422))
            return
        self.server.objects[self._place] = sent
        self._answer(200 if before else 201, sent)

    def do_DELETE(self) -> None:
        """Forget an object."""
        self._body()
        if self.server.objects.pop(self._place, None):
            self._answer(200, _status("Success", "", 200))
        else:
            self._answer(404, _status("Failure", "NotFound", 404))

    def log_message(self, *_: object) -> None:
        """Return nothing."""

    @property
    def _place(self) -> str:
        return self.path.partition("?")[0].strip("/")

    def _body(self) -> Any:
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        self._send(status, "application/json", json.dumps(body).encode())

    def _send(self, status: int, kind: str, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _discovery(path: str, resources: dict[str, dict[str, str]]) -> dict[str, Any] | None:
    """Return what the API says of itself at a path; None where there is nothing."""
    if path == "version":
        return _VERSION
    if path == "api":
        return {"kind": "APIVersions", "versions": ["v1"]}
    if path == "apis":
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": _groups(resources)}
    if path == "openapi/v3":
        return {"paths": {}}
    version = path.removeprefix("apis/").removeprefix("api/")
    if version not in resources:
        return None
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": version,
        "resources": [
            {"name": name, "namespaced": True, "kind": kind, "verbs": _VERBS}
            for name, kind in resources[version].items()
        ],
    }


def _groups(resources: dict[str, dict[str, str]]) -> list[dict[str, Any]]:
    versions = {
        name.partition("/")[0]: {"groupVersion": name, "version": name.partition("/")[2]}
        for name in resources
        if "/" in name
    }
    return [
        {"name": group, "versions": [version], "preferredVersion": version}
        for group, version in versions.items()
    ]


def _is_forbidden(before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Return whether an object changes what Kubernetes does not let change."""

    def fixed(one: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in one["spec"].items() if key not in _MAY_CHANGE}

    return before["kind"] == "StatefulSet" and fixed(before) != fixed(after)


def _status(status: str, reason: str, code: int) -> dict[str, Any]:
    return {"kind": "Status", "apiVersion": "v1", "status": status, "reason": reason, "code": code}
