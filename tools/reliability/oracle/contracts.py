"""Contracts, their plans, and charges and wallets of their newest and open billing periods."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

from tools.reliability.oracle.answers import (
    Answers,
    by_id,
    day,
    first_second,
    last_second,
    number,
    text,
)
from tools.reliability.oracle.sheet import Sheet
from tools.testkit.truth import JSON

LISTING, PAGE = "/billing/contracts", 10
_ONE = Decimal(1)
_CHARGE = {
    "charge_prepaid_quantity": "prepaidQuantity",
    "charge_fair_use_quantity": "fairuseQuantity",
    "charge_overage_quantity": "overageQuantity",
    "charge_tokens": "convertedTokenCount",
}
_CHARGE_MONEY = {
    "charge_overage_rate": "overageRate",
    "charge_overage_amount": "overageCharge",
}
_WALLET = {
    "wallet_starting_balance": "startingBalance",
    "wallet_consumption": "balanceConsumption",
    "wallet_increase": "balanceIncrease",
    "wallet_decrease": "balanceDecrease",
    "wallet_overage": "balanceOverage",
}
_WALLET_MONEY = {
    "wallet_overage_rate": "balanceOverageRate",
    "wallet_overage_amount": "balanceOverageCharge",
}
_ITEM_MONEY = {
    "plan_item_price": "price",
    "plan_item_overage_price": "overagePrice",
    "plan_item_discount_amount": "discountAmount",
}


def contracts(answers: Answers, known: Answers) -> Sheet:
    """Work out all contracts; of a period that was closed, what was known before."""
    sheet = Sheet()
    for contract in by_id(answers.rows(LISTING, PAGE)).values():
        name = text(contract, "externalNumber") or contract["id"]
        _put_facts(sheet, name, contract)
        for plan in contract["plans"]:
            _put_plan(sheet, name, plan)
        for period, listed in shown_periods(contract, answers.now.date()).items():
            path = f"{LISTING}/{contract['id']}/billingperiods/{listed['id']}"
            asked = known if listed["status"].lower() == "closed" else answers
            _put_period(sheet, (name, period), asked.one(path)[1])
            # Its value is the time of the poll.
            sheet.put("contract_period_last_success_timestamp_seconds", (name, period), _ONE)
    return sheet


def shown_periods(contract: JSON, today: date) -> dict[str, JSON]:
    """Return the newest period that has begun, the one before it, and others that are open."""
    periods = by_id(contract["billingPeriods"]).values()
    begun = [each for each in periods if date.fromisoformat(each["dateStart"]) <= today]
    begun.sort(key=lambda each: str(each["dateStart"]), reverse=True)
    if not begun:
        return {}
    newest, *older = begun
    day_before = date.fromisoformat(newest["dateStart"]) - timedelta(days=1)
    before = [each for each in older if each["dateEnd"] == str(day_before)]
    shown = {"current": newest, **({"previous": before[0]} if before else {})}
    rest = [each for each in older if each not in shown.values()]
    still_open = [each for each in rest if each["status"] == "Open"]
    return shown | dict(zip(("open", "open-2"), still_open, strict=False))


def _put_facts(sheet: Sheet, name: str, contract: JSON) -> None:
    facts = (
        *(text(contract, key) for key in ("status", "commercialModel")),
        text(contract.get("endCustomer"), "name"),
    )
    sheet.put("contract_info", (name, *facts), _ONE)
    for what, begin, end in (
        ("contract", "dateStart", "dateEnd"),
        ("contract_ramp", "dateRampStart", "dateRampEnd"),
    ):
        first, last = first_second(day(contract, begin)), last_second(day(contract, end))
        sheet.put(f"{what}_start_timestamp_seconds", (name,), first)
        sheet.put(f"{what}_end_timestamp_seconds", (name,), last)


def _put_plan(sheet: Sheet, contract: str, plan: JSON) -> None:
    items = {(text(item, "name"), text(item, "itemNumber")) for item in plan["items"]}
    names = Counter(name for name, _ in items)
    for item in plan["items"]:
        name = text(item, "name")
        shown = f"{name} ({text(item, 'itemNumber')})" if names[name] > 1 else name
        of = contract, text(plan, "name"), shown
        unit = text(item, "unitOfMeasure")
        sheet.put("plan_item_quantity", (*of, unit), number(item, "quantity"))
        for metric, key in _ITEM_MONEY.items():
            sheet.put_money(metric, of, text(item, "currencyIsoCode"), number(item, key))


def _put_period(sheet: Sheet, of: tuple[str, str], detail: JSON) -> None:
    first, last = first_second(day(detail, "dateStart")), last_second(day(detail, "dateEnd"))
    sheet.put("contract_period_start_timestamp_seconds", of, first)
    sheet.put("contract_period_end_timestamp_seconds", of, last)
    if detail["status"] in {"Open", "Closed"}:
        sheet.put("contract_period_closed", of, Decimal(detail["status"] == "Closed"))
    for charge in detail["charges"]:
        sku, unit = (text(charge["product"], key) for key in ("sku", "unitOfMeasure"))
        name = text(charge, "name") or text(charge["product"], "name")
        to, currency = (*of, name, sku, unit), text(charge, "overageCurrency")
        sheet.put("charge_actual_quantity", to, number(charge, "actualQuantity"), needed=True)
        _put_numbers(sheet, to, charge, _CHARGE)
        _put_money(sheet, to, charge, _CHARGE_MONEY, currency)
        _note_hole(sheet, to, charge, currency, ("charge_overage_amount", "overage"))
    for wallet in detail["wallets"]:
        facts = text(wallet, "name"), text(wallet["product"], "sku"), text(wallet, "unitOfMeasure")
        to, currency = (*of, *facts), text(wallet, "balanceOverageCurrency")
        sheet.put("wallet_balance", to, number(wallet, "endingBalance"), needed=True)
        _put_numbers(sheet, to, wallet, _WALLET)
        _put_money(sheet, to, wallet, _WALLET_MONEY, currency)
        _note_hole(sheet, to, wallet, currency, ("wallet_overage_amount", "balanceOverage"))


def _note_hole(
    sheet: Sheet, to: tuple[str, ...], row: JSON, currency: str, what: tuple[str, str]
) -> None:
    """Note overage without its money: the sum is not known, in no currency if none is named."""
    metric, key = what
    amount = number(row, f"{key}Charge")
    quantity = number(row, "overageQuantity" if key == "overage" else key)
    costs_nothing = (amount is None and quantity == 0) or (amount == 0 and not currency)
    if not currency and not costs_nothing:
        sheet.leave_hole(metric, to)
    elif amount is None and not costs_nothing:
        sheet.leave_hole(metric, (*to, currency))


def _put_numbers(sheet: Sheet, to: tuple[str, ...], row: JSON, keys: dict[str, str]) -> None:
    for metric, key in keys.items():
        sheet.put(metric, to, number(row, key))


def _put_money(
    sheet: Sheet, to: tuple[str, ...], row: JSON, keys: dict[str, str], currency: str
) -> None:
    for metric, key in keys.items():
        value = number(row, key)
        if value is not None:
            sheet.put_money(metric, to, currency, value)
