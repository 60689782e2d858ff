"""Readings: parts that did not change are taken over, and their order never shows."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from billing_exporter.metrics import catalogue
from billing_exporter.metrics.rendering import Rendered
from billing_exporter.metrics.samples import Samples, labels
from billing_exporter.polling.reading import Reading, read, read_in_steps

AT = datetime(2026, 11, 23, tzinfo=UTC)


class Numbers:
    """A collector whose data is numbers by name; each is a part with one sample."""

    name = "usage"
    metrics = catalogue.USAGE_METRICS
    data: type[dict[str, Decimal | None]] = dict[str, Decimal | None]

    def __init__(self) -> None:
        self.exposed: list[str] = []

    def fetch(self, _poll: object) -> Any:
        """Fetch nothing."""

    def fresh(
        self,
        data: dict[str, Decimal | None],
        now: datetime,  # noqa: ARG002 - no details
    ) -> dict[str, Decimal | None]:
        """Numbers have no details."""
        return data

    def parts(self, data: dict[str, Decimal | None]) -> dict[str, tuple[str, Decimal | None]]:
        """Make each number a part."""
        return {name: (name, number) for name, number in data.items()}

    def expose(self, part: tuple[str, Decimal | None]) -> Samples:
        """Expose a number as the usage of a charge."""
        samples = Samples()
        name, number = part
        self.exposed.append(name)
        samples.require(catalogue.USAGE_QUANTITY, labels(("charge",), name), number)
        return samples


def text_of(*readings: Reading) -> str:
    """Return all lines that are shown after readings that follow each other."""
    shown: dict[str, Rendered] = {}
    for reading in readings:
        shown |= reading.changed
        for key in reading.removed:
            del shown[key]
    assert shown.keys() == readings[-1].shown.keys()
    lines = [line for key in sorted(shown) for line in shown[key].lines.values()]
    return b"".join(lines).decode()


def test_only_what_changed_is_exposed_again() -> None:
    """A part that equals the one before keeps its text; a new or changed one is exposed."""
    collector = Numbers()
    first = read(collector, "acme", {"a": Decimal(1), "b": Decimal(2)}, AT, None)
    assert sorted(collector.exposed) == ["a", "b"]
    collector.exposed.clear()
    second = read(collector, "acme", {"a": Decimal(1), "b": Decimal(3), "c": Decimal(4)}, AT, first)
    assert sorted(collector.exposed) == ["b", "c"]
    assert second.shown["a"] is first.shown["a"]
    assert [line.rsplit(" ", 1)[1] for line in text_of(first, second).splitlines()] == [
        "1",
        "3",
        "4",
    ]


def test_a_part_that_is_gone_is_not_shown() -> None:
    """What the new data lacks is not in the new reading."""
    first = read(Numbers(), "acme", {"a": Decimal(1), "b": Decimal(2)}, AT, None)
    second = read(Numbers(), "acme", {"b": Decimal(2)}, AT, first)
    assert list(second.shown) == ["b"]
    assert list(first.shown) == ["a", "b"]
    assert (dict(second.changed), second.removed) == ({}, ("a",))


def test_the_order_of_parts_never_shows() -> None:
    """Data in another order is the same text."""
    numbers = {"b": Decimal(2), "a": Decimal(1), "c": Decimal(3)}
    again = dict(sorted(numbers.items()))
    assert text_of(read(Numbers(), "acme", numbers, AT, None)) == text_of(
        read(Numbers(), "acme", again, AT, None)
    )


def test_what_was_dropped_stays_counted() -> None:
    """The counts of parts that are taken over are those of when they were exposed."""
    data = {"a": None, "b": Decimal("NaN"), "c": Decimal(1)}
    first = read(Numbers(), "acme", data, AT, None)
    second = read(Numbers(), "acme", data, AT, first)
    for reading in (first, second):
        assert reading.dropped == {"missing": 1, "not_a_number": 1}
        assert (reading.series, reading.merged) == (1, 0)


def test_a_number_that_refuses_to_be_compared_is_no_trouble() -> None:
    """A signalling NaN in an answer is counted at every poll and breaks none."""
    data = {"a": Decimal("sNaN"), "b": Decimal(1)}
    first = read(Numbers(), "acme", data, AT, None)
    second = read(Numbers(), "acme", {"a": Decimal("sNaN"), "b": Decimal(1)}, AT, first)
    assert second.dropped == {"not_a_number": 1}
    assert second.series == 1


def test_parts_that_are_too_many_are_left_out_whole() -> None:
    """Beyond the limit no part is shown, and the series left out are counted; the first ones stay,
    whatever the order in which they came.
    """
    numbers = {"c": Decimal(3), "a": Decimal(1), "b": Decimal(2)}
    reading = read(Numbers(), "acme", numbers, AT, None, limit=2)
    assert list(reading.shown) == ["a", "b"]
    assert (reading.series, reading.left_out) == (2, 1)
    more = read(Numbers(), "acme", numbers, AT, reading, limit=3)
    assert more.left_out == 0
    assert [line.rsplit(" ", 1)[1] for line in text_of(reading, more).splitlines()] == [
        "1",
        "2",
        "3",
    ]
    less = read(Numbers(), "acme", numbers, AT, more, limit=1)
    assert (list(less.shown), sorted(less.removed)) == (["a"], ["b", "c"])
    assert text_of(reading, more, less).count("\n") == 1


@given(
    st.lists(
        st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 3), max_size=8), min_size=1
    ),
    st.integers(0, 8),
)
def test_what_was_known_before_never_shows(polls: list[dict[str, int]], limit: int) -> None:
    """After any readings, what is shown is what the last data alone would show: which parts are
    left out, and their order, depend on keys and sizes and not on arrival.
    """
    readings: list[Reading] = []
    for data in polls:
        numbers = {name: Decimal(number) for name, number in data.items()}
        last = readings[-1] if readings else None
        readings.append(read(Numbers(), "acme", numbers, AT, last, limit=limit))
    numbers = {name: Decimal(number) for name, number in polls[-1].items()}
    alone = read(Numbers(), "acme", numbers, AT, None, limit=limit)
    assert text_of(*readings) == text_of(alone)
    assert readings[-1].left_out == alone.left_out


_CUSTOMERS = st.dictionaries(
    st.tuples(st.sampled_from(("state", "trustor")), st.sampled_from("abcd")).map(" ".join),
    st.integers(0, 2),
)


@given(_CUSTOMERS, _CUSTOMERS, st.integers(0, 8), st.integers(0, 200))
def test_steps_lead_to_the_reading_and_divide_no_customer(
    before: dict[str, int], after: dict[str, int], limit: int, most: int
) -> None:
    """Each step shows every customer's parts as the last reading has them or as the next does, what
    a step reports is what it shows, and the last step is the reading of the data alone.
    """

    def steps(data: dict[str, int], last: Reading | None, most: int) -> list[Reading]:
        numbers = {name: Decimal(number) for name, number in data.items()}
        return [*read_in_steps(Numbers(), "acme", numbers, AT, last, limit=limit, most=most)]

    first, alone = steps(before, None, 10_000), steps(after, None, 10_000)
    taken = steps(after, first[-1], most)
    old, new = first[-1].shown, alone[-1].shown
    for end in range(1, len(taken) + 1):
        text_of(*first, *taken[:end])
        for customer in "abcd":
            mine = {key: of.part for key, of in taken[end - 1].shown.items() if key[-1] == customer}
            ends = [
                {key: of.part for key, of in each.items() if key[-1] == customer and key in after}
                for each in (old, new)
            ]
            assert mine in ends
    assert text_of(*first, *taken) == text_of(*alone)
    assert (taken[-1].shown, taken[-1].hidden) == (new, alone[-1].hidden)


@given(_CUSTOMERS, _CUSTOMERS, st.integers(0, 8))
def test_a_customer_is_left_out_with_all_its_parts(
    before: dict[str, int], after: dict[str, int], limit: int
) -> None:
    """Beyond the limit a customer's status, history and numbers are all shown or all left out,
    whatever was shown before.
    """
    last = None
    for data in (before, after):
        numbers = {name: Decimal(number) for name, number in data.items()}
        *_, last = read_in_steps(Numbers(), "acme", numbers, AT, last, limit=limit, most=10_000)
        customers = {key[-1] for key in last.shown} & {key[-1] for key in last.hidden}
        assert customers == set()
        assert last.series <= limit
