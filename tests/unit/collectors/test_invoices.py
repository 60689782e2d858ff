"""The invoices collector: what is listed, whose lines are fetched, and what it all becomes."""

from datetime import date, timedelta
from typing import Literal

import pytest

from billing_exporter.collectors.durations import Duration
from billing_exporter.collectors.invoices import AGES, CREDIT, InvoicesCollector, age
from billing_exporter.collectors.settings import InvoicesSettings
from billing_exporter.genesys import RateLimited, Unauthorized, UnexpectedAnswer
from tests.unit.collectors.api_stub import (
    INVOICES,
    NOW,
    ApiStub,
    CollectorHarness,
    fixture,
    lines,
    page,
)

Lines = Literal["none", "unpaid", "all"]


def desk(whose: Lines = "unpaid", lookback: str = "400d", max_age: str = "7d") -> CollectorHarness:
    """Return an invoices collector to poll."""
    settings = InvoicesSettings(lines=whose, lookback=Duration(lookback), max_age=Duration(max_age))
    return CollectorHarness(InvoicesCollector(settings))


def invoice(name: str, status: str = "Unpaid", **facts: object) -> dict[str, object]:
    """Return an invoice as the API gives it."""
    given = {"currencyIsoCode": "EUR", "amount": 1, "dateInvoiced": "2026-11-01"}
    return {"id": name, "paymentStatus": status, **given, **facts}


def line(name: str, amount: object, **facts: object) -> dict[str, object]:
    """Return a line of an invoice as the API gives it."""
    return {"id": name, "product": {"sku": "sku", "name": "product"}, "amount": amount, **facts}


def put_invoices(cloud: ApiStub, *invoices: object) -> None:
    """Let the cloud list these invoices, whatever the query."""
    cloud.put(INVOICES, page(*invoices))


def put_lines(cloud: ApiStub, name: str, *given: object) -> str:
    """Let an invoice have these lines; return the path they are at."""
    path = f"{INVOICES}/{name}/lines"
    cloud.put(path, page(*given))
    return path


def test_invoices_become_an_exposition(cloud: ApiStub) -> None:
    """Two pages and the older unpaid ones give each invoice once, totals by currency, status and
    age, and lines added up; what cannot be read is counted; no link and no address is reported.
    """
    cloud.put(INVOICES, fixture("invoices_1.json"))
    cloud.put(INVOICES, fixture("invoices_2.json"), after="c2Vjb25k")
    cloud.put(INVOICES, fixture("invoices_unpaid.json"), paymentStatus="UnPaid")
    cloud.put(f"{INVOICES}/in-1/lines", fixture("invoice_lines.json"))
    for name in ("in-5", "in-6", "in-9"):
        put_lines(cloud, name)
    invoices = desk()
    text = invoices.poll()
    assert text == fixture("invoices.prom")
    assert cloud.queries(INVOICES) == [
        {"dateStart": "2025-10-19", "pageSize": "200"},
        {"dateStart": "2025-10-19", "pageSize": "200", "after": "c2Vjb25k"},
        {"paymentStatus": "UnPaid", "pageSize": "200"},
    ]
    assert invoices.dropped == {"missing": 4, "unknown_status": 1}
    assert "secret" not in text.lower()
    assert invoices.reading is not None
    held = [known.invoice for known in invoices.reading.data.invoices]
    assert {(one.payment_link, one.bill_to_address, one.ship_to_address) for one in held} == {
        (None, None, None)
    }


@pytest.mark.parametrize(
    ("days", "bucket"),
    [
        (-40, "not_due"),
        (0, "not_due"),
        (1, "1-30d"),
        (30, "1-30d"),
        (31, "31-60d"),
        (60, "31-60d"),
        (61, "61-90d"),
        (90, "61-90d"),
        (91, "over_90d"),
        (4000, "over_90d"),
    ],
)
def test_an_unpaid_invoice_ages_at_these_edges(cloud: ApiStub, days: int, bucket: str) -> None:
    """On its due day an invoice is not overdue; from the next day on it is, by 30 days a step."""
    invoiced = NOW.date() - timedelta(days=days + 30)
    put_invoices(
        cloud, invoice("in-1", amount=5, dateInvoiced=str(invoiced), paymentTerms="Net 30")
    )
    put_lines(cloud, "in-1")
    text = desk().poll()
    filled = [row for row in lines(text, "unpaid_amount") if not row.endswith(" 0")]
    assert filled == [f'{{currency="EUR",overdue="{bucket}"}} 5']
    assert age(NOW.date() - timedelta(days=days), NOW.date()) == bucket


