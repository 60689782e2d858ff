"""Billing periods: open until they are settled, and never open again."""

from datetime import UTC, date, datetime
from decimal import Decimal

from billing_exporter.export.source import Source
from billing_exporter.export.spans import Span
from billing_exporter.export.tables import BILLING_PERIOD
from billing_exporter.settlement import Fingerprint, Settlement
from tests.unit.export.cases import contract, invoice, line, made, rows, trustor_period

OCTOBER = Span(date(2026, 10, 1), date(2026, 10, 31))
NUMBERS = Fingerprint("a", "a", "EUR", Decimal(1))


def statuses(source: Source, **wanted: object) -> dict[date, tuple[object, object]]:
    """Return status and last update of the periods since October by first day."""
    found = rows(made(source, BILLING_PERIOD, **wanted), BILLING_PERIOD)
    return {
        start.date(): (row["BillingPeriodStatus"], row["BillingPeriodLastUpdated"])
        for row in found
        if isinstance(start := row["BillingPeriodStart"], datetime)
        and start.date() >= OCTOBER.start
    }


def test_closed_in_the_api_is_not_closed_in_focus() -> None:
    """October is Closed once a line bills it in arrears; November is open."""
    alone = Source(organization="acme", contracts=(contract(),))
    billed = Source(organization="acme", contracts=(contract(),), invoices=(invoice(line()),))
    october, november = date(2026, 10, 1), date(2026, 11, 1)
    assert statuses(alone)[october][0] == "Open"
    assert statuses(billed)[october] == ("Closed", datetime(2026, 11, 1, tzinfo=UTC))
    assert statuses(billed)[november] == ("Open", datetime(2026, 11, 1, tzinfo=UTC))


def test_saved_readings_settle_a_period() -> None:
    """One that was settled stays Closed when it is restated; it was updated when it changed."""
    settled = Settlement(
        start=OCTOBER.start,
        end=OCTOBER.end,
        baseline=NUMBERS,
        newest=NUMBERS,
        since=date(2026, 11, 20),
        is_restless=True,
    )
    source = Source(
        organization="acme",
        contracts=(contract(),),
        settlements={("contract", "c-7", OCTOBER.start): settled},
    )
    assert statuses(source)[OCTOBER.start] == ("Closed", datetime(2026, 11, 20, tzinfo=UTC))


def test_a_period_is_open_while_any_member_is() -> None:
    """A second contract that nobody has billed keeps October open, unless it was closed before."""
    other = contract(id="c-8", plans=())
    source = Source(organization="acme", contracts=(contract(), other), invoices=(invoice(line()),))
    assert statuses(source)[OCTOBER.start][0] == "Open"
    assert statuses(source, closed=(OCTOBER,))[OCTOBER.start][0] == "Closed"


def test_customers_decide_where_no_contract_covers_them() -> None:
    """A customer of a contract has no say, another one has; each period is one row."""
    alone = Source(organization="acme", trustor_periods=(trustor_period(),))
    both = Source(
        organization="acme",
        contracts=(contract(),),
        trustor_periods=(trustor_period(), trustor_period(key="org-9")),
    )
    assert statuses(alone)[date(2026, 11, 1)][0] == "Open"
    found = rows(made(both, BILLING_PERIOD), BILLING_PERIOD)
    assert len(found) == len({row["BillingPeriodStart"] for row in found}) == 11
