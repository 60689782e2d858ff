"""billableusage: what the partner's own organization used in a window.

Documented: names of charges with their total as a decimal string, resources as user e-mails or
device ids with the time of first use, numbers through the previous day. Invented: the charges,
the size of the organization (40 people, and 5 for each of its customers) and every figure.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_FLOOR, Decimal
from typing import Any, Literal

from billing_exporter.simulator.periods import DAY
from billing_exporter.simulator.seeded_random import identifier, share

_PEOPLE, _PEOPLE_PER_TRUSTOR = 40, 5
_PRESENT = 0.7  # share of the days on which somebody logs in


@dataclass(frozen=True, slots=True)
class OwnCharge:
    """A charge of the own organization.

    Attributes:
        name: charge name.
        each: people or devices by which it is used, per person of the organization.
        resource: what uses it, None where the API names nothing.
        amount: units a day and resource; 0 where the resources themselves are counted.
    """

    name: str
    each: float
    resource: Literal["user", "device"] | None = None
    amount: float = 0.0


CHARGES: tuple[OwnCharge, ...] = (
    OwnCharge("Genesys Cloud CX 3", 0.7, "user"),
    OwnCharge("Genesys Cloud CX 1", 0.2, "user"),
    OwnCharge("Communicate", 0.1, "user"),
    OwnCharge("Workforce Management", 0.4, "user"),
    OwnCharge("Standalone Phone", 0.3, "device"),
    OwnCharge("Wallboard", 0.05, "device"),
    OwnCharge("API Resource", 1.0, amount=5_200.0),
    OwnCharge("IVR Basic", 1.0, amount=61.25),
    OwnCharge("Voice Transcription", 1.0, amount=140.4),
    OwnCharge("Storage", 1.0, amount=0.31),
    OwnCharge("SMS Outbound Rate A", 1.0, amount=2.0),
    OwnCharge("Predictive Engagement", 0.0, amount=9.0),
)


@dataclass(frozen=True, slots=True)
class Use:
    """What came of a charge in a window: the total, and who or what used it."""

    charge: OwnCharge
    total: Decimal
    resources: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Window:
    """What a report covers: from the first to the last moment asked for, in UTC."""

    start: datetime
    end: datetime

    def days(self, today: date) -> list[date]:
        """List the days of the window whose usage is known: those before today."""
        last = min(self.end.date(), today - DAY)
        count = (last - self.start.date()).days + 1
        return [self.start.date() + timedelta(days=number) for number in range(max(0, count))]


def _name(charge: OwnCharge, seed: int, number: int) -> str:
    if charge.resource == "user":
        return f"agent{number:05d}@example.com"
    return f"device-{identifier(seed, 'device', number)}"


def _first(seed: int, charge: OwnCharge, number: int, days: list[date]) -> date | None:
    for day in days:
        if share(seed, charge.name, number, day) < _PRESENT:
            return day
    return None


def _resources(seed: int, charge: OwnCharge, count: int, days: list[date]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for number in range(count):
        first = _first(seed, charge, number, days)
        if first is not None:
            moment = datetime.combine(first, time(hour=6 + number % 12, minute=number % 60))
            name = _name(charge, seed, number)
            found.append({"name": name, "date": f"{moment.isoformat()}.000Z"})
    return found


def _total(seed: int, charge: OwnCharge, count: int, days: list[date]) -> Decimal:
    lucks = (0.7 + 0.6 * share(seed, charge.name, day) for day in days)
    total = Decimal(charge.amount * count * sum(lucks))
    return total.quantize(Decimal("0.01"), ROUND_FLOOR)


def _use(seed: int, charge: OwnCharge, people: int, days: list[date]) -> Use:
    count = int(charge.each * people)
    if charge.resource is None:
        return Use(charge, _total(seed, charge, count, days), [])
    resources = _resources(seed, charge, count, days)
    return Use(charge, Decimal(len(resources)), resources)


def uses(seed: int, trustors: int, window: Window, today: date) -> list[Use]:
    """Work out what is used of every charge in a window, as it is known on a day."""
    days = window.days(today)
    people = _PEOPLE + _PEOPLE_PER_TRUSTOR * trustors
    return [_use(seed, charge, people, days) for charge in CHARGES]


def report(seed: int, trustors: int, window: Window, today: date) -> dict[str, Any]:
    """Write the report on a window as it is complete on a day."""
    return {
        **heading(seed, window),
        "status": "Complete",
        "usages": [
            {"name": use.charge.name, "totalUsage": str(use.total), "resources": use.resources}
            for use in uses(seed, trustors, window, today)
        ],
    }


def in_progress(seed: int, window: Window) -> dict[str, Any]:
    """Write the report on a window while it is still being made."""
    return {**heading(seed, window), "status": "InProgress", "usages": []}


def heading(seed: int, window: Window) -> dict[str, Any]:
    """Write what every report on a window begins with."""
    return {
        "id": identifier(seed, "report", window.start, window.end),
        "name": "Billable usage",
        "startDate": moment(window.start),
        "endDate": moment(window.end),
        "selfUri": "/api/v2/billing/reports/billableusage",
    }


def moment(when: datetime) -> str:
    """Write a moment, in UTC, as the API does: with milliseconds and Z."""
    return f"{when:%Y-%m-%dT%H:%M:%S}.{when.microsecond // 1000:03d}Z"
