"""What the chart refuses, what it makes of its values, and that its generated files are fresh."""

from typing import Any

import helm_python
import pytest

from billing_exporter import __version__
from tools.alert_rules import thresholds
from tools.chart.generated import files, stale
from tools.chart.rendering import ONE, Object, container, objects, only, render, shape
from tools.chart.values import chart_values
from tools.paths import CHART


@pytest.mark.parametrize(
    ("path", "text"), files().items(), ids=lambda part: getattr(part, "name", "")
)
def test_generated_files_are_fresh(path: Any, text: str) -> None:
    """README and schema say what the values say; ``make docs`` writes them."""
    assert path.read_text() == text


def test_copies_are_real_files_with_a_source() -> None:
    """The chart holds no link, which some ways of delivery lose, and no copy without a source."""
    assert not [path for path in CHART.rglob("*") if path.is_symlink()]
    assert stale() == set()


def test_every_value_is_described() -> None:
    """Every key of values.yaml on the first level has its comment, and so has the schema."""
    described = {value.name for value in chart_values()}
    assert described == set(helm_python.Chart.load(str(CHART)).values)
    assert all(value.description for value in chart_values())


def test_version() -> None:
    """The chart runs the exporter of this version; its own version may differ."""
    metadata = helm_python.Chart.load(str(CHART)).metadata
    assert metadata["appVersion"] == __version__
    assert container(objects(ONE))["image"] == f"genesyscloud-billing-exporter:{__version__}"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"shard": 2}, "additional properties 'shard' not allowed"),
        ({"shards": 0}, "minimum: got 0, want 1"),
        ({"shards": "many"}, "got string, want integer"),
        ({"web": {"tlsSecrt": "x"}}, "additional properties 'tlsSecrt' not allowed"),
        ({"log": {"level": "loud"}}, "value must be one of"),
        ({"image": {"digest": "latest"}}, "does not match pattern"),
        ({"serviceMonitor": {"enabled": "yes"}}, "value must be one of true, false, 'auto'"),
        (
            {"prometheusRule": {"thresholds": {"overage": 1}}},
            "additional properties 'overage' not allowed",
        ),
        ({"credentials": {"acme": {}}}, "missing property 'existingSecret'"),
        ({"credentials": {"acme": {"secret": "x"}}}, "additional properties 'secret' not allowed"),
        ({"web": {"config": {"tls": {}}}}, "additional properties 'tls' not allowed"),
        (
            {"web": {"config": {"tls_server_config": {"certfile": "c"}}}},
            "additional properties 'certfile' not allowed",
        ),
        (
            {"web": {"config": {"tls_server_config": {"client_auth_type": "Require"}}}},
            "value must be one of 'NoClientCert'",
        ),
        (
            {"web": {"config": {"http_server_config": {"header": {}}}}},
            "additional properties 'header' not allowed",
        ),
        ({"dashboards": {"suffix": "Eu"}}, "does not match pattern"),
        ({"dashboards": {"suffix": "123456789"}}, "does not match pattern"),
        ({"resources": {"limit": {}}}, "additional properties 'limit' not allowed"),
        ({"resources": {"limits": {"memory": {}}}}, "got object, want"),
        ({"livenessProbe": {"period": 3}}, "additional properties 'period' not allowed"),
        ({"livenessProbe": {"periodSeconds": "3s"}}, "got string, want integer"),
        ({"readinessProbe": {"httpGet": {}}}, "additional properties 'httpGet' not allowed"),
        ({"extraEnv": [{"nam": "A", "value": "b"}]}, "additional properties 'nam' not allowed"),
        ({"extraEnv": [{"value": "b"}]}, "missing property 'name'"),
        ({"extraEnv": [{"name": "A", "value": 1}]}, "got number, want string"),
        ({"extraEnv": ["A=b"]}, "got string, want object"),
        ({"extraArgs": [1]}, "got number, want string"),
        ({"networkPolicy": {"ingressFrom": ["monitoring"]}}, "got string, want object"),
        ({"networkPolicy": {"ingressFrom": [{}]}}, "minProperties: got 0, want 1"),
        (
            {"networkPolicy": {"ingressFrom": [{"namespace": {}}]}},
            "additional properties 'namespace' not allowed",
        ),
        ({"networkPolicy": {"extraEgress": [{"from": []}]}}, "properties 'from' not allowed"),
    ],
)
def test_wrong_values(wrong: Object, said: str) -> None:
    """A wrong value is refused by the schema, in words that name what is wrong."""
    with pytest.raises(helm_python.HelmValuesError, match=said):
        render({**ONE, **wrong})


@pytest.mark.parametrize(
    "right",
    [
        {"web": {"tlsSecret": "x", "config": {"tls_server_config": {"min_version": "TLS13"}}}},
        {"web": {"config": {"http_server_config": {"headers": {"X-Frame-Options": "deny"}}}}},
        {"resources": {"requests": {"cpu": 1}, "limits": {"ephemeral-storage": "1Gi"}}},
        {"livenessProbe": {"initialDelaySeconds": 0, "terminationGracePeriodSeconds": 5}},
        {"readinessProbe": {"successThreshold": 2}},
        {"extraEnv": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]},
        {"networkPolicy": {"ingressFrom": [{"namespaceSelector": {}, "podSelector": {}}]}},
    ],
)
def test_right_values(right: Object) -> None:
    """What Kubernetes and the exporter know is taken."""
    assert render({**ONE, **right})


