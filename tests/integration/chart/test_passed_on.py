"""Every value reaches the places in the manifests that it is for."""

from typing import Any

import pytest

from tools.chart.rendering import ONE, Object, container, objects, only, pod, render

FULLNAME = "billing-billing-exporter"
POD = "spec template spec"
CONTAINER = f"{POD} containers 0"
ENDPOINT = "spec endpoints 0"
MONITOR: Object = {"enabled": True}
CLAIM = "spec volumeClaimTemplates 0"

TOLERATIONS = [{"key": "dedicated", "operator": "Exists", "effect": "NoSchedule"}]
TERM = {"matchExpressions": [{"key": "disk", "operator": "In", "values": ["ssd"]}]}
AFFINITY = {
    "nodeAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [TERM]}
    }
}
SPREAD = [{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway"}]
RESOURCES = {"requests": {"cpu": "7m", "memory": "70Mi"}, "limits": {"memory": "77Mi"}}
PEER = {"podSelector": {"matchLabels": {"app": "prometheus"}}}
EGRESS = {"to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}], "ports": [{"port": 3128}]}
VARIABLE = {"name": "HTTPS_PROXY", "value": "http://proxy.example.com:3128"}
SOURCE = {"secretRef": {"name": "environment"}}
RELABELING = {"action": "labeldrop", "regex": "container"}
TLS = {"serverName": "exporter"}
BASIC = {"username": {"name": "scrape", "key": "user"}}
VOLUME = {"name": "certificates", "configMap": {"name": "company-ca"}}
MOUNT = {"name": "certificates", "mountPath": "/etc/ssl/company"}
OWNER = {"example.com/owner": "finance"}
LIVENESS = {"periodSeconds": 31, "timeoutSeconds": 3, "failureThreshold": 9}
READINESS = {"periodSeconds": 32, "timeoutSeconds": 2}
USER = {"runAsUser": 1234}


def _port(number: int, protocol: str = "TCP") -> Object:
    return {"port": number, "protocol": protocol}


@pytest.mark.parametrize(
    ("values", "kind", "path", "wanted"),
    [
        ({"nodeSelector": {"disk": "ssd"}}, "StatefulSet", f"{POD} nodeSelector", {"disk": "ssd"}),
        ({"tolerations": TOLERATIONS}, "StatefulSet", f"{POD} tolerations", TOLERATIONS),
        ({"affinity": AFFINITY}, "StatefulSet", f"{POD} affinity", AFFINITY),
        (
            {"topologySpreadConstraints": SPREAD},
            "StatefulSet",
            f"{POD} topologySpreadConstraints",
            SPREAD,
        ),
        ({"priorityClassName": "low"}, "StatefulSet", f"{POD} priorityClassName", "low"),
        (
            {"imagePullSecrets": [{"name": "r"}]},
            "StatefulSet",
            f"{POD} imagePullSecrets",
            [{"name": "r"}],
        ),
        ({"imagePullSecrets": [{"name": "r"}]}, "Pod", "spec imagePullSecrets", [{"name": "r"}]),
        ({"podSecurityContext": USER}, "StatefulSet", f"{POD} securityContext runAsUser", 1234),
        ({"podSecurityContext": USER}, "Pod", "spec securityContext runAsUser", 1234),
        ({"securityContext": USER}, "StatefulSet", f"{CONTAINER} securityContext runAsUser", 1234),
        ({"securityContext": USER}, "Pod", "spec containers 0 securityContext runAsUser", 1234),
        (
            {"terminationGracePeriodSeconds": 7},
            "StatefulSet",
            f"{POD} terminationGracePeriodSeconds",
            7,
        ),
        ({}, "StatefulSet", f"{POD} automountServiceAccountToken", False),
        ({}, "StatefulSet", f"{POD} enableServiceLinks", False),
        ({}, "StatefulSet", f"{POD} serviceAccountName", FULLNAME),
        (
            {"serviceAccount": {"create": False}},
            "StatefulSet",
            f"{POD} serviceAccountName",
            "default",
        ),
        ({"serviceAccount": {"name": "own"}}, "StatefulSet", f"{POD} serviceAccountName", "own"),
        ({"serviceAccount": {"name": "own"}}, "ServiceAccount", "metadata name", "own"),
        (
            {"serviceAccount": {"annotations": OWNER}},
            "ServiceAccount",
            "metadata annotations",
            OWNER,
        ),
        ({}, "ServiceAccount", "automountServiceAccountToken", False),
        ({}, "Pod", "spec automountServiceAccountToken", False),
        (
            {"image": {"repository": "r/x", "tag": "2"}},
            "StatefulSet",
            f"{CONTAINER} image",
            "r/x:2",
        ),
        ({"image": {"repository": "r/x", "tag": "2"}}, "Pod", "spec containers 0 image", "r/x:2"),
        (
            {"image": {"pullPolicy": "Never"}},
            "StatefulSet",
            f"{CONTAINER} imagePullPolicy",
            "Never",
        ),
        ({"image": {"pullPolicy": "Never"}}, "Pod", "spec containers 0 imagePullPolicy", "Never"),
        ({"extraEnv": [VARIABLE]}, "StatefulSet", f"{CONTAINER} env -1", VARIABLE),
        ({"extraEnvFrom": [SOURCE]}, "StatefulSet", f"{CONTAINER} envFrom", [SOURCE]),
        (
            {"extraArgs": ["--log.level=debug"]},
            "StatefulSet",
            f"{CONTAINER} args -1",
            "--log.level=debug",
        ),
        (
            {"extraVolumes": [VOLUME], "extraVolumeMounts": [MOUNT]},
            "StatefulSet",
            f"{POD} volumes -1",
            VOLUME,
        ),
        (
            {"extraVolumes": [VOLUME], "extraVolumeMounts": [MOUNT]},
            "StatefulSet",
            f"{CONTAINER} volumeMounts -1",
            MOUNT,
        ),
        ({"resources": RESOURCES}, "StatefulSet", f"{CONTAINER} resources", RESOURCES),
        (
            {"livenessProbe": LIVENESS},
            "StatefulSet",
            f"{CONTAINER} livenessProbe",
            {"httpGet": {"path": "/-/healthy", "port": "metrics", "scheme": "HTTP"}, **LIVENESS},
        ),
        (
            {"readinessProbe": READINESS},
            "StatefulSet",
            f"{CONTAINER} readinessProbe",
            {
                "httpGet": {"path": "/-/ready", "port": "metrics", "scheme": "HTTP"},
                **READINESS,
            },
        ),
        ({"service": {"port": 9200}}, "StatefulSet", f"{CONTAINER} ports 0 containerPort", 9200),
        (
            {"service": {"port": 9200}},
            "Pod",
            "spec containers 0 args",
            [
                "health",
                f"--url=http://{FULLNAME}-0.{FULLNAME}.finance.svc:9200/-/healthy",
            ],
        ),
        ({}, "StatefulSet", "spec serviceName", FULLNAME),
        ({}, "Service", "metadata name", FULLNAME),
        ({}, "Service", "spec clusterIP", "None"),
        ({}, "Service", "spec publishNotReadyAddresses", True),
        (
            {"service": {"port": 9200}},
            "Service",
            "spec ports",
            [{"name": "metrics", "port": 9200, "targetPort": "metrics", "appProtocol": "http"}],
        ),
        ({"service": {"annotations": OWNER}}, "Service", "metadata annotations", OWNER),
        (
            {"networkPolicy": {"ingressFrom": [PEER]}},
            "NetworkPolicy",
            "spec ingress 0 from 0",
            PEER,
        ),
        (
            {"networkPolicy": {"ingressFrom": [PEER]}},
            "NetworkPolicy",
            "spec ingress 0 from 1 podSelector matchLabels",
            {
                "app.kubernetes.io/name": "billing-exporter-test",
                "app.kubernetes.io/instance": "billing",
            },
        ),
        (
            {},
            "NetworkPolicy",
            "spec ingress",
            [{"ports": [{"port": "metrics", "protocol": "TCP"}]}],
        ),
        ({}, "NetworkPolicy", "spec policyTypes", ["Ingress", "Egress"]),
        (
            {"networkPolicy": {"extraEgress": [EGRESS]}},
            "NetworkPolicy",
            "spec egress",
            [
                {"ports": [_port(53, "UDP"), _port(53), _port(5353, "UDP"), _port(5353)]},
                {"ports": [_port(443)]},
                EGRESS,
            ],
        ),
        (
            {"podDisruptionBudget": {"maxUnavailable": "40%"}},
            "PodDisruptionBudget",
            "spec maxUnavailable",
            "40%",
        ),
        (
            {"persistence": {"enabled": True, "storageClass": "fast"}},
            "StatefulSet",
            f"{CLAIM} spec storageClassName",
            "fast",
        ),
        (
            {"persistence": {"enabled": True}},
            "StatefulSet",
            f"{CLAIM} spec",
            {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "256Mi"}}},
        ),
        (
            {"persistence": {"enabled": True, "size": "9Gi", "accessModes": ["ReadWriteMany"]}},
            "StatefulSet",
            f"{CLAIM} spec",
            {"accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": "9Gi"}}},
        ),
        (
            {"persistence": {"enabled": True}, "customers": 30_000, "shards": 3},
            "StatefulSet",
            f"{CLAIM} spec resources requests storage",
            "458Mi",
        ),
        (
            {"persistence": {"enabled": True, "size": "256Mi"}, "customers": 30_000},
            "StatefulSet",
            f"{CLAIM} spec resources requests storage",
            "256Mi",
        ),
        (
            {"persistence": {"enabled": True, "annotations": OWNER}},
            "StatefulSet",
            f"{CLAIM} metadata annotations",
            OWNER,
        ),
        (
            {"serviceMonitor": {**MONITOR, "relabelings": [RELABELING]}},
            "ServiceMonitor",
            f"{ENDPOINT} relabelings",
            [RELABELING],
        ),
        (
            {"serviceMonitor": {**MONITOR, "metricRelabelings": [RELABELING]}},
            "ServiceMonitor",
            f"{ENDPOINT} metricRelabelings",
            [RELABELING],
        ),
        (
            {"serviceMonitor": {**MONITOR, "labels": {"release": "prometheus"}}},
            "ServiceMonitor",
            "metadata labels release",
            "prometheus",
        ),
        (
            {"serviceMonitor": {**MONITOR, "interval": "42s"}},
            "ServiceMonitor",
            f"{ENDPOINT} interval",
            "42s",
        ),
        (
            {"serviceMonitor": {**MONITOR, "scrapeTimeout": "21s"}},
            "ServiceMonitor",
            f"{ENDPOINT} scrapeTimeout",
            "21s",
        ),
        (
            {"serviceMonitor": {**MONITOR, "tlsConfig": TLS}},
            "ServiceMonitor",
            f"{ENDPOINT} tlsConfig",
            TLS,
        ),
        (
            {"serviceMonitor": {**MONITOR, "basicAuth": BASIC}},
            "ServiceMonitor",
            f"{ENDPOINT} basicAuth",
            BASIC,
        ),
        (
            {"serviceMonitor": MONITOR, "web": {"telemetryPath": "/m"}},
            "ServiceMonitor",
            f"{ENDPOINT} path",
            "/m",
        ),
        (
            {"serviceMonitor": MONITOR},
            "ServiceMonitor",
            "spec jobLabel",
            "app.kubernetes.io/instance",
        ),
        (
            {"prometheusRule": {"enabled": True, "labels": {"release": "prometheus"}}},
            "PrometheusRule",
            "metadata labels release",
            "prometheus",
        ),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_passed_on(values: Object, kind: str, path: str, wanted: object) -> None:
    """What a value says stands where Kubernetes looks for it, whole."""
    found = _at(only(objects({**ONE, **values}), kind), path)
    assert found == wanted


def _at(one: Any, path: str) -> Any:
    """Follow the keys and indexes of a path."""
    for step in path.split():
        one = one[int(step) if isinstance(one, list) else step]
    return one


def test_nothing_unasked() -> None:
    """What no value asks for is not there, not even empty."""
    found = objects(ONE)
    wanted = {"containers", "volumes", "securityContext", "serviceAccountName"}
    wanted |= {"automountServiceAccountToken", "enableServiceLinks"}
    assert set(pod(found)) == wanted | {"terminationGracePeriodSeconds"}
    assert "envFrom" not in container(found)
    assert "volumeClaimTemplates" not in only(found, "StatefulSet")["spec"]


@pytest.mark.parametrize(
    ("persistence", "volume"),
    [
        ({}, {"name": "state", "emptyDir": {"sizeLimit": "256Mi"}}),
        ({"size": "256Mi"}, {"name": "state", "emptyDir": {"sizeLimit": "256Mi"}}),
        ({"size": "1Gi"}, {"name": "state", "emptyDir": {"sizeLimit": "1Gi"}}),
        (
            {"existingClaim": "exporter-state"},
            {"name": "state", "persistentVolumeClaim": {"claimName": "exporter-state"}},
        ),
        (
            {"enabled": True, "existingClaim": "exporter-state"},
            {"name": "state", "persistentVolumeClaim": {"claimName": "exporter-state"}},
        ),
        ({"enabled": True}, None),
    ],
)
def test_state(persistence: Object, volume: Object | None) -> None:
    """The exporter keeps its readings in the folder where the volume is that the values name."""
    found = objects({**ONE, "persistence": persistence})
    (mount,) = (one for one in container(found)["volumeMounts"] if one["name"] == "state")
    assert mount == {"name": "state", "mountPath": "/var/lib/billing-exporter"}
    assert "--state.dir=/var/lib/billing-exporter" in container(found)["args"]
    assert [one for one in pod(found)["volumes"] if one["name"] == "state"] == (
        [volume] if volume else []
    )
    claims = only(found, "StatefulSet")["spec"].get("volumeClaimTemplates", [])
    assert [one["metadata"]["name"] for one in claims] == ([] if volume else ["state"])


@pytest.mark.parametrize(
    ("web", "wanted"),
    [
        ({"existingSecret": "w"}, "HTTP"),
        ({"existingSecret": "w", "https": True}, "HTTPS"),
        ({"existingSecret": "w", "https": True, "clientCertificates": True}, None),
        ({"existingSecret": "w", "clientCertificates": True}, None),
        (
            {"config": {"tls_server_config": {"client_auth_type": "VerifyClientCertIfGiven"}}},
            "HTTPS",
        ),
        (
            {"config": {"tls_server_config": {"client_auth_type": "RequireAndVerifyClientCert"}}},
            None,
        ),
    ],
)
def test_probes_and_client_certificates(web: Object, wanted: str | None) -> None:
    """Where certificates are demanded, probes try the port alone and nothing is left to test."""
    found = objects({**ONE, "web": web, "serviceMonitor": MONITOR})
    for name in ("livenessProbe", "readinessProbe"):
        probe = container(found)[name]
        assert probe.get("httpGet", {}).get("scheme") == wanted
        assert probe.get("tcpSocket") == (None if wanted else {"port": "metrics"})
    tests = [one for one in found if one["kind"] == "Pod"]
    assert len(tests) == (1 if wanted else 0)
    scheme = (wanted or "HTTPS").lower()
    assert all(f"--url={scheme}://" in one["spec"]["containers"][0]["args"][1] for one in tests)
    (port,) = only(found, "Service")["spec"]["ports"]
    assert port["appProtocol"] == scheme
    assert only(found, "ServiceMonitor")["spec"]["endpoints"][0]["scheme"] == scheme
    notes = render({**ONE, "web": web})["billing-exporter/templates/NOTES.txt"]
    assert ("helm test" in notes) == bool(tests)
