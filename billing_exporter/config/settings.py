"""The settings themselves: typed, frozen, with their meaning beside them."""

import difflib
import ipaddress
import re
from decimal import Decimal
from typing import Annotated
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from billing_exporter.budgets.settings import (
    Budget,
    PlanSettings,
    Price,
    Showback,
    Thresholds,
)
from billing_exporter.collectors.settings import EVERY_COLLECTOR, Collectors
from billing_exporter.config.numbers import Share
from billing_exporter.config.secret import Secret, read_secret
from billing_exporter.genesys import regions

# What the operations' paths begin with; documents often show it as a part of the URL.
_API_PATH = re.compile(r"(?:/+api(?:/+v2)?)?/*$", re.IGNORECASE)
_API_HOST = re.compile(r"://api\.", re.IGNORECASE)
_LOGIN_PATH = re.compile(r"(?:/+oauth(?:/+token)?)?/*$", re.IGNORECASE)
DEFAULT_TOLERANCE = Decimal("0.001")
_URL = "an https URL such as https://api.mypurecloud.de"


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        host = parts.hostname if parts.port != 0 else None
    except ValueError:
        # The text of this error may quote the URL.
        host = None
    plain = re.fullmatch("[!-~]+", url) and not re.search("[?#@]", url)
    if not host or not plain:
        raise ValueError(f"expected {_URL}, without user, query or fragment")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host)):
        raise ValueError(
            f"expected {_URL}; http is for a loopback host alone: "
            "client secret and token must not travel in clear"
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _check_region(region: str) -> None:
    try:
        regions.hosts(region)
    except ValueError:
        # The text of this error shows the value, which may have come from the wrong variable.
        known = sorted(regions.DOMAINS)
        closest = difflib.get_close_matches(region[:40], known, n=1)
        hint = f"did you mean {closest[0]}?" if closest else f"known are {', '.join(known)}"
        raise ValueError(f"unknown region; {hint}") from None


Url = Annotated[str, Meta(extra={"kind": "URL", "expected": _URL, "check": _check_url})]


class Organization(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One organization of Genesys Cloud: where it is, who asks, and what is collected."""

    name: Annotated[
        str, Meta(min_length=1, description="The label `organization` of its series; unique.")
    ]
    region: Annotated[
        str | None,
        Meta(
            description="AWS region of the organization, such as `eu-central-1`, or its domain, "
            "such as `mypurecloud.de`. Either this or `api_url` is required.",
            extra={"check": _check_region},
        ),
    ] = None
    api_url: Annotated[
        Url | None,
        Meta(
            description="Instead of `region`: where the API answers. https, or http on a loopback "
            "host. `/api/v2` at its end is ignored."
        ),
    ] = None
    login_url: Annotated[
        Url | None,
        Meta(
            description="With `api_url`: where tokens are issued. Without it `api.` at the "
            "beginning of the API's host becomes `login.`."
        ),
    ] = None
    client_id: Annotated[
        str,
        Meta(min_length=1, description="Id of the OAuth client (grant: client credentials)."),
    ]
    client_secret: Annotated[
        Secret | None,
        Meta(
            description="The client's secret, best as `${NAME}` from the environment. Either this "
            "or `client_secret_file` is required."
        ),
    ] = None
    client_secret_file: Annotated[
        str | None,
        Meta(
            description="Instead of `client_secret`: a file with nothing but the secret. It is "
            "read again for each token, so the secret can be rotated in place. A relative path "
            "starts at the folder of the configuration file.",
        ),
    ] = None
    tolerance: Annotated[
        Share,
        Meta(
            description="Share by which an invoiced number may differ from the used one before a "
            "reconciliation counts it as a difference."
        ),
    ] = DEFAULT_TOLERANCE
    collectors: Annotated[
        Collectors,
        Meta(
            description="Which collectors run, and how. Those that are listed run; without "
            "this key all four do."
        ),
    ] = msgspec.field(default_factory=lambda: EVERY_COLLECTOR)

    def secret(self) -> str:
        """Return the client's secret, read again where it is in a file.

        Raises:
            OSError: The file cannot be read or is empty; the message names it.
        """
        if self.client_secret is not None:
            return self.client_secret.reveal()
        return read_secret(self.client_secret_file or "")

    def hosts(self) -> tuple[str, str]:
        """Return the URLs of API and login, without a slash at the end.

        Raises:
            ValueError: The region is unknown, which settings that were loaded never are.
        """
        if self.api_url is None:
            return regions.hosts(self.region or "")
        api_url = _API_PATH.sub("", self.api_url)
        login_url = self.login_url or _API_HOST.sub("://login.", api_url, count=1)
        return api_url, _LOGIN_PATH.sub("", login_url)


class ExportSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an export of tables for finance says that no answer of the API does."""

    invoice_issuer: Annotated[
        str,
        Meta(
            min_length=1,
            description="Who issues the invoices and provides the service, as FOCUS wants to know.",
        ),
    ] = "Genesys"


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All settings of the exporter."""

    organizations: Annotated[
        tuple[Organization, ...],
        Meta(
            min_length=1,
            description="The organizations whose billing is exported.",
            extra={"kind": "list of mappings"},
        ),
    ]
    export: Annotated[
        ExportSettings,
        Meta(description="How `billing-exporter export` and `--export.dir` write tables."),
    ] = ExportSettings()
    budgets: Annotated[
        tuple[Budget, ...],
        Meta(description="Budgets and what counts in them.", extra={"kind": "list of mappings"}),
    ] = ()
    showback: Annotated[
        tuple[Showback, ...],
        Meta(
            description="Allocations of all amounts to groups.",
            extra={"kind": "list of mappings"},
        ),
    ] = ()
    prices: Annotated[
        tuple[Price, ...],
        Meta(
            description="Selling prices of a partner, for its margin; the first one that matches "
            "counts.",
            extra={"kind": "list of mappings"},
        ),
    ] = ()
    thresholds: Annotated[
        Thresholds,
        Meta(
            description="Thresholds of alerts in money by name, each by currency, `default` for "
            "all others; they win over those of the rules.",
            extra={"kind": "mapping"},
        ),
    ] = {}

    def plan(self) -> PlanSettings:
        """Return the budgets, allocations, prices and thresholds."""
        return PlanSettings(self.budgets, self.showback, self.prices, self.thresholds)
