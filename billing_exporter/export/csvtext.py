"""CSV of a table: exact, in UTF-8, the same bytes for the same table."""

import csv
import io
from collections.abc import Iterator

from billing_exporter.export.tables import Cell, Column, Table, text_of

# What a spreadsheet would run as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def lines_of(table: Table) -> Iterator[bytes]:
    """Yield the lines of a table, the names of its columns first."""
    yield _line([column.name for column in table.columns])
    for row in table.rows:
        yield _line([_cell(column, row.get(column.name), table) for column in table.columns])


def _cell(column: Column, cell: Cell, table: Table) -> str:
    text = text_of(cell)
    return f"'{text}" if table.guarded and column.kind == "text" and is_formula(text) else text


def is_formula(text: str) -> bool:
    """Return whether a spreadsheet may run a text.

    >>> is_formula("=1+1"), is_formula("Acme = Co")
    (True, False)
    """
    return text.startswith(_FORMULA)


def _line(cells: list[str]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(cells)
    # Half a character, which no file can hold, becomes a question mark.
    return buffer.getvalue().encode("utf-8", "replace")
