"""Every fault with every operation of the client, those that no poll needs among them."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import pytest

from billing_exporter.genesys import ApiError, BillingApi
from billing_exporter.genesys.operations import OPERATIONS
from billing_exporter.simulator import Options, Simulator
from tools.reliability.in_process_exporter import NAME, Branch
from tools.reliability.matrix import (
    CONTRACT,
    CONTRACTS,
    DOCUMENT,
    FAULTS,
    INVOICES,
    LINES,
    LOGIN,
    ME,
    OVERVIEW,
    PERIOD,
    REPORT,
    SUCCESS,
    TRUSTORS,
    UNPOLLED,
    Fault,
    reason_of,
)

QUIET = Options(address="127.0.0.1:0", trustors=2, in_progress=0, rate_limit=0)
# What these say is in their rows of the matrix; here it is enough that a record can be read.
REWRITING = {
    *("duplicate_rows", "nulls", "empty_strings", "wrong_types", "thousands", "nan"),
    *("unknown_enum", "renamed_keys", "weird_names", "restated"),
    *("refreshed_late", "wrong_bill", "late_node", "annual_period", "same_ids"),
    *("credits", "payment_status", "no_rows"),
    *("empty_listing", "no_periods", "no_previous", "allowance_unit"),
}
NOW = datetime.now(UTC)
WINDOW = NOW - timedelta(days=3), NOW
# Longer than any wait that the client remembers over operations.
FORGETTING_SECONDS = 3600.0
# For what never answers: the client's own bound would take minutes.
SHORT_SECONDS, LONG_SECONDS = 0.5, 300.0
# Seconds that a token holds, and how many tokens' lives the test lasts.
LIFETIME, LIVES = 3, 2


class Client:
    """A client, and what there is to ask for."""

    def __init__(self, url: str) -> None:
        self.branch = Branch(url, lambda: datetime.now(UTC))
        self.api: BillingApi = self.branch.api
        contract = next(self.api.contracts())
        self.contract, self.period = str(contract.id), str(contract.billing_periods[0].id)
        # An invoice of nothing has no lines.
        unpaid = self.api.invoices(payment_status="UnPaid")
        self.invoice = str(next(each.id for each in unpaid if each.amount))
        self.trustor = str(next(self.api.trustors()).id)


CALLS: Mapping[str, Callable[[Client], object]] = MappingProxyType(
    {
        CONTRACT: lambda it: it.api.get_billing_contract(it.contract),
        CONTRACTS: lambda it: list(it.api.contracts()),
        DOCUMENT: lambda it: it.api.get_billing_contracts_invoice_document(it.invoice),
        INVOICES: lambda it: list(it.api.invoices()),
        LINES: lambda it: list(it.api.invoice_lines(it.invoice)),
        LOGIN: lambda it: it.api.get_organizations_me(),
        ME: lambda it: it.api.get_organizations_me(),
        OVERVIEW: lambda it: it.api.get_billing_trusteebillingoverview_trustor_org_id(it.trustor),
        PERIOD: lambda it: it.api.get_billing_contract_billingperiod(it.contract, it.period),
        REPORT: lambda it: it.api.billable_usage(*WINDOW),
        TRUSTORS: lambda it: list(it.api.trustors()),
    }
)


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    """A simulated Genesys Cloud with two customers."""
    with Simulator(QUIET) as it:
        yield it


@pytest.fixture(scope="module")
def well(simulator: Simulator) -> dict[str, object]:
    """What every operation gives when all is well."""
    client = Client(simulator.url)
    return {operation: call(client) for operation, call in CALLS.items()}


def test_every_operation_has_its_call() -> None:
    """No operation of the client is left out, nor is the login."""
    assert CALLS.keys() == {*OPERATIONS, LOGIN}


def asked(fault: Fault, operation: str, simulator: Simulator, client: Client) -> object:
    """Return what an operation gives under a fault, or which one failed and why."""
    simulator.service.set_faults([fault.text(operation)])
    if operation == LOGIN:
        simulator.service.revoke()
    try:
        with client.branch.in_haste(SHORT_SECONDS if fault.slow else LONG_SECONDS):
            return CALLS[operation](client)
    except ApiError as error:
        return error.operation, error.reason
    finally:
        simulator.service.set_faults([])
        client.branch.let_pass(FORGETTING_SECONDS)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.text(""))
def test_a_fault(fault: Fault, simulator: Simulator, well: dict[str, object]) -> None:
    """Each operation gives its record or the one documented reason why not, and is well again as
    soon as the fault ends.
    """
    client = Client(simulator.url)
    # Of large and slow answers polls have enough.
    operations = UNPOLLED if fault.slow or fault.name == "hugebody" else CALLS
    for operation in (each for each in operations if each in fault.on):
        given, reason = asked(fault, operation, simulator, client), reason_of(fault, operation)
        if reason is not None:
            assert given == (operation, reason), operation
        elif fault.name in REWRITING:
            assert type(given) is type(well[operation]), operation
        else:
            assert given == well[operation], operation
        assert CALLS[operation](client) == well[operation], operation


def test_tokens_that_expire() -> None:
    """While tokens expire again and again, no poll fails, and each token is used for long."""
    options = replace(QUIET, token_lifetime=LIFETIME)
    with Simulator(options) as simulator:
        branch = Branch(simulator.url, lambda: datetime.now(UTC))
        until, polls = time.monotonic() + LIVES * LIFETIME, 0
        while time.monotonic() < until:
            branch.poll()
            polls += 1
            assert set(branch.look().own.outcomes(NAME).values()) == {SUCCESS}
        requests = simulator.service.requests()
    assert LIVES <= requests[LOGIN]["200"] <= 2 * LIVES + 1
    assert branch.look().own.value("partial_failures_total") is None
    assert polls >= LIVES
