"""Labels and annotations: those of the chart, those that are given, and checksums of files."""

import pytest

from tools.chart.rendering import ONE, SHAPES, Object, objects, only, render, shape

OWNER = {"example.com/owner": "finance"}


@pytest.mark.parametrize("name", SHAPES)
def test_common_labels(name: str) -> None:
    """A common label is on every object and on the pods, that of ``helm test`` among them."""
    found = objects({**shape(name), "commonLabels": {"cost-center": "4711"}})
    for one in found:
        assert one["metadata"]["labels"]["cost-center"] == "4711", one["kind"]
        assert one["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "Helm"
        assert one["metadata"]["labels"]["helm.sh/chart"].startswith("billing-exporter-")
    assert _pod_metadata(found)["labels"]["cost-center"] == "4711"


def test_labels_and_annotations_of_the_pods() -> None:
    """Labels and annotations for the pods are on them alone."""
    found = objects({**ONE, "podLabels": {"tier": "back"}, "podAnnotations": OWNER})
    assert _pod_metadata(found)["labels"]["tier"] == "back"
    assert _pod_metadata(found)["annotations"].items() > OWNER.items()
    for one in found:
        assert "tier" not in one["metadata"]["labels"]
        assert "example.com/owner" not in one["metadata"].get("annotations", {})


@pytest.mark.parametrize("name", ["podLabels", "commonLabels"])
def test_labels_of_selectors_stay(name: str) -> None:
    """No label that is given takes the pods away from what selects them."""
    given = {"app.kubernetes.io/name": "other", "app.kubernetes.io/instance": "other", "own": "x"}
    found = objects({**ONE, name: given})
    labels = _pod_metadata(found)["labels"]
    assert labels["own"] == "x"
    wanted = {"app.kubernetes.io/name": "billing-exporter", "app.kubernetes.io/instance": "billing"}
    assert labels.items() > wanted.items()
    assert only(found, "StatefulSet")["spec"]["selector"]["matchLabels"] == wanted
    assert only(found, "Service")["spec"]["selector"] == wanted
    assert only(found, "NetworkPolicy")["spec"]["podSelector"]["matchLabels"] == wanted
    assert only(found, "PodDisruptionBudget")["spec"]["selector"]["matchLabels"] == wanted
    tested = only(found, "Pod")["metadata"]["labels"]
    assert tested["app.kubernetes.io/name"] == "billing-exporter-test"
    assert "other" not in tested.values()


def test_each_label_once() -> None:
    """A label that is given twice is written once; the one for the narrower place counts."""
    values = {**ONE, "commonLabels": {"tier": "all"}, "podLabels": {"tier": "back"}}
    text = render(values)["billing-exporter/templates/statefulset.yaml"]
    assert text.count("tier:") == 2  # of the StatefulSet and of its pods
    assert _pod_metadata(objects(values))["labels"]["tier"] == "back"


CREDENTIALS = {"acme": {"clientId": "i", "clientSecret": "s"}}
REGION = {"organizations": [{"name": "acme", "region": "us-east-1"}]}


@pytest.mark.parametrize(
    ("changed", "annotations"),
    [
        ({"config": REGION}, {"checksum/config"}),
        (
            {"credentials": {"acme": {"clientId": "i", "clientSecret": "other"}}},
            {"checksum/credentials"},
        ),
        ({"web": {"config": {"basic_auth_users": {"b": "x"}}}}, {"checksum/web"}),
        (
            {"credentials": {"acme": {"clientId": "other", "clientSecret": "s"}}},
            {"checksum/client-ids", "checksum/credentials"},
        ),
        ({"log": {"level": "debug"}}, set()),
    ],
)
def test_checksums(changed: Object, annotations: set[str]) -> None:
    """Without ``reload`` each file has its checksum, which changes with it alone."""
    web = {"config": {"basic_auth_users": {"a": "x"}}}
    values = {**ONE, "credentials": CREDENTIALS, "web": web, "reload": False}
    before = _pod_metadata(objects(values))["annotations"]
    after = _pod_metadata(objects({**values, **changed}))["annotations"]
    assert set(before) == set(after)
    assert {name for name in before if before[name] != after[name]} == annotations


def test_checksums_stay() -> None:
    """An annotation that is given does not take the place of a checksum."""
    given = {"checksum/client-ids": "x"}
    found = _pod_metadata(objects({**ONE, "podAnnotations": given}))["annotations"]
    assert found == _pod_metadata(objects(ONE))["annotations"]


def _pod_metadata(found: list[Object]) -> Object:
    metadata: Object = only(found, "StatefulSet")["spec"]["template"]["metadata"]
    return metadata
