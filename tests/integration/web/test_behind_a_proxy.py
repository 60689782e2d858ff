"""The real program below a path, and on a socket that it inherits."""

import os
import re
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin

import pytest

from tools.testkit.processes import STOP_SECONDS, clean_environment, wait_until

# Starts the exporter as systemd does: the socket is number 3, and a variable names the process.
_ACTIVATE = """
import os, sys
os.dup2(int(sys.argv[1]), 3, inheritable=True)
os.environ.update(LISTEN_FDS=sys.argv[2], LISTEN_PID=str(os.getpid()))
os.execv(sys.executable, [sys.executable, "-m", "billing_exporter", *sys.argv[3:]])
"""
ACCOUNT = {
    "GENESYSCLOUD_API_URL": "http://127.0.0.1:9",
    "GENESYSCLOUD_OAUTHCLIENT_ID": "id",
    "GENESYSCLOUD_OAUTHCLIENT_SECRET": "secret",
}


def get(url: str) -> tuple[int, str]:
    """Return the status and text of a page; redirects are followed."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, ""


@contextmanager
def serving(log: Path, *arguments: str, given: int | None = None) -> Iterator[str]:
    """Run the exporter, on a given descriptor if there is one; yield the URL that it logs."""
    start = ["-m", "billing_exporter"] if given is None else ["-c", _ACTIVATE, str(given), "1"]
    command = [sys.executable, *start, "serve", *arguments]
    with (
        log.open("wb") as file,
        subprocess.Popen(
            command,
            stderr=file,
            env={**clean_environment(), **ACCOUNT},
            pass_fds=() if given is None else (given,),
        ) as process,
    ):
        try:
            wait_until(lambda: "msg=serving" in log.read_text() or process.poll() is not None)
            found = re.search(r"url=(\S+)", log.read_text())
            assert found, log.read_text()
            yield found[1]
            process.terminate()
            assert process.wait(STOP_SECONDS) == 0
        finally:
            process.kill()


def test_below_a_path(tmp_path: Path) -> None:
    """Below the path of the external URL everything is served, and the page's links lead there."""
    flags = ("--web.listen-address=127.0.0.1:0", "--web.external-url=https://example.com/billing/")
    with serving(tmp_path / "log", *flags) as url:
        status, page = get(f"{url}/")
        assert status == 200
        links = {urljoin(f"{url}/billing/", link) for link in re.findall(r'href="([^"#]+)"', page)}
        paths = ("metrics", "customers", "api/v1/overview", "-/ready", "-/healthy")
        assert links >= {f"{url}/billing/{path}" for path in paths}
        assert {get(link)[0] for link in links} == {200}
        assert get(f"{url}/billing/customers?page=1")[0] == 200
        assert get(f"{url}/billing/customers?page=x")[0] == 400
        assert get(f"{url}/-/healthy")[0] == 200
        assert get(f"{url}/metrics")[0] == 404


def test_on_a_socket_of_systemd(tmp_path: Path) -> None:
    """The exporter serves on the socket that it inherits, and a stop closes it in order."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with serving(
            tmp_path / "log", "--web.systemd-socket", given=os.dup(listener.fileno())
        ) as url:
            assert url == f"http://127.0.0.1:{port}"
            assert get(f"{url}/-/healthy") == (200, "healthy\n")


@pytest.mark.parametrize(
    ("flags", "environment", "said"),
    [
        (["--web.systemd-socket"], {}, "expected one socket of systemd, got none"),
        (
            ["--web.systemd-socket"],
            {"LISTEN_FDS": "1", "LISTEN_PID": "1"},
            "expected one socket of systemd, got none",
        ),
        (["--web.external-url=nowhere"], {}, "--web.external-url: expected a URL such as"),
        (["--web.route-prefix=/a?b"], {}, "--web.route-prefix: expected a path such as /billing"),
    ],
)
def test_refused(flags: list[str], environment: dict[str, str], said: str) -> None:
    """What cannot work is wrong usage: one line that names the flag, and status 2."""
    done = subprocess.run(
        [sys.executable, "-m", "billing_exporter", "serve", *flags],
        env={**clean_environment(), **ACCOUNT, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
