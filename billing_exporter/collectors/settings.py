"""Settings of the collectors: the one source of their keys, defaults and meaning.

A leaf, so that the collectors and the configuration can both import it. A default lives in the
class of its collector and repeats the type, for msgspec takes a bare `str` as "no rule".
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, Any, Literal, get_args, get_type_hints

import msgspec
import msgspec.inspect
from msgspec import Meta

from billing_exporter.collectors.durations import ALTERNATIVE, END, PATTERN, Duration

_LONGEST = Duration("10y")


def _default(text: str) -> Any:
    """Return a field whose default is a duration; `default_text` reads it back."""
    return msgspec.field(default_factory=partial(Duration, text))


def default_text(field: msgspec.inspect.Field) -> str | None:
    """Return the default of a field that is a duration as text, or None for any other field."""
    made = field.default_factory
    return made.args[0] if isinstance(made, partial) and made.func is Duration else None


def _at_least(shortest: str, reason: str = "") -> Callable[[str], None]:
    """Return a check that refuses durations below `shortest` or above ten years."""

    def check(text: str) -> None:
        length = Duration(text).seconds
        if length < Duration(shortest).seconds:
            raise ValueError(f"expected at least {shortest}{reason}")
        if length > _LONGEST.seconds:
            raise ValueError(f"expected at most {_LONGEST}")

    return check


def _check_window(window: str) -> None:
    if window not in {"contract", "month"}:
        _at_least("1d")(window)


def _check_distinct(items: tuple[str, ...]) -> None:
    if len(set(items)) < len(items):
        raise ValueError("expected each value once")


_DurationSetting = Annotated[
    Duration,
    Meta(
        extra={"kind": "duration", "expected": "a duration such as 90s, 15m, 6h or 30d"},
        extra_json_schema={"pattern": PATTERN},
    ),
]

Interval = Annotated[
    _DurationSetting,
    Meta(
        description="Time from one poll to the next, at least 1m.",
        extra={"check": _at_least("1m", ": the API's billing data is refreshed about once a day")},
    ),
]

Timeout = Annotated[
    _DurationSetting,
    Meta(
        description="Deadline of one poll with all its calls, at least 1s.",
        extra={"check": _at_least("1s")},
    ),
]

MaxAge = Annotated[
    _DurationSetting,
    Meta(
        description="How long the last good reading is shown when polls fail; then its series "
        "end. At least 1h.",
        extra={"check": _at_least("1h")},
    ),
]

MaxSeries = Annotated[
    int,
    Meta(
        ge=1000,
        le=5_000_000,
        description="The most series that are shown; what is beyond is left out whole, one "
        "customer, contract or invoice at a time, and counted.",
    ),
]

Lookback = Annotated[_DurationSetting, Meta(extra={"check": _at_least("1d")})]

Window = Annotated[
    str,
    Meta(
        pattern=f"^(contract|month|{ALTERNATIVE}){END}",
        extra={
            "kind": "`contract`, `month` or duration",
            "expected": "contract, month or a duration such as 30d",
            "check": _check_window,
        },
    ),
]

Pattern = Annotated[str, Meta(min_length=1)]

Periods = Annotated[
    tuple[Literal["current", "previous"], ...],
    Meta(min_length=1, extra={"check": _check_distinct}),
]


History = Annotated[
    int,
    Meta(
        ge=0,
        le=60,
        description="How many closed billing periods are read, once and again while they may "
        "change, and shown as totals; 0 for none.",
    ),
]


class CollectorSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every collector lets an operator set."""

    interval: Interval
    timeout: Timeout
    max_age: MaxAge = _default("7d")
    max_series: MaxSeries = 500_000


class UsageSettings(CollectorSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Billable usage of the organization itself."""

    interval: Interval = _default("6h")
    timeout: Timeout = _default("10m")
    window: Annotated[
        Window,
        Meta(
            description="What the report covers: `contract` is the open billing period of the "
            "own organization's contract, of any contract where none names it, else the calendar "
            "month; `month` the calendar month; a duration that long until now, at least 1d."
        ),
    ] = "contract"


class InvoicesSettings(CollectorSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Invoices, what of them is unpaid or overdue, and their lines."""

    interval: Interval = _default("1h")
    timeout: Timeout = _default("15m")
    lookback: Annotated[
        Lookback, Meta(description="How far back invoices are listed, at least 1d.")
    ] = _default("400d")
    lines: Annotated[
        Literal["none", "unpaid", "all"], Meta(description="Whose lines are fetched and exposed.")
    ] = "unpaid"


class ContractsSettings(CollectorSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Contracts with their billing periods, charges, wallets and plans."""

    interval: Interval = _default("6h")
    timeout: Timeout = _default("15m")
    history: History = 12


class TrustorsSettings(CollectorSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Billing overviews of the organizations that trust this one: a partner's customers."""

    interval: Interval = _default("6h")
    timeout: Timeout = _default("2h")
    max_series: MaxSeries = 4_000_000
    periods: Annotated[
        Periods,
        Meta(description="Billing periods to fetch, counted from the newest that the API gives."),
    ] = ("current", "previous")
    history: History = 12
    include: Annotated[
        tuple[Pattern, ...],
        Meta(
            description="Names or ids of the trustors to read; `*`, `?` and `[abc]` stand for "
            "any text, any character and one of these."
        ),
    ] = ("*",)
    exclude: Annotated[
        tuple[Pattern, ...],
        Meta(description="Names or ids of trustors to leave out, even where `include` has them."),
    ] = ()
    concurrency: Annotated[
        int, Meta(ge=1, le=32, description="Overviews fetched at the same time.")
    ] = 4
    zero_rows: Annotated[
        bool,
        Meta(
            description="Whether rows without usage, commitment and amount are exposed too: "
            "most rows of an overview are such."
        ),
    ] = False


class Collectors(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which collectors run for an organization: the ones that are given, even empty."""

    usage: UsageSettings | None = None
    invoices: InvoicesSettings | None = None
    contracts: ContractsSettings | None = None
    trustors: TrustorsSettings | None = None


def settings_types() -> dict[str, type[Any]]:
    """Return the type of each collector's settings by the collector's name."""
    return {name: get_args(hint)[0] for name, hint in get_type_hints(Collectors).items()}


def every_collector(of_all: Mapping[str, Any], **by_name: Mapping[str, Any]) -> Collectors:
    """Return settings of every collector: the defaults, but for what is given.

    Args:
        of_all: settings that each collector gets.
        by_name: settings of one collector more, by its name.
    """
    types = settings_types().items()
    return Collectors(**{name: kind(**of_all, **by_name.get(name, {})) for name, kind in types})


EVERY_COLLECTOR = every_collector({})
"""All collectors with their defaults: what runs where an operator lists none."""
