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
