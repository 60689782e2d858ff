"""Answers of a simulator, each question asked once, and how its values are read."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation

from tools.testkit.scrapes import time_of
from tools.testkit.truth import JSON, Truth

NOT_A_NUMBER = Decimal("NaN")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Answers:
    """The API at a moment: what was asked once is not asked again.

    Attributes:
        now: the simulator's time.
    """

    def __init__(self, url: str) -> None:
        self.now = time_of(url)
        self._truth = Truth(url)
        self._listings: dict[tuple[object, ...], list[JSON]] = {}
        self._single: dict[tuple[object, ...], tuple[int, JSON]] = {}

    def rows(self, path: str, page: int, **query: str) -> list[JSON]:
        """Return all rows of a listing, in pages of so many."""
        key = (path, page, *query.items())
        if key not in self._listings:
            self._listings[key] = [*self._truth.entities(path, pageSize=str(page), **query)]
        return self._listings[key]

    def one(self, path: str, **query: str) -> tuple[int, JSON]:
        """Return status and content of one answer."""
        key = (path, *query.items())
        if key not in self._single:
            answer = self._truth.get(path, **query)
            self._single[key] = answer.status_code, answer.json()
        return self._single[key]

    def report(self, start: datetime, end: datetime) -> JSON:
        """Return the report of a window, whatever its status."""
        window = {"startDate": _written(start), "endDate": _written(end)}
        return self.one("/billing/reports/billableusage", **window)[1]


def _written(when: datetime) -> str:
    return f"{when:%Y-%m-%dT%H:%M:%S}.{when.microsecond // 1000:03d}Z"


def by_id(rows: list[JSON]) -> dict[str, JSON]:
    """Return each row of a listing once, as last given."""
    return {text(row, "id"): row for row in rows}


def text(row: JSON | None, key: str) -> str:
    """Read a text; empty where there is none."""
    value = (row or {}).get(key)
    return value.strip() if isinstance(value, str) else ""


def number(row: JSON, key: str) -> Decimal | None:
    """Read a number by its key or by the older one; None is absent, NaN is none."""
    value = row.get(key, row.get(f"get{key}"))
    if value is None or value == "":
        return None
    if isinstance(value, bool | dict | list):
        return NOT_A_NUMBER
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return NOT_A_NUMBER


def day(row: JSON, key: str) -> date | None:
    """Read a day."""
    return date.fromisoformat(row[key]) if row.get(key) else None


def moment(row: JSON, key: str) -> Decimal | None:
    """Read a moment, as Unix time."""
    return unix(datetime.fromisoformat(row[key])) if row.get(key) else None


def first_second(of: date | None) -> Decimal | None:
    """Return when a day begins, as Unix time."""
    return None if of is None else unix(datetime.combine(of, time(), UTC))


def last_second(of: date | None) -> Decimal | None:
    """Return the last second of a day, as Unix time."""
    begin = first_second(of)
    return None if begin is None else begin + 86_399


def unix(when: datetime) -> Decimal:
    """Return a moment as Unix time."""
    return Decimal((when - _EPOCH) // timedelta(milliseconds=1)) / 1000
