"""Chaos: what is done to an exporter while it is watched - faults, reloads, rotated secrets."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from billing_exporter.simulator.dripping import PARTS

SECRET = "demo"  # noqa: S105 - the simulated client's, known to everybody
MAIN, GUEST = "main", "guest"
OPERATIONS = (
    "get_billing_contracts",
    "get_billing_contract_billingperiod",
    "get_billing_contracts_invoices",
    "get_billing_contracts_invoice_lines",
    "get_billing_reports_billableusage",
    "get_billing_trusteebillingoverview_trustor_org_id",
    "get_orgauthorization_trustors",
)
# A refused login is remembered for minutes, as it should be: none of these refuses one.
_LOGIN_FAULTS = ("503", "html502", "cut", "truncated", "stall", "429")
# Tokens are revoked where the secret is rotated.
_FAULTS = (
    *("400", "408", "413", "429", "500", "502", "503", "504", "html502", "html503", "html"),
    *("stall", "drip", "cut", "truncated", "hugebody", "small_pages", "endless", "foreign_next"),
    *("redirect", "in_progress", "restated", "forbidden", "duplicate_rows", "nulls"),
    *("refreshed_late", "wrong_bill"),
    *("empty_strings", "wrong_types", "nan", "thousands", "unknown_enum", "unknown_keys"),
    *("renamed_keys", "weird_names", "slow_trustor", "incomplete", "empty_page", "no_page_count"),
    *("no_rows", "empty_listing", "no_periods", "no_previous", "allowance_unit", "low_page_count"),
    *("late_node", "wrong_identity", "credits", "payment_status", "annual_period"),
)
_SETTINGS = {
    "stall": ("seconds=1", "seconds=2,at=head"),
    "drip": ("seconds=1", *(f"seconds=1,at={part}" for part in PARTS)),
    "hugebody": ("mb=5,times=2", "mb=70,times=2"),
    "429": ("retry_after=1", "retry_after=1,form=date", "retry_after=1,form=none"),
    "renamed_keys": ("spelling=older", "spelling=future"),
    "slow_trustor": ("seconds=1",),
    "no_previous": ("status=500", "status=403", "status=404"),
}


@dataclass(frozen=True)
class Setup:
    """What the operator of the exporter has under control: its configuration and its secret."""

    folder: Path
    simulator: str

    @property
    def configuration(self) -> Path:
        """The file with the configuration."""
        return self.folder / "exporter.yml"

    @property
    def secret(self) -> Path:
        """The file with the client's secret."""
        return self.folder / "secret"

    def configure(self, *, guest: bool, most_series: int = 500_000) -> None:
        """Write a configuration: the main organization, and a guest that comes and goes."""
        main = (
            f"usage: {{}}, invoices: {{lookback: 10y, max_series: {most_series}}}, "
            "contracts: {}, trustors: {concurrency: 3}"
        )
        entries = [self._entry(MAIN, main)]
        if guest:
            entries.append(self._entry(GUEST, "usage: {window: month}, trustors: {}"))
        self.configuration.write_text("\n".join(["organizations:", *entries, ""]))

    def _entry(self, name: str, collectors: str) -> str:
        return (
            f"  - {{name: {name}, api_url: '{self.simulator}', client_id: demo, "
            f"client_secret_file: secret, collectors: {{{collectors}}}}}"
        )


def some_faults(chance: random.Random) -> list[str]:
    """Choose one to three faults, each for an operation or for all, now and then or always."""
    return [_some_fault(chance) for _ in range(chance.randint(1, 3))]


def _some_fault(chance: random.Random) -> str:
    if chance.random() < 0.1:  # noqa: PLR2004 - a tenth of the faults
        name, operation = chance.choice(_LOGIN_FAULTS), "oauth_token"
    else:
        name, operation = chance.choice(_FAULTS), chance.choice((*OPERATIONS, "*"))
    settings = [chance.choice(_SETTINGS[name])] if name in _SETTINGS else []
    return ":".join((name, operation, ",".join([*settings, f"every={chance.randint(1, 4)}"])))


def rotations(setup: Setup) -> Iterator[str]:
    """Rotate the secret step by step; say after each step what was done."""
    setup.secret.write_text("")
    yield "secret file half written"
    setup.secret.write_text("wrong")
    yield "secret wrong"
    setup.secret.write_text(f"{SECRET}\n")
    yield "secret right again"


def reloads(setup: Setup) -> Iterator[str]:
    """Change the configuration step by step; a reload follows each."""
    setup.configure(guest=False)
    yield "an organization removed"
    setup.configuration.write_text("organizations: [{name: main}]\n")
    yield "errors in the configuration"
    setup.configure(guest=True, most_series=1000)
    yield "an organization added, another limit"
    setup.configure(guest=True)
    yield "as it was"
