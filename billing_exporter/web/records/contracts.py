"""Contract records: one contract in short, and the list of them."""

from datetime import date, datetime
from typing import Literal

import msgspec

from billing_exporter.web.records.money import Amounts

ContractSort = Literal["overage", "forecast", "contract", "customer", "end"]
CONTRACT_SORTS: tuple[ContractSort, ...] = ("overage", "forecast", "contract", "customer", "end")
"""Orders of a list of contracts."""


class Contract(msgspec.Struct, frozen=True, kw_only=True):
    """A contract that has not ended.

    Attributes:
        organization: as configured.
        contract: its number.
        end_customer: whom it is for; empty where that is not known.
        contract_end: its last day.
        amounts: its overage by currency.
    """

    organization: str
    contract: str
    end_customer: str
    contract_end: date | None
    amounts: tuple[Amounts, ...]


class Contracts(msgspec.Struct, frozen=True, kw_only=True):
    """One page of the list of contracts that have not ended.

    Attributes:
        now: the time of the exporter's clock.
        organization: whose contracts; empty for all.
        search: text that number or customer contains; empty for all.
        sort: their order.
        page: number of this page, from 1.
        pages: number of pages.
        size: contracts on a page.
        total: contracts on all pages.
        contracts: those of this page.
    """

    now: datetime
    organization: str
    search: str
    sort: ContractSort
    page: int
    pages: int
    size: int
    total: int
    contracts: tuple[Contract, ...]


class ContractQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which contracts to list, and how.

    Attributes:
        organization: whose contracts; empty for all.
        search: text that number or customer contains, in any case.
        sort: their order.
        page: number of the page, from 1.
        size: contracts on a page.
    """

    organization: str = ""
    search: str = ""
    sort: ContractSort = "overage"
    page: int = 1
    size: int = 50
