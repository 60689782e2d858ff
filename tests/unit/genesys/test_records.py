"""Tests of the records against the vendor's SDK, the independent judge of names and kinds."""

import ast
import importlib.util
import re
from pathlib import Path
from typing import Any, get_origin

import msgspec
import pytest
from msgspec import inspect as ms

from billing_exporter.genesys import records
from billing_exporter.genesys.records import (
    BillingUsage,
    BillingUsageReport,
    BillingUsageResource,
    InvoiceAddress,
    Record,
    UrlResponse,
)

# Of a person nothing but the id is kept, and an anonymous resource is no model of the API's.
OURS_ALONE = {"OrgUser", "AnonymousResource"}

GENERIC = {
    "BillingUsage": BillingUsage[BillingUsageResource],
    "BillingUsageReport": BillingUsageReport[BillingUsageResource],
}
KINDS: dict[str, Any] = {
    kind.__name__: GENERIC.get(kind.__name__, kind)
    for kind in vars(records).values()
    if isinstance(kind, type) and issubclass(kind, Record) and kind is not Record
}
SCALARS: dict[str, tuple[type[ms.Type], ...]] = {
    "str": (ms.StrType, ms.DecimalType),  # the API writes some decimals as strings
    "float": (ms.DecimalType,),
    "int": (ms.IntType, ms.DecimalType),
    "bool": (ms.BoolType,),
    "date": (ms.DateType,),
    "datetime": (ms.DateTimeType,),
    "dict(str, bool)": (ms.DictType,),
}


def sdk_model(name: str) -> dict[str, dict[str, str]]:
    """Return a model's tables out of the SDK's source, for importing it takes seconds."""
    spec = importlib.util.find_spec("PureCloudPlatformClientV2")
    assert spec is not None
    assert spec.submodule_search_locations
    file_name = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() + ".py"
    path = Path(spec.submodule_search_locations[0]) / "models" / file_name
    return {
        node.targets[0].attr: ast.literal_eval(node.value)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Attribute)
        and isinstance(node.value, ast.Dict)
    }


def fields_of(name: str) -> tuple[ms.Field, ...]:
    """Return a record's fields."""
    info = ms.type_info(KINDS[name])
    assert isinstance(info, ms.StructType)
    return info.fields


def fits(info: ms.Type, sdk_type: str) -> bool:
    """Return whether a field can hold what the SDK's type can."""
    if isinstance(info, ms.UnionType):
        info = next(each for each in info.types if not isinstance(each, ms.NoneType))
    if sdk_type.startswith("list["):
        return isinstance(info, ms.VarTupleType) and fits(info.item_type, sdk_type[5:-1])
    if sdk_type in SCALARS:
        return isinstance(info, SCALARS[sdk_type])
    return (
        isinstance(info, ms.StructType) and (get_origin(info.cls) or info.cls).__name__ == sdk_type
    )


@pytest.mark.component
@pytest.mark.parametrize("name", sorted(KINDS.keys() - OURS_ALONE))
def test_fields_are_those_of_the_sdk(name: str) -> None:
    """A record has exactly the SDK model's attributes, wire names and kinds."""
    model = sdk_model(name)
    ours = {field.name: field.encode_name for field in fields_of(name)}
    assert ours == model["attribute_map"]
    misfits = [
        field.name
        for field in fields_of(name)
        if not fits(field.type, model["swagger_types"][field.name])
    ]
    assert misfits == []


def test_only_what_gives_an_answer_meaning_is_required() -> None:
    """Required are the entities of listings and the usages of a report and an overview."""
    required = {(name, field.name) for name in KINDS for field in fields_of(name) if field.required}
    assert required == {
        ("BillingContractListing", "entities"),
        ("BillingInvoiceListing", "entities"),
        ("BillingInvoiceItemListing", "entities"),
        ("TrustorEntityListing", "entities"),
        ("BillingUsageReport", "usages"),
        ("TrusteeBillingOverview", "usages"),
    }


def test_repr_shows_neither_people_nor_links() -> None:
    """What a record prints as is its kind and its id."""
    secret = "agent.one@example.com"
    for record in (
        BillingUsageResource(name=secret),
        InvoiceAddress(line1=secret),
        UrlResponse(url=secret),
        records.BillingInvoice(id="in-1", payment_link=secret),
    ):
        assert secret not in f"{record!r} {record}"
    assert repr(records.BillingInvoice(id="in-1")) == "BillingInvoice(id='in-1')"


def test_records_cannot_be_changed() -> None:
    """Records are frozen."""
    with pytest.raises(AttributeError):
        records.Customer(id="cu-1").id = "cu-2"  # type: ignore[misc]


def test_of_the_creator_of_a_trust_only_the_id_is_kept() -> None:
    """A person's name and e-mail address do not get into a record."""
    user = msgspec.json.decode(
        b'{"id": "us-1", "name": "Agent One", "email": "agent.one@example.com"}',
        type=records.OrgUser,
    )
    assert msgspec.to_builtins(user) == {"id": "us-1"}
