"""Data as version 0.1.0 saved it, read once after an upgrade."""

from datetime import datetime
from typing import Any

import msgspec

from billing_exporter.collectors.contracts import ContractData, ContractsData
from billing_exporter.collectors.invoices import InvoicesData
from billing_exporter.collectors.sweep import TrustorsData
from billing_exporter.collectors.trustor_overview import Status, TrustorData, TrustorState


class _State(msgspec.Struct, frozen=True):
    id: str
    name: str
    status: Status


class _Trustors(msgspec.Struct, frozen=True):
    states: tuple[_State, ...]
    trustors: dict[str, TrustorData]
    read_at: dict[str, datetime]
    nameless: int


def adopted(content: bytes, kind: type[Any], at: datetime) -> Any:
    """Return the data of a file of 0.1.0 as a collector's data of today.

    Args:
        content: the data as JSON.
        kind: the collector's data.
        at: when the poll began that it is of, for details whose time it does not have.

    Raises:
        ValueError: the content is no such data.
    """
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
    numbers = {key: each for key, each in former.trustors.items() if key in states}
    return TrustorsData(states, numbers, former.nameless)


def _contract(former: ContractData, at: datetime) -> ContractData:
    details = former.periods.values()
    read = {each.id: at for each in details if each.id is not None and each.charges}
    return msgspec.structs.replace(former, read=read)
