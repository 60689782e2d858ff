"""The usage history of a customer: what it used of every charge, in any period, through any day.

Overviews, charges, wallets and invoice lines all read it, so that they agree. Documented: licences
count by the highest use of the period (a mark that never falls), the others add up. Invented: every
figure: growth, seasons, campaigns, noise, and that storage is a level that grows until it is
cleared.
"""

from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache
from math import cos, pi, sin

from billing_exporter.simulator.catalogue import Charge, charges
from billing_exporter.simulator.periods import Period
from billing_exporter.simulator.rhythm import (
    BURST_PEAK,
    PROFILES,
    TRADES,
    Profile,
    Rhythm,
    campaign_size,
    mark_share,
    running_share,
    size,
)
from billing_exporter.simulator.seeded_random import pick, share, shares
from billing_exporter.simulator.trustors import Trustor

FREE_TOKENS = Decimal(350)  # documented for concurrent licences: per organization and month
PARTS = {"storage": "storage-category", "rollup": "rollup-usage"}
COUNTED = frozenset({"peak", "total", "sum"})
_PEAK_NOISE, _TOTAL_NOISE = 0.02, 0.08
_CLEARED_EVERY = 24  # months after which old recordings are deleted
_ZERO, _ONE = Decimal(0), Decimal(1)


@dataclass(frozen=True, slots=True)
class Course:
    """How one charge of one customer runs over the years.

    Attributes:
        place: the charge's place in the catalogue.
        charge: the charge.
        whole: what it uses in a plain month, at the peak or at the start.
        rhythm: its days.
        growth: height, length in months and phase of its slow wave.
    """

    place: int
    charge: Charge
    whole: float
    rhythm: Rhythm
    growth: tuple[float, float, float]


def _profile(charge: Charge, trade: Profile) -> Profile:
    if charge.unit == "requests" or charge.grouping == "rollup-usage":
        return "machine"
    if "Outbound" in charge.name and charge.measure == "total":
        return "outbound"
    return trade


def _spread(trustor: Trustor, charge: Charge, luck: float) -> float:
    """Return how much more or less than the customer's load a charge is used."""
    if charge.measure == "peak":
        return 0.97 + 0.06 * luck
    if trustor.state == "within":
        return 0.78 + 0.26 * luck
    return 0.75 + 0.5 * luck


@lru_cache(maxsize=4096)
def courses(seed: int, trustor: Trustor) -> tuple[Course, ...]:
    """Return the courses of the charges that a customer uses and that have a use of their own."""
    trade = pick(TRADES, seed, "trade", trustor.number)
    found = []
    for place, charge in enumerate(charges()):
        key = f"{seed}/{trustor.number}/{charge.part_number}"
        if charge.measure not in {"peak", "total", "level"} or not is_used(trustor, seed, charge):
            continue
        luck, height, length, phase = shares(4, key)
        load = trustor.load * _spread(trustor, charge, luck)
        profile = _profile(charge, trade)
        rhythm = Rhythm(key, profile, trustor.burst, campaign=profile == "outbound")
        strength = 0.02 if charge.measure == "peak" else 0.08
        growth = (strength * height, 30 + 40 * length, phase)
        found.append(Course(place, charge, trustor.seats * charge.per_seat * load, rhythm, growth))
    return tuple(found)


def is_used(trustor: Trustor, seed: int, charge: Charge) -> bool:
    """Return whether a customer uses a charge at all."""
    return charge.popularity >= 1 or (
        charge.popularity > 0
        and share(seed, trustor.number, charge.part_number) < charge.popularity
    )


def _is_asleep(trustor: Trustor, place: int, month: int) -> bool:
    """Return whether a charge of a customer that falls to zero rests: every other period."""
    return trustor.state == "fell" and not (place + month) % 2


def _level(course: Course, month: int) -> float:
    """Return a level at the end of a month: it grows until it is cleared."""
    return course.whole * (0.8 + 0.018 * ((month + int(24 * course.growth[2])) % _CLEARED_EVERY))


@lru_cache(maxsize=4096)
def finals(trustor: Trustor, seed: int, period: Period) -> tuple[float, ...]:
    """Return what the courses of a customer come to when a period is over."""
    all_, month = courses(seed, trustor), period.month
    lucks = shares(len(all_), seed, "month", trustor.number, month)
    season = 1 + 0.04 * cos(2 * pi * (month % 12 / 12 - share(seed, "season", trustor.number)))
    burst = 1.0 if trustor.burst is None else BURST_PEAK
    days = {name: size(name, trustor.burst, period) for name in PROFILES}
    found = []
    for course, luck in zip(all_, lucks, strict=True):
        measure, (strength, length, phase) = course.charge.measure, course.growth
        if _is_asleep(trustor, course.place, month):
            found.append(0.0)
            continue
        if measure == "level":
            found.append(_level(course, month))
            continue
        wave = course.whole * (1 + strength * sin(2 * pi * (month / length + phase)))
        if measure == "peak":
            found.append(wave * (1 + _PEAK_NOISE * (luck - 0.5)) * burst)
            continue
        height = wave * season * (1 + _TOTAL_NOISE * (luck - 0.5)) * days[course.rhythm.profile]
        found.append(height * campaign_size(course.rhythm, period))
    return tuple(found)


def _so_far(course: Course, whole: float, period: Period, day: int) -> float:
    if day >= period.days or not whole:
        return whole
    if course.charge.measure == "level":
        before = min(_level(course, period.month - 1), whole)
        return before + (whole - before) * day / period.days
    if not day:
        return 0.0
    part = mark_share if course.charge.measure == "peak" else running_share
    return whole * part(course.rhythm, period, day)


def floor(quantity: float, digits: int) -> Decimal:
    """Round a quantity down to so many decimals."""
    return Decimal(int(quantity * 10**digits)).scaleb(-digits)


def _rounded(charge: Charge, quantity: float) -> Decimal:
    """Write a quantity as a charge counts it: marks in whole units, totals rounded down."""
    if charge.measure == "peak":
        return Decimal(round(quantity))
    return floor(quantity, charge.digits)


def quantities(
    trustor: Trustor, seed: int, period: Period, day: int, restated: Decimal = _ONE
) -> dict[int, Decimal]:
    """Return what was used through a number of days of a period, by place in the catalogue.

    Sums come with their parts; what a customer does not use is absent.
    """
    found: dict[int, Decimal] = {}
    parts: dict[str, Decimal] = dict.fromkeys(PARTS.values(), _ZERO)
    factor = float(restated)
    wholes = finals(trustor, seed, period)
    for course, whole in zip(courses(seed, trustor), wholes, strict=True):
        used = _rounded(course.charge, factor * _so_far(course, whole, period, day))
        found[course.place] = used
        if course.charge.grouping in parts:
            parts[course.charge.grouping] += used
    for place, charge in _sums():
        found[place] = parts[PARTS[charge.grouping]]
    return found


@cache
def _sums() -> tuple[tuple[int, Charge], ...]:
    """Return the charges that add up others; everybody has them."""
    return tuple(pair for pair in enumerate(charges()) if pair[1].measure == "sum")


def allowance(trustor: Trustor, charge: Charge) -> Decimal:
    """Return what a fair-use row grants a customer."""
    whole = trustor.seats * charge.per_seat
    return floor(whole, 0) if whole else FREE_TOKENS


def included(trustor: Trustor, charge: Charge) -> Decimal:
    """Return what a customer has prepaid of a charge, or uses free of charge."""
    if trustor.state == "monthly" and charge.measure == "peak":
        return _ZERO
    return floor(trustor.seats * charge.included, charge.digits)
