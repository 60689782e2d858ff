"""The source of another suite is the machine's own source with the suite replaced."""

import pytest

from tools.testkit.debian import FetchError, source_of

_STANZAS = """
Types: deb
URIs: https://backports.example/debian
Suites: bookworm-backports
Components: main

# the archive
Types: deb deb-src
URIs: https://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
"""
_ONE_LINE = """
# deb https://old.example/debian bookworm main
deb https://security.example/debian-security bookworm-security main
deb [arch=amd64 signed-by=/usr/share/keyrings/k.gpg] https://mirror.example/debian stable main
"""


def test_a_stanza_keeps_mirror_and_key() -> None:
    """Of the stanza format only types, suite and components change; a key in it survives."""
    assert source_of("unstable", [_STANZAS], "bookworm") == (
        "Types: deb\n"
        "URIs: https://mirror.example/debian\n"
        "Suites: unstable\n"
        "Components: main\n"
        "Signed-By: \n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n"
    )


def test_a_line_keeps_mirror_and_options() -> None:
    """The one-line format becomes a stanza; comments and other archives are passed over."""
    assert source_of("unstable", [_ONE_LINE], "bookworm") == (
        "Architectures: amd64\n"
        "Signed-By: /usr/share/keyrings/k.gpg\n"
        "URIs: https://mirror.example/debian\n"
        "Suites: unstable\n"
        "Components: main\n"
        "Types: deb\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "deb https://vendor.example/apt vendor main",
        "Enabled: no\nTypes: deb\nURIs: https://m.example/\nSuites: bookworm\nComponents: main",
        "Types: deb\nURIs: https://m.example/\nSuites: bookworm\nComponents: contrib",
    ],
)
def test_without_the_main_archive_there_is_no_source(text: str) -> None:
    """A vendor's, a disabled and a partial source are not taken for Debian's main archive."""
    with pytest.raises(FetchError, match="main archive"):
        source_of("unstable", [text], "bookworm")
