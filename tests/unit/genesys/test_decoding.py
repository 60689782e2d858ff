"""Tests of the way from an answer's bytes to a record."""

import json
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_exporter.genesys.decoding import Decoder, encode, has_plain_numbers
from billing_exporter.genesys.errors import UnexpectedAnswer
from billing_exporter.genesys.operations import BILLABLEUSAGE_COUNTED, OPERATIONS
from billing_exporter.genesys.records import (
    AnonymousResource,
    BillingContractPeriodDetail,
    BillingUsageReport,
    BillingUsageResource,
    Organization,
    TrusteeBillingOverview,
    TrustorEntityListing,
)
from tests.unit.genesys.recorded import fixture
from tools.testkit.json_strategies import any_json, well_formed

RECORDED = {
    "get_billing_contract": "contract.json",
    "get_billing_contract_billingperiod": "contract_billingperiod.json",
    "get_billing_contracts": "contracts.json",
    "get_billing_contracts_invoice_document": "invoice_document.json",
    "get_billing_contracts_invoice_lines": "invoice_lines.json",
    "get_billing_contracts_invoices": "invoices.json",
    "get_billing_reports_billableusage": "billableusage.json",
    "get_billing_trusteebillingoverview_trustor_org_id": "trusteebillingoverview.json",
    "get_orgauthorization_trustors": "trustors.json",
    "get_organizations_me": "organization.json",
}
# Answers whose parts cover every kind of field.
KINDS = [
    TrusteeBillingOverview,
    BillingContractPeriodDetail,
    TrustorEntityListing,
    Organization,
    BillingUsageReport[BillingUsageResource],
    BillingUsageReport[AnonymousResource],
]
DECODERS = [Decoder[Any](kind) for kind in KINDS]


@pytest.mark.parametrize("operation", RECORDED)
def test_recorded_answers_fit_exactly(operation: str) -> None:
    """Every recorded answer is read without oddities, and the lenient way agrees."""
    decoder = OPERATIONS[operation].decoder
    body = fixture(RECORDED[operation])
    decoded = decoder.decode(body)
    assert decoded.oddities == ()
    assert decoder.decode_leniently(body) == decoded


@pytest.mark.parametrize("operation", RECORDED)
def test_encoded_records_are_the_same_records(operation: str) -> None:
    """What is encoded has the API's names: it decodes to the same record, exact to the digit."""
    decoder = OPERATIONS[operation].decoder
    record = decoder.decode(fixture(RECORDED[operation])).value
    assert decoder.decode(encode(record)).value == record


def test_every_operation_has_a_recorded_answer() -> None:
    """No operation is without a recorded answer."""
    assert RECORDED.keys() == OPERATIONS.keys()


@pytest.mark.parametrize("index", range(len(KINDS)))
@given(data=st.data())
def test_both_ways_agree(index: int, data: st.DataObject) -> None:
    """For every well-formed answer, the exact and the lenient way give the same record."""
    body = data.draw(well_formed(KINDS[index]))
    exact = DECODERS[index].decode(body)
    assert DECODERS[index].decode_leniently(body).value == exact.value
    assert exact.oddities == ()


@pytest.mark.parametrize("decoder", DECODERS)
@given(value=any_json(KINDS))
def test_no_json_raises_anything_else(decoder: Decoder[Any], value: Any) -> None:
    """Whatever the JSON, decoding gives a record or raises UnexpectedAnswer."""
    for answer in (value, {"usages": [value], "entities": [value]}):
        with suppress(UnexpectedAnswer):
            decoder.decode(json.dumps(answer).encode())


@given(st.binary(max_size=40))
def test_no_bytes_raise_anything_else(body: bytes) -> None:
    """Whatever the bytes, decoding raises nothing but UnexpectedAnswer."""
    with pytest.raises(UnexpectedAnswer):
        DECODERS[0].decode(body)


@pytest.mark.parametrize(
    "body",
    [
        b"<html><body>Bad gateway</body></html>",
        b"",
        b'{"usages": [',
        b'{"usages": [{"usageQuantity": NaN}]}',
        b'{"usages": [{"usageQuantity": -Infinity}]}',
        b'{"usages": ' + b"[" * 100_000,
        '{"usages": []}'.encode("utf-16"),
        b"\xff\xfe",
    ],
)
def test_what_is_not_json(body: bytes) -> None:
    """HTML, cut, empty, too deep or oddly encoded bodies, and a bare NaN, are not JSON."""
    with pytest.raises(UnexpectedAnswer, match="not JSON") as caught:
        Decoder(TrusteeBillingOverview).decode(body)
    assert caught.value.path == "$"


