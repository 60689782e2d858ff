"""Configurations, of the exporter and of its web server, as somebody in a hurry writes them."""

import json
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from hypothesis import strategies as st

from billing_exporter.collectors.durations import Duration
from billing_exporter.collectors.settings import EVERY_COLLECTOR
from billing_exporter.config import ConfigError, Settings
from billing_exporter.config.load import VARIABLES, from_environment, parse
from billing_exporter.config.settings import Organization
from billing_exporter.config.web import load_web
from billing_exporter.httpd.tls_settings import TlsServer
from billing_exporter.web.settings import HttpServer, WebSettings
from tools.reliability.fuzz.harness import Target

_SECRET = "shibboleth-0123456789"  # noqa: S105 - looked for where it must not be
_HASH = "$2y$04$abcdefghijklmnopqrstuu5s7rJ6c5kYg6mZ3oBqJvN8xHk9w1e2K"
_ENVIRONMENT = {"SECRET": _SECRET, "NAME": "acme", "EMPTY": ""}
_LINE = re.compile(r"config\.yml(:\d+)?: ")

_KEYS = st.sampled_from(
    [
        *Settings.__struct_fields__,
        *Organization.__struct_fields__,
        *(key for each in EVERY_COLLECTOR.__struct_fields__ for key in (each, each.title())),
        *{
            key
            for each in EVERY_COLLECTOR.__struct_fields__
            for key in getattr(EVERY_COLLECTOR, each).__struct_fields__
        },
    ]
)
_WEB_KEYS = st.sampled_from(
    [key for kind in (WebSettings, TlsServer, HttpServer) for key in kind.__struct_fields__]
)
_SCALARS = (
    st.sampled_from(
        [
            *("1h", "90s", "6h", "1m", "0s", "-1h", "1h1h", "10y", "11y", "contract", "month"),
            *("eu-central-1", "https://api.mypurecloud.de", "http://127.0.0.1:1", "ftp://x", "//"),
            *("${NAME}", "${SECRET}", "${NONE}", "${", "$$", "no", "2026-01-01", "1_000", "0x1f"),
            *("none", "unpaid", "all", "current", "previous", "*", "acme", "TLS12", "NoClientCert"),
            *(_HASH, "nosniff", "/dev/null", "secret", "\x00", "é", "a" * 5000),
        ]
    )
    | st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=10)
)


def _trees(keys: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    return st.recursive(
        _SCALARS,
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(keys | st.text(max_size=6), inner, max_size=6)
        ),
        max_leaves=25,
    )


def _organization(keys: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    """Return an organization that is nearly right."""
    usual = {
        "name": "acme",
        "region": "eu-central-1",
        "client_id": "id",
        "client_secret": "${SECRET}",
    }
    return st.dictionaries(keys, _trees(keys), max_size=3).map(lambda more: {**usual, **more})


def _written(trees: st.SearchStrategy[Any]) -> st.SearchStrategy[str]:
    """Return texts of trees, in YAML's two styles, some of them spoilt."""
    text = trees.flatmap(
        lambda tree: st.sampled_from([_block, _flow, _json]).map(lambda write: write(tree))
    )
    spoilt = st.tuples(
        text, st.integers(0, 300), st.text(st.characters(codec="utf-8"), max_size=4)
    ).map(lambda parts: parts[0][: parts[1]] + parts[2] + parts[0][parts[1] :])
    odd = st.sampled_from(["", "---\n---\n", "&a [*a]", "{a: &x 1, b: *x}", "!!python/none", "\t"])
    return st.one_of(text, text, spoilt, st.text(max_size=60), odd)


def _block(tree: Any) -> str:
    return str(yaml.safe_dump(tree, allow_unicode=True))


def _flow(tree: Any) -> str:
    return str(yaml.safe_dump(tree, default_flow_style=True))


def _json(tree: Any) -> str:
    return json.dumps(tree)


def _refused(read: Callable[[], object]) -> list[str] | None:
    """Return the errors that are reported, None where there are none."""
    try:
        read()
    except ConfigError as error:
        assert error.problems
        reported = str(error)
        assert _SECRET not in reported
        assert _SECRET not in repr(error)
        return reported.split("\n")
    return None


def _configure(text: str) -> None:
    problems = _refused(lambda: _usable(parse(text, "config.yml", _ENVIRONMENT)))
    for line in problems or ():
        assert _LINE.match(line), line


def _usable(settings: Settings) -> None:
    """Do what the program does first with settings that have no error."""
    assert _SECRET not in repr(settings)
    for organization in settings.organizations:
        organization.hosts()
        for name in EVERY_COLLECTOR.__struct_fields__:
            collector = getattr(organization.collectors, name)
            if collector is not None:
                assert 0 < collector.interval.seconds <= Duration("10y").seconds
                assert 0 < collector.timeout.seconds <= Duration("10y").seconds


def _from_environment(variables: dict[str, str]) -> None:
    _refused(lambda: _usable(from_environment(variables)))


def _configure_web(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "web.yml")
        file.write_bytes(text.encode("utf-8", "replace"))
        problems = _refused(lambda: load_web(file))
    for line in problems or ():
        assert _HASH not in line


CONFIGURATION = Target(
    name="configuration files",
    inputs=_written(
        st.fixed_dictionaries({"organizations": st.lists(_organization(_KEYS), max_size=3)})
        | _trees(_KEYS)
    ),
    check=_configure,
    holds="settings that work, or errors with their file that hold no secret",
    share=2,
)
ENVIRONMENT = Target(
    name="environments",
    inputs=st.dictionaries(
        st.sampled_from(sorted(VARIABLES.values())),
        _SCALARS.filter(lambda value: isinstance(value, str)),
    ),
    check=_from_environment,
    holds="the same",
)
WEB = Target(
    name="web configuration files",
    inputs=_written(
        st.fixed_dictionaries(
            {},
            optional={
                "tls_server_config": _trees(_WEB_KEYS),
                "http_server_config": st.dictionaries(
                    st.sampled_from(["http2", "headers"]),
                    st.booleans() | st.dictionaries(st.text(max_size=5), _SCALARS, max_size=3),
                ),
                "basic_auth_users": st.dictionaries(st.text(max_size=5), _SCALARS, max_size=3),
            },
        )
        | _trees(_WEB_KEYS)
    ),
    check=_configure_web,
    holds="a protection, or errors that show no hash",
)
