"""trusteebillingoverview: what a customer used in a period against what it prepaid.

Documented: keys, decimals written as strings, the period's end included, index 0 as the active
period, taxes and telephony left out. Seen in public code: 404 beyond the history, WhatsApp rows
without numbers, dates with and without milliseconds, an allowance as the usage of a fair-use row
or as the prepaid quantity of the charge's own row, tokens under several names. Invented: the
commitments, the minimum amounts and the order of rows.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from billing_exporter.simulator.catalogue import Charge, charges
from billing_exporter.simulator.history import allowance, included, is_used, quantities
from billing_exporter.simulator.periods import Period
from billing_exporter.simulator.seeded_random import identifier
from billing_exporter.simulator.subscriptions import Subscription, subscription
from billing_exporter.simulator.trustors import Trustor

TOKENS = "GC-170-NV-AITC"
_ZERO, _ONE = Decimal(0), Decimal(1)


@dataclass(frozen=True, slots=True)
class Row:
    """A charge with its numbers; None where the API gives none."""

    charge: Charge
    usage: Decimal | None
    prepaid: Decimal | None


def rows(
    trustor: Trustor, seed: int, period: Period, today: date, restated: Decimal = _ONE
) -> list[Row]:
    """Return every row of a customer's period as it is known on a day.

    Args:
        trustor: the customer.
        seed: the world's.
        period: the billing period.
        today: the day; usage is known through the day before.
        restated: by what the usage of the period has been multiplied since it was closed.
    """
    used = quantities(trustor, seed, period, period.counted(today), restated)
    on_row, in_fair_use = _stated(trustor)
    found = []
    for place, charge in enumerate(charges()):
        if charge.measure == "unknown":
            found.append(Row(charge, None, None))
        elif charge.measure == "allowance" and is_used(trustor, seed, charge):
            is_stated = in_fair_use or charge.part_number == TOKENS
            found.append(Row(charge, allowance(trustor, charge) if is_stated else _ZERO, _ZERO))
        elif place in used:
            is_stated = on_row or charge.part_number not in _granted()
            found.append(
                Row(charge, used[place], included(trustor, charge) if is_stated else _ZERO)
            )
        else:
            found.append(Row(charge, _ZERO, _ZERO))
    return found


def _stated(trustor: Trustor) -> tuple[bool, bool]:
    """Return whether allowances stand on a charge's own row, and whether in its fair-use row.

    Both are possible, and which of them the real API does is not documented: so the customers
    differ.
    """
    return ((True, True), (False, True), (True, False))[trustor.number % 3]


@cache
def _granted() -> frozenset[str]:
    """Return the part numbers of what fair use grants, the tokens left out."""
    found = {charge.part_number for charge in charges() if charge.measure == "allowance"}
    return frozenset(found - {TOKENS})


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


def overview(
    trustor: Trustor, seed: int, period: Period, today: date, restated: Decimal = _ONE
) -> dict[str, Any]:
    """Write a customer's overview of a period as it is known on a day.

    A closed period is written as it stood on its last day, so that it never changes, unless it is
    restated.
    """
    table = rows(trustor, seed, period, today, restated)
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
