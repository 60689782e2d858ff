"""OAuth client credentials, as public clients have seen them."""

from base64 import b64encode

import pytest

from billing_exporter.simulator.answers import RefusedError
from billing_exporter.simulator.tokens import Tokens

FORM = {"grant_type": "client_credentials"}


def _basic(client: str, secret: str) -> str:
    return "Basic " + b64encode(f"{client}:{secret}".encode()).decode()


def _tokens(now: list[float]) -> Tokens:
    return Tokens({"demo": "sesame", "other": "open"}, 300, lambda: now[0])


def test_a_token_holds_until_it_expires() -> None:
    """A token is good for its lifetime and then is `bad.credentials`."""
    now = [0.0]
    tokens = _tokens(now)
    answer = tokens.grant(_basic("demo", "sesame"), FORM)
    assert answer.status == 200
    assert answer.payload["token_type"] == "bearer"
    assert answer.payload["expires_in"] == 300
    header = f"Bearer {answer.payload['access_token']}"
    now[0] = 299.0
    assert tokens.check(header) == "demo"
    now[0] = 300.0
    with pytest.raises(RefusedError) as refused:
        tokens.check(header)
    assert (refused.value.status, refused.value.code) == (401, "bad.credentials")


def test_a_token_is_of_its_client() -> None:
    """Each client gets tokens by its own secret, and each token is known as that client's."""
    tokens = _tokens([0.0])
    for client, secret in (("demo", "sesame"), ("other", "open"), ("demo", "sesame")):
        token = tokens.grant(_basic(client, secret), FORM).payload["access_token"]
        assert tokens.check(f"Bearer {token}") == client


def test_a_revoked_token_is_refused() -> None:
    """After revoking, the token is `bad.credentials`."""
    tokens = _tokens([0.0])
    token = tokens.grant(_basic("demo", "sesame"), FORM).payload["access_token"]
    tokens.revoke()
    with pytest.raises(RefusedError) as refused:
        tokens.check(f"Bearer {token}")
    assert refused.value.code == "bad.credentials"


def test_no_header_is_another_error() -> None:
    """Without a header the code is `authentication.required`."""
    with pytest.raises(RefusedError) as refused:
        _tokens([0.0]).check(None)
    assert refused.value.code == "authentication.required"


@pytest.mark.parametrize(
    ("authorization", "form", "status", "error"),
    [
        (_basic("nobody", "sesame"), FORM, 400, "invalid_client"),
        (_basic("other", "sesame"), FORM, 401, "invalid_client"),
        (_basic("demo", "wrong"), FORM, 401, "invalid_client"),
        (_basic("demo", "sesame"), {"grant_type": "password"}, 400, "unsupported_grant_type"),
        ("Basic a", FORM, 400, "invalid_client"),
        ("Bearer x", FORM, 400, "invalid_client"),
    ],
)
def test_a_bad_request_gets_the_shape_of_the_login_host(
    authorization: str, form: dict[str, str], status: int, error: str
) -> None:
    """The login host says `error` and the same text twice, 400 or 401 as the case is."""
    answer = _tokens([0.0]).grant(authorization, form)
    assert answer.status == status
    assert answer.payload["error"] == error
    assert answer.payload["description"] == answer.payload["error_description"]