def test_every_bucket_of_a_known_currency_has_a_value(cloud: ApiStub) -> None:
    """An empty bucket is a known zero, so that an alert on it can end; other currencies have
    none.
    """
    put_invoices(cloud, invoice("in-1", "Paid", currencyIsoCode="JPY"))
    text = desk().poll()
    expected = {f'{{currency="JPY",overdue="{bucket}"}} 0' for bucket in (*AGES, CREDIT)}
    assert set(lines(text, "unpaid_amount")) == expected
    assert set(lines(text, "unpaid_invoices")) == expected


def test_without_a_due_date_the_age_is_unknown() -> None:
    """What is due on no known day is never called overdue."""
    assert age(None, date(2026, 1, 1)) == "unknown"


@pytest.mark.parametrize("status", ["Unpaid", "UnPaid", "UNPAID", " unpaid "])
def test_unpaid_is_one_thing_in_whatever_case(cloud: ApiStub, status: str) -> None:
    """The query writes UnPaid, the answer Unpaid: both are the status unpaid."""
    put_invoices(cloud, invoice("in-1", status))
    put_lines(cloud, "in-1")
    text = desk().poll()
    assert '{currency="EUR",payment_status="unpaid"} 1' in lines(text, "invoices")


@pytest.mark.parametrize(
    ("given", "shown"), [("Written Off", "Written Off"), (None, "unknown"), ("", "unknown")]
)
def test_other_statuses_are_shown_as_given(cloud: ApiStub, given: str | None, shown: str) -> None:
    """A status that nobody knew is neither paid nor unpaid nor an error."""
    put_invoices(cloud, invoice("in-1", "x") | {"paymentStatus": given})
    text = desk().poll()
    status = f'payment_status="{shown}"'
    assert lines(text, "invoice_amount") == [f'{{invoice="in-1",currency="EUR",{status}}} 1']
    assert {row for row in lines(text, "unpaid_invoices") if not row.endswith(" 0")} == set()


def test_currencies_are_never_added_up(cloud: ApiStub) -> None:
    """Each currency has its own sum; an amount without a currency is counted and not shown."""
    given = [("a", "EUR", 1), ("b", "USD", 2), ("c", "EUR", 0.1), ("d", None, 4), ("e", " ", 8)]
    put_invoices(
        cloud,
        *(
            invoice(name, "Paid", currencyIsoCode=currency, amount=amount)
            for name, currency, amount in given
        ),
    )
    invoices = desk()
    paid = [row for row in lines(invoices.poll(), "invoices_amount") if '"paid"' in row]
    assert paid == [
        '{currency="EUR",payment_status="paid"} 1.1',
        '{currency="USD",payment_status="paid"} 2',
    ]
    assert invoices.dropped == {"missing": 2}


@pytest.mark.parametrize(
    ("amount", "dropped"),
    [
        (None, {"missing": 1}),
        ("", {"missing": 1}),
        ("  ", {"missing": 1}),
        ("NaN", {"not_a_number": 2}),
        ("-Infinity", {"not_a_number": 2}),
        ("1,234.5", {"not_a_number": 2}),
        ("1e500", {"not_a_number": 2}),
        ({"value": 1}, {"not_a_number": 2}),
    ],
)
def test_an_amount_that_is_no_number_is_no_sample(
    cloud: ApiStub, amount: object, dropped: dict[str, int]
) -> None:
    """The invoice is counted among the invoices, its amount is neither zero nor anything else; the
    sum is of those that have one.
    """
    put_invoices(cloud, invoice("in-1", "Paid", amount=amount), invoice("in-2", "Paid", amount=5))
    invoices = desk()
    text = invoices.poll()
    assert '{currency="EUR",payment_status="paid"} 2' in lines(text, "invoices")
    assert '{currency="EUR",payment_status="paid"} 5' in lines(text, "invoices_amount")
    assert len(lines(text, "invoice_amount")) == 1
    assert invoices.dropped == dropped


@pytest.mark.parametrize(
    ("whose", "fetched"), [("none", []), ("unpaid", ["in-1"]), ("all", ["in-1", "in-2"])]
)
def test_lines_are_fetched_for_whom_the_settings_say(
    cloud: ApiStub, whose: Lines, fetched: list[str]
) -> None:
    """None, the unpaid ones', or everyone's lines are asked for."""
    put_invoices(cloud, invoice("in-1"), invoice("in-2", "Paid"))
    paths = {name: put_lines(cloud, name, line("li-1", 3)) for name in ("in-1", "in-2")}
    text = desk(whose).poll()
    assert [name for name, path in paths.items() if cloud.count(path)] == fetched
    assert [row.split('"')[1] for row in lines(text, "invoice_line_amount")] == fetched


