"""Books: a statement after each change, and only what is new of it is shown."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from billing_exporter.accounts.books import Books
from billing_exporter.accounts.records import Current, CurrentRow
from billing_exporter.budgets.settings import Budget, Group, PlanSettings, Showback
from billing_exporter.metrics.rendering import Rendered
from tests.unit.accounts.cases import OCTOBER, TODAY, invoice, item, overview, row, stores

END = OCTOBER.replace(day=31)


class AtOnce:
    """Runs tasks when they are submitted."""

    def submit(self, key: str, task: Callable[[], object]) -> None:  # noqa: ARG002 - of one thread
        """Run a task."""
        task()


class Shown:
    """What is shown, and what was new each time."""

    def __init__(self) -> None:
        self.parts: dict[str, Rendered] = {}
        self.news: list[list[str]] = []

    def __call__(
        self,
        section: str,  # noqa: ARG002 - one section
        organization: str,  # noqa: ARG002 - one organization
        changed: Mapping[str, Rendered],
        removed: tuple[str, ...],
    ) -> None:
        """Show parts."""
        self.news.append(sorted([*changed, *removed]))
        self.parts |= changed
        for key in removed:
            del self.parts[key]


def _books(shown: Shown) -> Books:
    now = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC)
    books = Books(stores(), AtOnce(), shown, lambda: now)
    books.configure({"acme": Decimal("0.001")}, PlanSettings())
    return books


def _read(books: Books, amount: str, quantity: str) -> None:
    ledger = books.ledger("acme", "here")
    ledger.customer_period("t-1", "Acme", overview(OCTOBER, row()), is_settled=True)
    ledger.keep_only("trustors", ["t-1"])
    ledger.wants_lines(invoice(amount), TODAY)
    ledger.lines(invoice(amount), [item(amount, quantity, OCTOBER, END)])
    ledger.keep_only_invoices(["I-1"])
    ledger.published("trustors")


def test_only_what_is_new_is_shown() -> None:
    """A difference appears, stays without being shown again, and ends when the bill is right."""
    shown = Shown()
    books = _books(shown)
    _read(books, "60.00", "30")
    assert shown.news == [["difference t-1", "sums"]]
    _read(books, "60.00", "30")
    assert len(shown.news) == 1
    assert [state.state for _, _, state in books.worst()] == ["difference"]
    _read(books, "20.00", "10")
    assert shown.news[1:] == [["difference t-1", "sums"]]
    assert list(shown.parts) == ["sums"]


def test_an_organization_has_its_tolerance() -> None:
    """A difference within another tolerance is none, from the change of the configuration on."""
    shown = Shown()
    books = _books(shown)
    _read(books, "60.00", "30")
    books.configure({"acme": Decimal("0.9999")}, PlanSettings())
    assert "difference t-1" in shown.parts  # by a unit more than the share
    _read(books, "30.00", "15")
    assert "difference t-1" not in shown.parts


def test_an_invoiced_period_is_known() -> None:
    """A line in arrears settles the period that it bills."""
    books = _books(Shown())
    _read(books, "20.00", "10")
    ledger = books.ledger("acme", "here")
    assert ledger.is_invoiced("t-1", OCTOBER)
    assert not ledger.is_invoiced("t-2", OCTOBER)


def test_a_forgotten_organization_is_not_shown() -> None:
    """Without its organization nothing is left."""
    shown = Shown()
    books = _books(shown)
    _read(books, "20.00", "10")
    books.configure({}, PlanSettings())
    assert shown.parts == {}


def test_a_plan_is_applied_without_reading_again() -> None:
    """Budgets come and go with the configuration, and are written once while nothing changes."""
    books = _books(Shown())
    _read(books, "20.00", "10")
    assert books.text() == b""
    current = Current(
        TODAY.replace(day=1),
        TODAY.replace(day=30),
        (CurrentRow("Minutes", "GC-1", "EUR", Decimal(100), Decimal(8), Decimal(9)),),
    )
    ledger = books.ledger("acme", "here")
    ledger.current_period("trustors", "t-1", "Acme", current)
    ledger.published("trustors")
    budget = Budget(name="b", amount=Decimal(500), currency="EUR", customers=("acme",))
    tolerances = {"acme": Decimal("0.001")}
    books.configure(tolerances, PlanSettings(budgets=(budget,)))
    text = books.text()
    assert b'budget_estimated_amount{budget="b",currency="EUR"} 108\n' in text
    assert b'budget_forecast_amount{budget="b",currency="EUR"} 109\n' in text
    assert books.text() is text
    books.configure(tolerances, PlanSettings())
    assert books.text() == b""


def test_showback_with_shards_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    """Once for each plan, and not where one exporter reads all customers."""
    plan = PlanSettings(showback=(Showback(name="cc", groups=(Group(to="A"),)),))
    for part in ("", "1/3"):
        books = Books(stores(), AtOnce(), Shown(), lambda: datetime.now(UTC), part)
        for _ in range(2):
            books.configure({}, plan)
    assert [record.message.partition(":")[0] for record in caplog.records] == [
        "showback with shards is not exact"
    ]


def test_a_budget_waits_for_every_organization_and_customer() -> None:
    """A statement made in the middle of a sweep, or of one organization of two, shows no amount
    that would grow with the rest; what is shown stays while nothing is lost.
    """
    current = Current(
        TODAY.replace(day=1),
        TODAY.replace(day=30),
        (CurrentRow("Minutes", "GC-1", "EUR", Decimal(100), Decimal(8), Decimal(9)),),
    )
    budget = Budget(name="b", amount=Decimal(500), currency="EUR", customers=("*",))
    tolerances = {"acme": Decimal(1), "globex": Decimal(1)}
    books = Books(stores(), AtOnce(), Shown(), lambda: datetime(*TODAY.timetuple()[:3], tzinfo=UTC))
    books.configure(tolerances, PlanSettings(budgets=(budget,)))
    acme, globex = books.ledger("acme", "here"), books.ledger("globex", "here")
    for ledger in (acme, globex):
        ledger.read_by({"contracts", "trustors"})

    def spent() -> str | None:
        found = [line for line in books.text().decode().splitlines() if "estimated_amount{" in line]
        return found[0].partition("} ")[2] if found else None

    acme.current_period("trustors", "t-1", "Acme", current)
    acme.keep_only("trustors", ["t-1"], {"t-2": "Other"})
    acme.published("contracts")  # makes a statement in the middle of the sweep
    assert spent() is None
    acme.current_period("trustors", "t-2", "Other", current)
    acme.keep_only("trustors", ["t-1", "t-2"])
    acme.published("trustors")
    assert spent() is None  # the other organization has not been read
    globex.keep_only("trustors", [])
    globex.published("trustors")
    assert spent() == "216"
    globex.expired("trustors")
    assert spent() is None
    books.configure({"acme": Decimal(1)}, PlanSettings(budgets=(budget,)))
    assert spent() == "216"
