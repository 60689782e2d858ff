"""Text in, text without secrets and people out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_exporter.redaction import Redactor


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Authorization: Bearer abc.def-ghi", "Authorization: Bearer <redacted>"),
        ("basic Zm9vOmJhcg==", "basic <redacted>"),
        ("mail jane.doe@example.com, please", "mail <redacted>, please"),
        ("user=jane%2Bx%40example.com", "user=<redacted>"),
        ("http://me:pass@example.com/a", "http://<redacted>@example.com/a"),
        ("at https://example.com/a?sig=1&b=2 now", "at https://example.com/a?<redacted> now"),
        ("at https://example.com/a#part", "at https://example.com/a?<redacted>"),
        ("with url: /api/v2/x?after=1 (Caused", "with url: /api/v2/x?<redacted> (Caused"),
        ("the basic plan, a bearer of it", "the basic plan, a bearer of it"),
        ("why? because a = b", "why? because a = b"),
        ("a@b, ACME @ Home, 3 @ 4.5", "a@b, ACME @ Home, 3 @ 4.5"),
    ],
)
def test_tokens_people_and_queries_are_masked(text: str, clean: str) -> None:
    """Tokens, e-mail addresses, users and queries of URLs are masked; the rest stays."""
    assert Redactor().clean(text) == clean


def test_known_secrets_are_masked_plain_and_in_urls() -> None:
    """A secret is masked wherever it stands, also inside words and as a URL writes it."""
    redactor = Redactor()
    redactor.redact("very/secret")
    redactor.redact("very/secret-longer")
    assert redactor.clean("xvery/secret-longer very/secretx") == "x<redacted> <redacted>x"
    assert redactor.clean("very%2Fsecret") == "<redacted>"


def test_short_secrets_do_not_garble_lines() -> None:
    """A secret of five characters or fewer, such as that of the demo, is not searched for."""
    redactor = Redactor()
    redactor.redact("demo")
    redactor.redact("")
    assert redactor.clean("the demo runs") == "the demo runs"


@given(st.text(), st.text(), st.text(min_size=6))
def test_no_text_shows_a_known_secret(before: str, after: str, secret: str) -> None:
    """Whatever stands around it, a known secret is gone from the text."""
    secret = secret.encode("utf-8", "replace").decode()
    redactor = Redactor()
    redactor.redact(secret)
    if secret not in "<redacted>" * 2:
        assert secret not in redactor.clean(before + secret + after)


@pytest.mark.parametrize(
    "piece", ["a", "?", "http://", "Bearer ", "a@", "a@b.", "://", "%40", "?a", "a.", "=&?"]
)
def test_long_text_costs_little(piece: str) -> None:
    """No repetition of a piece makes the masking slow, which a runaway test would show."""
    assert Redactor().clean(piece * 5_000)
