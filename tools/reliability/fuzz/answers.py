"""Answers of the API to one operation: read, or refused in words that say nothing of them."""

import json
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from billing_exporter.genesys import Account, ApiError, BillingApi
from billing_exporter.genesys.errors import UnexpectedAnswer
from billing_exporter.genesys.operations import BILLABLEUSAGE_COUNTED, OPERATIONS, Operation
from billing_exporter.genesys.transport import Answer
from billing_exporter.simulator.routes import TOKEN
from tools.reliability.fuzz.harness import Target
from tools.reliability.fuzz.service import HEADERS, STATUSES, Canned, bodies
from tools.reliability.in_process_exporter import HurriedClock
from tools.testkit.json_strategies import any_json, well_formed

_MARK = "shibboleth"
# The bound of one operation, and the longest hold that an answer can ask of the next.
_LONGEST_SECONDS = 300.0 + 2 * 120.0


def kind_of(operation: Operation[Any]) -> Any:
    """Return the record that an operation's answers become."""
    return operation.decoder._exact.type  # noqa: SLF001 - the decoder is a witness here


_KINDS = [kind_of(each) for each in (*OPERATIONS.values(), BILLABLEUSAGE_COUNTED)]
ANY = any_json(_KINDS).map(lambda value: json.dumps(value).encode())


def body_of(operation: Operation[Any]) -> st.SearchStrategy[bytes]:
    """Return bodies that could be meant as answers of an operation."""
    return bodies(well_formed(kind_of(operation)), ANY)


@dataclass(frozen=True)
class Decoding:
    """A body for an operation."""

    operation: Operation[Any]
    body: bytes


def _decode(given: Decoding) -> None:
    try:
        decoded = given.operation.decoder.decode(given.body)
    except UnexpectedAnswer as error:
        assert _MARK not in f"{error!r} {error} {error.path}"
        return
    json.dumps([*decoded.unexpected]).encode("ascii")
    assert _MARK not in str(decoded.unexpected)


@dataclass(frozen=True)
class Conversation:
    """What login and API answer, in turn."""

    login: list[Answer]
    api: list[Answer]


def _converse(given: Conversation) -> None:
    name = "get_organizations_me"
    transport, clock = Canned({TOKEN: given.login, name: given.api}), HurriedClock()
    api = BillingApi(
        Account("https://a.example.com", "https://l.example.com", "id", lambda: _MARK),
        clock=clock,
        transport=transport,
        jitter=lambda: 1.0,
    )
    for _ in range(2):
        skipped = clock.skipped
        try:
            api.get_organizations_me()
        except ApiError as error:
            assert type(error) is not ApiError
            assert _MARK not in f"{error!r} {error} {error.code} {error.correlation_id}"
            assert "\n" not in str(error)
        assert clock.skipped - skipped <= _LONGEST_SECONDS
    assert transport.requests <= 40
    api.close()


_LOGIN_BODIES = bodies(
    st.fixed_dictionaries(
        {"access_token": st.text(max_size=5) | st.just("t")},
        optional={"expires_in": st.floats() | st.integers() | st.text(max_size=4)},
    ).map(lambda value: json.dumps(value).encode()),
    st.fixed_dictionaries({"error": st.sampled_from(["invalid_client", 7, None])}).map(
        lambda value: json.dumps(value).encode()
    ),
)


def _answers(body: st.SearchStrategy[bytes]) -> st.SearchStrategy[list[Answer]]:
    return st.lists(st.builds(Answer, STATUSES, HEADERS, body), min_size=1, max_size=4)


DECODING = Target(
    name="answers of each operation",
    inputs=st.sampled_from([*OPERATIONS.values(), BILLABLEUSAGE_COUNTED]).flatmap(
        lambda operation: st.builds(Decoding, st.just(operation), body_of(operation))
    ),
    check=_decode,
    holds="a record, or one documented error that shows nothing of the answer",
    share=3,
)
CONVERSATION = Target(
    name="statuses, headers and bodies of login and API",
    inputs=st.builds(
        Conversation,
        login=st.just([]) | _answers(_LOGIN_BODIES),
        api=_answers(body_of(OPERATIONS["get_organizations_me"])),
    ),
    check=_converse,
    holds="a documented error or a record, within the time and the requests allowed",
    share=2,
)