def test_lines_of_paid_invoices_are_fetched_once(cloud: ApiStub) -> None:
    """What is paid does not change: its lines are kept, those of the unpaid are asked for again,
    and once more when they have been paid.
    """
    put_invoices(cloud, invoice("in-1"), invoice("in-2", "Paid"))
    paths = [put_lines(cloud, name, line("li-1", 3)) for name in ("in-1", "in-2")]
    invoices = desk("all")
    first = invoices.poll()
    assert invoices.poll() == first
    assert [cloud.count(path) for path in paths] == [2, 1]
    put_invoices(cloud, invoice("in-1", "Paid"), invoice("in-2", "Paid"))
    for _ in range(3):
        text = invoices.poll()
    assert [cloud.count(path) for path in paths] == [3, 1]
    assert len(lines(text, "invoice_line_amount")) == 2


@pytest.mark.parametrize("status", [403, 404, 500])
def test_lines_that_fail_cost_nobody_else_anything(cloud: ApiStub, status: int) -> None:
    """One invoice whose lines are refused keeps the lines it had; all else is new."""
    put_invoices(cloud, invoice("in-1"), invoice("in-2"))
    put_lines(cloud, "in-1", line("li-1", 3))
    put_lines(cloud, "in-2", line("li-1", 4))
    invoices = desk()
    invoices.poll()
    cloud.refuse(f"{INVOICES}/in-1/lines", status)
    put_lines(cloud, "in-2", line("li-1", 5))
    text = invoices.poll()
    assert [row.split("} ")[1] for row in lines(text, "invoice_line_amount")] == ["3", "5"]
    assert [about for _, about in invoices.left_out] == ["lines of invoice in-1"]


def test_lines_that_cannot_be_read_end_by_their_own_age(cloud: ApiStub) -> None:
    """Lines that fail while the listing works show their age and end after ``max_age``; the lines
    of a paid invoice, which are final, do not.
    """
    put_invoices(cloud, invoice("in-1"), invoice("in-2", "Paid"))
    put_lines(cloud, "in-1", line("li-1", 3))
    put_lines(cloud, "in-2", line("li-1", 4))
    invoices = desk("all", max_age="1d")
    invoices.poll()
    cloud.refuse(f"{INVOICES}/in-1/lines", 500)
    text = invoices.poll(NOW + timedelta(days=1))
    assert [row.split("} ")[1] for row in lines(text, "invoice_line_amount")] == ["3", "4"]
    times = lines(text, "invoice_lines_last_success_timestamp_seconds")
    start = int(NOW.timestamp())
    assert [int(row.split("} ")[1]) - start for row in times] == [0, 86400]
    text = invoices.poll(NOW + timedelta(days=1, seconds=1))
    assert [row.split("} ")[1] for row in lines(text, "invoice_line_amount")] == ["4"]
    assert len(lines(text, "invoice_lines_last_success_timestamp_seconds")) == 1
    assert len(lines(text, "invoice_amount")) == 2


@pytest.mark.parametrize("status", [401, 429])
def test_lines_whose_invoice_is_refused_cost_nobody_else_anything(
    cloud: ApiStub, status: int
) -> None:
    """A lasting 401 or 429 of the lines of one invoice leaves out those lines; of all, it fails the
    poll, which shows the invoices that it read.
    """
    put_invoices(cloud, invoice("in-1"), invoice("in-2"))
    put_lines(cloud, "in-1", line("li-1", 3))
    cloud.refuse(f"{INVOICES}/in-2/lines", status, headers={"Retry-After": "600"})
    invoices = desk()
    text = invoices.poll()
    assert len(lines(text, "invoice_amount")) == 2
    assert len(lines(text, "invoice_line_amount")) == 1
    cloud.refuse(f"{INVOICES}/in-1/lines", status, headers={"Retry-After": "600"})
    put_invoices(cloud, *map(invoice, ("in-1", "in-2", "in-3")))
    cloud.refuse(f"{INVOICES}/in-3/lines", status, headers={"Retry-After": "600"})
    with pytest.raises((Unauthorized, RateLimited)):
        invoices.poll()
    assert len(lines(invoices.text(), "invoice_amount")) == 3


def test_lines_without_permission_are_asked_for_rarely(cloud: ApiStub) -> None:
    """Where the client may see no lines, a poll asks for those of 40 invoices, and stops."""
    names = [f"in-{number}" for number in range(49)]
    put_invoices(cloud, *map(invoice, names))
    for name in names:
        cloud.refuse(f"{INVOICES}/{name}/lines", 403)
    invoices = desk()
    assert len(lines(invoices.poll(), "invoice_amount")) == 49
    assert sum(cloud.count(f"{INVOICES}/{name}/lines") for name in names) == 40
    assert len(invoices.left_out) == 40


