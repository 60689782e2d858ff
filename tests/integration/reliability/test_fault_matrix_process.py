"""The matrix on a real process: a short run of what `python -m tools.reliability faults` does."""

import pytest

from tools.reliability.__main__ import main
from tools.reliability.fault_matrix_process import inject_all


def test_one_fault_on_a_real_process() -> None:
    """Of one fault a real exporter shows, counts and logs what the matrix says."""
    said: list[str] = []
    assert inject_all(said.append, 1, ["endless"]) == []
    assert said[-1] == "1 faults, 3 pairs of fault and operation"


def test_an_unknown_fault_is_a_problem(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A name that is no fault is refused, not run as nothing that finds nothing."""
    monkeypatch.setattr("sys.argv", ["reliability", "faults", "--fault", "endles"])
    with pytest.raises(SystemExit, match="2"):
        main()
    assert "invalid choice: 'endles'" in capsys.readouterr().err
