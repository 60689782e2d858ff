"""Command ``health``: asks a running exporter whether it is well."""

import argparse
import http.client
import ssl
import urllib.parse

from billing_exporter.commands.errors import CommandError, UsageError

DEFAULT_URL = "http://127.0.0.1:10059/-/healthy"

EXAMPLES = """\
examples:
  billing-exporter health                         the exporter on this machine
  billing-exporter health --url https://billing.example.com:10059/-/ready --timeout 2
"""


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


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    parser.add_argument(
        "--url",
        default=DEFAULT_URL,
        help=f"URL to ask, http or https (default {DEFAULT_URL})",
    )
    parser.add_argument(
        "--timeout",
        type=float,
        default=5.0,
        metavar="SECONDS",
        help="longest wait for the answer (default 5)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Ask once.

    Raises:
        CommandError: there is no answer, or it is not a good one.
    """
    try:
        look(arguments.url, arguments.timeout)
    except ValueError as error:
        raise UsageError(f"billing-exporter: {error}") from None
    except UnwellError as error:
        raise CommandError(f"billing-exporter: {error}") from None
    return 0
