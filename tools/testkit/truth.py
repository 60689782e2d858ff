"""The simulated world as plain calls of its API show it: what the exporter ought to say.

Nothing here knows the exporter: the sums are made again from the API's own JSON.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import requests

JSON = dict[str, Any]


@dataclass(frozen=True)
class Period:
    """The newest billing period of a contract."""

    contract: JSON
    detail: JSON

    @property
    def number(self) -> str:
        """What the contract is known by."""
        return _number(self.contract)


class Truth:
    """Asks a simulator for what is so, as its client demo."""

    def __init__(self, url: str) -> None:
        """Take a token."""
        self._url = url
        self._session = requests.Session()
        self._session.trust_env = False
        grant = {"grant_type": "client_credentials"}
        login = self._session.post(
            f"{url}/oauth/token", data=grant, auth=("demo", "demo"), timeout=30
        )
        token = login.json()["access_token"]
        self._session.headers["Authorization"] = f"Bearer {token}"
        self.today = datetime.now(UTC).date()

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

    def get(self, path: str, **query: str) -> requests.Response:
        """Ask for a path below ``/api/v2``."""
        return self._session.get(f"{self._url}/api/v2{path}", params=query, timeout=30)

    def entities(self, path: str, **query: str) -> Iterator[JSON]:
        """Yield the entities of all pages; the next one is taken as the API names it."""
        page = self.get(path, **query).json()
        while True:
            yield from page["entities"]
            if not page.get("nextUri"):
                return
            following = urlsplit(page["nextUri"])
            answer = self._session.get(f"{self._url}{following.path}?{following.query}", timeout=30)
            page = answer.json()

    @cached_property
    def invoices(self) -> list[JSON]:
        """All invoices."""
        return list(self.entities("/billing/contracts/invoices", pageSize="200"))

    def unpaid(self) -> dict[str, Decimal]:
        """Sum up what is unpaid, by currency."""
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for invoice in self.invoices:
            if invoice["paymentStatus"] == "Unpaid":
                sums[invoice["currencyIsoCode"]] += Decimal(str(invoice["amount"]))
        return dict(sums)

    def invoice_counts(self) -> dict[tuple[str, str], int]:
        """Count the invoices by currency and payment status."""
        counts: dict[tuple[str, str], int] = defaultdict(int)
        for invoice in self.invoices:
            counts[invoice["currencyIsoCode"], invoice["paymentStatus"].lower()] += 1
        return dict(counts)

    @cached_property
    def contracts(self) -> list[JSON]:
        """All contracts."""
        return list(self.entities("/billing/contracts", pageSize="10"))

    def contract_ends(self) -> dict[str, float]:
        """Return the last second of each contract by its number, Unix time."""
        return {
            _number(contract): _last_second(contract["dateEnd"])
            for contract in self.contracts
            if contract.get("dateEnd")
        }

    @cached_property
    def newest_periods(self) -> list[Period]:
        """The detail of the newest period that has begun, of each contract that has one."""
        periods = []
        for contract in self.contracts:
            begun = [
                period
                for period in contract["billingPeriods"]
                if date.fromisoformat(period["dateStart"]) <= self.today
            ]
            if begun:
                newest = max(begun, key=lambda period: str(period["dateStart"]))
                path = f"/billing/contracts/{contract['id']}/billingperiods/{newest['id']}"
                periods.append(Period(contract, self.get(path).json()))
        return periods

    def wallet_balances(self) -> dict[tuple[str, str], Decimal]:
        """Return the ending balances by contract number and wallet."""
        return {
            (period.number, wallet["name"]): Decimal(str(wallet["endingBalance"]))
            for period in self.newest_periods
            for wallet in period.detail.get("wallets") or ()
        }

    def report(self, start: datetime, end: datetime) -> JSON:
        """Return the complete usage report of a window."""
        while True:
            query = {"startDate": _moment(start), "endDate": _moment(end)}
            report: JSON = self.get("/billing/reports/billableusage", **query).json()
            if report["status"] == "Complete":
                return report

    def open_windows(self) -> set[tuple[float, float]]:
        """Return first and last second of the open periods of active contracts, Unix time."""
        return {
            (_first_second(period["dateStart"]), _last_second(period["dateEnd"]))
            for contract in self.contracts
            for period in contract["billingPeriods"]
            if contract["status"] == "Active" and period["status"] == "Open"
        }

    @cached_property
    def overviews(self) -> dict[str, requests.Response]:
        """The answer about the newest period by trustor, of those that are enabled."""
        return {
            trustor["organization"]["name"]: self.get(
                f"/billing/trusteebillingoverview/{trustor['id']}"
            )
            for trustor in self.trustors
            if trustor["enabled"]
        }

    @cached_property
    def trustors(self) -> list[JSON]:
        """All rows of the listing."""
        return list(self.entities("/orgauthorization/trustors"))

    def trustor_statuses(self) -> dict[str, str]:
        """Return what the answers say of each trustor, by name."""
        words = {200: "ok", 403: "forbidden", 404: "no_data"}
        disabled = {trustor["organization"]["name"]: "disabled" for trustor in self.trustors}
        answered = {name: words[answer.status_code] for name, answer in self.overviews.items()}
        return {**disabled, **answered}

    def trustor_usage(self) -> dict[tuple[str, str, str, str], Decimal]:
        """Add up usage by trustor, charge, part number and grouping; rows of zeros left out."""
        sums: dict[tuple[str, str, str, str], Decimal] = defaultdict(Decimal)
        for name, answer in self.overviews.items():
            for row in answer.json().get("usages", ()):
                key = name, row["name"], row["partNumber"], row["grouping"]
                if row["usageQuantity"]:
                    sums[key] += Decimal(row["usageQuantity"])
        return {key: value for key, value in sums.items() if value}


def private_texts(node: Any, key: str = "") -> Iterator[str]:
    """Yield from any answer what must never leave the exporter: people, devices, links, streets."""
    if isinstance(node, dict):
        for name, value in node.items():
            private = key == "resources" and name == "name"
            yield from [value] if private else private_texts(value, name)
    elif isinstance(node, list):
        for item in node:
            yield from private_texts(item, key)
    elif isinstance(node, str) and key in {"paymentLink", "url", "line1", "email", "usageNotes"}:
        yield node


def _number(contract: JSON) -> str:
    """Return the external number, or the id where there is none."""
    return str(contract.get("externalNumber") or contract["id"])


def _first_second(day: str) -> float:
    return datetime.combine(date.fromisoformat(day), time(), UTC).timestamp()


def _last_second(day: str) -> float:
    return _first_second(day) + 86399


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
