"""Faults are read, counted and matched."""

import pytest

from billing_exporter.simulator.fault_effects import EFFECTS
from billing_exporter.simulator.faults import KINDS, FaultSet, parse
from billing_exporter.simulator.routes import OPERATIONS, TOKEN


@pytest.mark.parametrize(
    ("text", "operation", "settings"),
    [
        ("504", "*", {}),
        ("503:*:times=2", "*", {"times": 2.0}),
        ("in_progress:times=3", "*", {"times": 3.0}),
        ("500:oauth_token", "oauth_token", {}),
        (
            "429:get_billing_contracts:retry_after=7,times=3",
            "get_billing_contracts",
            {"retry_after": 7.0, "times": 3.0, "form": "seconds"},
        ),
        ("foreign_next:*:host=http://127.0.0.3:1", "*", {"host": "http://127.0.0.3:1"}),
        ("redirect:host=http://127.0.0.3:1", "*", {"host": "http://127.0.0.3:1"}),
    ],
)
def test_a_fault_is_read(text: str, operation: str, settings: dict[str, float | str]) -> None:
    """Name, operation and settings are found; the rest is the default."""
    fault = parse(text)
    assert fault.operation == operation
    assert dict(fault.settings) == {**fault.settings, **settings}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("flood", "unknown fault 'flood'; known faults: 400"),
        ("429:get_contracts", r"fault 429: unknown operation 'get_contracts'; known: \*, get_"),
        ("429:*:seconds=1", "fault 429: 'seconds=1' is none of times, every, retry_after, form"),
        ("429:*:times=many", "fault 429: times takes a number, not 'many'"),
        ("429:*:times=-1", "fault 429: times cannot be -1"),
        ("429:*:times", "fault 429: 'times' is none of"),
    ],
)
def test_a_problem_is_named(text: str, message: str) -> None:
    """What cannot be read is refused with what would be right."""
    with pytest.raises(ValueError, match=message):
        parse(text)


def test_times_and_every_choose_requests() -> None:
    """`every` takes each so manieth request, `times` ends it."""
    faults = FaultSet(["500:*:every=3,times=2"])
    hit = [bool(faults.hits("get_billing_contracts")) for _ in range(12)]
    assert hit == [False, False, True, False, False, True] + [False] * 6


def test_only_the_named_operation_is_hit() -> None:
    """A fault hits its operation, * all but the token's."""
    faults = FaultSet(["500:get_billing_contracts", "504"])
    hits = {name: [fault.name for fault in faults.hits(name)] for name in OPERATIONS}
    assert hits.pop("get_billing_contracts") == ["500", "504"]
    assert hits.pop(TOKEN) == []
    assert all(names == ["504"] for names in hits.values())


def test_a_bad_set_leaves_the_good_one() -> None:
    """Where one of the new faults is none, those before go on holding."""
    faults = FaultSet(["500"])
    with pytest.raises(ValueError, match="flood"):
        faults.replace(["504", "flood"])
    assert faults.texts == ("500",)


def test_every_kind_has_its_effect() -> None:
    """The table of faults and the table of effects name the same faults."""
    assert set(KINDS) == set(EFFECTS)
