"""trusteebillingoverview: what a customer used in a period against what it prepaid.

Documented: keys, decimals written as strings, the period's end included, index 0 as the active
period, taxes and telephony left out. Seen in public code: 404 beyond the history, WhatsApp rows
without numbers, dates with and without milliseconds. Invented: the quantities, the commitments,
the minimum amounts and the order of rows.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from functools import lru_cache
from typing import Any

from billing_exporter.simulator.catalogue import Charge, charges
from billing_exporter.simulator.periods import Period
from billing_exporter.simulator.seeded_random import identifier, share
from billing_exporter.simulator.subscriptions import Subscription, subscription
from billing_exporter.simulator.trustors import Trustor
from billing_exporter.simulator.usage import Rhythm, Shape, shape

FREE_TOKENS = Decimal(350)  # documented for concurrent licences: per organization and month
PARTS = {"storage": "storage-category", "rollup": "rollup-usage"}
COUNTED = frozenset({"peak", "total", "sum"})


@dataclass(frozen=True, slots=True)
class Row:
    """A charge with its numbers; None where the API gives none."""

    charge: Charge
    usage: Decimal | None
    prepaid: Decimal | None


@lru_cache(maxsize=4096)
def _used(seed: int, number: int) -> tuple[bool, ...]:
    return tuple(
        charge.popularity >= 1
        or (charge.popularity > 0 and share(seed, number, charge.part_number) < charge.popularity)
        for charge in charges()
    )


def _floor(quantity: float, digits: int) -> Decimal:
    return Decimal(quantity).quantize(Decimal(1).scaleb(-digits), ROUND_FLOOR)


def _quantity(trustor: Trustor, charge: Charge, course: Shape, day: int) -> Decimal:
    whole = trustor.seats * charge.per_seat
    if charge.measure == "allowance":
        return _floor(whole, 0) if whole else FREE_TOKENS
    if charge.measure == "peak":
        return Decimal(round(whole * trustor.load * course.peak[day]))
    return _floor(whole * trustor.load * course.total[day], charge.digits)


def _prepaid(trustor: Trustor, charge: Charge) -> Decimal:
    if trustor.state == "monthly" and charge.measure == "peak":
        return Decimal(0)
    return _floor(trustor.seats * charge.included, charge.digits)


def _asleep(trustor: Trustor, place: int, period: Period) -> bool:
    """Say whether a charge of a customer that falls to zero sleeps: every other period."""
    return trustor.state == "fell" and not (place + period.month) % 2


def rows(trustor: Trustor, seed: int, period: Period, today: date) -> list[Row]:
    """Give every row of a customer's period as it is known on a day."""
    course = shape(Rhythm(f"{seed}/{trustor.number}", trustor.burst), period)
    day = period.counted(today)
    parts: dict[str, Decimal] = defaultdict(Decimal)
    found: dict[int, Row] = {}
    zero = Decimal(0)
    places = list(enumerate(zip(charges(), _used(seed, trustor.number), strict=True)))
    for place, (charge, used) in reversed(places):  # parts come after what they add up to
        if charge.measure == "unknown":
            found[place] = Row(charge, None, None)
        elif not used:
            found[place] = Row(charge, zero, zero)
        else:
            if charge.measure == "sum":
                usage = parts[PARTS[charge.grouping]]
            elif _asleep(trustor, place, period) and charge.measure != "allowance":
                usage = zero
            else:
                usage = _quantity(trustor, charge, course, day)
            parts[charge.grouping] += usage
            found[place] = Row(charge, usage, _prepaid(trustor, charge))
    return [found[place] for place, _ in places]


def prepaid_amount(table: list[Row]) -> Decimal:
    """Add up what is prepaid, in the customer's currency, whether used or not."""
    return sum(
        (row.prepaid * Decimal(row.charge.prepaid_price or 0) for row in table if row.prepaid),
        Decimal(0),
    )


def _minimum(trustor: Trustor, agreed: Subscription, table: list[Row]) -> str | None:
    if agreed.kind != "PREPAY_MONTHLY_COMMITMENT":
        return None
    factor = Decimal("2.5") if trustor.state == "minimum" else Decimal("0.8")
    return str((prepaid_amount(table) * factor).quantize(Decimal("0.01")))


def _text(quantity: Decimal | None) -> str:
    if quantity is None:
        return ""
    return f"{quantity.normalize():f}" if quantity else "0"


def _usage(row: Row) -> dict[str, Any]:
    charge = row.charge
    answer: dict[str, Any] = {
        "name": charge.name,
        "partNumber": charge.part_number,
        "grouping": charge.grouping,
        "unitOfMeasureType": charge.unit,
        "usageQuantity": _text(row.usage),
        "prepayQuantity": _text(row.prepaid),
        "overagePrice": charge.price or None,
        "usageNotes": "",
        "isCancellable": charge.third_party,
        "bundleQuantity": "1",
        "isThirdParty": charge.third_party,
    }
    if charge.prepaid_price:
        answer["prepayPrice"] = charge.prepaid_price
    return answer


def _start(day: date | None, milliseconds: bool) -> str | None:
    return f"{day}T00:00:00{'.000' if milliseconds else ''}Z" if day else None


def _end(day: date | None, milliseconds: bool) -> str | None:
    return f"{day}T23:59:59{'.999' if milliseconds else ''}Z" if day else None


def overview(trustor: Trustor, seed: int, period: Period, today: date) -> dict[str, Any]:
    """Write a customer's overview of a period as it is known on a day.

    A closed period is written as it stood on its last day, so that it never changes.
    """
    table = rows(trustor, seed, period, today)
    agreed = subscription(trustor, seed, min(today, period.end))
    exact = bool(trustor.number % 2)
    organization = {"id": trustor.organization.id, "name": trustor.organization.name}
    answer: dict[str, Any] = {
        "id": identifier(seed, "overview", trustor.number, period.start),
        "name": trustor.organization.name,
        "organization": organization,
        "currency": trustor.currency,
        "enabledProducts": ["PureCloud3Overage", "PureCloudCommunicateOverage"],
        "subscriptionType": agreed.kind,
        "billingPeriodStartDate": _start(period.start, exact),
        "billingPeriodEndDate": _end(period.end, exact),
        "contractAmendmentDate": _start(agreed.amended, exact),
        "contractEffectiveDate": _start(agreed.effective, exact),
        "contractEndDate": _end(agreed.end, exact),
        "minimumMonthlyAmount": _minimum(trustor, agreed, table),
        "inRampPeriod": agreed.in_ramp,
        "usages": [_usage(row) for row in table],
        "selfUri": f"/api/v2/billing/trusteebillingoverview/{trustor.organization.id}",
    }
    if agreed.ramp_start:
        answer["rampPeriodStartDate"] = _start(agreed.ramp_start, milliseconds=True)
        answer["rampPeriodEndDate"] = _end(agreed.ramp_end, milliseconds=True)
    return answer
