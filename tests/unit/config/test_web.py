"""Web configuration files: what each is taken for, here and by the real promtool."""

import re
import subprocess
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing_exporter.config import ConfigError
from billing_exporter.config.web import load_web
from billing_exporter.httpd.tls_settings import (
    CIPHER_SUITES,
    CLIENT_AUTH_TYPES,
    CURVES,
    TLS13_SUITES,
    VERSIONS,
    TlsServer,
)
from billing_exporter.web.protection import Protection, RequestRate
from billing_exporter.web.settings import HEADERS, HttpServer, RateLimit, WebSettings
from tests.unit.config.web_cases import ASKING, CASES, GONE, HASH, INLINE, Case
from tools.paths import ROOT
from tools.testkit.certificates import Authority
from tools.testkit.components import require

pytestmark = pytest.mark.component

PAGE = ROOT / "docs" / "web-configuration.md"


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the files that the cases name."""
    folder = tmp_path_factory.mktemp("web")
    authority = Authority(folder)
    pair = authority.issue()
    pair.certificate.rename(folder / "s.crt")
    pair.key.rename(folder / "s.key")
    authority.issue().key.rename(folder / "other.key")
    authority.certificate.rename(folder / "ca.crt")
    return folder


def problems_of(path: Path) -> tuple[str, ...]:
    """Return the errors of a file without its name."""
    try:
        load_web(path)
    except ConfigError as error:
        return tuple(str(one).removeprefix(str(path)).lstrip(": ") for one in error.problems)
    return ()


@pytest.fixture(params=CASES.values(), ids=list(CASES))
def case(request: pytest.FixtureRequest) -> Case:
    """Return each case."""
    found: Case = request.param
    return found


@pytest.fixture
def file(folder: Path, case: Case, request: pytest.FixtureRequest) -> Iterator[Path]:
    """Return a file that holds the case's text."""
    path = folder / f"{abs(hash(request.node.name))}.yml"
    path.write_text(with_files(case.text, folder))
    yield path
    path.unlink()


def with_files(text: str, folder: Path) -> str:
    """Put the text of files in the place of their names between ``@``."""

    def indented(found: re.Match[str]) -> str:
        return textwrap.indent((folder / found[1]).read_text(), " " * 4)

    return re.sub(r"^@(.+?)@", indented, text, flags=re.MULTILINE)


def test_problems(file: Path, case: Case) -> None:
    """Each file gives exactly its errors, with line and setting, and no value."""
    found = problems_of(file)
    assert sorted(found) == sorted(case.problems)
    assert not [text for text in found if "hunter2" in text or HASH[:20] in text]


@pytest.mark.component
@pytest.mark.parametrize("major", [2, 3])
def test_promtool_says_the_same(file: Path, case: Case, major: int) -> None:
    """A good file is good for promtool; where it takes more, the case says so."""
    command = [str(require(f"promtool-{major}")), "check", "web-config", file.name]
    done = subprocess.run(command, cwd=file.parent, capture_output=True, check=False)
    assert (done.returncode == 0) == case.taken(major), done.stdout + done.stderr


def test_a_good_file_becomes_a_protection(folder: Path) -> None:
    """Users, headers and TLS arrive; paths start at the file's folder, and each is watched."""
    path = folder / "good.yml"
    path.write_text(
        f"{ASKING}, client_allowed_sans: [a, b]}}\n"
        f"basic_auth_users: {{ann: {HASH}}}\n"
        "http_server_config: {headers: {X-Frame-Options: deny, X-Content-Type-Options: nosniff,"
        " Content-Security-Policy: ' ', X-XSS-Protection: '0'}}\n"
    )
    loaded = load_web(path)
    protection = loaded.protection
    assert protection.users == {"ann": HASH.encode()}
    assert protection.headers == (("X-Frame-Options", "deny"), ("X-XSS-Protection", "0"))
    assert protection.tls is not None
    assert protection.tls.allowed_sans == frozenset({"a", "b"})
    assert set(loaded.stamps) == {path, *(folder / name for name in ("s.crt", "s.key", "ca.crt"))}
    assert None not in loaded.stamps.values()
    assert HASH not in repr(loaded)


def test_text_in_the_place_of_files(folder: Path) -> None:
    """Certificate and key as text secure the server; the key is never shown, no file is watched."""
    path = folder / "inline.yml"
    path.write_text(with_files(f"tls_server_config:\n{INLINE}", folder))
    loaded = load_web(path)
    assert loaded.protection.tls is not None
    assert set(loaded.stamps) == {path}
    assert "PRIVATE" not in repr(loaded)