def test_neighbours_without_permission_cost_nobody_behind_them_anything(cloud: ApiStub) -> None:
    """Where lines of some invoice can be read, refusals in a row say nothing of the others."""
    names = [f"in-{number}" for number in range(6)]
    put_invoices(cloud, *map(invoice, names))
    for name in names:
        put_lines(cloud, name, line(f"li-{name}", 3))
    for name in names[1:4]:
        cloud.refuse(f"{INVOICES}/{name}/lines", 403)
    shown = lines(desk().poll(), "invoice_line_amount")
    assert {part for each in shown for part in each.split('"') if part in names} == {
        *("in-0", "in-4", "in-5")
    }


def test_lines_that_never_came_are_not_zero(cloud: ApiStub) -> None:
    """An invoice whose lines were refused from the start has no line samples."""
    put_invoices(cloud, invoice("in-1"))
    cloud.refuse(f"{INVOICES}/in-1/lines", 403)
    text = desk().poll()
    assert lines(text, "invoice_line_amount") == []
    assert lines(text, "invoice_amount") != []


def test_lines_without_a_currency_are_counted(cloud: ApiStub) -> None:
    """Quantities need no currency; amounts of an invoice that names none are not shown."""
    put_invoices(cloud, invoice("in-1", currencyIsoCode=None))
    put_lines(cloud, "in-1", line("li-1", 3, quantity=2, unitOfMeasure="User"))
    invoices = desk()
    text = invoices.poll()
    assert lines(text, "invoice_line_amount") == []
    assert len(lines(text, "invoice_line_quantity")) == 1
    assert invoices.dropped == {"missing": 2}


def test_a_repeated_line_counts_once(cloud: ApiStub) -> None:
    """A line that two pages give is one line; lines without id are all taken."""
    put_invoices(cloud, invoice("in-1"))
    path = f"{INVOICES}/in-1/lines"
    cloud.put(path, page(line("li-1", 3), {"amount": 7}, more="second"))
    cloud.put(path, page(line("li-1", 3), {"amount": 7}), after="second")
    text = desk().poll()
    assert [row.split("} ")[1] for row in lines(text, "invoice_line_amount")] == ["14", "3"]


def test_the_last_telling_of_an_invoice_counts(cloud: ApiStub) -> None:
    """An invoice that is paid while its listing is read is shown once, as last reported."""
    cloud.put(INVOICES, page(invoice("in-1"), more="second"))
    cloud.put(INVOICES, page(invoice("in-1", "Paid")), after="second")
    cloud.put(INVOICES, page(), paymentStatus="UnPaid")
    text = desk().poll()
    status = 'payment_status="paid"'
    assert lines(text, "invoice_amount") == [f'{{invoice="in-1",currency="EUR",{status}}} 1']


@pytest.mark.parametrize("names", [(" ", " "), (None, None), ("totals", "invoice totals")])
def test_no_invoice_is_lost_among_others(cloud: ApiStub, names: tuple[str | None, ...]) -> None:
    """Invoices without an id are each counted as dropped, and no id can hide another or the sum."""
    put_invoices(cloud, *(invoice("", "Paid") | {"id": name} for name in names))
    cloud.put(INVOICES, page(), paymentStatus="UnPaid")
    invoices = desk()
    text = invoices.poll()
    assert '{currency="EUR",payment_status="paid"} 2' in lines(text, "invoices")
    shown, dropped = lines(text, "invoice_amount"), invoices.dropped.get("missing", 0)
    assert len(shown) + dropped == 2


def test_the_lookback_is_as_configured(cloud: ApiStub) -> None:
    """Invoices are listed from that many days ago on, and unpaid ones from the beginning."""
    put_invoices(cloud)
    desk(lookback="30d").poll()
    assert [query.get("dateStart") for query in cloud.queries(INVOICES)] == ["2026-10-24", None]


@pytest.mark.parametrize(
    "next_uri", ["/x?after=first", "https://elsewhere.example.com/x?after=first"]
)
def test_a_listing_that_never_ends_is_refused(cloud: ApiStub, next_uri: str) -> None:
    """A cursor that repeats ends the poll with an error; another host in it is never asked."""
    cloud.put(INVOICES, page(invoice("in-1"), more="first"))
    cloud.put(INVOICES, page(invoice("in-2")) | {"nextUri": next_uri}, after="first")
    with pytest.raises(UnexpectedAnswer):
        desk().poll()
    assert len(cloud.asked) == 2


def test_only_what_changed_is_rendered_again(cloud: ApiStub) -> None:
    """An invoice that is as before keeps its rendered part."""
    put_invoices(cloud, invoice("in-1", "Paid"), invoice("in-2", "Paid"))
    invoices = desk()
    invoices.poll()
    before = invoices.reading
    put_invoices(cloud, invoice("in-1", "Paid"), invoice("in-2", "Paid", amount=2))
    invoices.poll()
    after = invoices.reading
    assert before is not None
    assert after is not None
    same = {key for key in after.shown if after.shown[key] is before.shown[key]}
    assert same == {"invoice in-1", "lines"}
