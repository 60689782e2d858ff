"""The reload of the web configuration: certificates are rotated without a restart."""

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

from billing_exporter.config.errors import ConfigError, Problem
from billing_exporter.config.file_watch import FileWatch
from billing_exporter.config.web import Loaded, load_web
from billing_exporter.web.protection import Protection

LOOK_SECONDS = 1.0
"""Between two looks at the files."""

log = logging.getLogger(__name__)


class Rotation:
    """Gives the protection of the moment; any thread may ask, and few of them look at files.

    Files that cannot be used change nothing, and neither do files that would switch TLS or
    passwords on or off: a file that lost its end must not open the door.
    """

    def __init__(
        self,
        path: Path,
        *,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Read the file and those that it names.

        Raises:
            ConfigError: With every error found.
        """
        self._path = path
        self._clock = clock
        self._monotonic = monotonic
        self._looking = threading.Lock()
        self._next_look = monotonic() + LOOK_SECONDS
        self._problem = ""
        self._accept(load_web(path))

    def protection(self) -> Protection:
        """Return what holds now, at most a moment older than the files."""
        if self._monotonic() >= self._next_look and self._looking.acquire(blocking=False):
            try:
                self._next_look = self._monotonic() + LOOK_SECONDS
                self._look()
            finally:
                self._looking.release()
        return self._loaded.protection

    def _look(self) -> None:
        """Use the files if they have changed, are at rest and can be used."""
        # After an error also a file that the last good one did not name may be put right.
        changed = self._watch.changed()
        again = bool(self._problem) and self._watch.is_at_rest()
        if not changed and not again:
            return
        try:
            loaded = load_web(self._path)
            self._refuse_switching(loaded)
        except ConfigError as error:
            self._complain(error)
            return
        self._problem = ""
        log.info("the web configuration was reloaded")
        self._accept(loaded)

    def _accept(self, loaded: Loaded) -> None:
        self._loaded = loaded
        self._watch = FileWatch(loaded.stamps, clock=self._clock)
        for warning in loaded.warnings:
            log.warning("the web configuration is slow: %s", warning)

    def _refuse_switching(self, loaded: Loaded) -> None:
        """Refuse what can be changed by a restart alone."""
        old, new = self._loaded.protection, loaded.protection
        switched = {
            "tls_server_config": (old.tls is None) != (new.tls is None),
            "basic_auth_users": (not old.users) != (not new.users),
        }
        message = "is switched on or off by a restart alone"
        problems = [
            Problem(file=str(self._path), setting=setting, message=message)
            for setting, changed in switched.items()
            if changed
        ]
        if problems:
            raise ConfigError(problems)

    def _complain(self, error: ConfigError) -> None:
        """Log a problem once, however often it is met."""
        problem = "; ".join(map(str, error.problems))
        if problem != self._problem:
            self._problem = problem
            log.error("the web configuration is kept as it was", extra={"error": problem})