def test_a_byte_order_mark_is_no_harm() -> None:
    """JSON after a byte order mark is read."""
    body = b"\xef\xbb\xbf" + fixture("trusteebillingoverview.json")
    assert Decoder(TrusteeBillingOverview).decode(body).value.currency == "USD"


def test_decimals_are_what_was_written() -> None:
    """Numbers lose no digit, as JSON numbers or as strings."""
    body = b'{"usages": [{"overagePrice": "0.0001", "usageQuantity": 883878.10}]}'
    row = Decoder(TrusteeBillingOverview).decode(body).value.usages[0]
    assert str(row.overage_price) == "0.0001"
    assert str(row.usage_quantity) == "883878.10"


def test_counted_resources_have_no_names() -> None:
    """Where resources are only counted, nothing of them is kept."""
    report = BILLABLEUSAGE_COUNTED.decoder.decode(fixture("billableusage.json")).value
    assert [len(usage.resources or ()) for usage in report.usages] == [2, 0]
    assert b"example.com" not in encode(report)


def test_both_spellings_of_renamed_keys() -> None:
    """The keys of SDK 236 and of SDK 269 mean the same, and neither is an oddity."""
    decoder = Decoder(BillingContractPeriodDetail)
    old = decoder.decode(fixture("contract_billingperiod_sdk236.json"))
    assert old.oddities == ()
    charge = old.value.charges[0]
    assert (charge.prepaid_quantity, charge.overage_quantity) == (Decimal(40), Decimal(5))


NUMBERS = st.one_of(
    st.text("0123456789_.eE+- ", max_size=8),
    st.text(max_size=6),
    st.text("1_\u0661\uff12\U0001d7cf\u00a0\t", max_size=5),
    st.sampled_from(
        ["1_000", "\u0661\u0662", "1\uff12", "_1", "1_\t", "1_000\u00a0", "-_1", "NaN"]
    ),
)


@given(text=NUMBERS, name=st.sampled_from(["x", "A_1", "K\u00fcste \u0421", "\u0661"]), plain=...)
def test_both_ways_read_the_same_numbers(text: str, name: str, plain: bool) -> None:
    """A text is a number for both ways or for neither, however JSON escapes it."""
    answer = {"usages": [{"name": name, "usageQuantity": text}]}
    with suppress(UnicodeEncodeError):  # half of a surrogate pair
        body = json.dumps(answer, ensure_ascii=plain).encode()
        decoder = Decoder(TrusteeBillingOverview)
        exact, lenient = decoder.decode(body).value, decoder.decode_leniently(body).value
        assert repr(exact.usages[0].usage_quantity) == repr(lenient.usages[0].usage_quantity)


@pytest.mark.parametrize("text", ["1_000", "\u0661\u0662", "\uff11", "1_e5"])
@pytest.mark.parametrize("plain", [True, False])
def test_what_python_alone_takes_for_a_number(text: str, plain: bool) -> None:
    """Underscores and digits of other scripts are not a number, and are reported as unreadable."""
    answer = {"usages": [{"usageQuantity": text, "prepayQuantity": "1.5"}]}
    body = json.dumps(answer, ensure_ascii=plain).encode()
    decoded = Decoder(TrusteeBillingOverview).decode(body)
    (row,) = decoded.value.usages
    assert row.usage_quantity is not None
    assert row.usage_quantity.is_nan()
    assert row.prepay_quantity == Decimal("1.5")
    assert decoded.oddities == (("unreadable_field", "usages[].usageQuantity"),)


@pytest.mark.parametrize(
    "text", ["PREPAY_MONTHLY_COMMITMENT", "K\u00fcstenwerk", "C\u0421 3", "a_1b"]
)
@pytest.mark.parametrize("plain", [True, False])
def test_ordinary_names_are_read_exactly(text: str, plain: bool) -> None:
    """Underscores and letters of other scripts do not make an answer slow to read."""
    assert has_plain_numbers(json.dumps({"name": text}, ensure_ascii=plain).encode())
