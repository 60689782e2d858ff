"""Web configuration files with what they are taken for, by us and by promtool.

The files that they name are made by the tests: ``s.crt`` and ``s.key`` belong together, ``ca.crt``
has signed them, ``other.key`` belongs to nothing.
"""

from dataclasses import dataclass

from billing_exporter.httpd.tls_settings import CIPHER_SUITES, TLS13_SUITES

HASH = "$2y$10$X0h1gDsPszWURQaxFh.zoubFi6DXncSjhoQNJgRrnGs7EsimhC7zG"
TLS = "tls_server_config: {cert_file: s.crt, key_file: s.key"
INLINE = "  cert: |\n@s.crt@  key: |\n@s.key@"
"""Certificate and key as text: a line ``@name@`` stands for the indented text of a file."""
ASKING = f"{TLS}, client_auth_type: RequireAndVerifyClientCert, client_ca_file: ca.crt"


@dataclass(frozen=True)
class Case:
    """A text, our errors without the file's name, and whether promtool takes it too.

    Attributes:
        text: What the file holds.
        problems: Our errors; none makes it a good file.
        promtool: Whether promtool 3 takes it, where that is not the same.
        old: Whether promtool 2 takes it, where it is not like promtool 3.
    """

    text: str
    problems: tuple[str, ...] = ()
    promtool: bool | None = None
    old: bool | None = None

    def taken(self, major: int) -> bool:
        """Return whether a promtool is expected to take it."""
        newest = not self.problems if self.promtool is None else self.promtool
        return newest if major > 2 or self.old is None else self.old


def bad(text: str, *problems: str, promtool: bool = False, old: bool | None = None) -> Case:
    """Return a case with errors."""
    return Case(text, problems, promtool, old)


_PART = "1: tls_server_config"
_KNOWN = "tls_server_config, http_server_config, rate_limit, basic_auth_users"
_HASHED = "expected a bcrypt hash such as `htpasswd -nBC 10 NAME` prints"
_NO_KEY = "key_file: required, unless `key` holds the text itself"
_NO_CERT = "cert_file: required, unless `cert` holds the text itself"
_UNVERIFIED = (
    f"{_PART}.client_auth_type: a client's certificate cannot be taken without verifying it, and "
    "would prove nothing: write one of NoClientCert, VerifyClientCertIfGiven, "
    "RequireAndVerifyClientCert"
)
_OLD = "TLS 1.0 and 1.1 are not served: write TLS12 or TLS13"
_PEM = "holds no certificate in PEM form"
GONE = "cannot be read: No such file or directory"

