"""Fault matrix: what each fault of the simulator must do to the exporter, by operation.

Read a row as: while this holds, a poll ends like that, and what was known is shown like this.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal

from billing_exporter.collectors.registry import REGISTRY
from billing_exporter.simulator.dripping import PARTS

SUCCESS = "success"
COLLECTORS = tuple(REGISTRY)

CONTRACTS = "get_billing_contracts"
PERIOD = "get_billing_contract_billingperiod"
INVOICES = "get_billing_contracts_invoices"
LINES = "get_billing_contracts_invoice_lines"
REPORT = "get_billing_reports_billableusage"
OVERVIEW = "get_billing_trusteebillingoverview_trustor_org_id"
TRUSTORS = "get_orgauthorization_trustors"
LOGIN = "oauth_token"
CONTRACT = "get_billing_contract"
DOCUMENT = "get_billing_contracts_invoice_document"
ME = "get_organizations_me"

# Who asks for what. The operations without which a collector has nothing come first.
SUBJECTS = {CONTRACTS: "contracts", INVOICES: "invoices", REPORT: "usage", TRUSTORS: "trustors"}
# One answer among many: without it the rest of the poll goes on.
DETAILS = {PERIOD: "contracts", LINES: "invoices", OVERVIEW: "trustors"}
OPERATIONS = (*SUBJECTS, *DETAILS, LOGIN)
# No poll of the simulator needs them again: the listing is complete, the own name is asked once.
UNPOLLED = (CONTRACT, DOCUMENT, ME)
CONCERNED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        **{operation: (collector,) for operation, collector in (SUBJECTS | DETAILS).items()},
        CONTRACTS: ("contracts", "usage"),
        LOGIN: COLLECTORS,
    }
)

# What is shown after a poll under the fault, next to what was before:
# same     exactly what was
# fewer    some series less, the others as they were; sums over invoices and lines lack what is lost
# more     the same series; what adds up has grown by the rows that came twice
# renamed  the same values of each metric under other labels
# status   of the customers nothing but their status and when they were last read
# other    other rows altogether
# Whatever it is, it is worked out again from the answers, to the last series (`oracle`).
Shown = Literal["same", "fewer", "more", "renamed", "status", "other"]


@dataclass(frozen=True)
class Change:
    """What a fault does to what is shown, where the poll succeeds.

    Attributes:
        shown: next to what was.
        counted: the one count that grows by it: the reason why rows are dropped, or ``merged``.
            None where nothing that ought to be there is lost.
    """

    shown: Shown = "same"
    counted: str | None = None


SAME = Change()


@dataclass(frozen=True)
class Expected:
    """How a collector's poll ends.

    Attributes:
        outcome: ``success`` or the reason of the failure.
        change: what becomes of what was shown.
        partial: the reason of the failures that the poll lived with, if there are any.
    """

    outcome: str = SUCCESS
    change: Change = SAME
    partial: str | None = None


@dataclass(frozen=True)
class Fault:
    """One fault with its settings.

    Attributes:
        name: of the simulator.
        settings: of the simulator, for this row.
        reason: why an operation fails that it hits, or None where the exporter lives with it.
        changes: what becomes of what was shown, where it does; by operation, else the same.
        on: the operations whose answers it changes; elsewhere it does nothing.
        slow: whether the fault lies in how long an answer takes.
        once: whether one answer is hit and no other.
        lasting: whether what it asks for outlasts it, and the patience of a run in real time.
        compared: whether a single call succeeds and a poll fails, which knows what was before.
    """

    name: str
    settings: str = ""
    reason: str | None = None
    changes: Mapping[str, Change] = field(default_factory=dict)
    on: tuple[str, ...] = (*OPERATIONS, *UNPOLLED)
    slow: bool = False
    once: bool = False
    lasting: bool = False
    compared: bool = False

    def text(self, operation: str) -> str:
        """Write it as the simulator reads it."""
        return ":".join(part for part in (self.name, operation, self.settings) if part)


@dataclass(frozen=True)
class Case:
    """A fault that hits an operation, and how the polls of all collectors end under it."""

    fault: Fault
    operation: str
    expected: dict[str, Expected]

    def __str__(self) -> str:
        """Name it."""
        return self.fault.text(self.operation)

    @property
    def concerned(self) -> tuple[str, ...]:
        """The collectors that ask for the operation."""
        return CONCERNED[self.operation]


_PAGED = (CONTRACTS, INVOICES, LINES)  # by cursor; numbered pages know how many they are
# Where every number is text, NaN is a text too; elsewhere it is no JSON.
_TEXT_NUMBERS = (REPORT,)
_NUMBERS = (CONTRACTS, CONTRACT, PERIOD, INVOICES, LINES, OVERVIEW)
_API = (*SUBJECTS, *DETAILS, *UNPOLLED)

# Rows of a listing have an id and count once; those within an answer add up.
_ADDED_UP = {
    CONTRACTS: Change("same", "merged"),  # items of a plan, which say the same twice
    **dict.fromkeys((PERIOD, REPORT, OVERVIEW), Change("more", "merged")),
}
# The numbers of a plan's item may all be absent; of other rows some are needed.
_NEEDED = (PERIOD, INVOICES, LINES, REPORT, OVERVIEW)
_MISSING = {CONTRACTS: Change("fewer"), **dict.fromkeys(_NEEDED, Change("fewer", "missing"))}
_UNREADABLE = dict.fromkeys((CONTRACTS, *_NEEDED), Change("fewer", "not_a_number"))
_OTHER_NAMES = dict.fromkeys((CONTRACTS, INVOICES, LINES, TRUSTORS), Change("renamed"))
_OTHER_WORDS = {
    CONTRACTS: Change("renamed"),  # status and units
    PERIOD: Change("other"),  # units; neither open nor closed
    INVOICES: Change("other", "unknown_status"),  # neither paid nor unpaid
    LINES: Change("renamed"),  # units
    OVERVIEW: Change("other", "merged"),  # groupings, which tell rows apart
}
_OTHER_NUMBERS = dict.fromkeys((PERIOD, OVERVIEW, INVOICES, LINES), Change("other"))
# Whole quantities and fewer units, nothing of tokens.
_OLDER = {
    CONTRACTS: Change("renamed"),
    PERIOD: Change("other"),
    LINES: Change("renamed"),
}

FAULTS: tuple[Fault, ...] = (
    Fault("400", reason="rejected"),
    Fault("408", reason="unavailable"),
    Fault("413", reason="rejected"),
    Fault("413", "times=1", reason="rejected", on=tuple(DETAILS), once=True),
    Fault("429", "retry_after=1", reason="rate_limited"),
    Fault("429", "retry_after=1,form=date", reason="rate_limited"),
    Fault("429", "retry_after=1,form=none", reason="rate_limited"),
    Fault("429", "retry_after=86400", reason="rate_limited", lasting=True),
    Fault("429", "retry_after=1,times=2"),
    Fault("500", reason="unavailable"),
    Fault("502", reason="unavailable"),
    Fault("503", reason="unavailable"),
    Fault("504", reason="unavailable"),
    Fault("html502", reason="unavailable"),
    Fault("html503", reason="unavailable"),
    Fault("html503", "times=2"),
    Fault("html401", reason="unexpected_answer"),
    Fault("html403", reason="unexpected_answer"),
    Fault("html404", reason="unexpected_answer"),
    Fault("html", reason="unexpected_answer"),
    Fault("stall", "seconds=70,times=1", reason="unreachable", on=_API, slow=True, once=True),
    Fault("stall", "seconds=70,at=head,times=1", "unreachable", on=_API, slow=True, once=True),
    Fault("stall", "seconds=70", reason="unreachable", on=(LOGIN,), slow=True),
    Fault("stall", "seconds=0.03"),
    Fault("drip", "seconds=0.05"),
    *(Fault("drip", f"seconds=0.05,at={part}", on=(REPORT, OVERVIEW, LOGIN)) for part in PARTS),
    Fault("cut", reason="unreachable"),
    Fault("cut", "times=2"),
    Fault("truncated", reason="unexpected_answer"),
    Fault("hugebody", "mb=68,times=1", reason="unexpected_answer", on=_API, once=True),
    Fault("hugebody", "mb=68", reason="unexpected_answer", on=(LOGIN,)),
    Fault("hugebody", "mb=1"),
    Fault("small_pages", "size=2"),
    Fault("foreign_next"),
    Fault("endless", reason="unexpected_answer", on=_PAGED),
    Fault("redirect", reason="unexpected_answer"),
    Fault("in_progress", reason="not_ready", on=(REPORT,)),
    Fault("in_progress", "times=3"),
    # Of a period that was closed when it was read, nothing is asked for again.
    Fault("restated", on=(PERIOD, OVERVIEW)),
    Fault("refreshed_late", changes=_OTHER_NUMBERS, on=(PERIOD, OVERVIEW)),
    Fault("wrong_bill", "error=price", changes=_OTHER_NUMBERS, on=(INVOICES, LINES)),
    Fault("forbidden", reason="forbidden"),
    Fault("unauthorized", reason="unauthorized"),
    Fault("revoked", reason="unauthorized", on=_API),
    Fault("revoked", "times=1"),
    Fault("duplicate_rows", changes=_ADDED_UP),
    Fault("nulls", changes=_MISSING),
    Fault("empty_strings", changes=_MISSING),
    Fault("wrong_types", changes=_UNREADABLE),
    Fault("thousands", changes=_UNREADABLE),
    Fault("nan", reason="unexpected_answer", on=_NUMBERS),
    Fault("nan", changes=_UNREADABLE, on=_TEXT_NUMBERS),
    Fault("unknown_enum", changes=_OTHER_WORDS),
    Fault("unknown_keys"),
    Fault("renamed_keys", "spelling=older", changes=_OLDER),
    Fault("renamed_keys", "spelling=future", changes={PERIOD: Change("fewer", "missing")}),
    Fault("weird_names", changes=_OTHER_NAMES),
    Fault("incomplete", "status=202", reason="unexpected_answer", on=_API),
    Fault("incomplete", "status=206", reason="unexpected_answer", on=_API),
    Fault("empty_page", reason="unexpected_answer", on=(TRUSTORS,)),
    Fault("no_page_count", on=(TRUSTORS,)),
    Fault(
        "no_rows",
        reason="unexpected_answer",
        on=(PERIOD, LINES, REPORT, OVERVIEW),
        compared=True,
    ),
    Fault(
        "empty_listing",
        reason="unexpected_answer",
        on=(CONTRACTS, INVOICES),
        compared=True,
    ),
    # So few customers may all leave.
    Fault("empty_listing", changes={TRUSTORS: Change("fewer")}, on=(TRUSTORS,)),
    Fault("no_periods", on=(CONTRACTS,)),
    Fault("no_periods", reason="unexpected_answer", on=(CONTRACT,), compared=True),
    Fault("low_page_count", on=(TRUSTORS,)),
    # A previous period that is known is not asked for again.
    *(Fault("no_previous", f"status={status}", on=(OVERVIEW,)) for status in (500, 403, 404)),
    Fault(
        "allowance_unit",
        changes={OVERVIEW: Change("other", "allowance_unclear")},
        on=(OVERVIEW,),
    ),
    # What is known is newer.
    Fault("late_node", on=(OVERVIEW,)),
    Fault("wrong_identity", reason="unexpected_answer", on=(PERIOD, OVERVIEW, CONTRACT)),
    Fault("annual_period", changes={CONTRACTS: Change("other")}, on=(CONTRACTS,)),
    Fault("same_ids", on=(LINES,)),
    Fault("same_ids", "id=", on=(LINES,)),
    Fault("credits", changes={INVOICES: Change("other")}, on=(INVOICES,)),
    Fault("payment_status", changes={INVOICES: Change("other")}, on=(INVOICES,)),
    Fault("payment_status", "status=Voided", changes={INVOICES: Change("other")}, on=(INVOICES,)),
    Fault("slow_trustor", "seconds=0.05"),
)


def cases() -> Iterator[Case]:
    """Yield every fault with every operation of a poll that it can change."""
    for fault in FAULTS:
        for operation in OPERATIONS:
            if operation in fault.on:
                yield Case(fault, operation, expectations(fault, operation))


def reason_of(fault: Fault, operation: str) -> str | None:
    """Return why a single call of an operation fails under a fault, None where it does not."""
    if operation not in fault.on or fault.reason is None or fault.compared:
        return None
    return _at_login(fault) if operation == LOGIN else fault.reason


def expectations(fault: Fault, operation: str) -> dict[str, Expected]:
    """Return how the polls of all collectors end while a fault hits an operation."""
    touched = _lived_with if fault.reason is None else _failed
    return dict.fromkeys(COLLECTORS, Expected()) | touched(fault, operation)


def _lived_with(fault: Fault, operation: str) -> dict[str, Expected]:
    if operation == LOGIN:
        return {}
    touched = Expected(change=fault.changes.get(operation, SAME))
    return {(SUBJECTS | DETAILS)[operation]: touched}


def _failed(fault: Fault, operation: str) -> dict[str, Expected]:
    reason = str(fault.reason)
    if operation == LOGIN:
        failed = Expected(_at_login(fault))
        without = replace(failed, partial=_without_contracts(failed.outcome).partial)
        return dict.fromkeys(COLLECTORS, failed) | {"usage": without}
    if operation in DETAILS:
        return {DETAILS[operation]: _in_detail(fault, operation)}
    failed = Expected(reason)
    if operation == CONTRACTS and not fault.once and not fault.compared:
        return {"contracts": failed, "usage": _without_contracts(reason)}
    return {SUBJECTS[operation]: failed}


def _at_login(fault: Fault) -> str:
    """A login that answers 400, 401 or 403 refuses the credentials."""
    if fault.name in {"400", "forbidden"}:
        return "unauthorized"
    return str(fault.reason)


def _in_detail(fault: Fault, operation: str) -> Expected:
    """One answer of many fails: the poll lives with it, unless all others would fail too."""
    reason = str(fault.reason)
    if reason in {"rate_limited", "unauthorized"}:
        return Expected(reason, partial=reason)
    if operation == OVERVIEW and reason == "forbidden":
        return Expected(change=Change("status"))  # who withdrew its trust is shown no more
    if operation == OVERVIEW and not fault.once:
        return Expected(reason, partial=reason)  # no customer at all could be read
    return Expected(partial=reason)


def _without_contracts(reason: str) -> Expected:
    """Usage can be read without contracts, where they will not be readable in a moment either."""
    if reason == "forbidden":
        return Expected()
    if reason in {"rejected", "unexpected_answer"}:
        return Expected(partial=reason)
    return Expected(reason)
