"""Ids with white space around them: what is asked for, and under which label it is shown."""

from datetime import timedelta

from tests.unit.collectors.api_stub import CONTRACTS, NOW, TRUSTORS, ApiStub, lines, page
from tests.unit.collectors.partner import desk as trustors_desk
from tests.unit.collectors.partner import put_overview, row, statuses
from tests.unit.collectors.test_contracts import charge, contract, put_detail
from tests.unit.collectors.test_contracts import desk as contracts_desk
from tests.unit.collectors.test_invoices import desk as invoices_desk
from tests.unit.collectors.test_invoices import invoice, line, put_invoices, put_lines


def test_white_space_around_an_id_is_no_part_of_it(cloud: ApiStub) -> None:
    """A customer is asked for without the white space around its id; nothing but that is no id."""
    names = {" id-x ": "x", "\t": "nobody"}
    entities = [{"id": key, "organization": {"name": name}} for key, name in names.items()]
    cloud.put(TRUSTORS, {"entities": entities, "pageCount": 1})
    put_overview(cloud, "x", row("2"))
    trustors = trustors_desk(periods=("current",))
    text = trustors.poll()
    assert statuses(text) == {"x": "ok"}
    assert 'trustor_id="id-x"' in text
    assert trustors.dropped == {"missing": 1}


def test_details_of_an_id_with_white_space_end_by_their_age(cloud: ApiStub) -> None:
    """White space around ids hides neither the details of a period nor that they are too old."""
    listed = {"id": " p ", "dateStart": "2026-11-01", "dateEnd": "2026-11-30", "status": "Open"}
    cloud.put(CONTRACTS, page(contract(" c ", listed)))
    path = put_detail(cloud, "c/p", charges=[charge(3)], dateStart="2026-11-01")
    contracts = contracts_desk(max_age="1d")
    assert len(lines(contracts.poll(), "charge_actual_quantity")) == 1
    cloud.refuse(path, 500)
    assert len(lines(contracts.poll(NOW + timedelta(hours=24)), "charge_actual_quantity")) == 1
    assert lines(contracts.poll(NOW + timedelta(hours=25)), "charge_actual_quantity") == []


def test_white_space_around_an_id_is_no_part_of_an_invoice(cloud: ApiStub) -> None:
    """The lines of an invoice, their age and its own series have one label."""
    put_invoices(cloud, invoice(" in-1 "))
    put_lines(cloud, "in-1", line("li-1", 3))
    text = invoices_desk().poll()
    for name in (
        "invoice_amount",
        "invoice_line_amount",
        "invoice_lines_last_success_timestamp_seconds",
    ):
        assert [each.split('"')[1] for each in lines(text, name)] == ["in-1"]
