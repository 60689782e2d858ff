"""The real command with a web configuration: Prometheus scrapes it through a rotation."""

import base64
import shutil
import ssl
import textwrap
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import bcrypt
import pytest

from tools.testkit.certificates import Authority, Pair
from tools.testkit.components import require
from tools.testkit.processes import Program, environment, run, simulating, starting, wait_until
from tools.testkit.prometheus_server import running_prometheus

PASSWORD = "correct horse"
SERVING = r"msg=serving url=(https?://\S+)"


@dataclass
class Routes:
    """A folder with a web configuration, and the authority of its certificates."""

    folder: Path
    authority: Authority

    @property
    def file(self) -> Path:
        """The web configuration file."""
        return self.folder / "web.yml"

    def install(self, pair: Pair) -> None:
        """Put a certificate and its key in their places."""
        shutil.copy(pair.certificate, self.folder / "s.crt")
        shutil.copy(pair.key, self.folder / "s.key")

    def get(
        self, url: str, user: str | None = None, method: str = "GET"
    ) -> tuple[int, str, dict[str, str]]:
        """Return status, text and headers of an answer."""
        request = urllib.request.Request(url, method=method)
        if user:
            credentials = base64.b64encode(f"{user}:{PASSWORD}".encode()).decode()
            request.add_header("Authorization", f"Basic {credentials}")
        context = self.authority.client()
        try:
            with urllib.request.urlopen(request, timeout=20, context=context) as answer:
                return answer.status, answer.read().decode(), dict(answer.headers)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode(), dict(error.headers)


@pytest.fixture
def site(tmp_path: Path) -> Routes:
    """Return a folder with TLS, one user and a header."""
    folder = tmp_path / "web"
    folder.mkdir()
    site = Routes(folder, Authority(tmp_path))
    site.install(site.authority.issue())
    hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    site.file.write_text(
        "tls_server_config: {cert_file: s.crt, key_file: s.key}\n"
        f"basic_auth_users: {{prometheus: {hashed}}}\n"
        "http_server_config: {headers: {Strict-Transport-Security: max-age=60}}\n"
    )
    return site


@contextmanager
def serving(site: Routes, *flags: str) -> Iterator[Program]:
    """Run ``serve`` against a small simulator with the site's web configuration."""
    anywhere = ("--web.listen-address", "127.0.0.1:0")
    given = ("--web.config.file", str(site.file), *flags)
    with (
        simulating("--trustors", "1") as simulator,
        starting(
            "serve", *anywhere, *given, environ=environment(simulator), listening=SERVING
        ) as exporter,
    ):
        yield exporter


def shown(url: str, site: Routes) -> str:
    """Return the certificate that is shown at a URL."""
    host, _, port = url.removeprefix("https://").rpartition(":")
    return ssl.get_server_certificate((host, int(port)), ca_certs=str(site.authority.certificate))


def test_prometheus_stays_up_through_a_rotation(site: Routes) -> None:
    """Prometheus scrapes by https with a password while certificate and then key are exchanged."""
    scrape = {
        "scheme": "https",
        "tls_config": {"ca_file": str(site.authority.certificate.resolve())},
        "basic_auth": {"username": "prometheus", "password": PASSWORD},
    }
    with serving(site) as exporter:
        target = exporter.url.removeprefix("https://")
        with running_prometheus(
            require("prometheus-3"), targets=[target], scrape=scrape
        ) as prometheus:
            prometheus.wait_for("up == 1")
            first = shown(exporter.url, site)
            pair = site.authority.issue()
            shutil.copy(pair.certificate, site.folder / "s.crt")
            wait_until(lambda: exporter.lines("kept as it was", "not the key"))
            assert shown(exporter.url, site) == first
            shutil.copy(pair.key, site.folder / "s.key")
            wait_until(lambda: exporter.lines("was reloaded"))
            assert shown(exporter.url, site) != first
            seen = time.time()
            prometheus.wait_for(f"timestamp(up) > {seen + 2}")
            assert prometheus.query("min_over_time(up[1h])")[0]["value"][1] == "1"
        assert len(exporter.lines("kept as it was")) == 1
        assert PASSWORD not in exporter.stderr


