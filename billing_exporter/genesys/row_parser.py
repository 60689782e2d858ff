"""Parser that reads the rows of an answer exactly where they fit, and leaves the others as JSON.

Most of an overview, a report or a listing is rows. Where one field of one row does not fit the
record, the other rows are still read by msgspec's C code.
"""

from typing import Any

import msgspec
from msgspec import inspect as ms

from billing_exporter.genesys.finite import finite_check
from billing_exporter.genesys.json_text import BYTE_ORDER_MARK, has_plain_numbers, parse

_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ROWS = msgspec.json.Decoder(list[msgspec.Raw])


class RowParser:
    """Parser of answers of one kind."""

    def __init__(self, info: ms.StructType) -> None:
        """Prepare for the lists of rows of a record."""
        self._rows: dict[str, _Rows] = {}
        for field in info.fields:
            item = field.type.item_type if isinstance(field.type, ms.VarTupleType) else None
            if isinstance(item, ms.StructType):
                self._rows[field.encode_name] = _Rows(item)

    def parse(self, body: bytes, *, plain: bool) -> tuple[dict[str, Any], bool]:
        """Return JSON as builtins, with each row that fits as its record; and whether all do.

        Args:
            body: JSON in UTF-8.
            plain: whether ``has_plain_numbers`` holds for all of it.

        Raises:
            ValueError: it is not a JSON object.
            RecursionError: it is too deep.
            UnexpectedAnswer: a part of it is not JSON.
        """
        fields = _FIELDS.decode(body.removeprefix(BYTE_ORDER_MARK))
        found: dict[str, list[Any]] = {}
        fits = True
        for name, rows in self._rows.items():
            if name in fields and bytes(fields[name]).startswith(b"["):
                found[name] = rows.parse(_ROWS.decode(fields.pop(name)), plain=plain)
                fits = fits and not any(isinstance(row, dict) for row in found[name])
        return parse(msgspec.json.encode(fields)) | found, fits


class _Rows:
    """Reader of the rows of one list."""

    def __init__(self, info: ms.StructType) -> None:
        self._decode = msgspec.json.Decoder(info.cls).decode
        self._are_finite = finite_check(info)

    def parse(self, rows: list[msgspec.Raw], *, plain: bool) -> list[Any]:
        """Return a record for each row that fits it, else JSON as builtins."""
        decode = self._decode
        found: list[Any] = []
        for raw in rows:
            try:
                row = decode(raw) if plain or has_plain_numbers(bytes(raw)) else parse(bytes(raw))
            except ValueError:
                row = parse(bytes(raw))
            found.append(row)
        if self._are_finite([row for row in found if isinstance(row, msgspec.Struct)]):
            return found
        return [self._unless_infinite(*pair) for pair in zip(rows, found, strict=True)]

    def _unless_infinite(self, raw: msgspec.Raw, row: Any) -> Any:
        is_exact = isinstance(row, msgspec.Struct)
        return parse(bytes(raw)) if is_exact and not self._are_finite([row]) else row
