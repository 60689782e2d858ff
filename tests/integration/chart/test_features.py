"""What platforms ask of the chart: registries, namespaces, operators, OpenShift, own objects."""

import json
from pathlib import Path
from typing import Any

import helm_python
import jsonschema
import pytest

from billing_exporter.cli import parser
from billing_exporter.genesys.regions import hosts
from billing_exporter.web.route_prefix import prefix_of
from tools.alert_rules import alerts
from tools.chart.rendering import (
    NAMESPACE,
    ONE,
    Object,
    container,
    objects,
    only,
    pod,
    render,
    shape,
)
from tools.chart.values import chart_values

SCHEMAS = Path(__file__).parent / "schemas"
NAME = "billing-billing-exporter"


def schema(name: str) -> Any:
    """Read the schema of a custom resource."""
    return json.loads((SCHEMAS / f"{name}.json").read_text())


@pytest.mark.parametrize(
    ("values", "image"),
    [
        ({}, "genesyscloud-billing-exporter:0.1.0"),
        ({"image": {"repository": "r.example.com/x"}}, "r.example.com/x:0.1.0"),
        ({"image": {"registry": "r.example.com"}}, "r.example.com/genesyscloud-billing-exporter"),
        (
            {"image": {"registry": "r.example.com/a/", "repository": "b", "tag": "2"}},
            "r.example.com/a/b:2",
        ),
        (
            {
                "image": {"registry": "r.example.com", "repository": "b", "tag": "2"},
                "global": {"imageRegistry": "mirror.example.com"},
            },
            "mirror.example.com/b:2",
        ),
    ],
)
def test_image(values: Object, image: str) -> None:
    """Registry and repository are joined; a global registry comes before that of the image."""
    found = objects({**ONE, **values})
    for one in (container(found), *only(found, "Pod")["spec"]["containers"]):
        assert one["image"].startswith(image)


def test_settings_of_other_charts() -> None:
    """What a parent chart puts into `global` for others does not matter."""
    assert render({**ONE, "global": {"imageRegistry": "r", "storageClass": "fast"}})


def test_namespace() -> None:
    """With another namespace every object is there, and every name that holds one leads there."""
    found = objects(
        {**ONE, "namespaceOverride": "other", "serviceMonitor": {"enabled": True}}
        | {"prometheusRule": {"enabled": True}}
    )
    assert {one["metadata"]["namespace"] for one in found} == {"other"}
    (test,) = only(found, "Pod")["spec"]["containers"]
    assert f"{NAME}-0.{NAME}.other.svc:" in test["args"][1]
    notes = render({**ONE, "namespaceOverride": "other"})["billing-exporter/templates/NOTES.txt"]
    assert f"_metrics._tcp.{NAME}.other.svc" in notes
    assert "--namespace other port-forward" in notes


def test_namespaces_of_operators() -> None:
    """Monitor, rules and dashboards go where their operators look; the monitor looks back."""
    found = objects(shape("operators"))
    there = {one["kind"] for one in found if one["metadata"]["namespace"] == "monitoring"}
    assert there == {"PodMonitor", "PrometheusRule", "ConfigMap", "GrafanaDashboard"}
    monitor = only(found, "PodMonitor")["spec"]
    assert monitor["namespaceSelector"] == {"matchNames": [NAMESPACE]}
    assert only(found, "ConfigMap", "-config")["metadata"]["namespace"] == NAMESPACE


def test_pod_monitor() -> None:
    """A PodMonitor takes the place of the ServiceMonitor and scrapes just as it does."""
    values: Object = {"serviceMonitor": {"enabled": True, **shape("protected")["serviceMonitor"]}}
    expected = only(objects({**ONE, **values}), "ServiceMonitor")["spec"]
    values["serviceMonitor"]["enabled"] = "auto"
    found = objects({**ONE, **values, "podMonitor": {"enabled": True}})
    assert not [one for one in found if one["kind"] == "ServiceMonitor"]
    spec = only(found, "PodMonitor")["spec"]
    spec["endpoints"] = spec.pop("podMetricsEndpoints")
    assert spec == expected
    labels = only(found, "StatefulSet")["spec"]["template"]["metadata"]["labels"]
    assert spec["selector"]["matchLabels"].items() <= labels.items()
    (endpoint,) = spec["endpoints"]
    assert endpoint["port"] in [port["name"] for port in container(found)["ports"]]


@pytest.mark.parametrize("name", ["operators", "company", "openshift"])
def test_monitors_fit_their_schema(name: str) -> None:
    """Every monitor has only keys that the operator knows."""
    found = [one for one in objects(shape(name)) if one["kind"] in {"ServiceMonitor", "PodMonitor"}]
    assert found
    for one in found:
        spec = one["spec"]
        if one["kind"] == "PodMonitor":
            one["kind"] = "ServiceMonitor"
            spec["endpoints"] = spec.pop("podMetricsEndpoints")
        jsonschema.validate(one, schema("servicemonitor"))


