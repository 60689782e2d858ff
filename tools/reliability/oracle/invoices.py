"""Invoices of the last 400 days and all that are unpaid, with the lines of the unpaid ones."""

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

_LISTING, _PAGE = "/billing/contracts/invoices", 200
_LOOKBACK = timedelta(days=400)
# The simulator writes others too, of which no due date can be reported.
_DAYS = {"Net 30": 30, "Net 45": 45, "Due on Receipt": 0}
_AGES = ("not_due", "1-30d", "31-60d", "61-90d", "over_90d", "unknown", "credit")
# Those that the simulator writes.
_OWED = {"unpaid", "Partially Paid"}
_ONE = Decimal(1)


def invoices(answers: Answers, _: Answers) -> Sheet:
    """Work out sums, invoices and lines."""
    sheet, today = Sheet(), answers.now.date()
    recent = answers.rows(_LISTING, _PAGE, dateStart=str(today - _LOOKBACK))
    unpaid = answers.rows(_LISTING, _PAGE, paymentStatus="UnPaid")
    found = by_id([*recent, *unpaid]).values()
    for invoice in found:
        _add_up(sheet, invoice, today)
        _put_invoice(sheet, invoice)
        if _status(invoice) in _OWED:
            # Its value is the time of the poll.
            of = (text(invoice, "id"),)
            sheet.put("invoice_lines_last_success_timestamp_seconds", of, _ONE)
            lines = by_id(answers.rows(f"{_LISTING}/{invoice['id']}/lines", _PAGE))
            for line in lines.values():
                _add_line(sheet, invoice, line)
    for currency in {text(invoice, "currencyIsoCode") for invoice in found}:
        sheet.fill("invoices", "invoices_amount", (currency,), ("paid", "unpaid"))
        sheet.fill("unpaid_invoices", "unpaid_amount", (currency,), _AGES)
    return sheet


def _status(invoice: JSON) -> str:
    given = text(invoice, "paymentStatus")
    return given.lower() if given in {"Paid", "Unpaid"} else given


def _due(invoice: JSON) -> date | None:
    issued, days = day(invoice, "dateInvoiced"), _DAYS.get(text(invoice, "paymentTerms"))
    return None if issued is None or days is None else issued + timedelta(days=days)


def _age(due: date | None, today: date) -> str:
    if due is None:
        return "unknown"
    late = (today - due).days
    return _AGES[min(4, max(0, -(-late // 30)))]


def _add_up(sheet: Sheet, invoice: JSON, today: date) -> None:
    currency, amount = text(invoice, "currencyIsoCode"), number(invoice, "amount")
    sheet.add("invoices", (currency, _status(invoice)), _ONE)
    sheet.add_known("invoices_amount", (currency, _status(invoice)), amount)
    if _status(invoice) not in {"paid", "Voided", *_OWED}:
        sheet.lose("unknown_status")
    if _status(invoice) in _OWED and amount != 0:
        below = amount is not None and not amount.is_nan() and amount < 0
        age = "credit" if below else _age(_due(invoice), today)
        sheet.add("unpaid_invoices", (currency, age), _ONE)
        sheet.add_known("unpaid_amount", (currency, age), amount)


def _put_invoice(sheet: Sheet, invoice: JSON) -> None:
    of, amount = (text(invoice, "id"),), number(invoice, "amount")
    sheet.put("invoice_amount", (*of, text(invoice, "currencyIsoCode"), _status(invoice)), amount)
    issued = first_second(day(invoice, "dateInvoiced"))
    sheet.put("invoice_issued_timestamp_seconds", of, issued)
    sheet.put("invoice_due_timestamp_seconds", of, last_second(_due(invoice)))
    facts = ("paymentTerms", "customerPoNumber", "customerInvoiceType")
    payer = text(invoice["billToCustomer"], "name")
    sheet.put("invoice_info", (*of, payer, *(text(invoice, key) for key in facts)), _ONE)


def _add_line(sheet: Sheet, invoice: JSON, line: JSON) -> None:
    sold, whose = line["product"], text(line["organization"], "name")
    of = text(invoice, "id"), text(sold, "sku"), text(sold, "name"), whose
    quantity, amount = number(line, "quantity"), number(line, "amount")
    to = *of, text(line, "unitOfMeasure")
    if quantity is None:
        sheet.leave_hole("invoice_line_quantity", to)
    else:
        sheet.add("invoice_line_quantity", to, quantity)
    sheet.add("invoice_line_amount", (*of, text(invoice, "currencyIsoCode")), amount)