def test_nothing_is_protected_by_an_empty_file(tmp_path: Path) -> None:
    """An empty file asks for nothing."""
    path = tmp_path / "web.yml"
    path.write_text("# later\n")
    assert load_web(path).protection == Protection()


def test_rate_limit(tmp_path: Path) -> None:
    """Interval and burst arrive as numbers; an interval of 0 is no limit."""
    path = tmp_path / "web.yml"
    path.write_text("rate_limit: {interval: 1m0.5s, burst: 3}")
    assert load_web(path).protection.rate == RequestRate(seconds=60.5, burst=3)
    path.write_text("rate_limit: {interval: 0, burst: 3}")
    assert load_web(path).protection.rate is None


def test_a_slow_hash_is_a_warning(tmp_path: Path) -> None:
    """A cost above 16 is taken, and the warning names line and user, not the hash."""
    path = tmp_path / "web.yml"
    slow = HASH.replace("10", "17", 1)
    path.write_text(f"basic_auth_users:\n  ann: {slow}\n  bob: {HASH}\n")
    loaded = load_web(path)
    assert set(loaded.protection.users) == {"ann", "bob"}
    (warning,) = loaded.warnings
    assert warning.startswith(f"{path}:2: basic_auth_users.ann: a cost above 16 takes")
    assert slow not in warning


def test_every_problem_at_once(folder: Path) -> None:
    """Errors of all parts and of the files that are named are said together, in order."""
    path = folder / "worst.yml"
    path.write_text(
        "tls_server_config:\n  cert_file: s.crt\n  key_file: none\n  client_ca_file: none\n"
        "  client_auth_type: VerifyClientCertIfGiven\n  min_version: TLS13\n  max_version: TLS12\n"
        "http_server_config:\n  headers:\n    X-Frame-Options: no\n"
        "basic_auth_users:\n  ann: x\n"
    )
    assert [text.partition(":")[0] for text in problems_of(path)] == ["3", "4", "6", "10", "12"]


def test_the_page_explains_every_word() -> None:
    """Each setting, header, suite, curve, version and policy is explained."""
    page = PAGE.read_text(encoding="utf-8")
    structs = (TlsServer, HttpServer, RateLimit, WebSettings)
    settings = [name for struct in structs for name in struct.__struct_fields__]
    words = [*settings, *HEADERS, *CIPHER_SUITES, *TLS13_SUITES, *CURVES, *CLIENT_AUTH_TYPES]
    assert [word for word in (*words, *VERSIONS) if f"`{word}`" not in page] == []


def test_the_example_of_the_page_is_good(folder: Path) -> None:
    """The first example of the page has no error, once its certificate is there."""
    example = PAGE.read_text(encoding="utf-8").split("```yaml\n")[1].split("```")[0]
    path = folder / "example.yml"
    path.write_text(example.replace("server.", "s."))
    assert problems_of(path) == ()


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """A file that is missing is one error in words."""
    assert problems_of(tmp_path / "none.yml") == (GONE,)


_WORDS = st.sampled_from(
    [
        *("tls_server_config", "http_server_config", "basic_auth_users", "headers", "http2"),
        *("cert_file", "key_file", "client_ca_file", "client_auth_type", "min_version"),
        *("cipher_suites", "client_allowed_sans", "VerifyClientCertIfGiven", "TLS12", "TLS13"),
        *("s.crt", "s.key", "/dev/null", "..", "X-Frame-Options", "deny", HASH),
    ]
)
_LEAF = _WORDS.map(repr) | st.text(max_size=8).map(repr) | st.sampled_from(["1", "no", "~", "*a"])
_TREES = st.recursive(
    _LEAF,
    lambda node: (
        st.lists(node, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.lists(st.tuples(_LEAF, node), max_size=4).map(
            lambda pairs: "{" + ", ".join(f"{key}: {value}" for key, value in pairs) + "}"
        )
    ),
    max_leaves=12,
)


@settings(max_examples=300)
@given(_TREES.map(str.encode) | st.binary(max_size=200))
def test_any_file_is_a_protection_or_problems(folder: Path, content: bytes) -> None:
    """Whatever a file holds, it is taken or its errors are said; nothing else happens."""
    path = folder / "any.yml"
    path.write_bytes(content)
    assert all(problems_of(path))
