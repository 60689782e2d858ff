"""Podman, on a machine with or without systemd and a registry."""

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tools.paths import ROOT
from tools.testkit import debian
from tools.testkit.components import require

STAND_IN = "localhost/billing-exporter-check-base:latest"
IMAGE = "localhost/billing-exporter-check:latest"
SUITE = "trixie"  # Debian's suite with Python 3.13
PATIENCE_SECONDS = 900

# Without systemd, as in a container, podman's defaults fail at cgroups and limits.
_WITHOUT_SYSTEMD = """\
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[network]
network_backend = "netavark"
"""
_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


def podman(*arguments: str, check: bool = True) -> str:
    """Run podman and return what it prints; a failure carries its complaint."""
    done = subprocess.run(
        [require("podman"), *arguments],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
        cwd=ROOT,
    )
    if check and done.returncode:
        pytest.fail(f"podman {' '.join(arguments[:3])}: {done.stderr[-3000:]}")
    return done.stdout.strip()


def inspect(name: str) -> dict[str, Any]:
    """Return what podman knows of a container or an image."""
    (found,) = json.loads(podman("inspect", name))
    assert isinstance(found, dict)
    return found


def log(name: str) -> str:
    """Return what a container has written to its standard error."""
    command = [str(require("podman")), "logs", name]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=True)
    return done.stderr


def build(tag: str) -> None:
    """Build the image, with no time and nothing from an earlier build in it."""
    flags = ["--isolation=chroot", "--network=host", "--format=docker", "--timestamp=0"]
    if _CERTIFICATES.is_file():
        # What this machine trusts, for a registry that only it knows.
        flags.append(f"--volume={_CERTIFICATES}:{_CERTIFICATES}:ro")
    podman(
        "build", *flags, "--no-cache", "--quiet", f"--build-arg=BASE={base()}", f"--tag={tag}", "."
    )


@contextmanager
def running(*arguments: str, options: tuple[str, ...] = ()) -> Iterator[str]:
    """Run the image as strictly as Kubernetes would; yield the container's name."""
    strict = (
        *("--read-only", "--read-only-tmpfs=false", "--cap-drop=ALL"),
        *("--security-opt=no-new-privileges", "--publish=127.0.0.1::10059"),
    )
    name = podman("run", "--detach", *strict, *options, IMAGE, *arguments)
    try:
        yield name
    finally:
        podman("rm", "--force", "--time=0", name)


@cache
def base() -> str:
    """Have a base image here and name it: the Dockerfile's, or one made of Debian's packages.

    The stand-in has the same Debian, but Debian's Python 3.13 instead of the one that is built for
    the official image; its size is not that of the official image.
    """
    dockerfile = (ROOT / "Dockerfile").read_text()
    (official,) = re.findall(rf"^ARG BASE=(\S+-slim-{SUITE})$", dockerfile, re.MULTILINE)
    if not has(official):
        podman("pull", "--quiet", official, check=False)
    if has(official):
        return str(official)
    if not has(STAND_IN):
        with tempfile.TemporaryDirectory() as folder:
            _bootstrap(Path(folder))
            _import(Path(folder))
    return STAND_IN


def has(image: str) -> bool:
    """Return whether an image is here."""
    return image in podman("images", "--format={{.Repository}}:{{.Tag}}").splitlines()


def _bootstrap(folder: Path) -> None:
    stanza = debian.source_of(SUITE, *debian.machine_sources())
    fields = dict(line.split(": ", 1) for line in stanza.splitlines())
    packages = "--include=ca-certificates,python3,python3-pip"
    command = ["debootstrap", "--variant=minbase", packages, SUITE, str(folder), fields["URIs"]]
    subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE_SECONDS)
    (folder / "usr/bin/python").symlink_to("python3")


def _import(folder: Path) -> None:
    tar = ["tar", "--directory", str(folder), "--create", "."]
    change = "--change=ENV PATH=/usr/local/bin:/usr/bin:/bin"
    with subprocess.Popen(tar, stdout=subprocess.PIPE) as packing:
        command = [str(require("podman")), "import", "--quiet", change, "-", STAND_IN]
        subprocess.run(command, stdin=packing.stdout, check=True, env=environment())


def environment() -> dict[str, str]:
    """Return the environment that podman runs in on this machine."""
    if Path("/run/systemd/system").is_dir() or "CONTAINERS_CONF" in os.environ:
        return dict(os.environ)
    path = Path(tempfile.gettempdir()) / "billing-exporter-check-containers.conf"
    path.write_text(_WITHOUT_SYSTEMD)
    return {**os.environ, "CONTAINERS_CONF": str(path)}
