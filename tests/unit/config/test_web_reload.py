"""Rotation: what changes in the files holds soon, and what is broken changes nothing."""

import logging
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from billing_exporter.config import ConfigError
from billing_exporter.config.web_reload import LOOK_SECONDS, Rotation
from tests.unit.config.web_cases import HASH
from tools.testkit.certificates import Authority, Pair

pytestmark = pytest.mark.component

TLS = "tls_server_config: {cert_file: s.crt, key_file: s.key}\n"
USERS = f"basic_auth_users: {{ann: {HASH}}}\n"


class World:
    """A folder with a web configuration and its files, and a rotation whose time is ours."""

    def __init__(self, folder: Path, text: str = TLS + USERS) -> None:
        """Write a file with TLS and a user, and read it."""
        self.folder = folder
        self.authority = Authority(folder / "..")
        self.install(self.authority.issue())
        self.file = folder / "web.yml"
        self.file.write_text(text)
        self.age = 5.0
        self.now = 0.0
        self.rotation = Rotation(
            self.file, clock=lambda: time.time() + self.age, monotonic=lambda: self.now
        )

    def install(self, pair: Pair) -> None:
        """Put a certificate and its key in their places."""
        shutil.copy(pair.certificate, self.folder / "s.crt")
        shutil.copy(pair.key, self.folder / "s.key")

    def later(self) -> object:
        """Return the protection after enough time for another look."""
        self.now += LOOK_SECONDS
        return self.rotation.protection()


@pytest.fixture
def world(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> World:
    """Return a world in which files are at rest as soon as they are written."""
    caplog.set_level(logging.INFO)
    folder = tmp_path / "web"
    folder.mkdir()
    return World(folder)


def test_a_file_with_problems_is_refused_at_the_start(tmp_path: Path) -> None:
    """What is wrong at the start is said at once, because nothing good is there to stay."""
    with pytest.raises(ConfigError, match="No such file"):
        Rotation(tmp_path / "none.yml")


def test_nothing_new_is_nothing_done(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """While the files are the same, so is the protection, and nothing is logged."""
    before = world.rotation.protection()
    assert all(world.later() is before for _ in range(5))
    assert caplog.messages == []


def test_a_new_certificate_is_taken_over(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """A certificate and key that were exchanged give a fresh context, and one line of log."""
    before = world.rotation.protection()
    world.install(world.authority.issue())
    world.later()
    after = world.rotation.protection()
    assert after.tls is not None
    assert before.tls is not None
    assert after.tls.context is not before.tls.context
    assert caplog.messages == ["the web configuration was reloaded"]


def test_files_are_looked_at_once_a_second(world: World) -> None:
    """However often the protection is asked for, the files are looked at once in a while."""
    before = world.rotation.protection()
    world.install(world.authority.issue())
    world.now += LOOK_SECONDS / 2
    assert world.rotation.protection() is before
    world.now += LOOK_SECONDS / 2
    assert world.rotation.protection() is not before


def test_between_certificate_and_key(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """With a new certificate and the old key the old pair stays, said once; the key fixes it."""
    before = world.rotation.protection()
    pair = world.authority.issue()
    shutil.copy(pair.certificate, world.folder / "s.crt")
    assert all(world.later() is before for _ in range(5))
    shutil.copy(pair.key, world.folder / "s.key")
    assert world.later() is not before
    kept, again = caplog.records
    assert (kept.levelname, kept.message) == ("ERROR", "the web configuration is kept as it was")
    assert "key_file: not the key of the certificate in cert_file" in vars(kept)["error"]
    assert again.message == "the web configuration was reloaded"


def test_a_file_that_is_being_written_waits(world: World) -> None:
    """A file that was written to just now is not read, though it may be valid by halves."""
    before = world.rotation.protection()
    world.age = 0.0
    world.file.write_text(TLS + USERS + "http_server_config: {http2: no}")
    assert world.later() is before
    world.age = 5.0
    assert world.later() is not before


def test_users_and_headers_change(world: World) -> None:
    """Another user and a header hold as soon as the file is read."""
    world.file.write_text(
        f"{TLS}basic_auth_users: {{bob: {HASH}}}\n"
        "http_server_config: {headers: {X-Frame-Options: deny}}\n"
    )
    world.later()
    protection = world.rotation.protection()
    assert list(protection.users) == ["bob"]
    assert protection.headers == (("X-Frame-Options", "deny"),)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "tls_server_config: is switched on or off by a restart alone"),
        (TLS + "basic_auth_users:\n  ann: hunter2\n", "expected a bcrypt hash"),
        (TLS, "basic_auth_users: is switched on or off by a restart alone"),
        (USERS, "tls_server_config: is switched on or off by a restart alone"),
        (TLS + "basic_auth_users: {}", "basic_auth_users: is switched on or off"),
    ],
)
def test_a_broken_file_opens_nothing(
    world: World, caplog: pytest.LogCaptureFixture, text: str, said: str
) -> None:
    """A file with errors, or one that lost TLS or users, changes nothing and is logged once."""
    before = world.rotation.protection()
    world.file.write_text(text)
    assert all(world.later() is before for _ in range(3))
    (record,) = caplog.records
    assert said in vars(record)["error"]
    assert "hunter2" not in vars(record)["error"]


def test_a_file_that_is_gone_and_back(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Without its file the last protection stays; when the file is back it is followed again."""
    before = world.rotation.protection()
    world.file.rename(world.folder / "away")
    assert world.later() is before
    assert world.later() is before
    world.file.write_text(TLS + USERS)
    assert world.later() is not before
    assert [record.levelname for record in caplog.records] == ["ERROR", "INFO"]


def test_an_error_elsewhere_is_put_right(world: World) -> None:
    """A key that a new configuration names and that comes after it is read when it is there."""
    before = world.rotation.protection()
    world.file.write_text("tls_server_config: {cert_file: s.crt, key_file: late.key}\n" + USERS)
    assert world.later() is before
    shutil.copy(world.folder / "s.key", world.folder / "late.key")
    world.later()
    assert world.later() is not before


def test_a_link_that_is_swapped(tmp_path: Path) -> None:
    """A folder behind a link, as Kubernetes exchanges it whole, is followed."""
    folder = tmp_path / "mount"
    folder.mkdir()
    world = World(folder)
    shutil.copytree(folder, tmp_path / "data-1")
    shutil.rmtree(folder)
    folder.symlink_to(tmp_path / "data-1")
    before = world.later()
    shutil.copytree(tmp_path / "data-1", tmp_path / "data-2")
    (tmp_path / "data-2" / "web.yml").write_text(USERS + TLS)
    (tmp_path / "new").symlink_to(tmp_path / "data-2")
    (tmp_path / "new").rename(folder)
    assert world.later() is not before


def in_threads(call: Callable[[], object], count: int) -> list[object]:
    """Return what a call gives in each of many threads at once."""
    results: list[object] = []
    threads = [threading.Thread(target=lambda: results.append(call())) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_many_at_once(world: World) -> None:
    """Many threads that ask at once get the old or the new protection, whole, and never wait."""
    old = world.rotation.protection()
    world.install(world.authority.issue())
    world.now += LOOK_SECONDS
    results = in_threads(world.rotation.protection, 20)
    new = world.rotation.protection()
    assert new is not old
    assert all(result is old or result is new for result in results)
