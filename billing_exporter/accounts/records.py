"""Records of the accounts: what is kept of each customer, contract and invoice.

They are arrays in MessagePack, compressed: a year of a customer takes a few kilobytes.
"""

import zlib
from collections.abc import Container, Iterator
from datetime import date
from decimal import Decimal
from typing import TypeVar

import msgspec

from billing_exporter.reconciliation.records import ZERO, Line, Read, Used
from billing_exporter.state_files.store import Codec, UnusableStateError

VERSION = 1
_LEVEL = 6
_LARGEST = 64 * 1024 * 1024  # bytes of one state; more is no state of ours

State = TypeVar("State")


class Row(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One charge of a closed period.

    Attributes:
        charge: its name.
        sku: stock keeping unit or part number.
        currency: of price and amounts.
        quantity: overage quantity.
        price: of a unit of overage.
        amount: overage amount.
        prepaid: amount of what is prepaid.
        obstacle: why it cannot be compared with invoices, empty where it can.
        is_compared: whether invoices bill it by itself.
        organizations: ids of those that it covers; none for those of the period.
        grouping: of its row in an overview.
    """

    charge: str
    sku: str
    currency: str
    quantity: Decimal | None
    price: Decimal | None
    amount: Decimal | None
    prepaid: Decimal | None
    obstacle: str = ""
    is_compared: bool = True
    organizations: tuple[str, ...] = ()
    grouping: str = ""


class Period(msgspec.Struct, frozen=True, array_like=True):
    """One closed period.

    Attributes:
        start: its first day.
        end: its last day.
        organizations: ids of those that it is of.
        rows: charges with usage or a commitment.
        unused: name and SKU of the other charges.
        currency: of the charges without an amount.
        is_settled: whether its numbers are settled.
    """

    start: date
    end: date
    organizations: tuple[str, ...]
    rows: tuple[Row, ...]
    unused: tuple[tuple[str, str], ...] = ()
    currency: str = ""
    is_settled: bool = False

    @property
    def read(self) -> Read:
        """Return the period as one that was read in full."""
        return Read(frozenset(self.organizations), self.start, self.end)


class CurrentRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One charge of the running period.

    Attributes:
        charge: its name.
        sku: stock keeping unit or part number.
        currency: of the amounts, empty without a price.
        fixed: amount due whatever is used.
        overage: amount of the overage so far.
        forecast: overage amount at the end of the period.
        is_unpriced: whether it has usage that no price is known for; then the forecast is too low,
            or there is no amount at all.
        organizations: ids of those that a contract's charge covers.
        is_unused: whether nothing was used or is forecast: only what it covers is of interest.
    """

    charge: str
    sku: str
    currency: str
    fixed: Decimal
    overage: Decimal
    forecast: Decimal
    is_unpriced: bool = False
    organizations: tuple[str, ...] = ()
    is_unused: bool = False

    @property
    def has_amount(self) -> bool:
        """Whether its amount is known, be it 0."""
        return not self.is_unpriced or bool(self.fixed or self.overage)


class Current(msgspec.Struct, frozen=True, array_like=True):
    """The running period.

    Attributes:
        start: its first day.
        end: its last day.
        rows: its charges.
        is_over: whether it is the last one of a customer or contract, and nothing runs any more.
    """

    start: date
    end: date
    rows: tuple[CurrentRow, ...]
    is_over: bool = False


class Account(msgspec.Struct, frozen=True, array_like=True):
    """A customer or a contract.

    Attributes:
        name: as it is shown.
        id: of it.
        closed: its closed periods, the newest first.
        current: its newest period; None before it was read.
        ended: the one before, as it was known last, until it was read as a closed one.
    """

    name: str = ""
    id: str = ""
    closed: tuple[Period, ...] = ()
    current: Current | None = None
    ended: Current | None = None

    @property
    def running(self) -> Current | None:
        """Its newest period, if that runs."""
        return None if self.current is None or self.current.is_over else self.current

    def used(self, period: Period, billed: Container[str]) -> Iterator[Used]:
        """Yield the charges of a closed period that invoices bill.

        Args:
            period: one of its periods.
            billed: SKUs that are billed; of charges without usage only these are of interest.
        """
        every = frozenset(period.organizations)
        rows = [row for row in period.rows if row.is_compared]
        rows += [
            Row(charge, sku, period.currency, ZERO, None, ZERO, None)
            for charge, sku in period.unused
            if sku in billed
        ]
        for row in rows:
            yield Used(
                of=self.name,
                of_id=self.id,
                organizations=frozenset(row.organizations) or every,
                charge=row.charge,
                sku=row.sku,
                start=period.start,
                end=period.end,
                currency=row.currency,
                quantity=row.quantity,
                price=row.price,
                amount=row.amount,
                prepaid=row.prepaid,
                obstacle=row.obstacle,
            )


class BilledLine(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A line of an invoice; see ``reconciliation.records.Line``."""

    organization: str
    sku: str
    start: date | None
    end: date | None
    quantity: Decimal | None
    amount: Decimal | None


class Bill(msgspec.Struct, frozen=True, array_like=True):
    """An invoice with its lines.

    Attributes:
        id: of the invoice.
        currency: of all amounts.
        amount: of the invoice.
        issued: when it was issued.
        lines: None where they could not be read.
    """

    id: str = ""
    currency: str = ""
    amount: Decimal | None = None
    issued: date | None = None
    lines: tuple[BilledLine, ...] | None = None

    def each_line(self) -> Iterator[Line]:
        """Yield the lines with what the invoice says of them."""
        for line in self.lines or ():
            yield Line(
                invoice=self.id,
                currency=self.currency,
                issued=self.issued,
                organization=line.organization,
                sku=line.sku,
                start=line.start,
                end=line.end,
                quantity=line.quantity,
                amount=line.amount,
            )


def _codec(title: str, suffix: str, empty: State) -> Codec[State]:
    decoder = msgspec.msgpack.Decoder(tuple[int, type(empty)])  # type: ignore[misc] # known at run time
    encoder = msgspec.msgpack.Encoder()

    def encode(state: State) -> bytes:
        return zlib.compress(encoder.encode((VERSION, state)), _LEVEL)

    def decode(content: bytes) -> State:
        try:
            inflater = zlib.decompressobj()
            plain = inflater.decompress(content, _LARGEST)
            if not inflater.eof:
                raise UnusableStateError
            version, state = decoder.decode(plain)
        except (zlib.error, msgspec.MsgspecError, ValueError):
            raise UnusableStateError from None
        if version != VERSION:
            raise UnusableStateError
        return state  # type: ignore[no-any-return] # the decoder is of its type

    return Codec(title, suffix, empty, encode, decode)


class Index(msgspec.Struct, frozen=True, array_like=True):
    """What an organization has.

    Attributes:
        contracts: ids.
        trustors: ids of customers.
        issued: day of issue of the invoices that can bill the newest closed periods, by id.
        has_invoices: whether invoices were listed and their lines read.
        lookback_days: how far back invoices were listed.
    """

    contracts: tuple[str, ...] = ()
    trustors: tuple[str, ...] = ()
    issued: dict[str, date] = {}
    has_invoices: bool = False
    lookback_days: int = 400


ACCOUNTS: Codec[Account] = _codec("an account", ".account", Account())
BILLS: Codec[Bill] = _codec("an invoice", ".invoice", Bill())
INDEXES: Codec[Index] = _codec("an index of accounts", ".index", Index())
