"""Files under `fixtures/config` in; settings, or the errors that each file expects, out."""

import re
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from billing_exporter.collectors.durations import Duration
from billing_exporter.collectors.settings import EVERY_COLLECTOR, UsageSettings
from billing_exporter.config import ConfigError, Problem, Secret, Settings, load, parse
from billing_exporter.config.load import LARGEST_FILE

FIXTURES = Path(__file__).parent / "fixtures"
SECRET = "very-secret"
GOOD = """\
organizations:
  - name: acme
    region: eu-central-1
    client_id: x
    client_secret: ${ACME_SECRET}
"""


def problems_of(text: str, environ: Mapping[str, str] | None = None) -> list[str]:
    """Return the errors of a text as lines; an empty list when it has none."""
    try:
        parse(text, "config.yml", environ or {})
    except ConfigError as error:
        return [str(problem) for problem in error.problems]
    return []


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("invalid-*.yml")), ids=lambda path: path.stem)
def test_invalid_files_give_their_problems(path: Path) -> None:
    """Each invalid file gives exactly the errors written at its top, and no secret."""
    expected = re.findall(r"^# expect (\d+): (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    with pytest.raises(ConfigError) as caught:
        load(path, {})
    lines = [f"{path}:{line}: {rest}".replace(":0: ", ": ") for line, rest in expected]
    assert sorted(map(str, caught.value.problems)) == sorted(lines)
    assert str(caught.value).splitlines() == [str(problem) for problem in caught.value.problems]
    assert SECRET not in str(caught.value).replace("*very-secret", "")


def test_a_valid_file_gives_typed_settings() -> None:
    """A valid file gives frozen settings with hosts, secrets and per-collector settings."""
    settings = load(FIXTURES / "valid-full.yml", {"ACME_SECRET": SECRET})
    acme, local, oversea = settings.organizations
    assert acme.hosts() == ("https://api.mypurecloud.de", "https://login.mypurecloud.de")
    assert (acme.client_id, acme.secret()) == ("123", SECRET)
    assert acme.collectors.usage == UsageSettings(interval=Duration("12h"), window="30d")
    assert acme.collectors.contracts is not None
    assert acme.collectors.contracts.interval == Duration("6h")
    assert acme.collectors.trustors is not None
    assert acme.collectors.trustors.periods == ("previous",)
    assert acme.collectors.trustors.zero_rows is True
    assert (local.name, local.client_id) == ("on", "demo-${ID}")
    assert local.hosts() == ("http://127.0.0.1:10060", "http://127.0.0.1:10060")
    assert local.collectors == acme.collectors
    assert oversea.hosts() == ("https://api.example.com", "https://sso.example.com")
    assert oversea.collectors == EVERY_COLLECTOR


def test_a_listed_collector_runs_alone() -> None:
    """A collector without settings runs with its defaults, and those not listed do not run."""
    text = f"{GOOD}    collectors: {{usage: }}\n"
    (acme,) = parse(text, "config.yml", {"ACME_SECRET": SECRET}).organizations
    assert acme.collectors.usage == UsageSettings()
    assert acme.collectors.invoices is None


def test_the_login_host_follows_the_api_host() -> None:
    """Without login_url, `api.` at the beginning of the host becomes `login.`."""
    text = GOOD.replace("region: eu-central-1", "api_url: https://api.x.api.example/")
    (acme,) = parse(text, "config.yml", {"ACME_SECRET": SECRET}).organizations
    assert acme.hosts() == ("https://api.x.api.example", "https://login.x.api.example")


def test_the_api_host_may_be_in_capitals() -> None:
    """An address in capitals leads to the login as well."""
    text = GOOD.replace("region: eu-central-1", "api_url: https://API.Example.com/API/V2")
    (acme,) = parse(text, "config.yml", {"ACME_SECRET": SECRET}).organizations
    assert acme.hosts() == ("https://API.Example.com", "https://login.Example.com")


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://api.example.com/api/v2", "https://api.example.com"),
        ("https://api.example.com/api/v2//", "https://api.example.com"),
        ("https://api.example.com/api", "https://api.example.com"),
        ("https://gateway.example.com/genesys/api/v2/", "https://gateway.example.com/genesys"),
        (
            "https://gateway.example.com/api/v2/billing",
            "https://gateway.example.com/api/v2/billing",
        ),
        ("http://127.0.0.1:10060/api/v2", "http://127.0.0.1:10060"),
        ("https://api.example.com/API/V2", "https://api.example.com"),
        ("https://api.example.com/Api/v2/", "https://api.example.com"),
        ("https://api.example.com//api//V2", "https://api.example.com"),
        ("https://api.example.com/myapi/v2", "https://api.example.com/myapi/v2"),
    ],
)
def test_the_api_path_at_the_end_of_a_url_is_ignored(url: str, host: str) -> None:
    """Addresses as the vendor's documents give them work: operations bring their path."""
    text = GOOD.replace("region: eu-central-1", f"api_url: {url}")
    (acme,) = parse(text, "config.yml", {"ACME_SECRET": SECRET}).organizations
    assert acme.hosts()[0] == host


