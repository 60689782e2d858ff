"""Ask a running exporter whether it is well, for a container that has no other program."""

import http.client
import ssl
import urllib.parse


class UnwellError(Exception):
    """The exporter did not answer with status 200; the text says what it did instead."""


def look(url: str, timeout: float) -> None:
    """Ask a URL once.

    The certificate of an exporter that serves HTTPS is not checked: it is for the name by which
    Prometheus asks, and nothing secret is sent.

    Args:
        url: What is asked, ``http`` or ``https``.
        timeout: Seconds within which it must answer.

    Raises:
        UnwellError: It did not answer, or with another status than 200.
        ValueError: The URL cannot be read.
    """
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"--url: {url} is no http or https URL")
    connection = _connection(parts, timeout)
    try:
        connection.request("GET", parts.path or "/")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        raise UnwellError(f"{url}: {error or type(error).__name__}") from None
    finally:
        connection.close()
    if status != http.client.OK:
        raise UnwellError(f"{url}: status {status}")


def _connection(parts: urllib.parse.SplitResult, timeout: float) -> http.client.HTTPConnection:
    host = str(parts.hostname)
    if parts.scheme == "http":
        return http.client.HTTPConnection(host, parts.port, timeout=timeout)
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return http.client.HTTPSConnection(host, parts.port, timeout=timeout, context=context)
