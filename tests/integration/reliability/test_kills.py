"""Kills: whenever the process dies, the next start shows the last reading that was complete."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from billing_exporter.collectors.usage import UsageData
from billing_exporter.polling.reading_store import StateDirectory
from tools.reliability.restarts import killed_again_and_again

KILLS = 40
RESTARTS = 3
AT = datetime(2026, 11, 23, tzinfo=UTC)


def test_kills_in_the_middle_of_a_save(tmp_path: Path) -> None:
    """Killed before each of its steps and at random moments, or refused by the disk at each step,
    a save leaves the old reading or the new one, whole, and nothing half done in its way.
    """
    command = [
        sys.executable,
        "-m",
        "tools.reliability.crash_consistency",
        str(tmp_path),
        "--kills",
        str(KILLS),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["kills"] == KILLS
    assert report["steps"] > 15
    assert report["refusals"] > 8
    # Some kills came before the new reading was in place, and some after.
    assert 0 < report["newer"] < report["steps"] + KILLS


def test_kills_of_an_exporter() -> None:
    """Killed at random moments, a real exporter shows at its next start, at its first scrape, the
    readings that it showed before, byte for byte.
    """
    seen = killed_again_and_again(RESTARTS, seed=1)
    assert seen.faults == []
    assert seen.kills == RESTARTS
    assert seen.restored == 4 * RESTARTS


def test_a_save_reaches_the_disk_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A power cut leaves a whole file too: the content is on disk before it takes its name, and
    the name is on disk before the save is over.
    """
    done: list[str] = []
    sync, replace = os.fsync, Path.replace

    def noted_sync(descriptor: int) -> None:
        done.append("folder" if Path(f"/proc/self/fd/{descriptor}").is_dir() else "content")
        sync(descriptor)

    def noted_replace(self: Path, target: Path) -> Path:
        done.append("name")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", noted_sync)
    monkeypatch.setattr(Path, "replace", noted_replace)
    StateDirectory(tmp_path, pytest.fail).save("acme", "usage", "o", AT, UsageData(AT, AT, ()))
    assert done == ["content", "name", "folder"]
