"""Pages as text; how they look is the business of the test in a browser."""

import re
from base64 import b64encode
from hashlib import sha256

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_exporter.web.pages import account, contracts, customers, overview
from billing_exporter.web.pages.frame import PAGE_HEADERS
from tests.unit.web.exporters import (
    ACCOUNT,
    COLLECTORS,
    EMPTY,
    OVERVIEW,
    customer,
    listing,
    overage,
)
from tests.unit.web.exporters import contracts as contracts_page
from tests.unit.web.pages.documents import Document

HOSTILE = st.text(max_size=30) | st.sampled_from(
    [
        '"><script>alert(1)</script>',
        "<img src=x onerror=alert(1)>",
        "\u202egnp.exe\u2066",
        "w" * 200,
        "\x00\x1f",
        "javascript:alert(1)",
        "\ud800",
        "&amp;",
    ]
)
replace = msgspec.structs.replace


def test_the_number_comes_first() -> None:
    """What is paid so far comes before forecast with band and last period; then the change."""
    text = Document(overview.render(OVERVIEW, "/metrics")).text
    parts = [
        "So far EUR 1,234,567.90",
        "of which overage EUR 34.50",
        "Forecast at period end EUR 1,500,000.00 1,400,000.00 to 1,600,000.25",
        "Last period EUR 1,200,000.00 forecast is 25.0 % more",
        "1 customer without a forecast, counted with what they cost so far",
    ]
    places = [text.find(part) for part in parts]
    assert -1 not in places
    assert places == sorted(places)
    assert "Overage so far JPY 9,000 " in text, "a currency without decimals has none"


def test_a_budget_shows_what_is_used() -> None:
    """A budget has its amount, what is spent of it, the forecast with band, and its period."""
    cells = Document(overview.render(OVERVIEW, "/metrics")).cells
    assert cells[cells.index("EMEA") :][:5] == [
        "EMEA",
        "EUR 1,000.00",
        (
            "EUR 800.00 80.0 % used without 1 charge that has no price; without closed periods of "
            "2 customers or contracts that the API does not give"
        ),
        "EUR 1,200.00 1,100.00 to 1,300.00",
        "50.0 %",
    ]


def test_invoices_that_differ_from_use() -> None:
    """The largest differences say by what; how many more there are is said too."""
    document = Document(overview.render(OVERVIEW, "/metrics"))
    cells = document.cells
    assert cells[cells.index("charge 0") :][:5] == [
        "charge 0",
        "2026-02-01",
        "EUR 10.00",
        "EUR 12.50",
        "EUR 2.50 2.00 by quantity, 0.50 by price",
    ]
    assert "EUR 2.50 only invoiced" in cells
    assert "charge 10" not in cells
    assert "2 more in the JSON of this page." in document.text


def test_a_contract_leads_to_its_page() -> None:
    """A contract shows its customer, its end and its overage, and a link."""
    document = Document(overview.render(OVERVIEW, "/metrics"))
    assert "contract?organization=acme&contract=C-7" in document.links
    cells = document.cells
    assert cells[cells.index("C-7") :][:4] == [
        "C-7",
        "Ahorn",
        "2027-01-01 in 306 days",
        "EUR 1,234,567.90",
    ]


def test_a_collector_says_why_it_fails_and_what_to_do() -> None:
    """A row has the sentence of the last error, the advice, the ages and what is left out."""
    said = "The OAuth client lacks the permission billing:subscription:view (HTTP 403)"
    advised = "Add the permission to a role of the OAuth client."
    cells = Document(overview.render(OVERVIEW, "/metrics")).cells
    row = cells[cells.index("contracts") - 1 :][:7]
    assert row == [
        "acme",
        "contracts",
        f"failing {said} {advised} 3 failures in a row, tried 1 minute ago",
        "1 day ago 2026-02-28 11:00:30 UTC",
        "in 40 seconds",
        "420 ms",
        "37 1,200 left out 4 dropped: missing",
    ]


