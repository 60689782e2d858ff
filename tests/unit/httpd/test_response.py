"""Heads of answers."""

from billing_exporter.httpd.response import Response, render_head, text_response


def test_a_head_says_everything_a_client_needs() -> None:
    """The head has status, date, type, the length of all pieces together, and own headers."""
    response = Response(200, "text/plain", (b"ab", b"", b"c"), (("Vary", "Accept"),))
    assert render_head(response, now=0.0, keep_alive=True) == (
        b"HTTP/1.1 200 OK\r\n"
        b"Server: billing-exporter\r\n"
        b"Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
        b"X-Content-Type-Options: nosniff\r\n"
        b"Vary: Accept\r\n"
        b"Content-Type: text/plain\r\n"
        b"Content-Length: 3\r\n"
        b"\r\n"
    )


def test_the_last_answer_says_so() -> None:
    """The last answer on a connection says that it will be closed."""
    head = render_head(text_response(400, "no"), now=0.0, keep_alive=False)
    assert head.endswith(b"\r\nConnection: close\r\n\r\n")


def test_no_content_has_no_length() -> None:
    """An answer without content has neither type nor length, as HTTP demands."""
    assert b"Content-" not in render_head(Response(204), now=0.0, keep_alive=True).replace(
        b"X-Content-Type-Options", b""
    )