def test_the_token_path_at_the_end_of_a_url_is_ignored() -> None:
    """An address of the token endpoint works as that of its host."""
    urls = "api_url: https://api.example.com\n    login_url: https://sso.example.com/oauth/token/"
    text = GOOD.replace("region: eu-central-1", urls)
    (acme,) = parse(text, "config.yml", {"ACME_SECRET": SECRET}).organizations
    assert acme.hosts()[1] == "https://sso.example.com"


@pytest.mark.parametrize(
    ("url", "accepted"),
    [
        ("https://api.example.com", True),
        ("https://api.example.com:8443/proxy", True),
        ("http://localhost:1", True),
        ("http://[::1]:80", True),
        ("http://127.8.0.1", True),
        ("http://localhost.example.com", False),
        ("http://10.0.0.1", False),
        ("ftp://localhost", False),
        ("https://", False),
        ("https://a:99999", False),
        ("https://a:0", False),
        ("https://[::1", False),
        ("https://a?b=c", False),
        ("https://a#b", False),
        ("https://user@a", False),
        ("https://a b", False),
        ("https://id:very-secret/x@a", False),
    ],
)
def test_only_safe_urls_are_accepted(url: str, accepted: bool) -> None:
    """A URL is https, or http on a loopback host, with nothing that could carry a secret."""
    text = GOOD.replace("region: eu-central-1", f"api_url: '{url}'")
    problems = problems_of(text, {"ACME_SECRET": SECRET})
    assert bool(problems) is not accepted
    assert SECRET not in str(problems)


def test_a_secret_file_is_found_beside_the_configuration(tmp_path: Path) -> None:
    """A relative secret file starts at the configuration's folder and is read at each use."""
    file = tmp_path / "config.yml"
    file.write_text(GOOD.replace("client_secret: ${ACME_SECRET}", "client_secret_file: acme"))
    (tmp_path / "acme").write_text("first\n")
    (acme,) = load(file, {}).organizations
    assert acme.secret() == "first"
    (tmp_path / "acme").write_text("second\n")
    assert acme.secret() == "second"
    (tmp_path / "acme").unlink()
    with pytest.raises(OSError, match=r"cannot read .*acme: No such file"):
        acme.secret()


def test_unreadable_files_are_problems(tmp_path: Path) -> None:
    """A file that is missing, a folder, too large, not UTF-8 or misnamed gives one error."""
    large, binary = tmp_path / "large.yml", tmp_path / "binary.yml"
    large.write_bytes(b"#" * (LARGEST_FILE + 1))
    binary.write_bytes(b"\xff\xfe")
    expected = {
        tmp_path / "none.yml": "cannot be read: No such file or directory",
        tmp_path: "cannot be read: Is a directory",
        large: "cannot be read: larger than a configuration may be, 1 MiB",
        binary: "not UTF-8 text",
        Path("a\0b"): "cannot be read: a file's name cannot hold a NUL character",
    }
    for path, message in expected.items():
        with pytest.raises(ConfigError) as caught:
            load(path, {})
        assert caught.value.problems == (Problem(file=str(path), message=message),)