def test_values_from_before_a_restart_are_shown_as_such() -> None:
    """A collector that has not polled since the start shows that its values are older, and how."""
    restored = replace(COLLECTORS[0], state="restored", error="", action="", reason="", failures=0)
    document = Document(overview.render(replace(OVERVIEW, collectors=(restored,)), "/metrics"))
    row = document.cells[document.cells.index("contracts") + 1 :]
    assert row[:2] == [
        "restored Values from before the restart, until the first poll has ended.",
        "1 day ago 2026-02-28 11:00:30 UTC",
    ]
    assert "1 restored" in document.text


def test_a_sweep_shows_how_far_it_is() -> None:
    """A poll under way shows what it has read, in words and as a bar."""
    document = Document(overview.render(OVERVIEW, "/metrics"))
    assert "polling now 250 of 1,000 read, 25 %" in document.text
    assert "progress" in document.tags


def test_what_never_was_is_said() -> None:
    """A collector before its first poll shows no time and no number that was not."""
    cells = Document(overview.render(OVERVIEW, "/metrics")).cells
    waiting = next(number for number, cell in enumerate(cells) if cell == "waiting")
    assert cells[waiting : waiting + 5] == ["waiting", "never", "not planned", "-", "0"]


def test_nothing_at_all() -> None:
    """Without collectors the page shows that, and claims nothing else."""
    text = Document(overview.render(EMPTY, "/metrics")).text
    assert "No collector is configured." in text
    assert "Nothing needs attention." in text


def test_a_customer_page() -> None:
    """A customer has its facts, charges, closed periods with a chart, and a CSV."""
    document = Document(account.render(ACCOUNT, "/metrics"))
    assert "2027-01-01 in 306 days" in document.text
    assert "customer.csv?organization=acme&id=id-Ahorn" in document.links
    assert "1,001.00" in document.cells
    assert "svg" in document.tags
    first = document.cells.index("CX 3 PC-170 · user-license")
    assert document.cells[first : first + 9] == [
        "CX 3 PC-170 · user-license",
        "12 users",
        "10",
        "-",
        "2",
        "13.5 12 to 15",
        "276.00",
        "EUR 2,400.00",
        "EUR 552.00",
    ]


def test_charts_say_in_words_what_they_show() -> None:
    """Every chart with data has a title and a description."""
    page = account.render(ACCOUNT, "/metrics")
    charts = re.findall(r"<svg (?![^>]*aria-hidden).*?</svg>", page, re.DOTALL)
    assert len(charts) == 2
    for chart in charts:
        assert re.search(r'role="img".*<title>[^<]+</title><desc>[^<]*\d[^<]*</desc>', chart)


def test_paging_keeps_what_was_chosen() -> None:
    """Links to other pages and orders keep the search; a page beyond the last one shows that."""
    page = listing(customer(), search="A&B", sort="name", page=2, pages=3, total=3, size=1)
    links = Document(customers.render(page, "/metrics")).links
    assert "customers?search=A%26B&sort=name&size=1&page=1" in links
    assert "customers?search=A%26B&sort=name&size=1&page=3" in links
    assert "customers?search=A%26B&sort=overage" in links
    beyond = listing(page=9, pages=3, total=3)
    assert "There is no page 9; the last one is 3." in customers.render(beyond, "/metrics")
    assert "No customer matches." in customers.render(listing(), "/metrics")


def test_a_budget_that_nothing_matches_shows_no_amount() -> None:
    """It says so in place of a spending of 0."""
    budget = replace(OVERVIEW.budgets[0], members=0, so_far=None, used=None)
    text = Document(overview.render(replace(OVERVIEW, budgets=(budget,)), "/metrics")).text
    assert "- no charge matches, or none that has been read" in text


def test_the_overview_leads_to_all_contracts() -> None:
    """It shows the ten with the largest overage and how many there are."""
    many = tuple(replace(OVERVIEW.contracts[0], contract=f"C-{number}") for number in range(11))
    few = overview.render(replace(OVERVIEW, contracts=many[:10], contracts_total=10), "/metrics")
    assert Document(few).links.count("contracts") == 1
    document = Document(
        overview.render(replace(OVERVIEW, contracts=many, contracts_total=137), "/metrics")
    )
    assert "all 137 contracts" in document.text
    assert document.links.count("contracts") == 2
    assert "C-9" in document.cells
    assert "C-10" not in document.cells


