"""Forecasts on the first day of an exporter: history, and one reading of the running period.

Worked out from the API's answers and the formulas in docs/forecast.md: nothing is known of single
days, so every weekday counts as one day, and no forecast was kept that could be scored.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import pairwise
from math import ceil

from tools.reliability.oracle.allowances import Charge, included
from tools.reliability.oracle.answers import Answers, by_id, day, number, text
from tools.reliability.oracle.contracts import LISTING, PAGE, shown_periods
from tools.reliability.oracle.sheet import Sheet
from tools.testkit.truth import JSON

READ = 200
_ZERO, _ONE, _NINE = Decimal(0), Decimal(1), Decimal(9)
_MILLIONTH = Decimal("0.000001")
_AS_MANY_DAYS = 5  # last period's pace counts as so many days
_LEAST = 4  # outcomes that a band needs
_FOUR_FIFTHS = Decimal("0.8")
_ADDS_UP = {"resource", "messaging-usage", "rollup"}
_NOT_FORECAST = {"fair-use", "rollup-usage", "storage-category"}
_ADDING_UNITS = {
    *("Call", "Character", "Conversation", "Engagement", "Evaluation", "Event", "Exam", "Hour"),
    *("Ingestion", "Interaction", "Invocation", "Message", "MillionCharacters", "Minute"),
    *("Segment", "Session", "Stream", "Summary", "Token", "Transaction", "Translation", "Turn"),
}

Key = tuple[str, ...]


@dataclass(frozen=True)
class Days:
    """The running period: how long it is, and how many of its days have been seen."""

    whole: int
    seen: int

    @property
    def left(self) -> Decimal:
        """The share that is to come."""
        return Decimal(self.whole - self.seen) / self.whole


@dataclass(frozen=True)
class Told:
    """A forecast: empty where there is none, without bounds where they are not known."""

    total: Decimal | None = None
    lower: Decimal | None = None
    upper: Decimal | None = None
    expected: Decimal | None = None


@dataclass
class Item:
    """A charge or wallet of one period, its rows added up.

    Attributes:
        kind: sum, mark or level.
        used: what was used.
        fixed: due whatever is used; None without a price.
        free: what costs nothing beyond that; None where it is not known.
        prices: of a unit beyond it; one price is none where they differ.
        charged: what the API charges for it.
        currency: of the amounts; empty without one.
        is_shown: whether its quantity is forecast for all to see.
    """

    kind: str
    used: Decimal | None = None
    fixed: Decimal | None = None
    free: Decimal | None = None
    prices: set[Decimal] = field(default_factory=set)
    charged: Decimal | None = None
    currency: str = ""
    is_shown: bool = True

    @property
    def price(self) -> Decimal | None:
        """The price of a unit of overage."""
        return next(iter(self.prices)) if len(self.prices) == 1 else None

    @property
    def is_priced(self) -> bool:
        """Whether it counts in the amounts."""
        has_price = self.price is not None and self.free is not None
        return bool(self.currency) and (
            has_price or self.fixed is not None or self.charged is not None
        )

    def cost(self, quantity: Decimal) -> Decimal:
        """Return what a quantity costs."""
        cost = self.fixed or _ZERO
        if self.price is not None and self.free is not None:
            cost += max(_ZERO, quantity - self.free) * self.price
        return cost

    @property
    def due(self) -> Decimal:
        """What it costs so far."""
        if self.charged is not None:
            return (self.fixed or _ZERO) + self.charged
        return self.cost(self.used or _ZERO)


@dataclass(frozen=True)
class Period:
    """A billing period: its first day, its length and what was used in it."""

    start: date
    days: int
    items: Mapping[Key, Item]
    minimum: Decimal | None = None
    currency: str = ""

    def amounts(self, days: int) -> dict[str, Decimal]:
        """Return what it comes to after so many days, what is due anyway spread over all."""
        found: dict[str, Decimal] = {}
        for item in self.items.values():
            if item.is_priced:
                fixed = item.fixed or _ZERO
                so_far = item.due - fixed + _rounded(fixed * days / self.days)
                found[item.currency] = found.get(item.currency, _ZERO) + so_far
        return found


def told(kind: str, days: Days, now: Decimal, before: list[tuple[int, Decimal]]) -> Told:
    """Forecast from one reading and closed periods.

    Args:
        kind: sum, mark or level.
        days: of the running period.
        now: what was read; it counts once a day has been seen.
        before: length and total of the closed periods, the oldest first.
    """
    past = before[-13:]
    while past and not past[0][1]:
        past = past[1:]
    if not past:
        return Told()
    read, left = now if days.seen else _ZERO, days.left
    last_days, last = past[-1]
    outcomes = [_apart(one, other) for one, other in pairwise(total for _, total in past)]
    own, expected, top = _ZERO, None, None
    if kind == "sum":
        pace = last / last_days
        to_come = days.whole - days.seen
        total = read + to_come * (read + _AS_MANY_DAYS * pace) / (days.seen + _AS_MANY_DAYS)
        expected = days.seen * pace
        outcomes = [_apart(one / n, other / m) for (n, one), (m, other) in pairwise(past)]
        own = _apart(read, expected) * (1 - left)
    elif kind == "mark":
        total, top = read + left * max(_ZERO, last - read), max(read, last)
    else:
        total = read if days.seen else last
    if not left:
        return Told(total, total, total, expected)
    if len(outcomes) < _LEAST:
        return Told(total, expected=expected)
    place = ceil(_FOUR_FIFTHS * (len(outcomes) + 1))
    wide = 1 + max(own, sorted(outcomes)[place - 1]) * left.sqrt() * left.sqrt().sqrt()
    low = {"sum": max(read, total / wide), "mark": read, "level": total / wide}[kind]
    return Told(total, low, (total if top is None else top) * wide, expected)


def _apart(one: Decimal, other: Decimal) -> Decimal:
    if one == other:
        return _ZERO
    if not one or not other:
        return _NINE
    return min(_NINE, max(one / other, other / one) - 1)


def _rounded(value: Decimal) -> Decimal:
    return value.quantize(_MILLIONTH, ROUND_HALF_EVEN)


def contract_forecasts(answers: Answers, history: int) -> Sheet:
    """Work out the forecasts of every contract."""
    sheet = Sheet()
    for contract in by_id(answers.rows(LISTING, PAGE)).values():
        name = text(contract, "externalNumber") or contract["id"]

        def read(listed: JSON, contract: JSON = contract) -> Period:
            path = f"{LISTING}/{contract['id']}/billingperiods/{listed['id']}"
            return _contract_period(answers.one(path)[1])

        listed = shown_periods(contract, answers.now.date())
        closed = [each for each in contract["billingPeriods"] if each["status"] == "Closed"]
        closed.sort(key=lambda each: str(each["dateStart"]), reverse=True)
        before = {each["id"]: each for each in closed[:history]}
        if "previous" in listed:
            before[listed["previous"]["id"]] = listed["previous"]
        if "current" not in listed or listed["current"]["status"] == "Closed":
            continue
        _put(
            sheet,
            (name,),
            ("charge", "contract_forecast_estimated_overage_amount"),
            read(listed["current"]),
            [read(each) for each in before.values()],
            answers.now.date(),
        )
    return sheet


def trustor_forecasts(answers: Answers, history: int) -> Sheet:
    """Work out the forecasts of every customer."""
    sheet = Sheet()
    for row in by_id(answers.rows("/orgauthorization/trustors", 100)).values():
        path = f"/billing/trusteebillingoverview/{row['id']}"
        if not row["enabled"] or answers.one(path)[0] != READ:
            continue
        before = []
        for index in range(1, history + 1):
            status, overview = answers.one(path, billingPeriodIndex=str(index))
            if status != READ:
                break
            before.append(_overview(overview))
        _put(
            sheet,
            (text(row["organization"], "name"), str(row["id"])),
            ("trustor", "trustor_forecast_estimated_amount"),
            _overview(answers.one(path)[1]),
            before,
            answers.now.date(),
        )
    return sheet


def _contract_period(detail: JSON) -> Period:
    start, end = day(detail, "dateStart"), day(detail, "dateEnd")
    assert start is not None  # noqa: S101 - the simulator dates all periods
    assert end is not None  # noqa: S101 - as above
    items: dict[Key, Item] = {}
    for row in detail["charges"]:
        sku, unit = (text(row["product"], key) for key in ("sku", "unitOfMeasure"))
        name = text(row, "name") or text(row["product"], "name")
        free = [number(row, key) or _ZERO for key in ("prepaidQuantity", "fairuseQuantity")]
        kind = "sum" if unit in _ADDING_UNITS else "level" if unit in {"GB", "Gigabyte"} else "mark"
        items[name, sku, unit] = Item(
            kind,
            number(row, "actualQuantity"),
            free=sum(free, _ZERO),
            prices=_known(number(row, "overageRate")),
            charged=number(row, "overageCharge"),
            currency=text(row, "overageCurrency"),
        )
    for row in detail["wallets"]:
        keys = ("startingBalance", "balanceIncrease", "balanceDecrease")
        begin, more, less = (number(row, key) or _ZERO for key in keys)
        items["wallet", text(row, "name"), text(row["product"], "sku")] = Item(
            "sum",
            number(row, "balanceConsumption"),
            free=begin + more - less,
            prices=_known(number(row, "balanceOverageRate")),
            charged=number(row, "balanceOverageCharge"),
            currency=text(row, "balanceOverageCurrency"),
            is_shown=False,
        )
    return Period(start, (end - start).days + 1, items)


def _known(price: Decimal | None) -> set[Decimal]:
    return set() if price is None else {price}


def _overview(overview: JSON) -> Period:
    start, end = (
        date.fromisoformat(str(overview[f"billingPeriod{which}Date"])[:10])
        for which in ("Start", "End")
    )
    currency = text(overview, "currency")
    labels = ("name", "partNumber", "grouping", "unitOfMeasureType")
    rows: dict[Key, list[JSON]] = {}
    for row in overview["usages"]:
        rows.setdefault(tuple(text(row, key) for key in labels), []).append(row)
    charges = {
        key: Charge(
            *(key[0], key[1], key[2].lower(), key[3]),
            *(_sum(of, "usageQuantity"), _sum(of, "prepayQuantity")),
        )
        for key, of in rows.items()
    }
    items = {
        key: _item(key, charge, charges.values(), rows[key], currency)
        for key, charge in charges.items()
        if charge.grouping not in _NOT_FORECAST
    }
    minimum = number(overview, "minimumMonthlyAmount")
    return Period(start, (end - start).days + 1, items, minimum, currency)


def _sum(rows: Iterable[JSON], key: str) -> Decimal | None:
    numbers = [found for row in rows if (found := number(row, key)) is not None]
    return sum(numbers, _ZERO) if numbers else None


def _item(
    key: Key, charge: Charge, charges: Iterable[Charge], rows: list[JSON], currency: str
) -> Item:
    is_number = key[3].lower() in {"number", "numbers"}
    kind = "level" if charge.grouping == "storage" else "mark"
    if charge.grouping in _ADDS_UP and not is_number:
        kind = "sum"
    if not charge.is_billed:
        return Item(kind, charge.used)
    more = included(charge, charges)
    prices = [{found for row in rows if (found := number(row, of)) is not None} for of in _PRICES]
    fixed = free = None
    if charge.prepaid is not None:
        free = None if isinstance(more, str) else charge.prepaid + (more or _ZERO)
        if len(prices[1]) == 1:
            fixed = charge.prepaid * next(iter(prices[1]))
    return Item(kind, charge.used, fixed, free, prices[0], currency=currency)


_PRICES = ("overagePrice", "prepayPrice")


def _put(  # noqa: PLR0917 - what a forecast hangs on
    sheet: Sheet,
    who: tuple[str, ...],
    names: tuple[str, str],
    current: Period,
    before: Iterable[Period],
    today: date,
) -> None:
    """Put the forecasts of one contract or customer."""
    past = sorted((one for one in before if one.start < current.start), key=lambda one: one.start)
    seen = min((today - current.start).days, current.days)
    days = Days(current.days, max(0, seen))
    at_end: dict[Key, Decimal | None] = {}
    for key, item in current.items.items():
        found = Told()
        if item.used is not None:
            totals = [(one.days, used) for one in past if (used := _used(one, key)) is not None]
            found = told(item.kind, days, item.used, totals)
        at_end[key] = None if found.total is None else _rounded(found.total)
        if item.is_shown:
            _put_quantities(sheet, (*who, *key), names[0], found, item)
    for currency in sorted({item.currency for item in current.items.values() if item.is_priced}):
        _put_amounts(sheet, (*who, currency), names[1], current, past, days, at_end)


def _used(period: Period, key: Key) -> Decimal | None:
    item = period.items.get(key)
    return None if item is None else item.used


def _put_quantities(
    sheet: Sheet, to: tuple[str, ...], prefix: str, found: Told, item: Item
) -> None:
    least = _ZERO if item.kind == "level" else item.used or _ZERO
    for name, value, floor in (
        ("forecast_quantity", found.total, least),
        ("forecast_quantity_lower", found.lower, least),
        ("forecast_quantity_upper", found.upper, least),
        ("expected_quantity", found.expected, _ZERO),
    ):
        if value is not None:
            sheet.put(f"{prefix}_{name}", to, max(_rounded(value), floor))


def _put_amounts(  # noqa: PLR0917 - what an amount hangs on
    sheet: Sheet,
    to: tuple[str, ...],
    name: str,
    current: Period,
    past: list[Period],
    days: Days,
    at_end: Mapping[Key, Decimal | None],
) -> None:
    currency = to[-1]
    due = total = _ZERO
    for key, item in current.items.items():
        quantity = at_end[key]
        if item.is_priced and item.currency == currency:
            due += item.due
            total += item.due if quantity is None else max(item.due, item.cost(quantity))
    now = current.amounts(days.seen).get(currency, _ZERO)
    totals = [
        (one.days, one.amounts(one.days)[currency]) for one in past if currency in one.amounts(0)
    ]
    own = told("sum", days, now, totals)
    least = current.minimum if current.currency == currency and current.minimum else _ZERO
    total = max(total, due)
    sheet.put(name, to, _rounded(max(total, least)))
    if own.total and own.upper is not None:
        wide = _rounded(own.upper) / _rounded(own.total)
        sheet.put(f"{name}_lower", to, _rounded(max(due, total / wide, least)))
        sheet.put(f"{name}_upper", to, _rounded(max(total * wide, least)))
