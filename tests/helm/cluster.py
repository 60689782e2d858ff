"""A small imitation of the Kubernetes API: it says what it knows and records what is applied.

It stores nothing and validates nothing: an object that is applied comes back as it was sent. That
is enough to see what Helm would put into a cluster, and what the chart does where the cluster has
the resources of the Prometheus operator.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_PROTOBUF = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
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
    "monitoring.coreos.com/v1": {
        "prometheusrules": "PrometheusRule",
        "servicemonitors": "ServiceMonitor",
    }
}


class Cluster(ThreadingHTTPServer):
    """The server; ``applied`` has every object that Helm sent, in order."""

    daemon_threads = True

    def __init__(self, *, operator: bool) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.resources = {**_RESOURCES, **(_OPERATOR if operator else {})}
        self.applied: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"


@contextmanager
def running_cluster(*, operator: bool) -> Iterator[Cluster]:
    """Run the imitation, with or without the resources of the Prometheus operator."""
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
    server: Cluster

    def do_GET(self) -> None:
        """Answer discovery; of objects there are none."""
        path = self.path.partition("?")[0].strip("/")
        if path == "openapi/v2":
            # No schemas, in the form that is asked for: an empty protobuf message.
            self._send(200, _PROTOBUF, b"")
            return
        answer = _discovery(path, self.server.resources)
        self._answer(200 if answer else 404, answer or _not_found())

    def do_PATCH(self) -> None:
        """Record an object that is applied, and send it back."""
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.applied.append(sent)
        self._answer(201, sent)

    def log_message(self, *_: object) -> None:
        """Say nothing."""

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
            {"name": name, "namespaced": True, "kind": kind, "verbs": ["get", "patch", "create"]}
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


def _not_found() -> dict[str, Any]:
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "reason": "NotFound",
        "code": 404,
    }
