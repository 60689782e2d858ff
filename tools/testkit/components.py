"""The real programs that tests run against: what they prove, where they are, how to get them.

``python -m tools.testkit.components fetch`` gets what is missing where it can (Debian; two of them
need root), ``python -m tools.testkit.components list`` shows what there is. In a test, ``require``
gives the path of the program, or skips the test by the component's name; with ``CI=true`` it
fails instead.
"""

import argparse
import fcntl
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tools.paths import ROOT
from tools.testkit import debian

CACHE = ROOT / ".cache" / "components"
OLDEST_SUITE = "bookworm"  # has Prometheus 2.42, the oldest that is supported
NEWEST_SUITE = "unstable"  # has the Prometheus 3 that users run


@dataclass(frozen=True, kw_only=True)
class Component:
    """One real program.

    Attributes:
        name: What tests call it.
        proves: What the tests that use it show; completes "would prove that ...".
        programs: Its names on PATH, the preferred one first.
        major: The major version that a program on PATH must have; None takes any.
        suite: The Debian suite its package is unpacked from; None installs the package with its
            libraries from the machine's own release.
        packages: The Debian packages; the first one holds the program.
        binary: The program's path inside the package.
        data: A folder of text files that the program wants at this very path.
    """

    name: str
    proves: str
    programs: tuple[str, ...]
    major: int | None = None
    suite: str | None = None
    packages: tuple[str, ...]
    binary: str = ""
    data: str = ""

    @property
    def variable(self) -> str:
        """Name the environment variable that overrides where the program is."""
        return self.name.upper().replace("-", "_")

    @property
    def folder(self) -> Path:
        """Return where its package is unpacked."""
        return CACHE / str(self.suite) / self.packages[0]

    @property
    def missing(self) -> str:
        """Say, as the reason of a skipped or failed test, that it is not here."""
        return f"component {self.name} is missing: it would prove that {self.proves}"

    @property
    def advice(self) -> str:
        """Return how to get it."""
        return (
            f"`make test` fetches it on Debian as root; elsewhere put {self.programs[0]} on PATH "
            f"or set {self.variable} to its path"
        )


_IN_TESTS = (
    Component(
        name="prometheus-2",
        proves="the oldest supported Prometheus scrapes the exporter and answers with its values",
        programs=("prometheus",),
        major=2,
        suite=OLDEST_SUITE,
        packages=("prometheus",),
        binary="usr/bin/prometheus",
    ),
    Component(
        name="promtool-2",
        proves="rules and exposition are right in the eyes of the oldest supported promtool",
        programs=("promtool",),
        major=2,
        suite=OLDEST_SUITE,
        packages=("prometheus",),
        binary="usr/bin/promtool",
    ),
    Component(
        name="prometheus-3",
        proves="today's Prometheus scrapes the exporter and answers with its values",
        programs=("prometheus",),
        major=3,
        suite=NEWEST_SUITE,
        packages=("prometheus",),
        binary="usr/bin/prometheus",
    ),
    Component(
        name="promtool-3",
        proves="rules and exposition are right in the eyes of today's promtool",
        programs=("promtool",),
        major=3,
        suite=NEWEST_SUITE,
        packages=("promtool",),
        binary="usr/bin/promtool",
    ),
    Component(
        name="alertmanager",
        proves="an alert reaches the one who must act",
        programs=("prometheus-alertmanager", "alertmanager"),
        suite=NEWEST_SUITE,
        packages=("prometheus-alertmanager",),
        binary="usr/bin/prometheus-alertmanager",
        data="usr/share/prometheus/alertmanager",
    ),
    Component(
        name="amtool",
        proves="the example routes of alerts are valid",
        programs=("amtool",),
        suite=NEWEST_SUITE,
        packages=("prometheus-alertmanager",),
        binary="usr/bin/amtool",
    ),
    Component(
        name="victoria-metrics",
        proves="the dashboards' queries answer alike in VictoriaMetrics after remote write",
        programs=("victoria-metrics",),
        suite=OLDEST_SUITE,
        packages=("victoria-metrics",),
        binary="usr/bin/victoria-metrics",
    ),
    Component(
        name="openssl",
        proves="TLS is spoken as the web configuration asks, through rotations of certificates",
        programs=("openssl",),
        packages=("openssl",),
    ),
    Component(
        name="chromium",
        proves="the pages look right in a real browser",
        programs=("chromium", "chromium-browser", "google-chrome"),
        packages=("chromium", "fonts-dejavu-core"),
    ),
)
_IN_BENCHMARKS = (
    Component(
        name="nginx",
        proves="a scrape costs little more than a static file",
        programs=("nginx",),
        suite=OLDEST_SUITE,
        packages=("nginx",),
        binary="usr/sbin/nginx",
    ),
)
_IN_IMAGE_CHECKS = (
    Component(
        name="podman",
        proves="the image is built, runs without any right, and is scraped",
        programs=("podman",),
        # Beside podman: what runs containers without systemd, their network, and the base image
        # where none can be pulled.
        packages=("podman", "runc", "netavark", "aardvark-dns", "iptables", "debootstrap"),
    ),
)
COMPONENTS = {one.name: one for one in _IN_TESTS + _IN_BENCHMARKS + _IN_IMAGE_CHECKS}