def test_grafana_operator() -> None:
    """Each dashboard has its GrafanaDashboard, which reads a ConfigMap that is there."""
    found = objects(shape("operators"))
    boards = [one for one in found if one["kind"] == "GrafanaDashboard"]
    maps = {
        (one["metadata"]["namespace"], one["metadata"]["name"]): one["data"]
        for one in found
        if "-dashboard-" in one["metadata"]["name"] and one["kind"] == "ConfigMap"
    }
    assert len(boards) == len(maps) > 0
    for board in boards:
        jsonschema.validate(board, schema("grafanadashboard"))
        source = board["spec"]["configMapRef"]
        assert source["key"] in maps[board["metadata"]["namespace"], source["name"]]
        assert board["spec"]["folder"] == "Finance"
    assert not [one for one in objects(ONE) if one["kind"] == "GrafanaDashboard"]


def test_openshift() -> None:
    """On OpenShift no pod names a user or group, and everything else stays restricted."""
    found, usual = objects(shape("openshift")), objects(ONE)
    for spec, other in (
        (pod(found), pod(usual)),
        (only(found, "Pod")["spec"], only(usual, "Pod")["spec"]),
    ):
        assert spec["securityContext"] == {
            "runAsNonRoot": True,
            "seccompProfile": {"type": "RuntimeDefault"},
        }
        for one, before in zip(spec["containers"], other["containers"], strict=True):
            assert one["securityContext"] == before["securityContext"]
    own = {"openshift": True, "securityContext": {"runAsUser": 1, "privileged": False}}
    assert "runAsUser" not in container(objects({**ONE, **own}))["securityContext"]
    dns = only(found, "NetworkPolicy")["spec"]["egress"][0]["ports"]
    assert {"port": 5353, "protocol": "UDP"} in dns


def test_company() -> None:
    """Containers, names, policies and addresses of a company's own stand where they belong."""
    values, found = shape("company"), objects(shape("company"))
    spec = pod(found)
    for key in ("initContainers", "hostAliases", "dnsPolicy", "dnsConfig"):
        assert spec[key] == values[key]
    assert spec["containers"][1:] == values["sidecars"]
    assert only(found, "NetworkPolicy")["spec"]["egress"] == values["networkPolicy"]["egress"]
    stateful = only(found, "StatefulSet")
    assert stateful["metadata"]["annotations"] == values["annotations"]
    assert stateful["spec"]["revisionHistoryLimit"] == 3
    service = only(found, "Service")
    assert service["spec"]["type"] == "LoadBalancer"
    assert "clusterIP" not in service["spec"]
    assert service["spec"]["ipFamilies"] == ["IPv6", "IPv4"]
    assert service["spec"]["ipFamilyPolicy"] == "PreferDualStack"
    assert service["metadata"]["labels"].items() > values["service"]["labels"].items()
    monitor = only(found, "ServiceMonitor")["spec"]
    assert monitor["targetLabels"] == ["example.com/exposed"]
    (test,) = only(found, "Pod")["spec"]["containers"]
    assert f"//{NAME}.finance.svc:" in test["args"][1]


@pytest.mark.parametrize(
    ("web", "prefix"),
    [
        ({"routePrefix": "/billing"}, "/billing"),
        ({"routePrefix": "/a/b/"}, "/a/b"),
        ({"externalUrl": "https://example.com/billing/"}, "/billing"),
        ({"externalUrl": "https://example.com"}, ""),
        ({"externalUrl": "https://example.com/billing", "routePrefix": "/"}, ""),
        ({"externalUrl": "https://example.com/billing", "routePrefix": "/in"}, "/in"),
    ],
)
def test_prefix(web: Object, prefix: str) -> None:
    """Probes, scrapes, notes and ``helm test`` ask below the prefix that the exporter serves."""
    values = {**ONE, "web": web, "serviceMonitor": {"enabled": True}}
    found = objects(values)
    parsed = parser().parse_args(container(found)["args"])
    assert prefix_of(parsed.external_url, parsed.route_prefix).route == prefix
    assert container(found)["livenessProbe"]["httpGet"]["path"] == f"{prefix}/-/healthy"
    assert container(found)["readinessProbe"]["httpGet"]["path"] == f"{prefix}/-/ready"
    assert only(found, "ServiceMonitor")["spec"]["endpoints"][0]["path"] == f"{prefix}/metrics"
    (test,) = only(found, "Pod")["spec"]["containers"]
    assert test["args"][1].endswith(f":10059{prefix}/-/healthy")
    notes = render({**ONE, "web": web})["billing-exporter/templates/NOTES.txt"]
    assert f"metrics_path: {prefix}/metrics\n" in notes
    assert f"http://localhost:10059{prefix}/\n" in notes


def test_extra_manifests() -> None:
    """Objects of one's own are templates, given as objects or as text."""
    own = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "{{ .Release.Name }}-own"}}
    found = objects({**ONE, "extraManifests": [own, *shape("company")["extraManifests"]]})
    assert only(found, "Secret", "-own")["metadata"]["name"] == "billing-own"
    policy = only(found, "CiliumNetworkPolicy")
    assert policy["metadata"]["name"] == f"{NAME}-api"
    labels = only(found, "StatefulSet")["spec"]["template"]["metadata"]["labels"]
    assert policy["spec"]["endpointSelector"]["matchLabels"].items() <= labels.items()


