"""A billing period from its last day to its paid invoice, as /metrics shows it over HTTP.

Simulator and exporter are processes; the test moves the simulator's clock from event to event.
"""

import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta

import pytest

from billing_exporter.simulator.world import World
from tools.reliability.truth import differences
from tools.testkit.processes import simulating, starting, wait_until
from tools.testkit.scrapes import Scrape, steer, time_of, wait_until_polled

# What happens in the world of this seed, later than any clock that runs the test. The contract
# bills one period with one invoice; no other invoice in its currency is late by as few days.
SEED, TRUSTORS = 1, 8
CONTRACT, INVOICE, CURRENCY, AMOUNT = "C-10021-2037", "INV-103-204002", "USD", 2073.90
BEGINS, LAST_DAY = date(2040, 2, 21), date(2040, 3, 20)
CLOSED = date(2040, 3, 23)  # the API lets the next period take over late
ISSUED, DUE, PAID = date(2040, 3, 24), date(2040, 4, 23), date(2040, 5, 18)
BUCKETS = {"not_due", "1-30d", "31-60d", "61-90d", "over_90d", "unknown", "credit"}
MOST_AT_ONCE = 300_000_000.0  # seconds that the clock can be moved

Look = Callable[[date], Scrape]


def noon(day: date) -> datetime:
    """Return the middle of a day, far from what happens at its ends."""
    return datetime.combine(day, time(12), UTC)


def seconds(day: date, *, last: bool = False) -> float:
    """Return the first second of a day, or its last, as the exporter shows it."""
    return datetime.combine(day, time(23, 59, 59) if last else time(), UTC).timestamp()


@pytest.fixture(scope="module")
def look() -> Iterator[Look]:
    """Move on to a day, wait until everything was polled on it, and scrape."""
    flags = ("--trustors", f"{TRUSTORS}", "--seed", f"{SEED}", "--rate-limit", "0")
    with simulating(*flags, "--in-progress", "0") as simulator:
        module = (sys.executable, "-m", "tools.testkit.follower")
        listening = r"msg=serving url=(http://\S+)"

        def move(day: date) -> None:
            while (ahead := (noon(day) - time_of(simulator.url)).total_seconds()) > 0:
                steer(simulator.url, "clock", {"advance": min(ahead, MOST_AT_ONCE)})

        move(BEGINS)
        with starting(simulator.url, command=module, listening=listening) as exporter:
            wait_until_polled(exporter.url)

            def to(day: date) -> Scrape:
                move(day)
                at, polled = noon(day).timestamp(), "last_success_timestamp_seconds"

                def is_read() -> bool:
                    times = Scrape.of(exporter.url).values(polled, "collector")
                    return len(times) == 4 and min(times.values()) >= at

                wait_until(is_read)
                scrape = Scrape.of(exporter.url)
                assert differences(steer(simulator.url, "world"), scrape, "demo", usage=False) == []
                return scrape

            yield to


def period(scrape: Scrape, name: str) -> dict[str, float | None]:
    """Return what is shown of a contract's period but its charges."""
    labels = {"contract": CONTRACT, "period": name}
    start, end, closed = "period_start_timestamp_seconds", "period_end_timestamp_seconds", "closed"
    return {
        "start": scrape.value(f"contract_{start}", **labels),
        "end": scrape.value(f"contract_{end}", **labels),
        "closed": scrape.value(f"contract_period_{closed}", **labels),
    }


def used(scrape: Scrape, name: str) -> dict[tuple[str, ...], float]:
    """Return the quantities of a contract's period by charge."""
    metric = "charge_actual_quantity"
    return scrape.values(metric, "charge", "sku", contract=CONTRACT, period=name)


def late(scrape: Scrape) -> dict[str, float]:
    """Return the unpaid amounts of the currency by days past the due date."""
    found = scrape.values("unpaid_amount", "overdue", currency=CURRENCY)
    return {bucket: value for (bucket,), value in found.items()}


def statuses(scrape: Scrape) -> dict[tuple[str, ...], float]:
    """Return the invoice's amount by payment status."""
    return scrape.values("invoice_amount", "payment_status", "currency", invoice=INVOICE)


def test_the_world_is_the_one_that_is_told_of() -> None:
    """The days above are those of the simulated world: when it changes, choose others."""
    world = World(SEED, TRUSTORS)
    (invoice,) = (each for each in world.statements.all(ISSUED) if each.id == INVOICE)
    assert (invoice.period.start, invoice.period.end) == (BEGINS, LAST_DAY)
    assert (invoice.issued, invoice.terms, invoice.paid) == (ISSUED, "Net 30", PAID)
    assert timedelta(days=30) == DUE - ISSUED
    assert float(world.statements.amount(invoice)) == AMOUNT
    for day in (BEGINS, PAID):
        (term,) = (
            term
            for term in world.accounts.terms(day)
            if term.account == invoice.account and term.active
        )
        assert world.accounts.external_number(term) == CONTRACT


def test_a_period_is_closed_invoiced_late_and_paid(look: Look) -> None:
    """A period closes and its numbers stay; its invoice appears as not due, moves on when its due
    date has passed, and once it is paid nothing of it is unpaid: the amounts are 0, not gone.
    """
    dates = {"start": seconds(BEGINS), "end": seconds(LAST_DAY, last=True)}
    before = look(LAST_DAY)
    assert period(before, "current") == {**dates, "closed": 0}
    assert statuses(before) == {}

    closed = look(CLOSED)
    assert period(closed, "previous") == {**dates, "closed": 1}
    assert period(closed, "current")["start"] == seconds(LAST_DAY + timedelta(days=1))
    assert period(closed, "current")["closed"] == 0
    final, so_far = used(closed, "previous"), used(before, "current")
    assert final.keys() == so_far.keys()
    assert all(final[charge] >= so_far[charge] for charge in final)
    assert final != so_far
    assert statuses(closed) == {}

    issued = look(ISSUED)
    assert used(issued, "previous") == final
    assert statuses(issued) == {("unpaid", CURRENCY): AMOUNT}
    assert issued.value("invoice_issued_timestamp_seconds", invoice=INVOICE) == seconds(ISSUED)
    due = issued.value("invoice_due_timestamp_seconds", invoice=INVOICE)
    assert due == seconds(DUE, last=True)
    assert late(issued)["not_due"] == pytest.approx(late(closed)["not_due"] + AMOUNT)

    on_its_last_day = late(look(DUE))
    assert on_its_last_day["1-30d"] == 0
    overdue = look(DUE + timedelta(days=1))
    assert late(overdue)["1-30d"] == AMOUNT
    assert overdue.value("unpaid_invoices", currency=CURRENCY, overdue="1-30d") == 1
    assert late(overdue)["not_due"] == pytest.approx(on_its_last_day["not_due"] - AMOUNT)

    paid = look(PAID)
    assert statuses(paid) == {("paid", CURRENCY): AMOUNT}
    assert late(paid).keys() == BUCKETS
    assert late(paid)["1-30d"] == 0
    assert paid.value("unpaid_invoices", currency=CURRENCY, overdue="1-30d") == 0
