"""Effect of each fault: a function from answer to answer.

Documented: statuses and codes. Invented: that any of this happens, and how often.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from functools import partial
from types import MappingProxyType
from typing import Any, cast

from billing_exporter.simulator import payloads, sdk_key_variants
from billing_exporter.simulator.answers import (
    Answer,
    RefusedError,
    bad_credentials,
    error,
    missing_permission,
    page,
    too_many_requests,
)
from billing_exporter.simulator.contracts import annual
from billing_exporter.simulator.faults import Fault
from billing_exporter.simulator.paging import cursor, link
from billing_exporter.simulator.routes import Call
from billing_exporter.simulator.seeded_random import identifier
from billing_exporter.simulator.twists import PLAIN, Error, Twist, WrongBill

Effect = Callable[[Answer, Fault, Call], Answer]
_STATUSES = {
    "400": (400, "bad.request"),
    "408": (408, "client.timeout"),
    "413": (413, "request.entity.too.large"),
    "500": (500, "internal.server.error"),
    "502": (502, "bad.gateway"),
    "503": (503, "service.unavailable"),
    "504": (504, "request.timeout"),
}
# These act before the answer is made.
_ELSEWHERE = (
    *("small_pages", "revoked", "slow_trustor"),
    *("restated", "refreshed_late", "wrong_bill", "late_node"),
)


def _status(_: Answer, fault: Fault, _call: Call) -> Answer:
    status, code = _STATUSES[fault.name]
    return error(RefusedError(status, code, "The simulator was told to fail."))


def _too_many(_: Answer, fault: Fault, _call: Call) -> Answer:
    seconds = fault.number("retry_after")
    refused = too_many_requests(int(seconds), 300)
    form = fault.text("form")
    if form == "none":
        return error(refused)
    moment = datetime.now(UTC) + timedelta(seconds=seconds)
    value = format_datetime(moment, usegmt=True) if form == "date" else f"{seconds:g}"
    return error(refused, **{"Retry-After": value})


def _html(status: int, _answer: Answer, _fault: Fault, _call: Call) -> Answer:
    return page(status)


def _delivered(answer: Answer, **changes: Any) -> Answer:
    return replace(answer, delivery=replace(answer.delivery, **changes))


def _stall(answer: Answer, fault: Fault, _: Call) -> Answer:
    at_head = fault.text("at") == "head"
    return _delivered(answer, **{"wait" if at_head else "pause": fault.number("seconds")})


def _drip(answer: Answer, fault: Fault, _: Call) -> Answer:
    return _delivered(answer, drip=fault.number("seconds"), dripping=fault.text("at"))


def _cut(answer: Answer, _fault: Fault, _call: Call) -> Answer:
    return _delivered(answer, cut=True)


def _truncated(answer: Answer, _fault: Fault, _call: Call) -> Answer:
    return _delivered(answer, broken=True)


def _huge(answer: Answer, fault: Fault, _: Call) -> Answer:
    padding = "x" * int(fault.number("mb") * 1_000_000)
    return replace(answer, payload={**answer.payload, "padding": padding})


def _unchanged(answer: Answer, _fault: Fault, _call: Call) -> Answer:
    """Leave the answer alone: the fault has acted before it was made."""
    return answer


def _endless(answer: Answer, _: Fault, call: Call) -> Answer:
    entities, following = answer.payload.get("entities"), call.query.get("after")
    if not entities and (entities is None or following is None):
        return answer
    following = following or cursor(entities[0]["id"])
    uri = link(call) if "pageNumber" in answer.payload else link(call, after=following)
    return replace(answer, payload={**answer.payload, "nextUri": uri})


def _foreign(answer: Answer, fault: Fault, _: Call) -> Answer:
    uri = answer.payload.get("nextUri")
    if not uri:
        return answer
    return replace(answer, payload={**answer.payload, "nextUri": fault.text("host") + uri})


def _redirect(_: Answer, fault: Fault, call: Call) -> Answer:
    return Answer(status=302, text="", headers={"Location": fault.text("host") + link(call)})


def _in_progress(answer: Answer, _fault: Fault, _call: Call) -> Answer:
    if "usages" not in answer.payload or "startDate" not in answer.payload:
        return answer
    return replace(answer, payload={**answer.payload, "status": "InProgress", "usages": []})


def _forbidden(_: Answer, fault: Fault, _call: Call) -> Answer:
    return error(missing_permission(fault.text("permission")))


def _unauthorized(_: Answer, _fault: Fault, _call: Call) -> Answer:
    return error(bad_credentials())


def _numbers(change: Callable[[Any], Any], answer: Answer, fault: Fault, _: Call) -> Answer:
    step = int(fault.number("step"))
    return replace(answer, payload=payloads.with_numbers(answer.payload, step, change))


def _content(change: Callable[[Any], Any], answer: Answer, _fault: Fault, _call: Call) -> Answer:
    return replace(answer, payload=change(answer.payload))


def _renamed(answer: Answer, fault: Fault, _: Call) -> Answer:
    write = (
        sdk_key_variants.future if fault.text("spelling") == "future" else sdk_key_variants.older
    )
    return replace(answer, payload=write(answer.payload))


def _incomplete(answer: Answer, fault: Fault, _: Call) -> Answer:
    payload = answer.payload
    if "entities" in payload:
        payload = {**payload, "entities": payload["entities"][::2]}
    return replace(answer, status=int(fault.number("status")), payload=payload)


def _with(answer: Answer, **changes: Any) -> Answer:
    """Change keys that the answer has."""
    known = {key: value for key, value in changes.items() if key in answer.payload}
    return replace(answer, payload={**answer.payload, **known})


def _empty_page(answer: Answer, _fault: Fault, _call: Call) -> Answer:
    return _with(answer, entities=[])


def _no_rows(answer: Answer, _fault: Fault, call: Call) -> Answer:
    if "entities" in answer.payload and not call.path.endswith("/lines"):
        return answer
    gone = _with(answer, entities=[], nextUri=None, total=0, pageCount=0)
    return _with(gone, charges=[], wallets=[], usages=[])


def _empty_listing(answer: Answer, _fault: Fault, call: Call) -> Answer:
    if "entities" not in answer.payload or call.path.endswith("/lines"):
        return answer
    return _with(answer, entities=[], nextUri=None, total=0, pageCount=0)


def _no_periods(answer: Answer, _fault: Fault, _call: Call) -> Answer:
    rows = answer.payload.get("entities", [])
    bare = [{**row, "billingPeriods": []} if "billingPeriods" in row else row for row in rows]
    return _with(answer, entities=bare, billingPeriods=[])


def _no_previous(answer: Answer, fault: Fault, call: Call) -> Answer:
    if call.query.get("billingPeriodIndex") != "1":
        return answer
    status = int(fault.text("status"))
    code = {403: "not.authorized", 404: "not.found"}.get(status, "internal.server.error")
    return error(RefusedError(status, code, "The simulator was told to fail."))


def _allowance_unit(answer: Answer, _fault: Fault, _call: Call) -> Answer:
    rows = [
        {**row, "unitOfMeasureType": "fortnights"} if row.get("grouping") == "fair-use" else row
        for row in answer.payload.get("usages", [])
    ]
    return _with(answer, usages=rows)


def _low_page_count(answer: Answer, _fault: Fault, _call: Call) -> Answer:
    return _with(answer, pageCount=1, total=None)


def _no_page_count(answer: Answer, _fault: Fault, _call: Call) -> Answer:
    return _with(answer, pageCount=0)


def _wrong_identity(answer: Answer, _fault: Fault, call: Call) -> Answer:
    if "entities" in answer.payload:
        return answer
    other = {"id": identifier("another", call.path)}
    if "organization" in answer.payload:
        return _with(answer, organization={**answer.payload["organization"], **other})
    return _with(answer, **other, externalNumber=None)


def _annual_period(answer: Answer, _fault: Fault, _call: Call) -> Answer:
    def with_year(contract: dict[str, Any]) -> dict[str, Any]:
        periods = contract.get("billingPeriods")
        return (
            {**contract, "billingPeriods": [*periods, annual(periods[0])]} if periods else contract
        )

    entities = answer.payload.get("entities")
    if entities is None:
        return replace(answer, payload=with_year(answer.payload))
    return _with(answer, entities=[with_year(each) for each in entities])


def _same_ids(answer: Answer, fault: Fault, _: Call) -> Answer:
    rows = answer.payload.get("entities", [])
    return _with(answer, entities=[{**row, "id": fault.text("id")} for row in rows])


def _credits(answer: Answer, _fault: Fault, _call: Call) -> Answer:
    def leaf(key: str, value: Any) -> Any:
        return -abs(value) if key == "amount" and value is not None else value

    return replace(answer, payload=payloads.rewritten(answer.payload, leaf))


def _payment_status(answer: Answer, fault: Fault, _: Call) -> Answer:
    def leaf(key: str, value: Any) -> Any:
        return fault.text("status") if (key, value) == ("paymentStatus", "Unpaid") else value

    return replace(answer, payload=payloads.rewritten(answer.payload, leaf))


# What changes an answer's content or links has nothing to do where there is none.
_ON_CONTENT: Mapping[str, Effect] = MappingProxyType(
    {
        "hugebody": _huge,
        "endless": _endless,
        "foreign_next": _foreign,
        "in_progress": _in_progress,
        "duplicate_rows": partial(_content, payloads.duplicate_rows),
        "nulls": partial(_numbers, lambda _: None),
        "empty_strings": partial(_numbers, lambda _: ""),
        "wrong_types": partial(_numbers, lambda value: {"value": value}),
        "nan": partial(_numbers, payloads.not_a_number),
        "thousands": partial(_numbers, payloads.thousands),
        "unknown_enum": partial(_content, payloads.unknown_enumerations),
        "unknown_keys": partial(_content, payloads.unknown_keys),
        "renamed_keys": _renamed,
        "weird_names": partial(_content, payloads.weird_names),
        "incomplete": _incomplete,
        "empty_page": _empty_page,
        "no_rows": _no_rows,
        "no_page_count": _no_page_count,
        "empty_listing": _empty_listing,
        "no_periods": _no_periods,
        "no_previous": _no_previous,
        "allowance_unit": _allowance_unit,
        "low_page_count": _low_page_count,
        "wrong_identity": _wrong_identity,
        "annual_period": _annual_period,
        "same_ids": _same_ids,
        "credits": _credits,
        "payment_status": _payment_status,
    }
)
EFFECTS: Mapping[str, Effect] = MappingProxyType(
    {
        **dict.fromkeys(_STATUSES, _status),
        **_ON_CONTENT,
        "429": _too_many,
        "html502": partial(_html, 502),
        "html503": partial(_html, 503),
        "html401": partial(_html, 401),
        "html403": partial(_html, 403),
        "html404": partial(_html, 404),
        "html": partial(_html, 200),
        "stall": _stall,
        "drip": _drip,
        "cut": _cut,
        "truncated": _truncated,
        "redirect": _redirect,
        "forbidden": _forbidden,
        "unauthorized": _unauthorized,
        **dict.fromkeys(_ELSEWHERE, _unchanged),
    }
)


def applied(answer: Answer, faults: tuple[Fault, ...], call: Call) -> Answer:
    """Let the faults that hit a request act on its answer, in their order."""
    for fault in faults:
        has_content = answer.status == 200 and isinstance(answer.payload, dict)  # noqa: PLR2004
        if has_content or fault.name not in _ON_CONTENT:
            answer = EFFECTS[fault.name](answer, fault, call)
    return answer


def largest_page(faults: tuple[Fault, ...]) -> int | None:
    """Return how many entities a page may hold, None where no fault limits it."""
    sizes = [fault.number("size") for fault in faults if "size" in fault.settings]
    return max(1, int(min(sizes))) if sizes else None


def _wrong_bill(fault: Fault) -> WrongBill:
    factor, lines = Decimal(str(fault.number("factor"))), int(fault.number("lines"))
    return WrongBill(cast("Error", fault.text("error")), factor, lines, fault.text("sku"))


def twist(faults: Iterable[Fault]) -> Twist:
    """Return what the faults that hit a request make of the world."""
    found = PLAIN
    for fault in faults:
        if fault.name == "restated":
            factor = Decimal(str(fault.number("factor")))
            found = replace(found, factor=factor, start=fault.text("period"))
        elif fault.name == "refreshed_late":
            found = replace(found, late=int(fault.number("days")))
        elif fault.name == "late_node":
            found = replace(found, behind=int(fault.number("periods")))
        elif fault.name == "wrong_bill":
            found = replace(found, bill=_wrong_bill(fault))
    return found
