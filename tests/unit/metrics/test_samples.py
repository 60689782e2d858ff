"""Samples: every value is accounted for, sums are exact, and order decides nothing."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from billing_exporter.metrics.family import LONGEST_LABEL, Metric
from billing_exporter.metrics.samples import (
    Labels,
    Samples,
    escaped,
    extended,
    labels,
    readable,
    unix_time,
)

TOTAL = Metric("total", "help", ("name",), additive=True)
FACT = Metric("fact", "help", ("name",), additive=False)
MONEY = Metric("money", "help", ("name", "currency"), additive=True)

REFUSED = [Decimal(text) for text in ("NaN", "sNaN", "Infinity", "-Infinity", "1e31", "1e-31")] + [
    Decimal("1." + 28 * "1"),
    Decimal("1e999999"),
    Decimal("-1e-999999"),
    Decimal("9" * 5000),
]

amounts = st.decimals(
    min_value=Decimal("-1e12"), max_value=Decimal("1e12"), allow_nan=False, places=4
)
values = st.one_of(st.none(), st.sampled_from(REFUSED), st.integers(-3, 3), amounts)
# Few names, so that labels repeat; few facts, so that some agree and some do not.
entries = st.lists(st.tuples(st.sampled_from([TOTAL, FACT]), st.sampled_from("ab"), values))

Entry = tuple[Metric, str, Decimal | int | None]


def to(name: str) -> Labels:
    """Return the labels of a series."""
    return labels(("name",), name)


def collected(given_entries: list[Entry]) -> Samples:
    """Require all values."""
    samples = Samples()
    for metric, name, value in given_entries:
        samples.require(metric, to(name), value)
    return samples


def as_text(samples: Samples) -> dict[tuple[str, str], str]:
    """Return all values as they are written."""
    return {
        (metric.name, text): str(value)
        for metric, family in samples.families.items()
        for text, value in family.items()
    }


@given(entries)
@example([(FACT, "a", 1), (FACT, "a", 1), (FACT, "a", 2), (FACT, "a", 1)])
def test_every_value_is_accounted_for(given_entries: list[Entry]) -> None:
    """Values in are samples out, and those dropped, and those merged."""
    samples = collected(given_entries)
    assert len(given_entries) == len(samples) + samples.dropped.total() + samples.merged
    assert all(count > 0 for count in samples.dropped.values())


@given(entries, st.randoms(use_true_random=False))
@example([(FACT, "a", Decimal("1.0")), (FACT, "a", Decimal("1.00"))], None)
def test_order_decides_nothing(given_entries: list[Entry], random: object) -> None:
    """The same values in another order give the same samples, written the same, and counts."""
    samples = collected(given_entries)
    shuffled = given_entries[::-1]
    if random is not None:
        random.shuffle(shuffled)  # type: ignore[attr-defined]
    again = collected(shuffled)
    assert as_text(again) == as_text(samples)
    assert (again.dropped, again.merged) == (samples.dropped, samples.merged)


@given(st.lists(amounts, min_size=1, max_size=20))
def test_sums_are_exact(given_amounts: list[Decimal]) -> None:
    """What is added up is the sum of the numbers as they were written, without any rounding."""
    exact = sum(map(Fraction, given_amounts), Fraction(0))
    required, summed = Samples(), Samples()
    for amount in given_amounts:
        required.require(TOTAL, to("a"), amount)
        summed.sum_up(TOTAL, to("a"), amount)
    for samples in (required, summed):
        assert Fraction(samples.values(TOTAL)[to("a").text]) == exact


def test_sums_of_the_extremes_are_exact() -> None:
    """The largest and the smallest number that are taken can be added up and multiplied."""
    samples = Samples()
    for text in ("9.999999999999999999999999999e30", "1e-30", "-1e30", "1.5"):
        samples.require(TOTAL, to("a"), Decimal(text))
    exact = (
        Fraction("9.999999999999999999999999999e30") + Fraction("1e-30") - 10**30 + Fraction(3, 2)
    )
    assert Fraction(samples.values(TOTAL)[to("a").text]) == exact


@pytest.mark.parametrize("value", REFUSED, ids=lambda value: str(value)[:12])
def test_what_is_no_sensible_number_is_refused(value: Decimal) -> None:
    """NaN, infinities and numbers beyond any bill are counted and never become samples."""
    samples = Samples()
    samples.require(TOTAL, to("a"), value)
    samples.sum_up(TOTAL, to("b"), value)
    assert samples.values(TOTAL) == {}
    assert samples.dropped == {"not_a_number": 2}


@given(st.one_of(amounts, st.integers(-(10**18), 10**18)))
def test_a_sensible_number_stays_as_it_is(value: Decimal | int) -> None:
    """A number that is taken is neither rounded nor changed."""
    number = readable(value)
    assert number is not None
    assert Fraction(number) == Fraction(value)


def test_a_sample_is_written_as_the_number_was() -> None:
    """Trailing zeros stay; only a negative zero becomes zero."""
    texts = ("276.00", "0.0001", "-12.5", "1E+3", "-0.0")
    assert [str(readable(Decimal(text))) for text in texts] == [*texts[:4], "0.0"]


def test_missing_is_not_zero() -> None:
    """An absent value gives no sample; it is counted only where it ought to be there."""
    samples = Samples()
    samples.add(TOTAL, to("a"), None)
    assert samples.dropped == {}
    samples.require(TOTAL, to("a"), None)
    samples.sum_up(TOTAL, to("a"), None)
    assert samples.dropped == {"missing": 2}
    assert len(samples) == 0


@pytest.mark.parametrize("bad", [None, Decimal("NaN")])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_sum_that_lacks_a_number_is_not_shown(bad: Decimal | None, place: int) -> None:
    """Rows of one sum of which one has no readable number: none of them is shown, all are counted,
    wherever the bad one stands. Other sums stay.
    """
    numbers: list[Decimal | int | None] = [2, 3]
    numbers.insert(place, bad)
    samples = Samples()
    for number in numbers:
        samples.require(TOTAL, to("a"), number)
        samples.require(TOTAL, to("b"), 1)
    assert samples.values(TOTAL) == {'name="b"': 3}
    assert samples.dropped == {"missing" if bad is None else "not_a_number": 1, "incomplete": 2}
    assert samples.merged == 2


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_number_that_may_be_absent_leaves_its_sum_incomplete(place: int) -> None:
    """Absence of an optional number is not counted, but the sum that lacks it is not shown."""
    numbers: list[int | None] = [2, 3]
    numbers.insert(place, None)
    samples, total = Samples(), Samples()
    for number in numbers:
        samples.add(TOTAL, to("a"), number)
        total.sum_up(TOTAL, to("a"), number, needed=False)
    assert samples.dropped == {"incomplete": 2}
    assert total.dropped == {"incomplete": 1}
    assert len(samples) == len(total) == samples.merged == 0


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_total_that_lacks_a_number_is_counted_once(place: int) -> None:
    """A total over many rows is one number: however many rows it has, one is lost."""
    numbers: list[int | None] = [0, 3]
    numbers.insert(place, None)
    samples = Samples()
    for number in numbers:
        samples.sum_up(TOTAL, to("a"), number)
    assert samples.values(TOTAL) == {}
    assert samples.dropped == {"missing": 1, "incomplete": 1}


def test_a_fact_needs_one_row_only() -> None:
    """A price that one row states and another leaves out is the price."""
    samples = Samples()
    for number in (None, 5, None):
        samples.add(FACT, to("a"), number)
    assert samples.values(FACT) == {'name="a"': 5}
    assert samples.dropped == {}


def test_facts_that_differ_are_not_shown() -> None:
    """Rows with the same labels and different facts are all dropped, later ones included."""
    samples = Samples()
    for number in (1, 1, 2, 1):
        samples.require(FACT, to("a"), number)
    samples.require(FACT, to("b"), 5)
    assert samples.values(FACT) == {'name="b"': 5}
    assert samples.dropped == {"conflict": 4}
    assert samples.merged == 0


def test_money_needs_its_currency() -> None:
    """An amount without a currency says nothing; no amount is no loss."""
    samples = Samples()
    samples.add_money(MONEY, to("a"), "EUR", Decimal(2))
    samples.add_money(MONEY, to("a"), "", Decimal(3))
    samples.add_money(MONEY, to("a"), "", None)
    assert samples.values(MONEY) == {'name="a",currency="EUR"': 2}
    assert samples.dropped == {"missing": 1}


def test_a_total_starts_at_what_it_is_given() -> None:
    """A zero that is summed up shows an empty total; summing up counts no merging."""
    samples = Samples()
    samples.sum_up(TOTAL, to("empty"), 0)
    samples.sum_up(TOTAL, to("a"), 1)
    samples.sum_up(TOTAL, to("a"), 2)
    assert samples.values(TOTAL) == {'name="empty"': 0, 'name="a"': 3}
    assert samples.merged == 0


def test_dropping_none_counts_nothing() -> None:
    """Only what happened has a reason."""
    samples = Samples()
    samples.drop("zero", 0)
    samples.drop("zero", 2)
    samples.drop("missing")
    assert samples.dropped == {"zero": 2, "missing": 1}


def test_labels_must_be_those_of_the_metric() -> None:
    """A label too few, too many or of another name is a fault that shows at once."""
    with pytest.raises(ValueError, match="shorter"):
        labels(("a", "b"), "x")
    with pytest.raises(ValueError, match="longer"):
        labels(("a",), "x", "y")
    with pytest.raises(ValueError, match="longer"):
        extended(to("x"), ("name", "currency"), "EUR", "USD")
    with pytest.raises(ValueError, match="total has the labels"):
        Samples().require(TOTAL, labels(("other",), "x"), 1)


@given(name=st.text(), currency=st.text())
def test_extending_labels_is_writing_them_at_once(name: str, currency: str) -> None:
    """Labels made in two steps are those made in one."""
    names = ("name", "currency")
    assert extended(to(name), names, currency) == labels(names, name, currency)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("plain", "plain"),
        ('say "hi"', r"say \"hi\""),
        ("back\\slash", r"back\\slash"),
        ("two\nlines", r"two\nlines"),
        ("\\n", r"\\n"),
        ("half \ud800 pair", "half ? pair"),
        ("Söhne \U0001f4b6", "Söhne \U0001f4b6"),
    ],
)
def test_label_values_are_escaped(value: str, written: str) -> None:
    """Quotes, backslashes and line feeds are escaped; half a surrogate pair becomes ``?``."""
    assert escaped(value) == written


@given(st.datetimes(timezones=st.timezones()))
def test_a_moment_is_exact_seconds(moment: datetime) -> None:
    """A moment in any zone is its exact Unix time, to the microsecond."""
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    assert unix_time(moment) == Decimal(since // timedelta(microseconds=1)) / 10**6


def test_a_moment_without_a_zone_is_utc() -> None:
    """What has no zone is taken as UTC; what is not there has no time."""
    assert unix_time(datetime(1970, 1, 2)) == 86400  # noqa: DTZ001 - the case in question
    assert unix_time(datetime(1970, 1, 1, 1, tzinfo=timezone(timedelta(hours=1)))) == 0
    assert unix_time(None) is None


@given(st.dates())
def test_a_day_has_a_first_and_a_last_second(day: date) -> None:
    """A date is its first second, or its last one, in UTC."""
    first, last = unix_time(day), unix_time(day, end_of_day=True)
    assert first == (day - date(1970, 1, 1)).days * 86400
    assert last == first + 86399


def test_a_label_has_a_bound() -> None:
    """What is too long is cut, stays different from what begins alike, and is counted."""
    longest = "a" * LONGEST_LABEL
    names = [longest, f"{longest}b", f"{longest}c", "b" * 5_000_000]
    samples = collected([(TOTAL, name, 1) for name in (*names, names[1])])
    texts = [text.removeprefix('name="').removesuffix('"') for text in samples.values(TOTAL)]
    assert texts[0] == longest
    assert [len(text) for text in texts] == [LONGEST_LABEL] * 4
    assert len(set(texts)) == 4
    assert samples.labels_cut == 4


def test_a_label_that_is_added_has_the_same_bound() -> None:
    """Labels that extend others are cut and counted, once for each value, as are those before."""
    samples = Samples()
    long = "x" * (LONGEST_LABEL + 1)
    for name, currency in [("a", "EUR"), ("a", long), (long, "EUR"), (long, long)]:
        samples.add_money(MONEY, to(name), currency, Decimal(1))
    samples.add_money(MONEY, to(long), "EUR", None)
    assert samples.labels_cut == 3
    assert max(map(len, samples.values(MONEY))) < 2 * LONGEST_LABEL + 30


@given(st.text(alphabet="\ud800a\n", min_size=LONGEST_LABEL + 1))
def test_any_text_can_be_cut(text: str) -> None:
    """Whatever is cut can be written."""
    samples = collected([(TOTAL, text, 1)])
    (written,) = samples.values(TOTAL)
    written.encode()
    assert samples.labels_cut == 1