def test_who_gets_what(site: Routes) -> None:
    """Health is open, everything else needs the password, and headers are on every answer."""
    with serving(site) as exporter:
        answers = {
            "metrics without": site.get(f"{exporter.url}/metrics"),
            "page without": site.get(f"{exporter.url}/"),
            "JSON without": site.get(f"{exporter.url}/api/v1/overview"),
            "reload without": site.get(f"{exporter.url}/-/reload", method="POST"),
            "health without": site.get(f"{exporter.url}/-/healthy"),
            "a stranger": site.get(f"{exporter.url}/metrics", "stranger"),
            "metrics": site.get(f"{exporter.url}/metrics", "prometheus"),
            "page": site.get(f"{exporter.url}/", "prometheus"),
            "JSON": site.get(f"{exporter.url}/api/v1/overview", "prometheus"),
        }
    statuses = {name: HTTPStatus(answer[0]).phrase for name, answer in answers.items()}
    assert statuses == {
        **dict.fromkeys(answers, "Unauthorized"),
        **dict.fromkeys(("health without", "metrics", "page", "JSON"), "OK"),
    }
    assert {answer[2]["Strict-Transport-Security"] for answer in answers.values()} == {"max-age=60"}
    assert "default-src 'none'" in answers["page"][2]["Content-Security-Policy"]
    assert "genesyscloud_billing_" in answers["metrics"][1]


def test_health_can_be_protected(site: Routes) -> None:
    """With its flag, health needs the password too."""
    with serving(site, "--web.protect-health") as exporter:
        assert site.get(f"{exporter.url}/healthz")[0] == 401
        assert site.get(f"{exporter.url}/healthz", "prometheus")[0] == 200


def test_check_names_the_problems_of_the_web_configuration(site: Routes) -> None:
    """`check` reads the file too: silent when it is good, with line and setting when it is not."""
    environ = {
        "GENESYSCLOUD_REGION": "eu-central-1",
        "GENESYSCLOUD_OAUTHCLIENT_ID": "x",
        "GENESYSCLOUD_OAUTHCLIENT_SECRET": "y",
        "PATH": "/usr/bin:/bin",
    }
    good = run("check", "--web.config.file", str(site.file), environ=environ)
    assert (good.returncode, good.stderr) == (0, "")
    site.file.write_text("tls_server_config:\n  cert_file: s.crt\n  min_version: TLS9\n")
    del environ["GENESYSCLOUD_REGION"]
    bad = run("check", "--web.config.file", str(site.file), environ=environ)
    assert bad.returncode == 1
    assert "GENESYSCLOUD_REGION" in bad.stderr
    assert f"{site.file}:1: tls_server_config.key_file: required, unless `key`" in bad.stderr
    assert f"{site.file}:3: tls_server_config.min_version: expected TLS12 or TLS13" in bad.stderr


def test_serve_refuses_a_web_configuration_with_problems(site: Routes) -> None:
    """`serve` ends with the errors before it listens or polls."""
    site.file.write_text("basic_auth_users: {a: b}")
    environ = {
        "GENESYSCLOUD_REGION": "eu-central-1",
        "GENESYSCLOUD_OAUTHCLIENT_ID": "x",
        "GENESYSCLOUD_OAUTHCLIENT_SECRET": "y",
    }
    done = run("serve", "--web.config.file", str(site.file), environ=environ)
    assert done.returncode == 1
    assert done.stderr.startswith(f"{site.file}:1: basic_auth_users.a: expected a bcrypt hash")
    assert "Traceback" not in done.stderr


def test_certificates_as_text_and_a_rate_limit(site: Routes) -> None:
    """With certificate and key in the file itself TLS is served; beyond the rate limit is 429."""
    files = {"cert": "s.crt", "key": "s.key"}
    pem = {name: (site.folder / file).read_text() for name, file in files.items()}
    site.file.write_text(
        "tls_server_config:\n"
        + "".join(f"  {name}: |\n{textwrap.indent(text, '    ')}" for name, text in pem.items())
        + "rate_limit: {interval: 1h, burst: 2}\n"
    )
    for path in site.folder.glob("s.*"):
        path.unlink()
    with serving(site) as exporter:
        url = f"{exporter.url}/metrics"
        assert [site.get(url)[0] for _ in range(3)] == [200, 200, 429]
        assert site.get(f"{exporter.url}/-/healthy")[0] == 200
