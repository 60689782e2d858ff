"""Faults: which there are, how they are written, and which requests they hit.

A fault is written NAME[:OPERATION][:KEY=VALUE,...]. The operation is its name in the reference,
or * for every operation but oauth_token, which is hit only where it is named. Every fault takes
`times` (how many requests are hit, default all) and `every` (each how manieth one, default 1).
"""

import difflib
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from billing_exporter.simulator import dripping
from billing_exporter.simulator.routes import OPERATIONS, TOKEN

EVERY_OPERATION = "*"


@dataclass(frozen=True, slots=True)
class Kind:
    """A fault that there is: what it does, in a line, and what may be set with which default."""

    line: str
    settings: Mapping[str, float | str] = field(default_factory=dict)


# Settings that take one of a few texts, by fault.
_CHOICES: Mapping[tuple[str, str], tuple[str, ...]] = MappingProxyType(
    {
        ("429", "form"): ("seconds", "date", "none"),
        ("drip", "at"): ("body", *dripping.PARTS),
        ("no_previous", "status"): ("500", "403", "404"),
        ("renamed_keys", "spelling"): ("older", "future"),
        ("stall", "at"): ("body", "head"),
        ("wrong_bill", "error"): ("price", "quantity", "missing", "twice"),
    }
)


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "400": Kind("400 bad.request"),
        "408": Kind("408 client.timeout"),
        "413": Kind("413 request.entity.too.large"),
        "429": Kind(
            "429 too.many.requests.retry.after; form is seconds, date or none (no Retry-After)",
            {"retry_after": 2.0, "form": "seconds"},
        ),
        "500": Kind("500 internal.server.error"),
        "502": Kind("502 with an error body"),
        "503": Kind("503 service.unavailable"),
        "504": Kind("504 request.timeout"),
        "html502": Kind("502 with the HTML of a gateway"),
        "html503": Kind("503 with the HTML of a gateway"),
        "html401": Kind("401 with the HTML of a proxy that asks for a login of its own"),
        "html403": Kind("403 with the HTML of a firewall"),
        "html404": Kind("404 with the HTML of a gateway"),
        "html": Kind("200 with HTML where JSON should be"),
        "stall": Kind(
            "nothing comes for some seconds; at is body (in its middle) or head",
            {"seconds": 5.0, "at": "body"},
        ),
        "drip": Kind(
            f"a part comes bit by bit; at is body, {', '.join(dripping.PARTS)}",
            {"seconds": 5.0, "at": "body"},
        ),
        "cut": Kind("the connection ends in the middle of the body"),
        "truncated": Kind("half the JSON, with a length that says it is all"),
        "hugebody": Kind("an unknown key makes the body many megabytes long", {"mb": 80.0}),
        "small_pages": Kind("a page holds no more than some entities", {"size": 2.0}),
        "endless": Kind("nextUri leads to the same page again, whatever the cursor"),
        "foreign_next": Kind(
            "small pages whose nextUri is on another host",
            {"host": "http://127.0.0.2:9", "size": 2.0},
        ),
        "redirect": Kind("302 to the same path on another host", {"host": "http://127.0.0.2:9"}),
        "in_progress": Kind("the usage report is still being made"),
        # Bills stay; `period` is the first day of the one that is restated, empty for all.
        "restated": Kind(
            "usage of closed periods is multiplied, with its overage and money",
            {"factor": 1.1, "period": ""},
        ),
        "refreshed_late": Kind("usage is some days older than it should be", {"days": 1.0}),
        # Of the dearest lines, or those of one SKU. Errors are price and quantity (times factor),
        # missing and twice. Named for the lines alone, an invoice's amount stays right.
        "wrong_bill": Kind(
            "on-demand lines of each bill are wrong: price, quantity, missing or twice",
            {"error": "price", "factor": 1.2, "lines": 1.0, "sku": ""},
        ),
        "forbidden": Kind("403 missing.permissions", {"permission": "billing:subscription:view"}),
        "unauthorized": Kind("401 bad.credentials although the token holds"),
        "revoked": Kind("every token is revoked, then the request is looked at"),
        "duplicate_rows": Kind("the first row of every list comes twice"),
        "nulls": Kind("numbers are null", {"step": 2.0}),
        "empty_strings": Kind("numbers are empty strings", {"step": 2.0}),
        "wrong_types": Kind("numbers are objects", {"step": 2.0}),
        "nan": Kind("numbers are NaN", {"step": 2.0}),
        "thousands": Kind('numbers are written "1,234.5"', {"step": 2.0}),
        "unknown_enum": Kind("enumerations have values that nobody knows"),
        "unknown_keys": Kind("every object has a key that nobody knows"),
        "renamed_keys": Kind(
            "renamed preview keys; spelling is older (as SDK 236) or future (that of no SDK)",
            {"spelling": "older"},
        ),
        "weird_names": Kind(
            "names of organizations hold quotes, a backslash, a newline and terminal escapes"
        ),
        "incomplete": Kind(
            "a success that is not the whole answer; status is 202 or 206", {"status": 202.0}
        ),
        "empty_page": Kind("the page is empty, whatever the number of pages and the total say"),
        "no_rows": Kind(
            "a billing period, an overview, a report or the lines of an invoice have no rows"
        ),
        "empty_listing": Kind("contracts, invoices or trustors are an empty list"),
        "no_periods": Kind("contracts have no billing periods"),
        "no_previous": Kind(
            "an overview of billingPeriodIndex=1 fails; status is 500, 403 or 404",
            {"status": "500"},
        ),
        "allowance_unit": Kind("fair-use rows of an overview are in another unit"),
        "low_page_count": Kind(
            "pageCount is 1 and there is no total; a page holds no more than some entities",
            {"size": 1.0},
        ),
        "no_page_count": Kind(
            "pageCount is 0; a page holds no more than some entities", {"size": 1.0}
        ),
        "late_node": Kind("overviews are from a node that lags by some periods", {"periods": 1.0}),
        "wrong_identity": Kind("an answer names something else than what was asked for"),
        "annual_period": Kind("contracts have an open annual period beside the monthly ones"),
        "same_ids": Kind("all rows of a list have one id, which may be empty", {"id": "x"}),
        "credits": Kind("amounts of invoices are below 0"),
        "payment_status": Kind(
            "unpaid invoices have another payment status", {"status": "Partially Paid"}
        ),
        "slow_trustor": Kind(
            "one trustor, by its place in the fleet, takes some seconds",
            {"seconds": 3.0, "trustor": 0.0},
        ),
    }
)
FAULTS: Mapping[str, str] = MappingProxyType({name: kind.line for name, kind in KINDS.items()})
_COMMON: Mapping[str, float | str] = MappingProxyType({"times": float("inf"), "every": 1.0})


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault with its settings, all of them, defaults included."""

    name: str
    operation: str
    settings: Mapping[str, float | str]

    def number(self, key: str) -> float:
        """Give a setting that is a number."""
        return float(self.settings[key])

    def text(self, key: str) -> str:
        """Give a setting that is a text."""
        return str(self.settings[key])

    def concerns(self, operation: str) -> bool:
        """Return whether requests for an operation can be hit."""
        if self.operation == EVERY_OPERATION:
            return operation != TOKEN
        return self.operation == operation


def _setting(fault: str, pair: str, known: Mapping[str, float | str]) -> tuple[str, float | str]:
    key, equals, value = pair.partition("=")
    if not equals or key not in known:
        raise ValueError(f"fault {fault}: {pair!r} is none of {', '.join(known)} with =VALUE")
    if isinstance(known[key], str):
        allowed = _CHOICES.get((fault, key), (value,))
        if value not in allowed:
            choices = ", ".join(allowed)
            raise ValueError(f"fault {fault}: {key} cannot be {value}, only {choices}")
        return key, value
    try:
        number = float(value)
    except ValueError:
        raise ValueError(f"fault {fault}: {key} takes a number, not {value!r}") from None
    if not number >= 0:
        raise ValueError(f"fault {fault}: {key} cannot be {value}")
    return key, number


def parse(text: str) -> Fault:
    """Read a fault.

    Raises:
        ValueError: it is none; the message says what would be.
    """
    name, _, rest = text.strip().partition(":")
    if name not in KINDS:
        closest = difflib.get_close_matches(name[:40], KINDS, n=1)
        meant = f"; did you mean {closest[0]}?" if closest else ""
        raise ValueError(f"unknown fault {name!r}; known faults: {', '.join(KINDS)}{meant}")
    operation, settings = rest, ""
    if ":" in rest.partition("=")[0]:
        operation, _, settings = rest.partition(":")
    elif "=" in rest:
        operation, settings = EVERY_OPERATION, rest
    operation = operation or EVERY_OPERATION
    if operation != EVERY_OPERATION and operation not in OPERATIONS:
        known = ", ".join((EVERY_OPERATION, *OPERATIONS))
        raise ValueError(f"fault {name}: unknown operation {operation!r}; known: {known}")
    usual = {**_COMMON, **KINDS[name].settings}
    given = dict(_setting(name, pair, usual) for pair in settings.split(",") if pair)
    return Fault(name, operation, {**usual, **given})


class FaultSet:
    """The faults that hold now; every fault counts the requests that it concerns."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        """Start with some faults.

        Raises:
            ValueError: one of them is none.
        """
        self._lock = threading.Lock()
        self.replace(texts)

    def replace(self, texts: Iterable[str]) -> None:
        """Let these faults hold and no others.

        Raises:
            ValueError: one of them is none; then those before go on holding.
        """
        kept = tuple(texts)
        faults = list(map(parse, kept))
        with self._lock:
            self.texts = kept
            self._faults = faults
            self._seen = [0] * len(faults)

    def hits(self, operation: str) -> tuple[Fault, ...]:
        """Count a request for an operation and give the faults that hit it."""
        with self._lock:
            return tuple(
                fault
                for place, fault in enumerate(self._faults)
                if fault.concerns(operation) and self._hit(place, fault)
            )

    def _hit(self, place: int, fault: Fault) -> bool:
        self._seen[place] += 1
        hit, rest = divmod(self._seen[place], max(1, int(fault.number("every"))))
        return rest == 0 and hit <= fault.number("times")
