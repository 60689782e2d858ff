"""Reads the web configuration: one file in the toolkit's format, and the files that it names."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from billing_exporter.config import yamltree
from billing_exporter.config.errors import ConfigError, Problem, join
from billing_exporter.config.file_watch import Stamp, stamp
from billing_exporter.config.load import read_text
from billing_exporter.config.validation import Checker
from billing_exporter.httpd.tls import Tls, TlsError, server_tls
from billing_exporter.httpd.tls_settings import TlsServer, wrong_sources
from billing_exporter.web.protection import Protection, RequestRate
from billing_exporter.web.settings import (
    HIGHEST_COST,
    HttpServer,
    RateLimit,
    WebSettings,
    cost_of,
)

_Part = TypeVar("_Part", HttpServer, RateLimit, TlsServer)

_FILES = ("cert_file", "key_file", "client_ca_file")


@dataclass(frozen=True)
class Loaded:
    """What a file asks for, the stamps its files had before they were read, and warnings."""

    protection: Protection
    stamps: Mapping[Path, Stamp | None]
    warnings: tuple[str, ...] = ()


def load_web(path: Path) -> Loaded:
    """Return what a web configuration file asks for.

    Raises:
        ConfigError: With every error found.
    """
    return _Reader(path).read()


class _Reader:
    """Reads one file and gathers its errors."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines: dict[str, int] = {}
        self._problems: list[Problem] = []
        self._stamps = {path: stamp(path)}

    def read(self) -> Loaded:
        text = read_text(self._path)
        if _is_empty(text):
            return Loaded(Protection(), self._stamps)
        root = yamltree.parse(text, self._report)
        value: Any = {}
        if root is not None:
            self._lines.update(_lines(root, ""))
            value = Checker(self._report, str).check(root, inspect.type_info(WebSettings))
        http = self._part(value, "http_server_config", HttpServer)
        limit = self._part(value, "rate_limit", RateLimit)
        tls = self._tls(value)
        if self._problems:
            raise ConfigError(self._problems)
        hashes: Mapping[str, str] = value.get("basic_auth_users", {})
        users = {name: hashed.encode() for name, hashed in hashes.items()}
        rate = RequestRate(limit.seconds, limit.burst) if limit and limit.seconds else None
        warnings = tuple(
            self._slow(name) for name in hashes if cost_of(hashes[name]) > HIGHEST_COST
        )
        return Loaded(Protection(tls, users, _headers(http), rate), self._stamps, warnings)

    def _slow(self, name: str) -> str:
        setting = join("basic_auth_users", name)
        problem = Problem(
            file=str(self._path),
            line=self._lines.get(setting, 0),
            setting=setting,
            message=f"a cost above {HIGHEST_COST} takes seconds to minutes for each first password",
        )
        return str(problem)

    def _tls(self, value: Any) -> Tls | None:
        """Return the TLS that is asked for, made of the files as they are now."""
        settings = self._part(value, "tls_server_config", TlsServer)
        given = value.get("tls_server_config") if isinstance(value, dict) else None
        wrong = list(wrong_sources(given)) if isinstance(given, dict) else []
        self._blame("tls_server_config", wrong)
        if settings is None or wrong:
            return None
        found = {name: self._located(getattr(settings, name)) for name in _FILES}
        try:
            return server_tls(msgspec.structs.replace(settings, **found))
        except TlsError as error:
            self._blame("tls_server_config", error.problems)
            return None

    def _part(self, value: Any, name: str, struct: type[_Part]) -> _Part | None:
        """Return one part of the file, where it is there and has no error of its own."""
        given = value.get(name) if isinstance(value, dict) else None
        wrong = any(problem.setting.startswith(name) for problem in self._problems)
        if given is None or wrong:
            return None
        part = msgspec.convert(given, struct)
        self._blame(name, part.conflicts())
        return part

    def _located(self, name: str | None) -> str | None:
        """Return the path of a file that is named, and watch it."""
        if name is None:
            return None
        path = self._path.parent / name
        self._stamps[path] = stamp(path)
        return str(path)

    def _blame(self, part: str, problems: Iterable[tuple[str, str]]) -> None:
        for name, message in problems:
            setting = f"{part}.{name}"
            self._report(self._lines.get(setting, self._lines.get(part, 0)), setting, message)

    def _report(self, line: int, setting: str, message: str) -> None:
        problem = Problem(file=str(self._path), line=line, setting=setting, message=message)
        self._problems.append(problem)


def _is_empty(text: str) -> bool:
    """Return whether a file holds nothing but comments: it asks for no protection."""
    return all(not line.strip() or line.lstrip().startswith("#") for line in text.splitlines())


def _lines(node: yamltree.Node, path: str) -> Iterator[tuple[str, int]]:
    """Yield the path of each setting, and the line of its key."""
    if isinstance(node, yamltree.Mapping):
        for key, child in node.entries.items():
            setting = join(path, key)
            yield setting, node.keys[key]
            yield from _lines(child, setting)


def _headers(http: HttpServer | None) -> tuple[tuple[str, str], ...]:
    """Return the headers to send; blank ones ask for none, and nosniff is always sent."""
    given = http.headers.items() if http else ()
    return tuple(
        (name, text) for name, text in given if text.strip() and name != "X-Content-Type-Options"
    )
