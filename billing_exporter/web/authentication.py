"""Is this password right? Basic authentication against bcrypt hashes, at a bounded cost.

A pair of user and password that was once right is known again by a keyed digest, so a scrape
pays for bcrypt once. Everything else costs one check of bcrypt, whether the user exists or not;
checks take turns, and only so many may wait.
"""

import binascii
import hmac
import secrets
import threading
from collections.abc import Callable, Mapping

import bcrypt

WAITING = 32
"""Checks that may wait for their turn."""
PASSWORD_BYTES = 72
"""As much of a password as bcrypt takes in."""


class Busy(Exception):  # noqa: N818 - it says what is, and nothing is broken
    """Too many passwords wait to be checked."""


class Authenticator:
    """Remembers which passwords were right; any thread may ask."""

    def __init__(self, check: Callable[[bytes, bytes], bool] = bcrypt.checkpw) -> None:
        """Check passwords against hashes with a slow function."""
        self._check = check
        self._key = secrets.token_bytes(32)
        self._verified: dict[str, bytes] = {}
        self._places = threading.BoundedSemaphore(WAITING + 1)
        self._turn = threading.Lock()

    def admits(self, users: Mapping[str, bytes], authorization: str | None) -> bool:
        """Return whether the header names one of the users, of whom there are some, rightly.

        Raises:
            Busy: The password would have to wait behind too many others.
        """
        credentials = parse_credentials(authorization)
        if credentials is None:
            return False
        user, password = credentials
        hashed = users.get(user) or self._decoy(users, user)
        digest = self._digest(hashed, password)
        known = user in users
        if known and hmac.compare_digest(self._verified.get(user, b""), digest):
            return True
        if not self._in_turn(password, hashed) or not known:
            return False
        self._remember(users, user, digest)
        return True

    def _in_turn(self, password: bytes, hashed: bytes) -> bool:
        """Check a password when its turn comes."""
        if not self._places.acquire(blocking=False):
            raise Busy
        try:
            with self._turn:
                return self._check(password, hashed)
        finally:
            self._places.release()

    def _decoy(self, users: Mapping[str, bytes], user: str) -> bytes:
        """Return some user's hash, always the same for a name: it costs what that user costs."""
        number = int.from_bytes(self._digest(b"", user.encode(errors="surrogateescape")))
        return list(users.values())[number % len(users)]

    def _digest(self, hashed: bytes, password: bytes) -> bytes:
        """Return what stands for a hash and a password, and means nothing to another process."""
        return hmac.digest(self._key, hashed + b":" + password, "sha256")

    def _remember(self, users: Mapping[str, bytes], user: str, digest: bytes) -> None:
        """Remember one password for each user, and forget users that are gone."""
        kept = {name: held for name, held in self._verified.copy().items() if name in users}
        self._verified = {**kept, user: digest}


def parse_credentials(authorization: str | None) -> tuple[str, bytes] | None:
    """Return user and password of a header's value, or None where it holds none.

    The password is cut to what bcrypt takes in.
    """
    scheme, _, encoded = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        decoded = binascii.a2b_base64(encoded.strip(), strict_mode=True)
    except ValueError:
        return None
    user, colon, password = decoded.partition(b":")
    if not colon:
        return None
    return user.decode(errors="surrogateescape"), password[:PASSWORD_BYTES]