def test_the_list_of_contracts() -> None:
    """Links to other pages and orders keep the search; an empty page says why it is empty."""
    shown = contracts_page(*OVERVIEW.contracts, search="A&B", sort="end", page=2, pages=3, size=1)
    document = Document(contracts.render(shown, "/metrics"))
    assert {
        "contracts?search=A%26B&sort=end&size=1&page=1",
        "contracts?search=A%26B&sort=end&size=1&page=3",
        "contracts?search=A%26B&sort=customer",
        "api/v1/contracts?search=A%26B&sort=end&size=1&page=2",
        "contract?organization=acme&contract=C-7",
    } <= set(document.links)
    assert "1 running contract with 'A&B' in number or customer" in document.text
    beyond = contracts.render(contracts_page(page=9, pages=3, total=3), "/metrics")
    assert "There is no page 9; the last one is 3." in beyond
    assert "contracts?page=3" in Document(beyond).links
    assert "No contract matches." in contracts.render(contracts_page(), "/metrics")


@given(HOSTILE)
def test_foreign_text_stays_text(name: str) -> None:
    """Whatever a name or an error is, pages have the same elements, and show the name."""

    def pages(text: str) -> list[Document]:
        failing = customer(text, "error", error=f"x{text}")
        collectors = [replace(COLLECTORS[0], organization=text, error=f"x{text}")]
        shown = replace(
            OVERVIEW,
            overages=(overage(text, text),),
            failing_customers=(failing,),
            collectors=tuple(collectors),
        )
        running = replace(
            OVERVIEW.contracts[0], organization=text, contract=text, end_customer=text
        )
        of_one = replace(
            ACCOUNT,
            name=text,
            organization=text,
            customer=failing,
            charges=(replace(ACCOUNT.charges[0], charge=text, sku=f"x{text}", unit=text),),
        )
        return [
            Document(overview.render(shown, "/metrics")),
            Document(customers.render(listing(failing, search=f"x{text}"), "/metrics")),
            Document(contracts.render(contracts_page(running, search=f"x{text}"), "/metrics")),
            Document(account.render(of_one, "/metrics")),
        ]

    hostile, plain = pages(name), pages("plain")
    assert [page.tags for page in hostile] == [page.tags for page in plain]
    assert all(not link.startswith("javascript:") for page in hostile for link in page.links)
    assert name.split() == [] or all(" ".join(name.split()) in page.text for page in hostile[1:])


def test_names_are_isolated_from_the_text_around_them() -> None:
    """A name that turns the direction of writing turns nothing beside it."""
    page = customers.render(listing(customer("\u202eevil")), "/metrics")
    assert re.search("<bdi>\u202eevil</bdi>", page)


def test_every_link_is_relative() -> None:
    """Links work behind any prefix: none begins with a slash or a scheme."""
    for page in (
        overview.render(OVERVIEW, "/metrics"),
        customers.render(listing(customer()), "/m"),
        contracts.render(contracts_page(*OVERVIEW.contracts, pages=2), "/m"),
        account.render(ACCOUNT, "/metrics"),
    ):
        links = Document(page).links
        assert links
        assert [link for link in links if re.match(r"/|[a-z]+:", link)] == []


def test_the_telemetry_path_is_escaped() -> None:
    """A path with quotes cannot leave its attribute."""
    assert "<script" not in overview.render(OVERVIEW, '/"><script>')


@pytest.mark.parametrize("page", [overview.render(OVERVIEW, "/m"), account.render(ACCOUNT, "/m")])
def test_the_policy_allows_the_style_and_nothing_else(page: str) -> None:
    """The style on a page is the one that the policy names; nothing else is loaded or run."""
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert style is not None
    digest = b64encode(sha256(style[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}';" in dict(PAGE_HEADERS)["Content-Security-Policy"]
    assert not re.search(r"<script|<link|<img|\bstyle=|\bsrc=|url\(|@import", page)
