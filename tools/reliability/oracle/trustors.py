"""Customers: what each used, prepaid and exceeds in its two newest periods, rows of zeros too."""

from decimal import Decimal

from tools.reliability.oracle.allowances import Charge, included
from tools.reliability.oracle.answers import Answers, by_id, moment, number, text
from tools.reliability.oracle.sheet import Sheet
from tools.testkit.truth import JSON

_STATUSES = ("ok", "no_data", "forbidden", "disabled", "error")
_READ = 200
_STATUS_OF = {200: "ok", 403: "forbidden", 404: "no_data"}
_TIMES = {
    "trustor_contract_end_timestamp_seconds": "contractEndDate",
    "trustor_contract_effective_timestamp_seconds": "contractEffectiveDate",
    "trustor_contract_amended_timestamp_seconds": "contractAmendmentDate",
    "trustor_ramp_end_timestamp_seconds": "rampPeriodEndDate",
}
_ZERO, _ONE = Decimal(0), Decimal(1)


def trustors(answers: Answers, known: Answers) -> Sheet:
    """Work out all customers; of an ended period, what was known before."""
    sheet = Sheet()
    for row in by_id(answers.rows("/orgauthorization/trustors", 100)).values():
        who = text(row["organization"], "name"), row["id"]
        path = f"/billing/trusteebillingoverview/{row['id']}"
        status, newest = answers.one(path) if row["enabled"] else (0, {})
        state = _STATUS_OF.get(status, "disabled")
        before = known if _start(newest) == _start(known.one(path)[1]) else answers
        found, previous = before.one(path, billingPeriodIndex="1") if state == "ok" else (0, {})
        could_read = state == "ok"
        if could_read and found not in {200, 404}:
            state = "error"
        for each in _STATUSES:
            sheet.put("trustor_status", (*who, each), Decimal(each == state))
        if could_read or known.one(path)[0] == _READ:
            # Its value is the time of the poll.
            sheet.put("trustor_last_success_timestamp_seconds", who, _ONE)
        if could_read:
            _put_facts(sheet, who, newest)
            put_period(sheet, (*who, "current"), newest)
            if found == _READ:
                put_period(sheet, (*who, "previous"), previous)
    # The simulator answers for each customer, if only that there is nothing.
    sheet.put("trustors_without_reading", (), Decimal(0))
    return sheet


def _start(overview: JSON) -> Decimal | None:
    return moment(overview, "billingPeriodStartDate")


def _put_facts(sheet: Sheet, who: tuple[str, str], overview: JSON) -> None:
    facts = (text(overview, key) for key in ("subscriptionType", "currency"))
    sheet.put("trustor_info", (*who, *facts), _ONE)
    for metric, key in _TIMES.items():
        sheet.put(metric, who, moment(overview, key))
    sheet.put("trustor_in_ramp", who, Decimal(overview["inRampPeriod"]))


def put_period(sheet: Sheet, of: tuple[str, str, str], overview: JSON) -> None:
    """Put everything that an overview says of its period."""
    currency = text(overview, "currency")
    for end in ("start", "end"):
        when = moment(overview, f"billingPeriod{end.capitalize()}Date")
        sheet.put(f"trustor_period_{end}_timestamp_seconds", of, when)
    minimum = number(overview, "minimumMonthlyAmount")
    sheet.put_money("trustor_minimum_monthly_amount", of, currency, minimum)
    labels = ("name", "partNumber", "grouping", "unitOfMeasureType")
    exceeding = {}
    for row in overview["usages"]:
        to = (*of, *(text(row, key) for key in labels))
        sheet.put("trustor_usage_quantity", to, number(row, "usageQuantity"), needed=True)
        sheet.put("trustor_prepaid_quantity", to, number(row, "prepayQuantity"), needed=True)
        for kind, key in (("overage", "overagePrice"), ("prepaid", "prepayPrice")):
            sheet.put_money(f"trustor_{kind}_price", to, currency, number(row, key))
        exceeding[to] = currency
    charges = {to: _charge(sheet, to) for to in exceeding}
    for to, charge in charges.items():
        if charge.is_billed:
            _derive(sheet, to, charge, included(charge, charges.values()), exceeding[to])


def _charge(sheet: Sheet, to: tuple[str, ...]) -> Charge:
    """Return a series, its rows added up."""
    name, part_number, grouping, unit = to[3:]
    numbers = (sheet.value(f"trustor_{kind}_quantity", to) for kind in ("usage", "prepaid"))
    return Charge(name, part_number, grouping.lower(), unit, *numbers)


def _derive(
    sheet: Sheet,
    to: tuple[str, ...],
    charge: Charge,
    more: Decimal | str | None,
    currency: str,
) -> None:
    """Put what follows from the quantities of a series and its prices."""
    used, prepaid = charge.used, charge.prepaid
    overage = None
    if isinstance(more, str):
        if more and used is not None and prepaid is not None:
            sheet.lose(more)
    else:
        sheet.put("trustor_included_quantity", to, more)
        if used is not None and prepaid is not None:
            overage = max(_ZERO, used - prepaid - (more or _ZERO))
    sheet.put("trustor_overage_quantity", to, overage)
    for kind, quantity in (("overage", overage), ("prepaid", prepaid)):
        price = sheet.value(f"trustor_{kind}_price", (*to, currency))
        if price is not None and quantity is not None:
            sheet.put(f"trustor_estimated_{kind}_amount", (*to, currency), quantity * price)
