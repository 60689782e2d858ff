"""Why a request got no answer, in words that name the cause and the setting.

The libraries wrap the cause in several exceptions, whose own text could hold a proxy's password.
"""

import os
import re
import socket
import ssl
from collections.abc import Iterator, Mapping

import requests
import urllib3.exceptions

from billing_exporter.genesys.network_environment import ca_variable, proxy_variable

# The first kind that fits explains.
_EXPLANATIONS: tuple[tuple[type[Exception], str], ...] = (
    (requests.exceptions.SSLError, "TLS failed: does this port speak TLS?"),
    (requests.exceptions.ConnectTimeout, "no connection in time: check the network and firewalls"),
    (requests.exceptions.Timeout, "no answer in time"),
    (requests.exceptions.ConnectionError, "no connection: check the host's name and the network"),
    (requests.exceptions.RequestException, "no request could be made: check the URLs and proxies"),
    (urllib3.exceptions.TimeoutError, "the answer stalled"),
    (urllib3.exceptions.HTTPError, "the answer was cut off"),
    (OSError, "no connection: check the network"),
)
_TUNNEL = re.compile(r"Tunnel connection failed: ([0-9]{3})\b")
_PROXY_STATUSES = {
    "403": "the proxy in {} refuses this host (403): let it pass the API's and the login's host",
    "407": "the proxy in {} asks for a password (407): write http://USER:PASSWORD@HOST:PORT",
}
# OpenSSL's X509_V_ERR_...
_WRONG_TIME = {9, 10}
_WRONG_HOST = {62, 63, 64}


def explain(error: Exception, environ: Mapping[str, str]) -> str:
    """Return one line for an operator."""
    causes = tuple(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _untrusted(cause, environ)
    if any(isinstance(cause, requests.exceptions.ProxyError) for cause in causes):
        return _of_proxy(causes, proxy_variable(environ))
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return "the host's name cannot be resolved: check region or api_url, and DNS"
    fitting = (text for kind, text in _EXPLANATIONS if isinstance(error, kind))
    text = next(fitting, "the answer is not HTTP")
    why = _system_error(causes)
    return text.replace("no connection:", f"no connection ({why}):") if why else text


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and all that it wraps or came from."""
    waiting, seen = [error], set[int]()
    while waiting:
        cause = waiting.pop(0)
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        inner = (*cause.args, getattr(cause, "reason", None), cause.__cause__, cause.__context__)
        waiting += [each for each in inner if isinstance(each, BaseException)]


def _untrusted(error: ssl.SSLCertVerificationError, environ: Mapping[str, str]) -> str:
    # Some Pythons raise one without these facts.
    code, why = getattr(error, "verify_code", 0), getattr(error, "verify_message", "")
    said = f"TLS failed: {why.rstrip('.') or 'the certificate is not trusted'}"
    if code in _WRONG_TIME:
        return f"{said}: check this machine's clock, then the server's certificate"
    if code in _WRONG_HOST:
        return f"{said}: check api_url and login_url, and whether a proxy answers instead"
    name = ca_variable(environ)
    if name is not None:
        return f"{said}: {name} names {environ[name]}, which lacks the authority that signed it"
    return (
        f"{said}: where a proxy inspects TLS, name a file with its certificate authority in "
        "SSL_CERT_FILE"
    )


def _of_proxy(causes: tuple[BaseException, ...], variable: str) -> str:
    tunnels = [_TUNNEL.search(str(cause)) for cause in causes if isinstance(cause, OSError)]
    status = next((found[1] for found in tunnels if found), None)
    if status is not None:
        other = f"the proxy in {{}} answered {status} instead of connecting: can it reach the host?"
        return _PROXY_STATUSES.get(status, other).format(variable)
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return f"the proxy's name in {variable} cannot be resolved"
    why = _system_error(causes) or "no connection in time"
    return f"the proxy in {variable} does not answer ({why}): check {variable} and NO_PROXY"


def _system_error(causes: tuple[BaseException, ...]) -> str | None:
    """Return the system's word for what went wrong; TLS and names have numbers of their own."""
    for cause in causes:
        own = isinstance(cause, ssl.SSLError | socket.gaierror)
        if isinstance(cause, OSError) and cause.errno and not own:
            return os.strerror(cause.errno)
    return None
