"""Tests of the way from an answer's bytes to a record."""

import json
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from typing import Any
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_exporter.genesys import row_parser
from billing_exporter.genesys.decoding import Decoded, Decoder, encode
from billing_exporter.genesys.errors import UnexpectedAnswer
from billing_exporter.genesys.json_text import has_plain_numbers, parse
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
    """Every recorded answer is read without unexpected fields, and the lenient way agrees."""
    decoder = OPERATIONS[operation].decoder
    body = fixture(RECORDED[operation])
    decoded = decoder.decode(body)
    assert decoded.unexpected == ()
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
    assert exact.unexpected == ()


MISFITS = st.one_of(
    st.sampled_from(
        ["", " ", "NaN", "-Infinity", "1_000", "\u0661", "n/a", None, True, 7, 1.5, "7"]
    ),
    st.sampled_from([[], [None], ["x"], [{}], {}, {"new": 1}, "2026-11-01", "2026-11-01T00:00:00"]),
)
KEYS = st.sampled_from(["new", "gettotalUsage", "getUsageQuantity", "a_1", "", "NaN"])


def garbled(value: Any, draw: Callable[[Any], Any], *, often: int) -> Any:
    """Return JSON in which some values are of another kind, and some keys unknown or missing."""
    if draw(st.integers(0, often)) == 1:
        return draw(MISFITS)
    if isinstance(value, list):
        return [garbled(each, draw, often=often) for each in value]
    if not isinstance(value, dict):
        return value
    changed = {key: garbled(each, draw, often=often) for key, each in value.items()}
    change = draw(st.integers(0, often))
    if change == 1:
        changed[draw(KEYS)] = draw(MISFITS)
    if change == 2 and changed:
        key = draw(st.sampled_from([*changed]))
        changed[f"get{key}"] = changed.pop(key)
    return changed


@pytest.mark.parametrize("index", range(len(KINDS)))
@given(data=st.data(), often=st.sampled_from([3, 10, 40]), cut=st.none() | st.integers(0))
def test_rows_are_read_as_field_by_field(
    index: int, data: st.DataObject, often: int, cut: int | None
) -> None:
    """Whatever does not fit, the records and what is reported are those of the reader that reads
    every field by itself, whichever way is tried first.
    """
    value = garbled(json.loads(data.draw(well_formed(KINDS[index]))), data.draw, often=often)
    body = json.dumps(value, ensure_ascii=bool(often % 2)).encode()
    if cut is not None:
        body = body[: cut % (len(body) + 1)]
    decoder = Decoder[Any](KINDS[index])
    expected = outcome(decoder.decode_leniently, body)
    assert [outcome(decoder.decode, body) for _ in range(3)] == [expected] * 3


def outcome(decode: Callable[[bytes], Decoded[Any]], body: bytes) -> object:
    """Return the record digit for digit with what was reported, or the error."""
    try:
        decoded = decode(body)
    except UnexpectedAnswer as error:
        return str(error), error.path
    return encode(decoded.value), decoded.unexpected


@pytest.mark.parametrize("extra", [{"usageQuantity": ""}, {"newKey": 1}, {"usageQuantity": "n/a"}])
def test_one_row_that_does_not_fit_leaves_the_others_fast(
    extra: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of many rows, one with a blank, unknown or unreadable field is the only one that is read
    field by field.
    """
    rows: list[dict[str, object]] = [{"name": f"row {number}"} for number in range(50)]
    rows[30] |= extra
    decoder = Decoder(TrusteeBillingOverview)
    parsed = mock.Mock(side_effect=parse)
    monkeypatch.setattr(row_parser, "parse", parsed)
    decoded = decoder.decode(json.dumps({"usages": rows}).encode())
    assert len(decoded.value.usages) == 50
    assert [call.args[0] for call in parsed.call_args_list] == [
        json.dumps(rows[30]).encode(),
        b"{}",
    ]


@pytest.mark.slow
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
    """The keys of SDK 236 and of SDK 269 mean the same, and neither is an unexpected field."""
    decoder = Decoder(BillingContractPeriodDetail)
    old = decoder.decode(fixture("contract_billingperiod_sdk236.json"))
    assert old.unexpected == ()
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
    assert decoded.unexpected == (("unreadable_field", "usages[].usageQuantity"),)


@pytest.mark.parametrize(
    "text", ["PREPAY_MONTHLY_COMMITMENT", "K\u00fcstenwerk", "C\u0421 3", "a_1b"]
)
@pytest.mark.parametrize("plain", [True, False])
def test_ordinary_names_are_read_exactly(text: str, plain: bool) -> None:
    """Underscores and letters of other scripts do not make an answer slow to read."""
    assert has_plain_numbers(json.dumps({"name": text}, ensure_ascii=plain).encode())
