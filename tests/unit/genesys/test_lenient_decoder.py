"""Tests of how a record is read from an answer that does not fit."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from billing_exporter.genesys.decoding import Decoder
from billing_exporter.genesys.errors import UnexpectedAnswer
from billing_exporter.genesys.lenient_decoder import UnexpectedFields
from billing_exporter.genesys.records import (
    BillingCharge,
    BillingContract,
    BillingContractListing,
    BillingInvoiceListing,
    BillingUsageReport,
    BillingUsageResource,
    Organization,
    SubscriptionOverviewUsage,
    TrusteeBillingOverview,
    TrustorEntityListing,
)


def decode(kind: Any, **fields: Any) -> tuple[Any, tuple[tuple[str, str], ...]]:
    """Return the record that the fields make, and its unexpected fields."""
    decoded = Decoder[Any](kind).decode(json.dumps(fields).encode())
    return decoded.value, decoded.unexpected


@pytest.mark.parametrize("value", [None, "", "  "])
def test_absent_numbers(value: Any) -> None:
    """A null or blank number is absent, and that is not odd."""
    row, unexpected = decode(SubscriptionOverviewUsage, name="CX 3", usageQuantity=value)
    assert row == SubscriptionOverviewUsage(name="CX 3")
    assert unexpected == ()


@pytest.mark.parametrize(
    "value", ["1,234.5", "abc", True, [], {}, "12 users", "1e99999999999999999999"]
)
def test_unreadable_numbers(value: Any) -> None:
    """What is not a number where one should be is NaN, and reported as unreadable."""
    row, unexpected = decode(SubscriptionOverviewUsage, usageQuantity=value, prepayQuantity="2")
    assert row.usage_quantity.is_nan()
    assert row.prepay_quantity == 2
    assert unexpected == (("unreadable_field", "usageQuantity"),)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-inf"])
def test_numbers_that_are_not_finite(value: Any) -> None:
    """A string such as NaN never becomes a finite number."""
    row, _ = decode(SubscriptionOverviewUsage, usageQuantity=value)
    assert not row.usage_quantity.is_finite()


@pytest.mark.parametrize(
    ("fields", "unexpected_field"),
    [
        ({"name": 7}, "name"),
        ({"isThirdParty": "yes"}, "isThirdParty"),
        ({"name": ["x"]}, "name"),
    ],
)
def test_other_unreadable_values(fields: dict[str, Any], unexpected_field: str) -> None:
    """A value of the wrong kind is absent, and reported as unreadable."""
    row, unexpected = decode(SubscriptionOverviewUsage, **fields)
    assert row == SubscriptionOverviewUsage()
    assert unexpected == (("unreadable_field", unexpected_field),)


def test_dates_and_datetimes_for_each_other() -> None:
    """A datetime for a date is its date; a date for a datetime is its midnight; neither is odd."""
    contract, odd_dates = decode(BillingContract, dateStart="2026-01-02T23:00:00Z", dateEnd="soon")
    assert (contract.date_start, contract.date_end) == (date(2026, 1, 2), None)
    assert odd_dates == (("unreadable_field", "dateEnd"),)
    overview, odd_moments = decode(TrusteeBillingOverview, usages=[], contractEndDate="2026-01-02")
    assert overview.contract_end_date == datetime(2026, 1, 2, tzinfo=UTC)
    assert odd_moments == ()


def test_datetimes_without_a_zone_are_utc() -> None:
    """A naive datetime is made aware."""
    report, _ = decode(
        BillingUsageReport[BillingUsageResource], usages=[], startDate="2026-01-02T03:04:05"
    )
    assert report.start_date == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_unknown_keys_are_ignored_and_told() -> None:
    """An unknown key is named without its value, without indices, and without odd characters."""
    rows = [{"name": "a", "new key\n@x": "secret"}, {"new key\n@x": 1, "y" * 100: 2}]
    overview, unexpected = decode(TrusteeBillingOverview, usages=rows, newTop={"deep": 1})
    assert [row.name for row in overview.usages] == ["a", None]
    assert unexpected == (
        ("unknown_field", "newTop"),
        ("unknown_field", "usages[].newkeyx"),
        ("unknown_field", f"usages[].{'y' * 60}"),
    )


def test_oddities_of_one_answer_are_bounded() -> None:
    """An answer with a thousand new keys tells fifty of them."""
    _, unexpected = decode(BillingCharge, **{f"key{number}": 1 for number in range(1000)})
    assert len(unexpected) == 50


def test_the_right_spelling_wins() -> None:
    """Where both spellings of a key are there, the newer one counts."""
    charge, _ = decode(BillingCharge, getprepaidQuantity=1, prepaidQuantity=None)
    assert charge.prepaid_quantity == 1
    charge, _ = decode(BillingCharge, getprepaidQuantity=1, prepaidQuantity=2, unknown=None)
    assert charge.prepaid_quantity == 2


@pytest.mark.parametrize("row", [None, 7, "x", [], [1]])
def test_a_row_that_is_no_object_counts(row: Any) -> None:
    """A row that is no object is a record without anything, so that rows are not lost."""
    overview, unexpected = decode(TrusteeBillingOverview, usages=[{"name": "a"}, row])
    assert overview.usages == (SubscriptionOverviewUsage(name="a"), SubscriptionOverviewUsage())
    assert unexpected == (("unreadable_field", "usages[]"),)


def test_lists_of_words_keep_their_words() -> None:
    """What is no word in a list of words is left out and reported."""
    contract, unexpected = decode(BillingContract, purchaseOrderNumbers=["PO-1", None, 7])
    assert contract.purchase_order_numbers == ("PO-1",)
    assert unexpected == (("unreadable_field", "purchaseOrderNumbers[]"),)


@pytest.mark.parametrize(("value", "odd"), [(None, False), ("x", True), ({}, True)])
def test_lists_that_are_none(value: Any, odd: bool) -> None:
    """A null list is empty; so is what is no list, and that is odd."""
    contract, unexpected = decode(BillingContract, plans=value)
    assert contract.plans == ()
    assert bool(unexpected) is odd


def test_resources_that_are_not_listed_are_not_none() -> None:
    """A usage without a list of resources has none known, which is not an empty list."""
    usages = [{"name": "a", "resources": None}, {"name": "b", "resources": []}]
    report, _ = decode(BillingUsageReport[BillingUsageResource], usages=usages)
    assert [usage.resources for usage in report.usages] == [None, ()]


def test_a_part_of_the_wrong_kind_is_absent() -> None:
    """An object field that is no object is absent and reported."""
    contract, unexpected = decode(BillingContract, id="c", endCustomer="Example")
    assert contract == BillingContract(id="c")
    assert unexpected == (("unreadable_field", "endCustomer"),)


def test_features_keep_what_is_true_or_false() -> None:
    """Of a map of flags, what is no flag is left out and reported; what is no map is absent."""
    organization, unexpected = decode(Organization, features={"a": True, "b": 1})
    assert organization.features == {"a": True}
    assert unexpected == (("unreadable_field", "features"),)
    assert decode(Organization, features=[])[0].features is None


@pytest.mark.parametrize("fields", [{}, {"usages": None}, {"usages": {}}, {"usages": "x"}])
def test_without_usages_an_overview_means_nothing(fields: dict[str, Any]) -> None:
    """A missing, null or wrong list of usages is an unexpected answer that says where."""
    with pytest.raises(UnexpectedAnswer, match="lacks its usages") as caught:
        decode(TrusteeBillingOverview, **fields)
    assert caught.value.path == "$.usages"


@pytest.mark.parametrize("body", [b"[]", b"null", b'"text"', b"7"])
def test_an_answer_is_an_object(body: bytes) -> None:
    """JSON that is no object is an unexpected answer."""
    with pytest.raises(UnexpectedAnswer, match="not a JSON object"):
        Decoder(BillingContractListing).decode(body)


def test_text_that_no_encoding_can_write_is_mended() -> None:
    """A name with half a surrogate pair can be written out afterwards."""
    row = Decoder(SubscriptionOverviewUsage).decode(b'{"name": "a\\ud800"}').value
    assert row.name == "a?"


def test_only_records_can_be_read() -> None:
    """A kind that is no record is refused when the decoder is made."""
    with pytest.raises(TypeError):
        Decoder(int)
    assert UnexpectedFields().pairs() == ()


@pytest.mark.parametrize("link", ["7", "true", "[]", '{"href": "/next?after=x"}'])
@pytest.mark.parametrize("kind", [BillingInvoiceListing, TrustorEntityListing])
def test_a_link_to_the_next_page_that_cannot_be_read(kind: type[object], link: str) -> None:
    """A page that links to another one in a form that is not known is no last page."""
    body = f'{{"entities": [], "nextUri": {link}}}'.encode()
    with pytest.raises(UnexpectedAnswer, match="the link to the next page is no text") as raised:
        Decoder(kind).decode(body)
    assert raised.value.path == "$.nextUri"
