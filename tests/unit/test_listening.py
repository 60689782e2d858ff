"""A start that restores what was saved: when it listens, and what it answers meanwhile."""

import socket
import threading
from collections.abc import Iterator

import pytest

from billing_exporter.app import App, build, listening
from billing_exporter.config import Settings
from tools.testkit.organizations import organization_at
from tools.testkit.processes import wait_until
from tools.testkit.scrapes import fetch

NOWHERE = "http://127.0.0.1:9"


def app_at(address: str) -> App:
    """Return an exporter that has restored nothing yet, and polls nothing."""
    organizations = (organization_at(NOWHERE, name="one"),)
    settings = Settings(organizations=organizations)
    return build(settings, address=address, restored=False)


@pytest.fixture
def app() -> Iterator[App]:
    """An exporter at a free port."""
    made = app_at("127.0.0.1:0")
    yield made
    made.server.stop()
    made.exporter.stop()


def test_a_start_that_is_soon_done_listens_when_all_is_restored(app: App) -> None:
    """Nobody gets an answer before, so that a scrape waits for a moment instead of failing."""
    with listening(app.server):
        assert not app.server.is_started
        app.restore()
    assert fetch(f"{app.server.url}/metrics").status == 200


def test_a_long_restoration_shows_that_the_process_lives_and_nothing_else(app: App) -> None:
    """While readings are restored, health answers, so that nobody ends the process for its silence;
    readiness, metrics and pages do not: what is missing would look as if it had ended.
    """
    with listening(app.server, seconds=0):
        wait_until(lambda: app.server.is_started)
        for path in ("/-/healthy", "/healthz"):
            assert fetch(app.server.url + path).status == 200
        for path in ("/-/ready", "/readyz", "/metrics", "/", "/api/v1/customers", "/nothing"):
            answer = fetch(app.server.url + path)
            assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
            assert answer.body == b"saved readings are being restored\n"
        app.restore()
    assert fetch(f"{app.server.url}/-/ready").status == 200
    lines = fetch(f"{app.server.url}/metrics").body.decode().splitlines()
    waiting = [line for line in lines if line.startswith("genesyscloud_billing_waiting{")]
    assert [float(line.split()[-1]) for line in waiting] == [1.0] * 4


def test_an_address_that_is_taken_is_an_error_however_early_it_was_tried() -> None:
    """The error reaches who starts the exporter, from the other thread too."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        app = app_at(address)
        tried = threading.Event()
        start = app.server.start

        def noted() -> None:
            try:
                start()
            finally:
                tried.set()

        app.server.start = noted  # type: ignore[method-assign]
        with pytest.raises(OSError, match="already in use"), listening(app.server, seconds=0):
            assert tried.wait(10)
        with pytest.raises(OSError, match="already in use"), listening(app_at(address).server):
            pass


def test_a_failed_restoration_leaves_nothing_listening(app: App) -> None:
    """An error while it restores is the one that is reported."""
    with pytest.raises(RuntimeError, match="a fault"), listening(app.server):
        raise RuntimeError("a fault")
    assert not app.server.is_started
