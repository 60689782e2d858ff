"""Parquet of a table, with the types that its columns have; needs the extra `parquet`."""

import io
from decimal import Decimal
from typing import Any

from billing_exporter.export.tables import Cell, Column, Kind, Table

# 26 digits before the point and 12 after it: more than any bill has.
_PRECISION, _SCALE = 38, 12


class ParquetError(Exception):
    """A table that cannot become Parquet, and why."""


def is_available() -> bool:
    """Return whether the library that writes Parquet is installed."""
    try:
        import pyarrow.parquet  # noqa: F401, PLC0415 - an extra: most exports do without it
    except ImportError:
        return False
    return True


def content_of(table: Table, compression: str | None) -> bytes:
    """Return the file of a table.

    Raises:
        ParquetError: a number has more digits than Parquet holds.
    """
    import pyarrow as pa  # noqa: PLC0415 - an extra
    from pyarrow import parquet  # noqa: PLC0415 - the same

    types: dict[Kind, Any] = {
        "text": pa.string(),
        "number": pa.decimal128(_PRECISION, _SCALE),
        "moment": pa.timestamp("us", tz="UTC"),
        "day": pa.date32(),
        "flag": pa.bool_(),
    }
    schema = pa.schema([(each.name, types[each.kind]) for each in table.columns])
    columns = {
        each.name: [_cell(each, row.get(each.name), table) for row in table.rows]
        for each in table.columns
    }
    whole = pa.table(columns, schema=schema)
    file = io.BytesIO()
    parquet.write_table(whole, file, compression=compression or "snappy")
    return file.getvalue()


def _cell(column: Column, cell: Cell, table: Table) -> Cell:
    if isinstance(cell, str):
        return cell.encode("utf-8", "replace").decode()
    if isinstance(cell, Decimal) and not _fits(cell):
        raise ParquetError(
            f"{table.dataset}: {column.name} {cell} has more digits than Parquet holds "
            f"({_PRECISION - _SCALE} before the point, {_SCALE} after it); CSV has no such limit"
        )
    return cell


def _fits(number: Decimal) -> bool:
    digits = number.normalize().as_tuple().exponent
    return (
        isinstance(digits, int) and -digits <= _SCALE and (number.adjusted() < _PRECISION - _SCALE)
    )