def find(name: str) -> Path | None:
    """Find a component's program: by its variable, unpacked by ``fetch``, or on PATH.

    Raises:
        FileNotFoundError: The variable is set, but there is no program at its path.
    """
    component = COMPONENTS[name]
    if named := os.environ.get(component.variable):
        if not os.access(named, os.X_OK):
            raise FileNotFoundError(f"{component.variable}={named} is not a program")
        return Path(named)
    unpacked = component.folder / component.binary
    if component.binary and unpacked.is_file() and Path("/", component.data).is_dir():
        return unpacked
    found = map(shutil.which, component.programs)
    return next((Path(path) for path in found if path and _fits(component, path)), None)


def require(name: str) -> Path:
    """Give the path of a component's program to a test, or skip that test.

    Where ``CI`` is ``true`` a missing component fails the test instead: a proof that was never
    run must not look like one that passed.
    """
    if os.environ.get("CHECK_ONLY") == "true":
        pytest.fail(f"{name} is a component: mark the test, for `make check` has none")
    path = find(name)
    if path is None:
        give_up = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        give_up(COMPONENTS[name].missing)
    return path


def fetch(names: Iterable[str]) -> None:
    """Get the components that are missing, one line for each; never raise for one that fails."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two runs in one checkout must not fetch at once
        for name in names:
            try:
                path = find(name) or _fetched(COMPONENTS[name])
            except (debian.FetchError, OSError) as error:
                _say(name, f"not fetched: {error}")
            else:
                _say(name, str(path))


def missing_among(reasons: Iterable[str]) -> list[Component]:
    """List the components for whose sake tests were skipped or failed, given their reasons."""
    text = "\n".join(reasons)
    return [one for one in COMPONENTS.values() if f"component {one.name} is missing" in text]


def _fetched(component: Component) -> Path:
    if not debian.is_debian():
        raise debian.FetchError(
            "only Debian has its package; see `python -m tools.testkit.components list`"
        )
    if component.suite is None:
        debian.install(*component.packages)
    elif not component.folder.is_dir():
        debian.unpack(component.packages[0], component.suite, component.folder)
    if component.data:
        _place(component)
    path = find(component.name)
    if path is None or not _fits(component, str(path)):
        shutil.rmtree(component.folder, ignore_errors=True)
        raise debian.FetchError(f"the package {component.packages[0]} is not the one expected")
    return path


def _place(component: Component) -> None:
    """Copy the text files that a program wants at a fixed path, without installing it."""
    target = Path("/", component.data)
    if not target.is_dir():
        if not debian.is_root():
            raise debian.FetchError(f"only root can create {target}, which it reads")
        shutil.copytree(component.folder / component.data, target)


def _fits(component: Component, path: str) -> bool:
    """Run a program's ``--version``: say whether it runs and is of the right major version."""
    if component.major is None:
        return True
    answer = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
    version = re.search(r"version (\d+)\.", answer.stdout + answer.stderr)
    return version is not None and int(version[1]) == component.major


def _say(name: str, text: str) -> None:
    sys.stdout.write(f"{name:<14}{text}\n")
    sys.stdout.flush()


def main() -> None:
    """Fetch or list components, as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tools.testkit.components", description=__doc__)
    parser.add_argument("action", choices=["fetch", "list"])
    parser.add_argument("names", nargs="*", help="components (default: all that tests use)")
    arguments = parser.parse_args()
    names = arguments.names or [component.name for component in _IN_TESTS]
    if unknown := set(names) - set(COMPONENTS):
        parser.error(f"unknown: {', '.join(unknown)}; known: {', '.join(COMPONENTS)}")
    if arguments.action == "fetch":
        fetch(names)
        return
    for name in names:
        _say(name, str(find(name) or f"missing; {COMPONENTS[name].advice}"))


if __name__ == "__main__":
    main()
