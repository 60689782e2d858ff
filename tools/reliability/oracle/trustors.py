"""Customers: what each used, prepaid and exceeds in its two newest periods, rows of zeros too."""

from decimal import Decimal

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
# Usage beyond what is prepaid says nothing of an allowance, nor of a row that sums up others.
_NO_OVERAGE = {"fair-use", "rollup", "rollup-usage", "storage-category"}
_ZERO, _ONE = Decimal(0), Decimal(1)


def trustors(answers: Answers, known: Answers) -> Sheet:
    """Work out all customers; of an ended period, what was known before."""
    sheet = Sheet()
    for row in by_id(answers.rows("/orgauthorization/trustors", 100)).values():
        who = text(row["organization"], "name"), row["id"]
        path = f"/billing/trusteebillingoverview/{row['id']}"
        status, newest = answers.one(path) if row["enabled"] else (0, {})
        state = _STATUS_OF.get(status, "disabled")
        for each in _STATUSES:
            sheet.put("trustor_status", (*who, each), Decimal(each == state))
        if state == "ok" or known.one(path)[0] == _READ:
            # Its value is the time of the poll.
            sheet.put("trustor_last_success_timestamp_seconds", who, _ONE)
        if state == "ok":
            _put_facts(sheet, who, newest)
            _put_period(sheet, (*who, "current"), newest)
            before = known if _start(newest) == _start(known.one(path)[1]) else answers
            found, previous = before.one(path, billingPeriodIndex="1")
            if _STATUS_OF[found] == "ok":
                _put_period(sheet, (*who, "previous"), previous)
    return sheet


def _start(overview: JSON) -> Decimal | None:
    return moment(overview, "billingPeriodStartDate")


def _put_facts(sheet: Sheet, who: tuple[str, str], overview: JSON) -> None:
    facts = (text(overview, key) for key in ("subscriptionType", "currency"))
    sheet.put("trustor_info", (*who, *facts), _ONE)
    for metric, key in _TIMES.items():
        sheet.put(metric, who, moment(overview, key))
    sheet.put("trustor_in_ramp", who, Decimal(overview["inRampPeriod"]))


def _put_period(sheet: Sheet, of: tuple[str, str, str], overview: JSON) -> None:
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
        if text(row, "grouping") not in _NO_OVERAGE:
            exceeding[to] = currency
    for to, money in exceeding.items():
        _derive(sheet, to, money)


def _derive(sheet: Sheet, to: tuple[str, ...], currency: str) -> None:
    """Put what follows from the quantities of a series and its prices."""
    used = sheet.value("trustor_usage_quantity", to)
    prepaid = sheet.value("trustor_prepaid_quantity", to)
    overage = None if used is None or prepaid is None else max(_ZERO, used - prepaid)
    sheet.put("trustor_overage_quantity", to, overage)
    for kind, quantity in (("overage", overage), ("prepaid", prepaid)):
        price = sheet.value(f"trustor_{kind}_price", (*to, currency))
        if price is not None and quantity is not None:
            sheet.put(f"trustor_estimated_{kind}_amount", (*to, currency), quantity * price)
