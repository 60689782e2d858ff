"""Closed periods: their amounts, and what is shown of them after a first and a second reading."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from billing_exporter.metrics.family import PREFIX
from tools.reliability.oracle.answers import Answers, by_id, number, text
from tools.reliability.oracle.contracts import LISTING, PAGE
from tools.reliability.oracle.sheet import Sheet
from tools.reliability.oracle.trustors import put_period
from tools.testkit.truth import JSON

_READ = 200
_ZERO = Decimal(0)
_OLDER = slice(1, 4)
_AMOUNTS = {
    "contract": "contract_restated_overage_amount",
    "trustor": "trustor_restated_amount",
}

_LAST_READING_DAYS = 90  # after its end; what is older is settled as soon as it is read


@dataclass(frozen=True)
class Closed:
    """A closed period: its days and what it comes to."""

    currency: str
    start: str
    end: str
    amount: Decimal


# The closed periods of each contract or customer, by its labels, the newest first.
History = dict[tuple[str, ...], list[Closed]]


def contract_history(answers: Answers, periods: int) -> History:
    """Work out the overage of the newest closed periods of every contract."""
    found: History = {}
    for contract in by_id(answers.rows(LISTING, PAGE)).values():
        name = text(contract, "externalNumber") or contract["id"]
        closed = [each for each in contract["billingPeriods"] if each["status"] == "Closed"]
        closed.sort(key=lambda each: str(each["dateStart"]), reverse=True)
        for period in closed[:periods]:
            path = f"{LISTING}/{contract['id']}/billingperiods/{period['id']}"
            detail = answers.one(path)[1]
            amounts = (
                *(number(charge, "overageCharge") for charge in detail["charges"]),
                *(number(wallet, "balanceOverageCharge") for wallet in detail["wallets"]),
            )
            amount = sum((each or _ZERO for each in amounts), _ZERO)
            currency = text(detail["charges"][0], "overageCurrency")
            closed_ = Closed(currency, str(period["dateStart"]), str(period["dateEnd"]), amount)
            found.setdefault((name,), []).append(closed_)
    return found


def trustor_history(answers: Answers, periods: int) -> History:
    """Work out the estimated amount of the newest closed periods of every customer."""
    found: History = {}
    for row in by_id(answers.rows("/orgauthorization/trustors", 100)).values():
        path = f"/billing/trusteebillingoverview/{row['id']}"
        if not row["enabled"] or answers.one(path)[0] != _READ:
            continue
        who = text(row["organization"], "name"), str(row["id"])
        for index in range(1, periods + 1):
            status, overview = answers.one(path, billingPeriodIndex=str(index))
            if status != _READ:
                break
            start, end = (
                str(overview[f"billingPeriod{which}Date"])[:10] for which in ("Start", "End")
            )
            closed = Closed(text(overview, "currency"), start, end, _estimated(overview))
            found.setdefault(who, []).append(closed)
    return found


def _estimated(overview: JSON) -> Decimal:
    sheet = Sheet()
    put_period(sheet, ("", "", ""), overview)
    amounts = tuple(f"{PREFIX}trustor_estimated_{kind}_amount{{" for kind in ("prepaid", "overage"))
    rows = sheet.reported("").series.items()
    return sum((value for series, value in rows if series.startswith(amounts)), _ZERO)


def shown_first(contracts: History, trustors: History, today: date) -> Sheet:
    """Return what is shown after a first reading: only what is long past can be settled."""
    sheet = Sheet()
    for metric, prefix, history in (
        ("contract_history_overage_amount", "contract", contracts),
        ("trustor_history_estimated_amount", "trustor", trustors),
    ):
        for who, periods in history.items():
            for each in periods:
                sheet.put(metric, (*who, each.currency, each.start), each.amount)
            for name, shown in (("previous", periods[:1]), ("older", periods[_OLDER])):
                if shown:
                    settled = all(_is_long_past(each, today) for each in shown)
                    sheet.put(f"{prefix}_period_settled", (*who, name), Decimal(settled))
                    sheet.put(f"{prefix}_period_restatements", (*who, name), _ZERO)
                    if any(_is_long_past(each, today) for each in shown):
                        of = *who, name, shown[0].currency
                        sheet.put(_AMOUNTS[prefix], of, _ZERO)
    return sheet


def _is_long_past(closed: Closed, today: date) -> bool:
    return (today - date.fromisoformat(closed.end)).days > _LAST_READING_DAYS


def restated(before: History, after: History, prefix: str) -> Sheet:
    """Return by how much the newest closed periods have changed since they were settled.

    With each goes a time, here 0, at which the change was seen.
    """
    sheet = Sheet()
    for who, periods in after.items():
        now, was = periods[0], before[who][0]
        if now.amount != was.amount:
            of = *who, "previous", now.currency
            sheet.put(_AMOUNTS[prefix], of, now.amount - was.amount)
            sheet.put(f"{prefix}_restated_timestamp_seconds", (*who, "previous"), _ZERO)
    return sheet
