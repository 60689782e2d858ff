"""``reconcile`` compares what a simulated partner used with what it was billed."""

import csv
import io
import json
from pathlib import Path

import pytest

from billing_exporter.simulator import Simulator
from tests.unit.commands.calls import Call, listing

TRUSTORS = 12  # some of whom refuse to be read
LINES = "get_billing_contracts_invoice_lines"


@pytest.mark.usefixtures("account")
def test_a_right_bill_has_nothing_to_show(call: Call) -> None:
    """Without faults the status is 0, and the table has sums and no row."""
    status, out, err = call("reconcile", "--periods", "2")
    assert status == 0
    assert "no permission for" in err
    lines = out.splitlines()
    assert lines[0].startswith("default: ")
    assert any(line.startswith("  contracts: ") and " matched" in line for line in lines)
    assert any(line.startswith("  trustors: ") and " matched" in line for line in lines)
    assert not [line for line in lines if " difference" in line or "only_" in line]
    assert any("used and not yet invoiced" in line for line in lines)
    assert any("not compared (advance)" in line for line in lines)


def test_a_wrong_bill_is_found(account: Simulator, call: Call) -> None:
    """Status 1; the CSV names the contract, the SKU and the amount of each wrong line."""
    account.service.set_faults(["wrong_bill:error=twice"])
    status, out, _ = call("reconcile", "--format", "csv", "--periods", "1")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert status == 1
    wrong = [row for row in rows if row["state"] == "difference"]
    assert {row["subject"] for row in wrong} == {"contracts", "trustors"}
    assert {row["remark"] for row in wrong} == {"a line was billed twice"}
    assert all(float(row["by_quantity"]) > 1 > abs(float(row["by_price"])) for row in wrong)


def test_lines_that_do_not_add_up_are_found(account: Simulator, call: Call) -> None:
    """A line that is missing from an invoice whose amount counts it."""
    account.service.set_faults([f"wrong_bill:{LINES}:error=missing"])
    status, out, _ = call("reconcile", "--format", "json", "--subject", "contracts")
    (found,) = json.loads(out)
    assert status == 1
    assert found["unbalanced_invoices"]
    for invoice in found["unbalanced_invoices"]:
        assert float(invoice["amount"]) > float(invoice["lines_amount"])
    assert {each["subject"] for each in found["pending"]} == {"contracts"}


@pytest.mark.usefixtures("account")
def test_all_shows_what_agrees(call: Call) -> None:
    """With --all every SKU of the period is a row, and the sums of JSON are exact texts."""
    status, out, _ = call("reconcile", "--all", "--format", "json", "--periods", "1")
    (found,) = json.loads(out)
    assert status == 0
    assert {row["state"] for row in found["comparisons"]} >= {"matched", "pending"}
    assert len(found["comparisons"]) > 100
    assert all(isinstance(each["amount"], str) for each in found["left_out"])


def test_what_cannot_be_read_is_told(account: Simulator, call: Call) -> None:
    """The rest is compared; the status is 1 and the reason on standard error."""
    account.service.set_faults(["forbidden:get_billing_contracts"])
    status, out, err = call("reconcile", "--periods", "1")
    assert status == 1
    assert "default: not read: contracts: " in err
    assert "  trustors: " in out
    assert "  contracts: " not in out


def test_without_invoices_there_is_nothing_to_compare(account: Simulator, call: Call) -> None:
    """The command ends with the reason."""
    account.service.set_faults(["forbidden:get_billing_contracts_invoices"])
    status, out, err = call("reconcile")
    assert (status, out) == (1, "")
    assert err.startswith("billing-exporter: default: ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--periods", "0"), "expected a number from 1 to 24, got 0"),
        (("--periods", "x"), "expected a number from 1 to 24, got x"),
        (("--tolerance", "2"), "expected a share such as 0.001, got 2"),
        (("--tolerance", "nan"), "expected a share such as 0.001, got nan"),
        (("--tolerance", "five"), "expected a share such as 0.001, got five"),
    ],
)
def test_wrong_flags_are_explained(
    capfdbinary: pytest.CaptureFixture[bytes], call: Call, arguments: tuple[str, ...], said: str
) -> None:
    """What a flag takes is reported, with what was given."""
    with pytest.raises(SystemExit, match="2"):
        call("reconcile", *arguments)
    assert said in capfdbinary.readouterr().err.decode()


def test_an_unknown_organization_is_refused(
    simulator: Simulator, call: Call, tmp_path: Path
) -> None:
    """The message lists those of the configuration; without trustors customers are left out."""
    path = tmp_path / "c.yml"
    path.write_text(listing(simulator, "{contracts: {}, invoices: {}}"))
    status, _, err = call("reconcile", "--config.file", str(path), "--organization", "acme")
    assert (status, err) == (2, "billing-exporter: no organization acme, only: demo\n")
    _, out, _ = call("reconcile", "--config.file", str(path), "--periods", "1")
    assert "  trustors: " not in out
