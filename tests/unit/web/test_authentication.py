"""Basic authentication: who is admitted, what it costs, and what a flood can do."""

import base64
import threading
from collections.abc import Callable

import bcrypt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_exporter.web.authentication import (
    PASSWORD_BYTES,
    WAITING,
    Authenticator,
    Busy,
    parse_credentials,
)
from tests.unit.httpd.clients import eventually


def basic(user: str, password: str | bytes) -> str:
    """Return the value of the header for a user and a password."""
    raw = password.encode() if isinstance(password, str) else password
    return "Basic " + base64.b64encode(user.encode() + b":" + raw).decode()


def hashed(password: str, cost: int = 4) -> bytes:
    """Return the bcrypt hash of a password, at the lowest cost."""
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(cost))


class Checks:
    """A check that takes a password that equals its hash, and keeps what it was asked."""

    def __init__(self, before: Callable[[], object] = bool) -> None:
        """Call a function before each answer."""
        self.before = before
        self.asked: list[tuple[bytes, bytes]] = []

    def __call__(self, password: bytes, stored: bytes) -> bool:
        """Check a password."""
        self.asked.append((password, stored))
        self.before()
        return password == stored


USERS = {"ann": b"one", "bob": b"two"}


@pytest.mark.parametrize("prefix", [b"$2a$", b"$2b$", b"$2y$"])
def test_real_hashes(prefix: bytes) -> None:
    """Hashes of each kind that tools write are understood; another password is refused."""
    users = {"ann": prefix + hashed("pässword")[4:]}
    authenticator = Authenticator()
    assert authenticator.admits(users, basic("ann", "pässword"))
    assert not authenticator.admits(users, basic("ann", "pässwort"))
    assert not authenticator.admits(users, basic("Ann", "pässword"))


def test_passwords_are_cut_as_bcrypt_does() -> None:
    """A password longer than bcrypt takes in is right when its beginning is; a NUL is a letter."""
    long = "x" * PASSWORD_BYTES
    authenticator = Authenticator()
    assert authenticator.admits({"ann": hashed(long)}, basic("ann", long + "y"))
    assert not authenticator.admits({"ann": hashed("a")}, basic("ann", "a\0"))


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Basic",
        "Basic ",
        "Bearer YTpi",
        "Basic YTpi!",
        "Basic YTpi, Basic YTpi",
        "Basic " + base64.b64encode(b"no colon").decode(),
        "Basic ä",
    ],
)
def test_what_is_no_credentials_costs_nothing(header: str | None) -> None:
    """A header without user and password is refused before anything is computed."""
    checks = Checks()
    assert not Authenticator(checks).admits(USERS, header)
    assert checks.asked == []


@given(st.text() | st.binary().map(lambda raw: "Basic " + base64.b64encode(raw).decode()))
def test_any_header_is_read(header: str) -> None:
    """Whatever the header holds, it is credentials or none, and the password is bounded."""
    credentials = parse_credentials(header)
    assert credentials is None or len(credentials[1]) <= PASSWORD_BYTES


@given(st.text(st.characters(codec="utf-8", exclude_characters=":")), st.binary(max_size=72))
def test_credentials_survive_the_header(user: str, password: bytes) -> None:
    """Any user without a colon and any password arrive as they were sent."""
    assert parse_credentials(basic(user, password)) == (user, password)


def test_a_right_password_is_computed_once() -> None:
    """Who was admitted is known again; another password of the same user is computed."""
    checks = Checks()
    authenticator = Authenticator(checks)
    assert [authenticator.admits(USERS, basic("ann", "one")) for _ in range(9)] == [True] * 9
    assert checks.asked == [(b"one", b"one")]
    assert not authenticator.admits(USERS, basic("ann", "two"))
    assert authenticator.admits(USERS, basic("ann", "one"))
    assert checks.asked == [(b"one", b"one"), (b"two", b"one")]


def test_a_changed_hash_ends_what_was_known() -> None:
    """After a password or a user has gone, the old password is refused at once."""
    authenticator = Authenticator(Checks())
    assert authenticator.admits(USERS, basic("ann", "one"))
    assert not authenticator.admits({"ann": b"new"}, basic("ann", "one"))
    assert not authenticator.admits({"bob": b"two"}, basic("ann", "one"))
    assert authenticator.admits({"ann": b"new"}, basic("ann", "new"))


def test_an_unknown_user_costs_what_a_known_one_costs() -> None:
    """Each unknown name is checked once, against the same real hash each time, and refused."""
    checks = Checks()
    authenticator = Authenticator(checks)
    for number in range(50):
        for password in ("one", "two", "one"):
            assert not authenticator.admits(USERS, basic(f"u{number}", password))
    decoys = [stored for _, stored in checks.asked]
    assert len(decoys) == 150
    assert all(len(set(decoys[start : start + 3])) == 1 for start in range(0, 150, 3))
    assert set(decoys) == set(USERS.values())


def test_what_is_known_is_bounded() -> None:
    """No more is remembered than one password for each user that there is."""
    authenticator = Authenticator(Checks())
    for number in range(20):
        users = {f"u{number}": b"x", **USERS}
        for user, password in users.items():
            assert authenticator.admits(users, basic(user, password))
    assert set(authenticator._verified) == {"u19", "ann", "bob"}
    assert b"one" not in b"".join(authenticator._verified.values())


def test_a_flood_of_wrong_passwords_starves_nobody_who_is_known() -> None:
    """While checks queue up, one runs, a bounded number waits, and a known scraper gets in."""
    go_on = threading.Event()
    checks = Checks()
    authenticator = Authenticator(checks)
    assert authenticator.admits(USERS, basic("ann", "one"))
    checks.before = lambda: go_on.wait(20)
    results: list[object] = []

    def attempt(number: int) -> None:
        try:
            results.append(authenticator.admits(USERS, basic("bob", f"guess {number}")))
        except Busy:
            results.append(Busy)

    threads = [threading.Thread(target=attempt, args=(number,)) for number in range(100)]
    for thread in threads:
        thread.start()
    eventually(lambda: len(results) == 100 - WAITING - 1)
    assert authenticator.admits(USERS, basic("ann", "one"))
    assert len(checks.asked) == 2
    go_on.set()
    for thread in threads:
        thread.join()
    assert results.count(Busy) == 100 - WAITING - 1
    assert results.count(False) == WAITING + 1
    assert authenticator.admits(USERS, basic("bob", "two"))
