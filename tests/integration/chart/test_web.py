"""The web configuration that the chart writes is one that the exporter takes up."""

import base64
import shutil
from pathlib import Path

import pytest

from billing_exporter.config.web import load_web
from tools.chart.rendering import ONE, container, objects, only, pod, shape
from tools.testkit.certificates import Authority

FOLDER = "/run/billing-exporter/tls"


@pytest.mark.parametrize("name", ["protected", "client-certificates"])
def test_taken_up(name: str, tmp_path: Path) -> None:
    """With the certificate where it is mounted, the exporter reads the file without an error."""
    found = objects(shape(name))
    text = base64.b64decode(only(found, "Secret", "-web")["data"]["web.yml"]).decode()
    authority = Authority(tmp_path)
    pair = authority.issue()
    for source, target in (
        (pair.certificate, "tls.crt"),
        (pair.key, "tls.key"),
        (authority.certificate, "ca.crt"),
    ):
        shutil.copy(source, tmp_path / target)
    (tmp_path / "web.yml").write_text(text.replace(FOLDER, str(tmp_path)))
    assert load_web(tmp_path / "web.yml").protection.tls is not None


def test_mounted() -> None:
    """File and certificate are mounted where the arguments and the file say."""
    found = objects(shape("protected"))
    mounts = {one["mountPath"]: one["name"] for one in container(found)["volumeMounts"]}
    volumes = {one["name"]: one for one in pod(found)["volumes"]}
    assert volumes[mounts[FOLDER]]["secret"]["secretName"] == "exporter-tls"
    web = volumes[mounts["/run/billing-exporter/web"]]["secret"]["secretName"]
    assert web == only(found, "Secret", "-web")["metadata"]["name"]
    assert "--web.config.file=/run/billing-exporter/web/web.yml" in container(found)["args"]


def test_own_certificate_files() -> None:
    """Certificate files that the values name come before those of the Secret."""
    own = {"tls_server_config": {"cert_file": "/c", "key_file": "/k"}}
    values = {**ONE, "web": {"tlsSecret": "exporter-tls", "config": own}}
    text = only(objects(values), "Secret", "-web")["data"]["web.yml"]
    assert "cert_file: /c" in base64.b64decode(text).decode()
