"""Environment variables in; the settings of one organization, or errors by variable, out."""

from pathlib import Path

import pytest

from billing_exporter.collectors.settings import EVERY_COLLECTOR
from billing_exporter.config import ConfigError, from_environment

GOOD = {
    "GENESYSCLOUD_REGION": "us-east-1",
    "GENESYSCLOUD_OAUTHCLIENT_ID": "id",
    "GENESYSCLOUD_OAUTHCLIENT_SECRET": "very-${secret}",
}
REGION = "GENESYSCLOUD_REGION or GENESYSCLOUD_API_URL"
SECRET = "GENESYSCLOUD_OAUTHCLIENT_SECRET or GENESYSCLOUD_OAUTHCLIENT_SECRET_FILE"


def problems_of(environ: dict[str, str]) -> list[str]:
    """Return the errors of an environment as lines."""
    with pytest.raises(ConfigError) as caught:
        from_environment(environ)
    return str(caught.value).splitlines()


def test_three_variables_suffice() -> None:
    """Region, client id and secret give one organization with every collector."""
    (organization,) = from_environment(GOOD).organizations
    assert organization.name == "default"
    assert organization.hosts()[0] == "https://api.mypurecloud.com"
    assert (organization.client_id, organization.secret()) == ("id", "very-${secret}")
    assert organization.collectors == EVERY_COLLECTOR


def test_hosts_name_and_secret_file_are_optional(tmp_path: Path) -> None:
    """Hosts instead of a region, a name and a secret's file are read; empty variables are not."""
    file = tmp_path / "secret"
    file.write_text("very-secret\n")
    (organization,) = from_environment(
        {
            "GENESYSCLOUD_REGION": "",
            "GENESYSCLOUD_API_URL": "http://127.0.0.1:1",
            "GENESYSCLOUD_LOGIN_URL": "http://127.0.0.1:2/",
            "GENESYSCLOUD_ORGANIZATION": "acme",
            "GENESYSCLOUD_OAUTHCLIENT_ID": "id",
            "GENESYSCLOUD_OAUTHCLIENT_SECRET": "",
            "GENESYSCLOUD_OAUTHCLIENT_SECRET_FILE": str(file),
        }
    ).organizations
    assert organization.name == "acme"
    assert organization.hosts() == ("http://127.0.0.1:1", "http://127.0.0.1:2")
    assert organization.secret() == "very-secret"


def test_missing_variables_are_named() -> None:
    """Without any variable each required one is named."""
    assert problems_of({}) == [
        "environment: GENESYSCLOUD_OAUTHCLIENT_ID: required, but missing",
        f"environment: GENESYSCLOUD_REGION: required, but missing: give {REGION}",
        f"environment: GENESYSCLOUD_OAUTHCLIENT_SECRET: required, but missing: give {SECRET}",
    ]


def test_wrong_variables_are_named_without_their_values() -> None:
    """A wrong value, a contradiction and a lonely login URL name the variables alone."""
    environ = GOOD | {
        "GENESYSCLOUD_REGION": "very-secret",
        "GENESYSCLOUD_LOGIN_URL": "https://login.example.com",
        "GENESYSCLOUD_OAUTHCLIENT_SECRET_FILE": "/nowhere",
    }
    region, both, login, file = problems_of(environ)
    assert region.startswith("environment: GENESYSCLOUD_REGION: unknown region; known are ap-")
    assert both == f"environment: GENESYSCLOUD_OAUTHCLIENT_SECRET_FILE: give {SECRET}, not both"
    assert login == "environment: GENESYSCLOUD_LOGIN_URL: needs GENESYSCLOUD_API_URL beside it"
    assert file == (
        "environment: GENESYSCLOUD_OAUTHCLIENT_SECRET_FILE: "
        "cannot read /nowhere: No such file or directory"
    )
    assert "very" not in region