CASES = {
    "nothing but braces": Case("{}"),
    "empty": Case(""),
    "nothing but a comment": Case("# nothing is protected\n\n"),
    "certificate and key as text": Case("tls_server_config:\n" + INLINE, old=False),
    "text and file": Case("tls_server_config:\n  cert_file: s.crt\n  key: |\n@s.key@", old=False),
    "authority as text": Case(
        f"tls_server_config:\n{INLINE}  client_auth_type: RequireAndVerifyClientCert\n"
        "  client_ca: |\n@ca.crt@",
        old=False,
    ),
    "limits": Case("rate_limit: {interval: 1s, burst: 20}", old=False),
    "limits of parts of a second": Case("rate_limit: {interval: 1m1.5s, burst: 1}", old=False),
    "no limits": Case("rate_limit: {interval: 0s, burst: 0}", old=False),
    "a header that looks like a number": Case(
        "http_server_config: {headers: {X-XSS-Protection: 0}}"
    ),
    "a slow hash": Case(f"basic_auth_users: {{ann: {HASH.replace('10', '17')}}}"),
    "least TLS": Case(f"{TLS}}}"),
    "all of TLS": Case(
        f"{ASKING}, min_version: TLS12, max_version: TLS13, prefer_server_cipher_suites: no,"
        f" cipher_suites: [{', '.join((*CIPHER_SUITES, *TLS13_SUITES))}],"
        " curve_preferences: [CurveP256], client_allowed_sans: [a.example]}",
        old=False,  # knows no client_allowed_sans
    ),
    "empty lists": Case(f"{TLS}, cipher_suites: [], curve_preferences: []}}"),
    "certificates if given": Case(f"{TLS}, client_auth_type: VerifyClientCertIfGiven}}"),
    "HTTP": Case(
        "http_server_config:\n  http2: false\n  headers:\n"
        "    Content-Security-Policy: default-src 'self'\n    X-Frame-Options: sameorigin\n"
        "    X-Content-Type-Options: nosniff\n    X-XSS-Protection: '0'\n"
        "    Strict-Transport-Security: ''\n"
    ),
    "users": Case(f"basic_auth_users:\n  ann: {HASH}\n  b@b.example: {HASH}\n  12: {HASH}\n"),
    "no users": Case("basic_auth_users: {}"),
    # Errors for promtool as well.
    "unknown part": bad("nope: 1", f"1: nope: unknown setting; known here: {_KNOWN}"),
    "unknown setting": bad(
        f"{TLS}, ciphers: []}}",
        f"{_PART}.ciphers: unknown setting; did you mean `cipher_suites`?",
    ),
    "a list": bad("[a]", "1: expected a mapping, got a list"),
    "no key": bad(
        "tls_server_config:\n  cert_file: s.crt",
        f"{_PART}.{_NO_KEY}",
    ),
    "no such files": bad(
        "tls_server_config:\n  cert_file: a\n  key_file: b\n",
        f"2: tls_server_config.cert_file: {GONE}",
    ),
    "swapped files": bad(
        "tls_server_config: {cert_file: s.key, key_file: s.crt}", f"{_PART}.cert_file: {_PEM}"
    ),
    "another key": bad(
        "tls_server_config: {cert_file: s.crt, key_file: other.key}",
        f"{_PART}.key_file: not the key of the certificate in cert_file",
    ),
    "unknown version": bad(
        f"{TLS}, min_version: SSL3}}",
        f"{_PART}.min_version: expected TLS12 or TLS13, got other text",
    ),
    "unknown suites": bad(
        f"{TLS}, cipher_suites: [nope]}}",
        f"{_PART}.cipher_suites[0]: unknown cipher suite; known are "
        + ", ".join((*CIPHER_SUITES, *TLS13_SUITES)),
    ),
    "unknown curve": bad(
        f"{TLS}, curve_preferences: [P-256]}}",
        f"{_PART}.curve_preferences[0]: unknown curve; known are CurveP256, CurveP384, CurveP521,"
        " X25519",
    ),
    "unknown policy": bad(
        f"{TLS}, client_auth_type: all}}",
        f"{_PART}.client_auth_type: expected one of NoClientCert, VerifyClientCertIfGiven, "
        "RequireAndVerifyClientCert, got other text",
    ),
    "authority without policy": bad(
        f"{TLS}, client_ca_file: ca.crt}}",
        f"{_PART}.client_ca_file: needs a client_auth_type that asks for certificates",
    ),
    "no such authority": bad(
        f"{TLS}, client_auth_type: VerifyClientCertIfGiven, client_ca_file: none}}",
        f"{_PART}.client_ca_file: {GONE}",
    ),
    "another header": bad(
        "http_server_config: {headers: {Server: x}}",
        "1: http_server_config.headers.Server: unknown header, or one that cannot be set; known "
        "are Content-Security-Policy, Strict-Transport-Security, X-Content-Type-Options, "
        "X-Frame-Options, X-XSS-Protection",
    ),
    "another value": bad(
        "http_server_config: {headers: {X-Frame-Options: DENY}}",
        "1: http_server_config.headers.X-Frame-Options: expected deny or sameorigin, got other "
        "text",
    ),
    "a password in clear": bad(
        "basic_auth_users: {ann: hunter2}", f"1: basic_auth_users.ann: {_HASHED}"
    ),
    "a cost too low": bad(
        f"basic_auth_users: {{ann: {HASH.replace('10', '03')}}}",
        f"1: basic_auth_users.ann: {_HASHED}",
    ),
    "a user twice": bad(
        f"basic_auth_users:\n  ann: {HASH}\n  ann: {HASH}",
        "3: basic_auth_users.ann: given twice, first in line 2",
    ),
    # What promtool takes and cannot be meant, or cannot be done here.
    "a part without content": bad(
        "tls_server_config:\nbasic_auth_users:",
        "1: tls_server_config: expected a mapping, got nothing",
        "2: basic_auth_users: expected a mapping, got nothing",
        promtool=True,
    ),
    "TLS without certificate": bad(
        "tls_server_config: {min_version: TLS13}",
        f"{_PART}.{_NO_CERT}",
        f"{_PART}.{_NO_KEY}",
        promtool=True,
    ),
    "old versions": bad(
        f"{TLS}, min_version: TLS10, max_version: TLS11}}",
        f"{_PART}.min_version: {_OLD}",
        f"{_PART}.max_version: {_OLD}",
        promtool=True,
    ),
    "no version": bad(
        f"{TLS}, min_version: TLS13, max_version: TLS12}}",
        f"{_PART}.min_version: above max_version: no version is left",
        promtool=True,
    ),
    "any certificate": bad(
        f"{TLS}, client_auth_type: RequireAnyClientCert}}", _UNVERIFIED, promtool=True
    ),
    "a certificate for nothing": bad(
        f"{TLS}, client_auth_type: RequestClientCert}}", _UNVERIFIED, promtool=True
    ),
    "names of nobody": bad(
        f"{TLS}, client_allowed_sans: [a]}}",
        f"{_PART}.client_allowed_sans: needs client_auth_type: RequireAndVerifyClientCert",
        promtool=True,
        old=False,
    ),
    "no name allowed": bad(
        f"{ASKING}, client_allowed_sans: []}}",
        f"{_PART}.client_allowed_sans: expected a list with at least one value, got an empty list",
        promtool=True,
        old=False,
    ),
    "authority of another kind": bad(
        f"{TLS}, client_auth_type: VerifyClientCertIfGiven, client_ca_file: s.key}}",
        f"{_PART}.client_ca_file: {_PEM}",
        promtool=True,
    ),
    "two curves": bad(
        f"{TLS}, curve_preferences: [X25519, CurveP256]}}",
        f"{_PART}.curve_preferences: expected one curve: an order of several cannot be set with "
        "Python",
        promtool=True,
    ),
    "one suite of TLS 1.3": bad(
        f"{TLS}, cipher_suites: [TLS_AES_128_GCM_SHA256]}}",
        f"{_PART}.cipher_suites: the suites of TLS 1.3 cannot be chosen one by one: list all three "
        "or none",
        f"{_PART}.cipher_suites: no suite of TLS 1.2 is listed: add one, or min_version: TLS13",
        promtool=True,
    ),
    "suites without secrecy": bad(
        f"{TLS}, cipher_suites: [TLS_RSA_WITH_AES_128_GCM_SHA256]}}",
        f"{_PART}.cipher_suites[0]: unknown cipher suite; known are "
        + ", ".join((*CIPHER_SUITES, *TLS13_SUITES)),
        old=True,
    ),
    "limits that refuse everything": bad(
        "rate_limit: {interval: 1s}",
        "1: rate_limit.burst: needs at least 1: with 0 no request at all would be answered",
        promtool=True,
        old=False,
    ),
    "limits in other words": bad(
        "rate_limit: {interval: often, burst: 1}",
        "1: rate_limit.interval: expected a duration such as 1s or 100ms, or 0 for no limit",
    ),
    "certificate twice": bad(
        "tls_server_config:\n  cert_file: s.crt\n" + INLINE,
        "3: tls_server_config.cert: given beside cert_file: keep one of them",
        promtool=True,
        old=False,
    ),
    "text that is no certificate": bad(
        "tls_server_config: {cert: no, key: 'no'}",
        f"{_PART}.cert: expected text, got true/false: put it in quotes",
    ),
    "text that is no key": bad(
        "tls_server_config:\n  key: no key\n  cert: |\n@s.crt@",
        "2: tls_server_config.key: holds no private key in PEM form",
    ),
    "text of another key": bad(
        "tls_server_config:\n  key: |\n@other.key@  cert: |\n@s.crt@",
        "2: tls_server_config.key: not the key of the certificate in cert",
    ),
    "a header of two lines": bad(
        'http_server_config: {headers: {Content-Security-Policy: "a\\nb"}}',
        "1: http_server_config.headers.Content-Security-Policy: holds a line feed or another "
        "control character",
        promtool=True,
    ),
    "a header in letters of its own": bad(
        "http_server_config: {headers: {X-XSS-Protection: ä}}",
        "1: http_server_config.headers.X-XSS-Protection: expected ASCII text",
        promtool=True,
    ),
    "a name with a colon": bad(
        f"basic_auth_users: {{'a:b': {HASH}}}",
        "1: basic_auth_users.?: no client can give a name that holds a colon",
        promtool=True,
    ),
    "a cost that does not exist": bad(
        f"basic_auth_users: {{ann: {HASH.replace('10', '32')}}}",
        f"1: basic_auth_users.ann: {_HASHED}",
    ),
    "half a hash": bad(
        f"basic_auth_users: {{ann: {HASH[:-1]}}}",
        f"1: basic_auth_users.ann: {_HASHED}",
        promtool=True,
    ),
}