@pytest.mark.parametrize(
    ("organization", "said"),
    [
        ({"regoin": "eu-central-1"}, "additional properties 'regoin' not allowed"),
        ({}, "oneOf"),
        ({"region": "eu-central-1", "client_secret": "plain"}, "does not match pattern"),
        (
            {"region": "eu-central-1", "collectors": {"usage": {"interval": "often"}}},
            "does not match pattern",
        ),
        (
            {"region": "eu-central-1", "collectors": {"trustors": {"concurrency": 99}}},
            "maximum: got 99, want 32",
        ),
    ],
)
def test_wrong_configuration(organization: Object, said: str) -> None:
    """The configuration inside the values is held to the exporter's own schema."""
    wrong = {"config": {"organizations": [{"name": "acme", **organization}]}}
    with pytest.raises(helm_python.HelmValuesError, match=said):
        render({**ONE, **wrong})


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "nothing to export"),
        ({**ONE, "credentials": {}}, 'organization "acme" has none'),
        (
            {**ONE, "credentials": {"acmee": {"existingSecret": "x"}}},
            'organization "acme" has none',
        ),
        (
            {**ONE, "credentials": {**ONE["credentials"], "b": {"existingSecret": "x"}}},
            '"b" is not the name of an organization',
        ),
        ({**ONE, "existingConfigSecret": "x"}, "config.organizations must be empty"),
        ({"demo": {"enabled": True}, "shards": 2}, "shards: only one with demo.enabled"),
        ({**shape("shards"), "shards": 2}, "3 entries in perShard for 2 shards"),
    ],
)
def test_values_that_do_not_fit(values: Object, said: str) -> None:
    """Values that are right one by one but cannot work together are refused with what to do."""
    with pytest.raises(helm_python.HelmRenderError, match=said):
        render(values)


def test_a_variable_may_stand_for_the_secret() -> None:
    """An organization needs no entry in the credentials where its configuration names a source."""
    organization = {"name": "a", "region": "us-east-1", "client_id": "i", "client_secret": "${S}"}
    found = objects({"config": {"organizations": [organization]}})
    assert "client_secret: ${S}" in only(found, "ConfigMap", "-config")["data"]["shard-0.yml"]


def test_thresholds_of_the_file() -> None:
    """The file of thresholds is read whole: each has a name, a number and a description."""
    found = thresholds()
    text = (CHART / "files" / "rules" / "thresholds.yml").read_text()
    assert len(found) == text.count("- record:") - text.count("labels: {currency: ") > 0
    assert all(one.description.endswith(".") for one in found)


def test_restart_on_change() -> None:
    """With ``reload`` a changed configuration leaves the pods alone; without it they are new."""
    changed = {"config": {"organizations": [{"name": "acme", "region": "us-east-1"}]}}

    def annotations(values: Object) -> Object:
        metadata: Object = only(objects(values), "StatefulSet")["spec"]["template"]["metadata"]
        return metadata["annotations"]  # type: ignore[no-any-return]

    assert annotations(ONE) == annotations({**ONE, **changed})
    fixed = {**ONE, "reload": False}
    assert annotations(fixed) != annotations({**fixed, **changed})
    assert "--config.auto-reload" in container(objects(ONE))["args"]
    assert "--config.auto-reload" not in container(objects(fixed))["args"]


def test_a_new_client_id_makes_new_pods() -> None:
    """A client id reaches the exporter as a variable, which only a new pod takes up."""
    values = shape("given-credentials")
    before = only(objects(values), "StatefulSet")
    values["credentials"]["acme"]["clientId"] = "another"
    assert only(objects(values), "StatefulSet") != before


def test_shards() -> None:
    """Each shard knows how many there are and, from its ordinal, which one it is."""
    found = objects(shape("shards"))
    arguments = container(found)["args"]
    assert only(found, "StatefulSet")["spec"]["replicas"] == 3
    assert {"--shard.count=3", "--shard.index=$(SHARD_INDEX)"} <= set(arguments)
    index = next(one for one in container(found)["env"] if one["name"] == "SHARD_INDEX")
    path = index["valueFrom"]["fieldRef"]["fieldPath"]
    assert path == "metadata.labels['apps.kubernetes.io/pod-index']"
    clients = {
        name: text.split("client_id: ")[1].split()[0]
        for name, text in only(found, "ConfigMap", "-config")["data"].items()
    }
    assert len(set(clients.values())) == len(clients) == 3


def test_probes() -> None:
    """Probes speak what the exporter speaks; where only certificates may in, they try the port."""

    def probe(name: str) -> Object:
        found: Object = container(objects(shape(name)))["readinessProbe"]
        return found

    assert probe("one-organization")["httpGet"]["scheme"] == "HTTP"
    assert probe("protected")["httpGet"]["scheme"] == "HTTPS"
    assert probe("existing")["httpGet"]["scheme"] == "HTTPS"
    assert "tcpSocket" in probe("client-certificates")


def test_notes() -> None:
    """The notes say how Prometheus finds the shards where no operator does it, and what is open."""
    path = "billing-exporter/templates/NOTES.txt"
    plain = render(ONE)[path]
    assert "names: [_metrics._tcp.billing-billing-exporter.finance.svc]" in plain
    assert "type: SRV" in plain
    assert "Every pod of the cluster may read them" in plain
    protected = render(shape("protected"))[path]
    assert "dns_sd_configs" not in protected
    assert "may read them" not in protected
