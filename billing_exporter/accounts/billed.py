"""Billed lines of all invoices within reach, in a few bytes each.

They are unpacked for one organization at a time: 200,000 lines as records would be 150 MB.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal

import msgspec

from billing_exporter.accounts.records import Bill, BilledLine
from billing_exporter.reconciliation.records import Line

_Days = tuple[date | None, date | None]
_LENGTH = 4  # bytes that hold the length of a packed line


class _Packed(msgspec.Struct, frozen=True, array_like=True):
    """A line without its organization; see ``BilledLine``.

    Attributes:
        number: counted over all lines.
        bill: number of its invoice.
        sku: number of its SKU.
        days: number of its first and last day.
    """

    number: int
    bill: int
    sku: int
    days: int
    quantity: Decimal | None
    amount: Decimal | None


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Packed)


class Billed:
    """All lines by the organization that they are for; "" for those that name none.

    Attributes:
        unread: currency and day of issue of invoices whose lines could not be read.
        count: how many lines there are; they are numbered from 0.
    """

    def __init__(self, bills: Iterable[Bill]) -> None:
        """Pack the lines of invoices, which come one after the other."""
        self.count = 0
        unread: list[tuple[str, date]] = []
        self._bills: list[tuple[str, str, date | None]] = []
        self._skus: dict[str, int] = {}
        self._days: dict[_Days, int] = {}
        self._lines: dict[str, bytearray] = {}
        for bill in bills:
            if bill.lines is None and bill.issued is not None:
                unread.append((bill.currency, bill.issued))
            self._bills.append((bill.id, bill.currency, bill.issued))
            for line in bill.lines or ():
                self._pack(line)
        self.unread = tuple(unread)
        # Shared by all lines: of those that are unpacked at one time there may be many.
        self._sku_of, self._days_of = list(self._skus), list(self._days)

    def organizations(self) -> list[str]:
        """Return the organizations that have lines."""
        return list(self._lines)

    def of(self, organization: str) -> Iterator[Line]:
        """Yield the lines of an organization."""
        content = self._lines.get(organization, b"")
        place = 0
        while place < len(content):
            begin = place + _LENGTH
            place = begin + int.from_bytes(content[place:begin], "big")
            packed = _decoder.decode(content[begin:place])
            invoice, currency, issued = self._bills[packed.bill]
            start, end = self._days_of[packed.days]
            yield Line(
                number=packed.number,
                invoice=invoice,
                currency=currency,
                issued=issued,
                organization=organization,
                sku=self._sku_of[packed.sku],
                start=start,
                end=end,
                quantity=packed.quantity,
                amount=packed.amount,
            )

    def each(self) -> Iterator[Line]:
        """Yield all lines."""
        for organization in self._lines:
            yield from self.of(organization)

    def _pack(self, line: BilledLine) -> None:
        sku = self._skus.setdefault(line.sku, len(self._skus))
        days = self._days.setdefault((line.start, line.end), len(self._days))
        bill = len(self._bills) - 1
        packed = _Packed(self.count, bill, sku, days, line.quantity, line.amount)
        content = _encoder.encode(packed)
        of = self._lines.setdefault(line.organization, bytearray())
        of += len(content).to_bytes(_LENGTH, "big")
        of += content
        self.count += 1
