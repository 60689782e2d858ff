"""The FinOps Foundation's validator accepts a year of Cost and Usage 1.2 but for named rules."""

import csv
import io
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from billing_exporter.export.csvtext import lines_of
from billing_exporter.export.tables import COST_AND_USAGE, ESTIMATED
from tools.testkit import focus_validator
from tools.testkit.simulated_year import joined, simulated_year

# It wants the column to be null and not to be null in every row.
NAMED = {"InvoiceId-C-004-C", "InvoiceId-C-005-C"}
MADE_OF_THEM = {"InvoiceId-C-003-C", "InvoiceId-C-000-O"}


@pytest.fixture(scope="module", autouse=True)
def validator() -> None:
    """The validator, without which nothing here is proved."""
    if focus_validator.program() is None:
        pytest.skip(focus_validator.MISSING)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    """Billed and estimated rows of a year in the columns of 1.2."""
    folder = tmp_path_factory.mktemp("year")
    with simulated_year() as year:
        made = year.exported(COST_AND_USAGE, version="1.2")
        found = {}
        for dataset in (COST_AND_USAGE, ESTIMATED):
            found[dataset] = folder / f"{dataset}.csv"
            found[dataset].write_bytes(b"".join(lines_of(joined(made, dataset))))
        yield found


@pytest.mark.parametrize("dataset", [COST_AND_USAGE, ESTIMATED])
def test_no_other_rule_fails(files: dict[str, Path], dataset: str) -> None:
    """Only the two rules that no file can satisfy together, and those that consist of them."""
    failed = focus_validator.failures(files[dataset])
    assert failed & NAMED
    assert failed <= NAMED | MADE_OF_THEM


def test_the_validator_can_say_no(files: dict[str, Path], tmp_path: Path) -> None:
    """A description that is not in ASCII is found."""
    rows = list(csv.DictReader(io.StringIO(files[COST_AND_USAGE].read_text())))[:20]
    assert sum(Decimal(row["BilledCost"]) for row in rows) >= 0
    rows[0]["ChargeDescription"] = "Küste"
    broken = tmp_path / "broken.csv"
    with broken.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    assert "ChargeDescription-C-002-M" in focus_validator.failures(broken)
