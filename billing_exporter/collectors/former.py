"""Data in the forms of earlier files, read once after an upgrade.

Files of version 0.1.0 have the format 1, later ones with unpacked customers the format 2.
"""

from datetime import datetime
from typing import Any

import msgspec

from billing_exporter.collectors.closed_periods import History, PackedHistory
from billing_exporter.collectors.contracts import ContractData, ContractsData
from billing_exporter.collectors.invoices import InvoicesData
from billing_exporter.collectors.sweep import TrustorsData
from billing_exporter.collectors.trustor_overview import (
    PeriodData,
    Status,
    TrustorData,
    TrustorState,
)


class _State(msgspec.Struct, frozen=True):
    id: str
    name: str
    status: Status


class _Customer(msgspec.Struct, frozen=True):
    id: str
    name: str
    periods: dict[str, PeriodData]

    def packed(self) -> TrustorData:
        return TrustorData.of(self.id, self.name, self.periods)


class _Trustors(msgspec.Struct, frozen=True):
    states: tuple[_State, ...]
    trustors: dict[str, _Customer]
    read_at: dict[str, datetime]
    nameless: int


class _Unpacked(msgspec.Struct, frozen=True):
    states: dict[str, TrustorState] = {}
    numbers: dict[str, _Customer] = {}
    nameless: int = 0
    history: dict[str, History] = {}


FORMATS = frozenset({1, 2})


def adopted(content: bytes, kind: type[Any], at: datetime, form: int) -> Any:
    """Return the data of an earlier file as a collector's data of today.

    Args:
        content: the data as JSON.
        kind: the collector's data.
        at: when the poll began that it is of, for details whose time it does not have.
        form: the file's format, of ``FORMATS``.

    Raises:
        ValueError: the content is no such data.
    """
    if form == 1:
        return _adopted_first(content, kind, at)
    if kind is TrustorsData:
        return _packed(msgspec.json.decode(content, type=_Unpacked))
    return msgspec.json.decode(content, type=kind)


def _packed(unpacked: _Unpacked) -> TrustorsData:
    numbers = {key: each.packed() for key, each in unpacked.numbers.items()}
    history = {key: PackedHistory.of(each) for key, each in unpacked.history.items()}
    return TrustorsData(unpacked.states, numbers, unpacked.nameless, history)


def _adopted_first(content: bytes, kind: type[Any], at: datetime) -> Any:
    if kind is TrustorsData:
        return _trustors(msgspec.json.decode(content, type=_Trustors))
    data = msgspec.json.decode(content, type=kind)
    if isinstance(data, ContractsData):
        return ContractsData(tuple(_contract(each, at) for each in data.contracts))
    if isinstance(data, InvoicesData):
        read = {
            each.invoice.id: at
            for each in data.invoices
            if each.lines is not None and each.invoice.id is not None
        }
        return msgspec.structs.replace(data, lines_read=read)
    return data


def _trustors(former: _Trustors) -> TrustorsData:
    states = {
        each.id: TrustorState(each.id, each.name, each.status, former.read_at.get(each.id))
        for each in former.states
    }
    numbers = {key: each.packed() for key, each in former.trustors.items() if key in states}
    return TrustorsData(states, numbers, former.nameless)


def _contract(former: ContractData, at: datetime) -> ContractData:
    details = former.periods.values()
    read = {each.id: at for each in details if each.id is not None and each.charges}
    return msgspec.structs.replace(former, read=read)
