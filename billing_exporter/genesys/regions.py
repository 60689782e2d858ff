"""Hosts of each Genesys Cloud region.

The table is the one that the vendor's Python SDK 269 ships. A region that it does not know is
reached by giving both hosts in the configuration instead.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

DOMAINS: Mapping[str, str] = MappingProxyType(
    {
        "us-east-1": "mypurecloud.com",
        "us-east-2": "use2.us-gov-pure.cloud",
        "us-west-2": "usw2.pure.cloud",
        "ca-central-1": "cac1.pure.cloud",
        "mx-central-1": "mxc1.pure.cloud",
        "sa-east-1": "sae1.pure.cloud",
        "eu-central-1": "mypurecloud.de",
        "eu-central-2": "euc2.pure.cloud",
        "eu-west-1": "mypurecloud.ie",
        "eu-west-2": "euw2.pure.cloud",
        "eusc-de-east-1": "edee1.eusc-pure.cloud",
        "me-central-1": "mec1.pure.cloud",
        "ap-south-1": "aps1.pure.cloud",
        "ap-northeast-1": "mypurecloud.jp",
        "ap-northeast-2": "apne2.pure.cloud",
        "ap-northeast-3": "apne3.pure.cloud",
        "ap-southeast-1": "apse1.pure.cloud",
        "ap-southeast-2": "mypurecloud.com.au",
    }
)


_SPELLING = re.compile(
    r"(?:https?://)?(?:(?:api|login|apps)\.)?([^/?#:]*?)\.?(?::443)?(?:[/?#].*)?"
)


def hosts(region: str) -> tuple[str, str]:
    """Return the API's and the login's base URL of a region.

    Args:
        region: A name such as `eu-central-1`, also as the SDK spells it (`eu_central_1`), or the
            region's domain, also as a host or URL (`https://apps.mypurecloud.de/`); in any case.

    Returns:
        `(api_url, login_url)`, both https and without a trailing slash.

    Raises:
        ValueError: The region is unknown; the text lists the known ones.
    """
    text = region.strip().lower()
    domain = DOMAINS.get(text.replace("_", "-"))
    spelling = _SPELLING.fullmatch(text)
    if domain is None and spelling and spelling[1] in DOMAINS.values():
        domain = spelling[1]
    if domain is None:
        known = ", ".join(sorted(DOMAINS))
        raise ValueError(f"unknown region {region!r}; known regions: {known}")
    return f"https://api.{domain}", f"https://login.{domain}"
