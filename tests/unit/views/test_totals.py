"""Totals of accounts; the right sums are worked out by hand."""

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from billing_exporter.summaries import Account, Invoices, Money, Overage, Unpaid
from billing_exporter.views.attention import of_unpaid
from billing_exporter.views.totals import LARGEST, largest, totals, unpaid
from billing_exporter.web.pages.money import unpaid_table
from billing_exporter.web.records import Amounts

D = Decimal
NOVEMBER = date(2026, 11, 1), date(2026, 11, 30)


def account(*money: Money, name: str = "a", period: tuple[date, date] = NOVEMBER) -> Account:
    """Return a customer with money."""
    return Account("customer", f"id-{name}", name, *period, money)


def test_each_currency_is_a_total_of_its_own() -> None:
    """Currencies are never added, and what is not known is left out of a sum, not 0."""
    found = list(
        totals(
            "acme",
            "customers",
            [
                account(Money("EUR", D("10.25"), D("1"), last=D("8"))),
                account(Money("EUR", D("0.75"), None), Money("JPY", D("900"))),
                account(Money("USD", last=D("3"))),
            ],
        )
    )
    assert [one.amounts for one in found] == [
        Amounts(currency="EUR", so_far=D("11.00"), overage=D("1"), last_period=D("8")),
        Amounts(currency="JPY", so_far=D("900")),
        Amounts(currency="USD", last_period=D("3")),
    ]
    assert [(one.accounts, one.without_forecast) for one in found] == [(2, 2), (1, 1), (1, 0)]


def test_distances_of_a_band_add_up_as_squares() -> None:
    """Distances of 3 and 4 below, 5 and 12 above the forecasts are 5 and 13 in the sum."""
    (found,) = totals(
        "acme",
        "customers",
        [
            account(Money("EUR", D(10), None, D(50), D(47), D(55))),
            account(Money("EUR", D(20), None, D(100), D(96), D(112))),
        ],
    )
    bounds = found.amounts.forecast_lower, found.amounts.forecast_upper
    assert (found.amounts.forecast, *bounds) == (D(150), D(145), D(163))
    assert found.without_band == 0


def test_a_band_is_never_below_what_is_used() -> None:
    """What is used already is the least that the period can come to."""
    (found,) = totals(
        "acme", "customers", [account(Money("EUR", D(49), None, D(50), D(40), D(60)))]
    )
    assert found.amounts.forecast_lower == 49


def test_a_sum_of_which_much_has_no_band_has_none() -> None:
    """A band that leaves out more than a twentieth of the sum would promise too much."""
    banded = account(Money("EUR", D(10), None, D(95), D(90), D(99)))
    for rest, has_band in ((D(5), True), (D(6), False)):
        without = account(Money("EUR", D(1), None, rest))
        (found,) = totals("acme", "customers", [banded, without])
        assert found.amounts.forecast == 95 + rest
        assert (found.amounts.forecast_upper is not None) is has_band
        assert found.without_band == 1


def test_without_a_forecast_counts_what_it_cost() -> None:
    """A customer without a forecast counts with what it cost so far; without any there is none."""
    known, new = account(Money("EUR", D(1), None, D(8))), account(Money("EUR", D(4)))
    (found,) = totals("acme", "customers", [known, new])
    assert (found.amounts.forecast, found.without_forecast) == (D(12), 1)
    (found,) = totals("acme", "customers", [new])
    assert found.amounts.forecast is None


def test_the_periods_span_all_customers() -> None:
    """Customers have periods of their own: the earliest start and the latest end are shown."""
    other = date(2026, 10, 21), date(2026, 11, 20)
    (found,) = totals(
        "acme",
        "customers",
        [account(Money("EUR", D(1))), account(Money("EUR", D(1)), period=other)],
    )
    assert (found.period_start, found.period_end) == (other[0], NOVEMBER[1])


@given(st.lists(st.tuples(st.sampled_from(["EUR", "USD"]), st.integers(1, 50)), max_size=60))
def test_the_largest_overages(amounts: list[tuple[str, int]]) -> None:
    """Of each currency the ten largest are kept, in their order."""
    accounts = [
        (
            f"id-{number}",
            Account(
                "customer", "", str(number), overages=(Overage("c", "u", currency, D(amount)),)
            ),
        )
        for number, (currency, amount) in enumerate(amounts)
    ]
    found = [(one.currency, one.amount) for one in largest("acme", accounts)]
    expected = [
        (currency, D(amount))
        for currency in ("EUR", "USD")
        for amount in sorted((a for c, a in amounts if c == currency), reverse=True)[:LARGEST]
    ]
    assert found == expected


def test_unpaid() -> None:
    """Overdue and unknown are parts of what is unpaid; credits are apart from it."""
    (found,) = unpaid(
        "acme",
        Invoices(
            (
                Unpaid("EUR", "not_due", 2, D("10")),
                Unpaid("EUR", "1-30d", 1, D("5.5")),
                Unpaid("EUR", "over_90d", 3, D("1")),
                Unpaid("EUR", "unknown", 1, D("7")),
                Unpaid("EUR", "credit", 1, D("-4")),
            )
        ),
    )
    assert (found.amount, found.invoices) == (D("23.5"), 7)
    assert (found.overdue_amount, found.overdue_invoices) == (D("6.5"), 4)
    assert (found.unknown_due_amount, found.credit) == (D(7), D(-4))


def test_unpaid_without_an_amount() -> None:
    """A bucket without its amount leaves out the sums that it is in, and no others."""
    buckets = Unpaid("EUR", "not_due", 2, D("10")), Unpaid("EUR", "over_90d", 3, None)
    (found,) = unpaid("acme", Invoices((*buckets, Unpaid("EUR", "unknown", 1, D("7")))))
    assert (found.amount, found.overdue_amount) == (None, None)
    assert (found.unknown_due_amount, found.credit) == (D(7), D(0))
    assert (found.invoices, found.overdue_invoices) == (6, 3)
    assert [one.amount for one in found.by_age] == [D("10"), None, D("7")]
    assert ">-</span> for more than 90 days" in unpaid_table((found,))
    (attention,) = of_unpaid((found,))
    assert attention.text == "3 invoices are overdue."