def test_the_policy_by_name_is_complete() -> None:
    """The example by name lets out the hosts that the exporter talks to in its region."""
    (organization,) = shape("company")["config"]["organizations"]
    (_, egress) = only(objects(shape("company")), "CiliumNetworkPolicy")["spec"]["egress"]
    named = {f"https://{one['matchName']}" for one in egress["toFQDNs"]}
    assert named == set(hosts(organization["region"]))


def test_own_rules() -> None:
    """Groups of one's own follow those of the chart, unchanged."""
    values = shape("operators")
    groups = only(objects(values), "PrometheusRule")["spec"]["groups"]
    assert groups[-1] == values["prometheusRule"]["additionalGroups"][0]
    assert len(groups) > 1


def test_every_alert_can_be_disabled() -> None:
    """`disabledAlerts` takes the names of the rules: with all of them none is left."""
    values = {**ONE, "prometheusRule": {"enabled": True, "disabledAlerts": alerts()}}
    groups = only(objects(values), "PrometheusRule")["spec"]["groups"]
    assert [rule for group in groups for rule in group["rules"] if "alert" in rule] == []
    wrong = {**ONE, "prometheusRule": {"disabledAlerts": ["GenesysBillingUsageSpikes"]}}
    with pytest.raises(helm_python.HelmValuesError, match="value must be one of"):
        render(wrong)


def test_a_clock_that_is_slow() -> None:
    """The demo's clock takes fractions, as its flag does; factors are written without exponent."""
    for scale, text in ((0.5, "0.5"), (2000000, "2000000")):
        found = objects({"demo": {"enabled": True, "timeScale": scale}})
        assert f"--time-scale={text}" in container(found)["args"]


def test_removed_groups_are_refused() -> None:
    """A group of values that is null is named, not the line of a template that missed it."""
    groups = [value.name for value in chart_values() if value.parts]
    assert {"persistence", "networkPolicy"} <= set(groups)
    for name in groups:
        with pytest.raises(helm_python.HelmValuesError, match=f"missing property '{name}'"):
            render({**ONE, name: None})


def test_removed_defaults() -> None:
    """Resources and security contexts may be null: nothing of the defaults is left."""
    for name in ("resources", "securityContext", "podSecurityContext"):
        found = objects({**ONE, name: None})
        place = pod(found) if name.startswith("pod") else container(found)
        assert place["securityContext" if name.startswith("pod") else name] == {}


def test_every_null_is_refused_or_renders() -> None:
    """No value that is null ends in the words of a template."""
    for value in (leaf for group in chart_values() for leaf in group.leaves()):
        nested: Any = None
        for step in reversed(value.path):
            nested = {step: nested}
        try:
            render({**ONE, **nested} if value.name != "config.organizations" else nested)
        except helm_python.HelmValuesError as error:
            assert "missing property" in str(error)  # noqa: PT017 - either outcome is right
        except helm_python.HelmRenderError as error:
            assert "nil pointer" not in str(error), value.name  # noqa: PT017 - the same


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"web": {"tlsSecret": "x"}}, "web.tlsSecret: the demo serves plain HTTP"),
        ({"web": {"config": {"basic_auth_users": {"a": "b"}}}}, "web.config: the demo serves"),
        ({"web": {"existingSecret": "x"}}, "web.existingSecret: the demo serves plain HTTP"),
        ({"web": {"https": True}}, "web.https: the demo serves plain HTTP"),
        (ONE, "config.organizations: the demo has an organization of its own"),
        ({"existingConfigSecret": "x"}, "existingConfigSecret: the demo reads no configuration"),
    ],
)
def test_the_demo_refuses_what_it_would_ignore(values: Object, said: str) -> None:
    """Beside the demo nothing is taken that it could not serve or would ignore."""
    with pytest.raises(helm_python.HelmRenderError, match=said):
        render({"demo": {"enabled": True}, **values})


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (
            {"extraArgs": ["--web.listen-address=:1"]},
            "leave probes and scrapes behind; set service",
        ),
        ({"extraArgs": ["--web.telemetry-path", "/x"]}, "set web.telemetryPath"),
        ({"extraArgs": ["--web.config.file=/w"]}, "set web.config or web.existingSecret"),
        ({"extraArgs": ["--web.route-prefix=/x"]}, "set web.routePrefix"),
        ({"extraArgs": ["--web.external-url=http://x/"]}, "set web.externalUrl"),
        ({"service": {"type": "NodePort"}, "shards": 2}, "service.type: NodePort balances"),
        (
            {"podMonitor": {"enabled": True}, "serviceMonitor": {"enabled": True}},
            "podMonitor.enabled: every sample would be scraped twice",
        ),
    ],
)
def test_refused_together(values: Object, said: str) -> None:
    """Values that would scrape nothing, twice, or a random shard are refused with what to do."""
    with pytest.raises(helm_python.HelmRenderError, match=said):
        render({**ONE, **values})
