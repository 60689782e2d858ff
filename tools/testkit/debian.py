"""Packages of any Debian suite, unpacked into a folder without being installed.

The mirror is the one that the machine itself uses: only the suite is replaced, so that a
proxy, a key or a certificate that the machine needs keeps working.
"""

import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

_APT = Path("/etc/apt")
_ROLLING = frozenset({"oldstable", "stable", "testing", "unstable", "sid"})
_PATIENCE = 300  # seconds for one command: a slow mirror is waited for, a dead one is not


class FetchError(Exception):
    """A package could not be had; the text says why in one line."""


def is_debian() -> bool:
    """Return whether this machine is Debian itself, whose mirror has every Debian suite."""
    return _os_release().get("ID") == "debian" and shutil.which("apt-get") is not None


def is_root() -> bool:
    """Return whether packages can be installed here."""
    return os.geteuid() == 0


def machine_sources() -> tuple[list[str], str]:
    """Read the texts of the machine's apt sources and the name of its release."""
    files = [*_APT.glob("sources.list"), *sorted(_APT.glob("sources.list.d/*"))]
    texts = [file.read_text() for file in files if file.suffix in {".list", ".sources"}]
    return texts, _os_release().get("VERSION_CODENAME", "unstable")


def source_of(suite: str, texts: Iterable[str], release: str) -> str:
    """Rewrite the machine's source of its own release so that it names another suite.

    Args:
        suite: The suite that is wanted, such as ``unstable``.
        texts: The machine's sources, in the one-line or the stanza format.
        release: The codename of the machine's release.

    Returns:
        One stanza in the format of ``.sources`` files.

    Raises:
        FetchError: None of the sources is Debian's main archive.
    """
    for text in texts:
        for fields in _stanzas(text):
            suites = set(fields.get("Suites", "").split())
            if suites & {release, *_ROLLING} and "main" in fields.get("Components", "").split():
                kept = fields | {"Types": "deb", "Suites": suite, "Components": "main"}
                return "".join(f"{name}: {value}\n" for name, value in kept.items())
    raise FetchError("no source of Debian's main archive among the machine's apt sources")


def unpack(package: str, suite: str, folder: Path) -> None:
    """Download a package of a suite and unpack it into a folder.

    The suite's index is kept beside the folder. The folder appears whole or not at all.

    Raises:
        FetchError: The mirror, the package or the disk did not allow it.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    options = _index(suite, folder.parent / ".apt")
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        _run(["apt-get", *options, "--quiet", "download", package], cwd=temporary)
        archive = next(Path(temporary).glob("*.deb"))
        _run(["dpkg", "--extract", str(archive), "content"], cwd=temporary)
        Path(temporary, "content").rename(folder)


def install(*packages: str) -> None:
    """Install packages of the machine's own release, with the libraries they need.

    Raises:
        FetchError: This is not Debian as root, or apt refused.
    """
    if not is_root():
        raise FetchError("only root can install it")
    _run(["apt-get", "--quiet", "update"])
    _run(["apt-get", "--quiet", "--yes", "install", "--no-install-recommends", *packages])


def _index(suite: str, state: Path) -> list[str]:
    """Fetch the suite's index into a folder; give the options that make apt use it alone."""
    options = [
        f"-oDir::Etc::SourceList={state}/{suite}.sources",
        "-oDir::Etc::SourceParts=-",
        f"-oDir::State::Lists={state}/lists",
        f"-oDir::Cache={state}/cache",
        # The user that apt drops to may not be allowed to look into a checkout.
        "-oAPT::Sandbox::User=root",
    ]
    for name in ("lists/partial", "cache/archives/partial"):
        (state / name).mkdir(parents=True, exist_ok=True)
    (state / f"{suite}.sources").write_text(source_of(suite, *machine_sources()))
    _run(["apt-get", *options, "--quiet", "update", "--error-on=any"])
    return options


def _run(command: list[str], cwd: str | None = None) -> None:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
    try:
        subprocess.run(
            command,
            check=True,
            cwd=cwd,
            env=environment,
            text=True,
            timeout=_PATIENCE,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
    except subprocess.CalledProcessError as error:
        lines = error.stdout.split("\n")
        complaint = next((line for line in lines if line.startswith(("E:", "dpkg"))), "no reason")
        raise FetchError(f"{command[0]} failed: {complaint}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise FetchError(f"{command[0]} failed: {error}") from error


def _os_release() -> dict[str, str]:
    try:
        return platform.freedesktop_os_release()
    except OSError:
        return {}


def _stanzas(text: str) -> Iterator[dict[str, str]]:
    """Read both formats of apt's sources as the fields of the stanza format."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    yield from (_one_line(line) for line in lines if line.startswith(("deb ", "deb\t")))
    for block in "\n".join(lines).split("\n\n"):
        fields = _fields(block)
        if "deb" in fields.get("Types", "").split() and fields.get("Enabled") != "no":
            yield fields


def _one_line(line: str) -> dict[str, str]:
    """Turn ``deb [name=value] uri suite component...`` into fields."""
    _, _, rest = line.partition("deb")
    given, bracket, tail = rest.strip().removeprefix("[").partition("]")
    options = dict(option.split("=", 1) for option in given.split()) if bracket else {}
    uri, suite, *components = (tail if bracket else rest).split()
    fields = {{"arch": "Architectures"}.get(name, name.title()): options[name] for name in options}
    return fields | {"URIs": uri, "Suites": suite, "Components": " ".join(components)}


def _fields(block: str) -> dict[str, str]:
    """Read ``Name: value`` lines; an indented line continues the value before it."""
    fields: dict[str, str] = {}
    name = ""
    for line in block.splitlines():
        if line[:1].isspace():
            fields[name] = f"{fields.get(name, '')}\n{line}"
        elif ":" in line:
            name, _, value = line.partition(":")
            fields[name] = value.strip()
    return fields
