"""The lower bounds of the dependencies are what `make test-lowest` installs."""

import pytest

from tools.paths import ROOT
from tools.release.lowest import dependencies, lowest


def test_every_bound_is_installed() -> None:
    """Each dependency has one lower bound, and the constraint is exactly that version."""
    known = dependencies()
    assert [text.replace(">=", "==") for text in known] == lowest(known)
    assert "msgspec>=0.21.0" in known
    assert "urllib3>=2.6.0" in known


@pytest.mark.parametrize("text", ["urllib3", "urllib3>=2.6,<3", "urllib3==2.6.0", "urllib3~=2.6"])
def test_other_bounds_are_refused(text: str) -> None:
    """A dependency without a plain lower bound is an error, not left to pip."""
    with pytest.raises(ValueError, match="expected NAME>=VERSION"):
        lowest([text])


def test_make_and_ci_run_them() -> None:
    """The target installs these constraints, and a job of CI runs the target."""
    makefile = (ROOT / "Makefile").read_text()
    target = makefile.partition("\ntest-lowest:")[2].partition("\n\n")[0]
    assert "tools.release.lowest >" in target
    assert "--constraint $(VENV)/lowest/constraints.txt" in target
    assert "make test-lowest" in (ROOT / ".github" / "workflows" / "ci.yml").read_text()
