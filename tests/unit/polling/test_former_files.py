"""Files of 0.1.0: they belong to the same configuration after an upgrade."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from billing_exporter.collectors import WHOLE
from billing_exporter.collectors.settings import ContractsSettings, TrustorsSettings, UsageSettings
from billing_exporter.collectors.sweep import TrustorsData
from billing_exporter.config.load import parse
from billing_exporter.polling.organization import reading_origins
from billing_exporter.polling.reading_files import FORMAT, Header, file_in
from billing_exporter.polling.reading_store import StateDirectory
from billing_exporter.polling.state import Kept

AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
CONFIGURATION = """
organizations:
  - name: acme
    region: eu-central-1
    client_id: id
    client_secret: s
"""
# What version 0.1.0 wrote as the origin of readings under that configuration.
ORIGINS = {
    "usage": "8ba9df52ba2601e481ed66e86eda628fd934765d9fbbb9cfb92252d96b554f7e",
    "invoices": "b9b2e3725be3359793513b23f8d5c9ba3e44990fef8e5dab6998a5b52bd42fa1",
    "contracts": "f0e16711a328badc0e3465ff46a3b4eefdf9cb0f929439d5d955e1d5b1e97723",
    "trustors": "0f2788abe2d9a1f492144078a82165763269087272f725bd9b73ce8075ed5680",
}


@pytest.mark.parametrize("collector", ORIGINS)
@pytest.mark.parametrize("history", [0, 12, 60])
def test_the_origin_of_0_1_0_is_known(collector: str, history: int) -> None:
    """Settings that 0.1.0 did not have, whatever their value, leave the former origin as it was."""
    organization = parse(CONFIGURATION, "c.yml", {}).organizations[0]
    settings = getattr(organization.collectors, collector)
    if isinstance(settings, ContractsSettings | TrustorsSettings):
        settings = msgspec.structs.replace(settings, history=history)
    assert reading_origins(organization, collector, settings, WHOLE).former == ORIGINS[collector]


def test_other_settings_are_another_origin() -> None:
    """What 0.1.0 knew of counts under both origins; closed periods count under the current one."""
    organization = parse(CONFIGURATION, "c.yml", {}).organizations[0]

    def origins(settings: TrustorsSettings | UsageSettings) -> tuple[str, str]:
        return reading_origins(organization, "trustors", settings, WHOLE)

    plain, without = origins(TrustorsSettings()), origins(TrustorsSettings(history=0))
    zero_rows = origins(TrustorsSettings(zero_rows=True))
    assert (plain[1] == without[1], plain[0] == without[0]) == (True, False)
    assert plain[0] != zero_rows[0]
    assert plain[1] != zero_rows[1]


@pytest.mark.parametrize(("form", "is_used"), [(1, True), (2, True), (FORMAT, False)])
def test_only_former_files_have_the_former_origin(form: int, is_used: bool, tmp_path: Path) -> None:
    """A file of today under the former origin is of another configuration; one of 0.1.0 is shown,
    and the next save replaces it.
    """
    data = {"states": [], "trustors": {}, "read_at": {}, "nameless": 3}
    content = msgspec.json.encode(data if form == 1 else TrustorsData(nameless=3))
    line = msgspec.json.encode(Header(form, "acme", "trustors", "former", AT, AT)) + b"\n"
    file = file_in(tmp_path, "acme", "trustors")
    file.write_bytes(hashlib.sha256(line + content).hexdigest().encode() + b"\n" + line + content)
    failures: list[str] = []
    state = StateDirectory(tmp_path, failures.append)
    keeper = state.keeper("current", former="former")
    kept = keeper.restore("acme", "trustors", TrustorsData)
    assert kept == (Kept(AT, TrustorsData(nameless=3), AT) if is_used else None)
    assert failures == ([] if is_used else ["configuration"])
    keeper.save("acme", "trustors", Kept(AT, TrustorsData(nameless=4), AT))
    assert state.flush(10)
    assert b'"origin":"current"' in file.read_bytes()
    again = replace(keeper, directory=StateDirectory(tmp_path, failures.append), former="")
    assert again.restore("acme", "trustors", TrustorsData) == (AT, TrustorsData(nameless=4), AT)
