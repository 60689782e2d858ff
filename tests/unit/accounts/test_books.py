"""Books: a statement after each change, and only what is new of it is shown."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec

from billing_exporter.accounts.books import Books
from billing_exporter.accounts.records import Current, CurrentRow
from billing_exporter.budgets.settings import Budget, Group, PlanSettings, Price, Showback
from billing_exporter.collectors.sharding import Shard
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


def _states(shown: Shown) -> set[str]:
    """Return the states that charges of customers have."""
    lines = [
        line
        for part in shown.parts.values()
        for metric, text in part.lines.items()
        if metric.name.endswith("_reconciled_charges")
        for line in text.decode().splitlines()
    ]
    found = (re.search('state="([a-z_]+)"} ([0-9]+)$', line) for line in lines)
    return {match[1] for match in found if match is not None and match[2] != "0"}


def test_charges_are_not_missing_on_invoices_that_nobody_reads() -> None:
    """Without lines nothing is compared, nor is what ended before the invoices that are listed."""
    shown = Shown()
    books = _books(shown)
    ledger = books.ledger("acme", "here")
    ledger.customer_period("t-1", "Acme", overview(OCTOBER, row()), is_settled=True)
    ledger.keep_only("trustors", ["t-1"])
    reach = (TODAY - END).days
    for lookback, states in (
        (timedelta(days=reach), {"pending"}),
        (timedelta(days=reach - 1), {"not_comparable"}),
        (None, set[str]()),
    ):
        ledger.keep_only_invoices([], lookback)
        books.changed("acme")
        assert _states(shown) == states


def test_an_invoice_without_a_date_is_known() -> None:
    """What it bills cannot be compared, and its amount is left out and shown."""
    shown = Shown()
    books = _books(shown)
    ledger = books.ledger("acme", "here")
    ledger.customer_period("t-1", "Acme", overview(OCTOBER, row()), is_settled=True)
    ledger.keep_only("trustors", ["t-1"])
    undated = msgspec.structs.replace(invoice("20.00"), date_invoiced=None)
    assert ledger.wants_lines(undated, TODAY)
    ledger.lines(undated, [item("20.00", "10", OCTOBER, END)])
    ledger.keep_only_invoices(["I-1"])
    books.changed("acme")
    assert _states(shown) == {"not_comparable"}
    text = b"".join(text for part in shown.parts.values() for text in part.lines.values())
    assert b'reason="unknown"} 20.00' in text


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


START, MONTH_END = TODAY.replace(day=1), TODAY.replace(day=30)
SHARED_PLAN = PlanSettings(
    budgets=(
        Budget(name="customers", amount=Decimal(500), currency="EUR", customers=("*",)),
        Budget(name="contracts", amount=Decimal(500), currency="EUR"),
    ),
    showback=(Showback(name="cc", groups=(Group(to="A", customers=("*",)),)),),
)
OF_A, OF_NOBODY = (
    f'allocation="cc",group="{group}",currency="EUR"' for group in ("A", "unallocated")
)
READ, WAITING = {'allocation="cc"': "0"}, {'allocation="cc"': "1"}


def _of_second_shard(shown: Shown) -> Books:
    """Return the books of the second shard of three, which has read its customer, t-1."""
    now = datetime(*TODAY.timetuple()[:3], tzinfo=UTC)
    books = Books(stores(), AtOnce(), shown, lambda: now, Shard(1, 3))
    books.configure({"acme": Decimal(1)}, SHARED_PLAN)
    amounts = Decimal(100), Decimal(8), Decimal(9)
    customer = Current(START, MONTH_END, (CurrentRow("Minutes", "GC-1", "EUR", *amounts),))
    ledger = books.ledger("acme", "here")
    ledger.read_by({"trustors"})
    ledger.current_period("trustors", "t-1", "Acme", customer)
    ledger.keep_only("trustors", ["t-1"])
    ledger.published("trustors")
    return books


def _read_contract(books: Books) -> None:
    others = books.others_ledger("acme")
    others.read_by({"contracts", "invoices"})
    nothing = Decimal(0), Decimal(0), Decimal(0)
    contract = Current(START, MONTH_END, (CurrentRow("Minutes", "GC-1", "EUR", *nothing),))
    others.current_period("contracts", "c-1", "C-1", contract)
    others.keep_only("contracts", ["c-1"])
    others.published("contracts")


def _values(books: Books, name: str) -> dict[str, str]:
    lines = [line.rpartition(" ") for line in books.text().decode().splitlines()]
    return {to.partition("{")[2][:-1]: value for to, _, value in lines if f"{name}{{" in to}


def test_a_shard_waits_for_contracts_and_invoices_in_its_allocation_alone() -> None:
    """Until the second shard has read them, and again once they are too old; not for what it may
    not read. Its budgets have its customers, and wait for nothing that the first shard adds.
    """
    books = _of_second_shard(Shown())
    assert _values(books, "allocation_waiting") == WAITING  # about to be read
    others = books.others_ledger("acme")
    others.read_by({"contracts", "invoices"})
    assert _values(books, "allocation_waiting") == WAITING
    _read_contract(books)
    assert _values(books, "allocation_waiting") == WAITING  # invoices have a part of this shard's
    others.published("invoices")
    assert _values(books, "allocation_waiting") == READ
    assert set(_values(books, "budget_waiting").values()) == {"0"}
    members = {'budget="customers"': "1", 'budget="contracts"': "0"}
    assert _values(books, "budget_members") == members
    others.expired("contracts")
    assert _values(books, "allocation_waiting") == WAITING
    others.refused("contracts")
    assert _values(books, "allocation_waiting") == READ
    assert _values(books, "allocated_estimated_amount") == {OF_A: "108"}
    books.configure({"acme": Decimal(1)}, PlanSettings(budgets=SHARED_PLAN.budgets))
    books.forget_others("acme")
    assert _values(books, "allocation_waiting") == {}
    assert _values(books, "budget_members") == members


def test_a_shard_adds_its_part_of_a_contract_and_of_invoices() -> None:
    """The second shard takes its customer's overage off the contract, which it does not show, and
    adds the lines of its part: one of two that are for nobody with a closed period.
    """
    shown = Shown()
    books = _of_second_shard(shown)
    _read_contract(books)
    others = books.others_ledger("acme")
    others.wants_lines(invoice("7"), TODAY)
    others.lines(invoice("7"), [item("7", "1", OCTOBER, END)])
    others.lines(invoice("5", "I-2"), [item("5", "1", OCTOBER, END, organization="t-2")])
    others.keep_only_invoices(["I-1", "I-2"])
    others.published("contracts")
    assert _values(books, "allocated_invoiced_amount") == {}  # some may be missing still
    others.published("invoices")
    assert _values(books, "allocated_invoiced_amount") == {OF_NOBODY: "7"}
    assert _values(books, "allocated_estimated_amount") == {OF_A: "108", OF_NOBODY: "-8"}
    texts = [text for part in shown.parts.values() for text in part.lines.values()]
    assert not any(b"contracts" in text or b"reconciled" in text for text in texts)


def test_what_is_read_and_not_shown() -> None:
    """By one exporter and the first shard nothing; by others what allocation and margin need."""
    showback, prices = (Showback(name="cc", groups=(Group(to="A"),)),), (Price(markup=Decimal(1)),)
    wanted = {"contracts", "invoices"}
    for plan, others in (
        (PlanSettings(), set()),
        (PlanSettings(prices=prices), {"invoices"}),
        (PlanSettings(showback=showback), wanted),
        (PlanSettings(showback=showback, prices=prices), wanted),
    ):
        for shard in (Shard(), Shard(0, 3), Shard(1, 3)):
            books = Books(stores(), AtOnce(), Shown(), lambda: datetime.now(UTC), shard)
            books.configure({}, plan)
            assert books.others == (set() if shard.is_first else others)


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


def test_an_organization_that_does_not_read_customers_is_not_waited_for() -> None:
    """It may never have answered: what its collectors read counts in no budget of customers."""
    budget = Budget(name="b", amount=Decimal(500), currency="EUR", customers=("*",))
    books = Books(stores(), AtOnce(), Shown(), lambda: datetime(*TODAY.timetuple()[:3], tzinfo=UTC))
    books.configure({"acme": Decimal(1), "globex": Decimal(1)}, PlanSettings(budgets=(budget,)))
    acme, globex = books.ledger("acme", "here"), books.ledger("globex", "here")
    acme.read_by({"trustors"})
    acme.keep_only("trustors", [])
    acme.published("trustors")
    assert "estimated_amount{" not in books.text().decode()
    globex.read_by({"contracts", "invoices"})
    assert 'budget_estimated_amount{budget="b",currency="EUR"} 0' in books.text().decode()
