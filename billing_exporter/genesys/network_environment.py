"""The environment's part in connections: proxies, and the certificate authorities to trust."""

import ipaddress
import ssl
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from requests.utils import DEFAULT_CA_BUNDLE_PATH, get_environ_proxies
from urllib3.util.ssl_ import create_urllib3_context

from billing_exporter.genesys.errors import Unreachable

CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")
"""The first of them that is set names what is trusted instead of the usual authorities."""


def proxies_for(origin: str) -> dict[str, str]:
    """Return the proxies for an origin as `requests` expects them; none for a loopback host."""
    return {} if is_loopback(urlsplit(origin).hostname or "") else get_environ_proxies(origin)


def is_loopback(host: str) -> bool:
    """Return True for the addresses and names of this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def proxy_variable(environ: Mapping[str, str]) -> str:
    """Return the name of the variable that gives the proxy for https."""
    names = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
    return next((name for name in names if environ.get(name)), "HTTPS_PROXY")


def ca_variable(environ: Mapping[str, str]) -> str | None:
    """Return the name of the variable that names the authorities to trust, if one does."""
    return next((name for name in CA_VARIABLES if environ.get(name)), None)


def trusted(environ: Mapping[str, str]) -> ssl.SSLContext:
    """Return a TLS context that trusts what the environment names.

    Without a variable: the system's authorities and those that the Python package certifi ships.

    Raises:
        Unreachable: What the environment names cannot be read, or holds no certificate.
    """
    context = create_urllib3_context()
    context.verify_mode = ssl.CERT_REQUIRED
    name = ca_variable(environ)
    if name is None:
        context.load_default_certs()
        context.load_verify_locations(cafile=DEFAULT_CA_BUNDLE_PATH)
        return context
    path = Path(environ[name])
    try:
        if path.is_dir():
            context.load_verify_locations(capath=str(path))
        else:
            context.load_verify_locations(cafile=str(path))
    except ssl.SSLError:
        raise Unreachable(f"{name} names {path}, which holds no certificate in PEM form") from None
    except OSError as error:
        why = error.strerror or "failed"
        raise Unreachable(f"{name} names {path}, which cannot be read: {why}") from None
    return context
