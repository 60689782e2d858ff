"""Tests of where each region answers."""

import pytest

from billing_exporter.genesys.regions import DOMAINS, hosts


def test_all_regions_have_hosts() -> None:
    """Each of the 18 regions has an API host and a login host, both https."""
    assert len(DOMAINS) == 18
    for region, domain in DOMAINS.items():
        assert hosts(region) == (f"https://api.{domain}", f"https://login.{domain}")


@pytest.mark.parametrize(
    "spelling", ["eu-central-1", "eu_central_1", "EU-CENTRAL-1", " eu-central-1 "]
)
def test_spellings_of_one_region(spelling: str) -> None:
    """A region is known by the SDK's spelling and in upper case as well."""
    assert hosts(spelling)[0] == "https://api.mypurecloud.de"


def test_unknown_region_lists_the_known() -> None:
    """An unknown region is a ValueError whose text names it and all known ones."""
    with pytest.raises(ValueError, match="unknown region 'mars-1'") as caught:
        hosts("mars-1")
    assert all(region in str(caught.value) for region in DOMAINS)


@pytest.mark.parametrize("region", DOMAINS)
@pytest.mark.parametrize(
    "spelling",
    [
        "{}",
        "https://{}",
        "https://{}/",
        "api.{}",
        "login.{}",
        "apps.{}",
        "https://apps.{}/directory/#/",
        "https://api.{}:443/api/v2",
        "http://login.{}/",
        "https://apps.{}#/admin",
        "https://apps.{}?locale=de",
        "{}.",
        " {} ",
    ],
)
def test_a_region_is_known_by_its_domain(region: str, spelling: str) -> None:
    """Each domain names its region, as a host or a URL too, in any case."""
    text = spelling.format(DOMAINS[region])
    assert hosts(text) == hosts(text.upper()) == hosts(region)


@pytest.mark.parametrize(
    "text",
    [
        *("", "https://", "example.com", "api.example.com", "mypurecloud", "xmypurecloud.com"),
        *("api.mypurecloud.com.example", "https://user@mypurecloud.com"),
        "example.com#mypurecloud.com",
    ],
)
def test_other_domains_are_no_region(text: str) -> None:
    """A domain that is none of Genesys Cloud's is unknown."""
    with pytest.raises(ValueError, match="unknown region"):
        hosts(text)