def test_a_byte_order_mark_is_ignored(tmp_path: Path) -> None:
    """A file that an editor began with a byte order mark is read like any other."""
    file = tmp_path / "config.yml"
    file.write_text(GOOD, encoding="utf-8-sig")
    assert load(file, {"ACME_SECRET": SECRET}).organizations[0].name == "acme"


def test_a_variable_cannot_change_the_structure() -> None:
    """What a variable holds stays one text value, whatever it looks like."""
    text = GOOD.replace("client_id: x", "client_id: ${ID}")
    hostile = "1, region: us-east-1, x: ${ACME_SECRET} # {"
    settings = parse(text, "config.yml", {"ACME_SECRET": SECRET, "ID": hostile})
    assert settings.organizations[0].client_id == hostile


def test_a_variable_that_holds_no_plain_text_is_refused() -> None:
    """A variable that is empty, has a line feed or is not Unicode is refused without its text."""
    where = "config.yml:5: organizations[0].client_secret: "
    control = f"{where}holds a line feed or another control character"
    assert problems_of(GOOD, {"ACME_SECRET": ""}) == [f"{where}expected text, got empty text"]
    assert problems_of(GOOD, {"ACME_SECRET": "a\nb"}) == [control]
    assert problems_of(GOOD, {"ACME_SECRET": "a\udcff"}) == [control]


def test_settings_show_no_secret() -> None:
    """Neither repr nor str of settings holds a secret."""
    settings = parse(GOOD, "config.yml", {"ACME_SECRET": SECRET})
    assert SECRET not in f"{settings!r} {settings}"
    assert "<secret>" in repr(settings)
    assert settings.organizations[0].client_secret == Secret(SECRET)


def loaded(content: bytes, environ: Mapping[str, str]) -> Settings | ConfigError:
    """Load a file with this content; any exception but ConfigError is a failure."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "config.yml"
        file.write_bytes(content)
        try:
            return load(file, environ)
        except ConfigError as error:
            return error


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda t: t.encode("utf-8", "replace")))
def test_any_content_is_settings_or_a_config_error(content: bytes) -> None:
    """No content of a file, however broken, raises anything but ConfigError."""
    assert isinstance(loaded(content, {}), Settings | ConfigError)


KEYS = [
    "organizations",
    "name",
    "region",
    "api_url",
    "login_url",
    "client_id",
    "client_secret",
    "client_secret_file",
    "collectors",
    "usage",
    "invoices",
    "contracts",
    "trustors",
    "interval",
    "window",
    "lines",
    "periods",
    "include",
    "zero_rows",
    "concurrency",
    "other",
    "<<",
    "1",
    "null",
]
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.dates()
    | st.text(max_size=10)
    | st.sampled_from([f"{SECRET}-1", "${ACME_SECRET}", "${", "6h", "https://a", "eu-west-1", "*"])
)
TREES = st.recursive(
    LEAVES,
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(st.sampled_from(KEYS), children, max_size=6)
    ),
)
ORGANIZATIONS = st.fixed_dictionaries({}, optional=dict.fromkeys(KEYS, TREES))


@settings(max_examples=60)
@given(TREES | st.fixed_dictionaries({"organizations": st.lists(ORGANIZATIONS, max_size=3)}))
def test_any_tree_is_settings_or_a_config_error_without_secrets(tree: Any) -> None:
    """No YAML tree raises anything but ConfigError, whose one-line messages hold no value."""
    text = yaml.safe_dump(tree, allow_unicode=True)
    try:
        shown = repr(parse(text, "config.yml", {"ACME_SECRET": f"{SECRET}-2"}))
        problems = ["no error"]
    except ConfigError as error:
        shown = str(error)
        problems = list(map(str, error.problems))
    assert SECRET not in shown
    assert len(shown.splitlines()) == len(problems) > 0


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=8).map("§{}".format))
def test_a_planted_secret_never_shows(secret: str) -> None:
    """Whatever a secret looks like in YAML or as a variable, no message and no repr shows it."""
    for written in (secret, f"'{secret}", f'"{secret}', f"{secret}: 1", f"[{secret}"):
        text = GOOD.replace("${ACME_SECRET}", written).replace("name: acme", "name: 1")
        result = loaded(text.encode(), {"ACME_SECRET": secret})
        assert secret not in f"{result!r} {result}"
