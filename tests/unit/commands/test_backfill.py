"""``backfill`` writes what a running exporter would have shown; promtool takes all of it."""

import errno
import re
import subprocess
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from billing_exporter.simulator import Simulator
from tests.unit.commands.calls import Call, listing
from tools.testkit.components import require

LINE = re.compile(r"(\w+\{.*\}) (\S+) (\d+)")
PAIR = re.compile(r'(trustor_id|contract)="([^"]+)"')
TRUSTORS = 30  # as many as it takes for some to have the names that are read
OVERVIEW = "get_billing_trusteebillingoverview_trustor_org_id"
PERIOD = "get_billing_contract_billingperiod"


def _config(account: Simulator, folder: Path) -> str:
    file = folder / "c.yml"
    collectors = "{contracts: {}, trustors: {include: ['A*']}}"
    file.write_text(listing(account, collectors))
    return str(file)


def _series(text: str) -> dict[str, list[int]]:
    found: defaultdict[str, list[int]] = defaultdict(list)
    for line in text.splitlines():
        if not line.startswith("#"):
            match = LINE.fullmatch(line)
            assert match, line
            found[match[1]].append(int(match[3]))
    return found


def _written(account: Simulator, call: Call, folder: Path) -> Path:
    """Write some months, in steps of a day."""
    output = folder / "history.om"
    now = account.service.clock.now()
    since = f"{now.year - (now.month < 5)}-{(now.month + 7) % 12 + 1:02}"
    arguments = ("--from", since, "--output", str(output), "--step", "86400")
    status, _, err = call("backfill", "--config.file", _config(account, folder), *arguments)
    assert status == 0, err
    assert not output.with_name("history.om.partial").exists()
    series = _series(output.read_text())
    assert f"{sum(map(len, series.values()))} samples of {len(series)} series" in err
    return output


def test_closed_periods_alone_in_order(account: Simulator, call: Call, tmp_path: Path) -> None:
    """Seconds that rise, each metric in one piece; all of the previous period, or a total."""
    text = _written(account, call, tmp_path).read_text()
    series = _series(text)
    for name, times in series.items():
        assert all(1e9 < moment < 4e9 for moment in times)
        assert all(after - before > 0 for before, after in pairwise(times))
        assert 'period="previous"' in name or "_history_" in name
    names = [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")]
    assert names == sorted(set(names)) != []
    assert text.endswith("\n# EOF\n")
    totals = [name for name in series if "trustor_history_estimated_amount" in name]
    assert {PAIR.findall(name)[0] for name in totals}
    assert any("contract_history_overage_amount" in name for name in series)


def test_a_plain_file_needs_no_folder_for_temporary_files(
    account: Simulator, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is read meanwhile is beside the file; only a pipe needs another folder, and says so."""

    def beside_alone(**where: Any) -> TemporaryDirectory[str]:
        if "dir" not in where:
            raise FileNotFoundError(errno.ENOENT, "No such file or directory")
        return TemporaryDirectory(**where)

    monkeypatch.setattr("billing_exporter.commands.backfill.TemporaryDirectory", beside_alone)
    config = _config(account, tmp_path)
    of = "--config.file", config, "--from", "2026-09", "--step", "86400", "--output"
    status, _, err = call("backfill", *of, str(tmp_path / "plain.om"))
    assert status == 0, err
    status, _, err = call("backfill", *of, "/dev/null")
    assert status == 1
    assert "no folder for what is read meanwhile: No such file or directory" in err
    assert "Traceback" not in err


@pytest.mark.slow
def test_an_interrupted_run_goes_on(account: Simulator, call: Call, tmp_path: Path) -> None:
    """What could not be read is read by the next run, which asks for no more and reports again what
    the client may not read.
    """
    output, config = tmp_path / "history.om", _config(account, tmp_path)
    now = account.service.clock.now()
    arguments = ("--config.file", config, "--from", f"{now.year}-{now.month:02}")
    call_it = ("backfill", *arguments, "--output", str(output), "--step", "86400")
    account.service.set_faults([f"500:{OVERVIEW}", f"forbidden:{PERIOD}"])
    status, _, err = call(*call_it)
    assert status == 1
    assert "not read: demo: customer" in err
    unknown = {line for line in err.splitlines() if "billing period" in line}
    assert unknown
    account.service.set_faults([])
    partial = output.with_name("history.om.partial")
    with partial.open("ab") as file:
        file.write(b'["torn')
    status, _, err = call(*call_it)
    assert (status, partial.exists()) == (1, False)
    assert {line for line in err.splitlines() if "not read" in line} == unknown
    again = _series(output.read_text())
    assert call(*call_it)[0] == 0
    customers = {name for name in _series(output.read_text()) if "trustor_id" in name}
    assert {name for name in again if "trustor_id" in name} == customers


@pytest.mark.parametrize(
    "arguments",
    [
        ("--from", "2025", "--output", "x"),
        ("--from", "2025-13", "--output", "x"),
        ("--from", "2025-01", "--output", "x", "--step", "0"),
    ],
)
def test_wrong_arguments(call: Call, arguments: tuple[str, ...]) -> None:
    """A month that is none and a step of nothing are refused with what would be right."""
    with pytest.raises(SystemExit) as ended:
        call("backfill", *arguments)
    assert ended.value.code == 2


@pytest.mark.component
def test_a_real_promtool_takes_every_sample(account: Simulator, call: Call, tmp_path: Path) -> None:
    """Blocks have as many samples as the file has lines: none is dropped in silence."""
    promtool = str(require("promtool-3"))
    written = _written(account, call, tmp_path)
    data = tmp_path / "data"
    create = ("tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=720h", "-q")
    subprocess.run([promtool, *create, str(written), str(data)], check=True, capture_output=True)
    listed = subprocess.run(
        [promtool, "tsdb", "list", str(data)], check=True, capture_output=True, text=True
    )
    rows = [line.split() for line in listed.stdout.splitlines()[1:]]
    lines = written.read_text().splitlines()
    samples = sum(not line.startswith("#") for line in lines)
    assert sum(int(row[4]) for row in rows) == samples
