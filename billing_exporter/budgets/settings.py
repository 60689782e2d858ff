"""Settings of budgets, showback, prices and thresholds: their keys, defaults and meaning.

A leaf, so that budgets and the configuration can both import it.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta

Month = Literal[
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
Threshold = Literal["overage_amount", "fleet_overage_amount", "small_amount", "overdue_amount"]


def _check_positive(text: str) -> None:
    if Decimal(text) <= 0:
        raise ValueError("expected a number above 0")


def _check_ratio(text: str) -> None:
    if not 0 < Decimal(text) <= 10:  # noqa: PLR2004 - a thousand per cent
        raise ValueError("expected a share above 0 and at most 10, such as 0.8")


def _check_not_negative(text: str) -> None:
    if Decimal(text) < 0:
        raise ValueError("expected a number of at least 0")


def _check_markup(text: str) -> None:
    if not -1 < Decimal(text) <= 100:  # noqa: PLR2004 - a hundred times the price
        raise ValueError("expected a share above -1 and at most 100, such as 0.15")


Positive = Annotated[
    Decimal,
    Meta(extra={"kind": "number", "expected": "a number above 0", "check": _check_positive}),
]
Ratio = Annotated[
    Decimal,
    Meta(extra={"kind": "share", "expected": "a share such as 0.8", "check": _check_ratio}),
]
UnitPrice = Annotated[
    Decimal,
    Meta(extra={"kind": "number", "expected": "a price", "check": _check_not_negative}),
]
Markup = Annotated[
    Decimal,
    Meta(extra={"kind": "share", "expected": "a share such as 0.15", "check": _check_markup}),
]
Currency = Annotated[
    str,
    Meta(pattern="^[A-Z]{3}$", extra={"expected": "a currency such as EUR"}),
]
_CURRENCY_OR_DEFAULT = "^([A-Z]{3}|default)$"
_CurrencyOrDefault = Annotated[
    str,
    Meta(pattern=_CURRENCY_OR_DEFAULT, extra={"expected": "a currency such as EUR, or default"}),
]
# Keys are named here for the schema too: only later releases of msgspec do so by themselves.
_AmountByCurrency = Annotated[
    dict[_CurrencyOrDefault, UnitPrice],
    Meta(extra_json_schema={"propertyNames": {"pattern": _CURRENCY_OR_DEFAULT}}),
]
Thresholds = Annotated[
    dict[Threshold, _AmountByCurrency],
    Meta(extra_json_schema={"propertyNames": {"enum": sorted(get_args(Threshold))}}),
]
Name = Annotated[str, Meta(min_length=1)]
Patterns = Annotated[tuple[Annotated[str, Meta(min_length=1)], ...], Meta(min_length=1)]
Charges = Annotated[Patterns, Meta(description="Charges by name, SKU or part number.")]
Organizations = Annotated[Patterns, Meta(description="Organizations by their names.")]
_EVERY = ("*",)


class BudgetAlert(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From which share of a budget alerts fire."""

    spent: Annotated[Ratio, Meta(description="Of what counts so far.")] = Decimal("0.8")
    forecast: Annotated[Ratio, Meta(description="Of what will count at the end.")] = Decimal("1.0")


class Budget(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A budget: an amount of one currency, and what counts in it."""

    name: Annotated[Name, Meta(description="The label `budget`; unique.")]
    amount: Annotated[Positive, Meta(description="What may be spent in the period.")]
    currency: Annotated[
        Currency, Meta(description="Of the amount; other currencies are never counted in.")
    ]
    of: Annotated[
        Literal["total", "overage"],
        Meta(
            description="What counts: prepaid and overage, or overage alone. Of own contracts "
            "overage alone counts in any case."
        ),
    ] = "total"
    organizations: Organizations = _EVERY
    customers: Annotated[
        Patterns | None,
        Meta(description="Customers by name or id; without it the organizations' own contracts."),
    ] = None
    charges: Charges = _EVERY
    period: Annotated[
        Literal["billing", "quarter", "year"],
        Meta(description="A billing period counts in the quarter or year in which it ends."),
    ] = "billing"
    year_starts: Annotated[
        Month, Meta(description="First month of the year, for quarters and years.")
    ] = "january"
    alert: BudgetAlert = BudgetAlert()


class Group(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who bears some charges: one group, or several that share them."""

    to: Annotated[
        Name | None, Meta(description="The label `group`. Either this or `split` is required.")
    ] = None
    split: Annotated[
        dict[str, Positive] | None,
        Meta(description="Weights of groups that share the charges.", extra={"kind": "mapping"}),
    ] = None
    organizations: Organizations = _EVERY
    customers: Annotated[
        Patterns | None,
        Meta(description="Customers by name or id; without it every customer and contract."),
    ] = None
    charges: Charges = _EVERY


class Showback(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An allocation of everything to groups; what nothing matches is `unallocated`."""

    name: Annotated[Name, Meta(description="The label `allocation`; unique.")]
    groups: Annotated[
        tuple[Group, ...],
        Meta(
            min_length=1,
            description="The first one that matches a charge bears it.",
            extra={"kind": "list of mappings"},
        ),
    ]


class Price(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A selling price of a partner: amounts a unit, or a markup on what the partner pays."""

    customers: Annotated[Patterns, Meta(description="Customers by name or id.")] = _EVERY
    charges: Charges = _EVERY
    currency: Annotated[Currency | None, Meta(description="Of the prices; required with them.")] = (
        None
    )
    prepaid: Annotated[UnitPrice | None, Meta(description="Of a prepaid unit.")] = None
    overage: Annotated[UnitPrice | None, Meta(description="Of a unit of overage.")] = None
    markup: Annotated[Markup | None, Meta(description="Share added to what the partner pays.")] = (
        None
    )


class PlanSettings(msgspec.Struct, frozen=True):
    """The parts of the configuration that a plan is made of."""

    budgets: tuple[Budget, ...] = ()
    showback: tuple[Showback, ...] = ()
    prices: tuple[Price, ...] = ()
    thresholds: Mapping[Threshold, Mapping[str, Decimal]] = {}
