"""A secret shows itself to nobody who does not ask, and its file is read strictly."""

from pathlib import Path

import msgspec
import pytest

from billing_exporter.config.secret import Secret, read_secret


def test_a_secret_hides_in_every_text() -> None:
    """repr, str, format and an unwilling encoder do not show a secret; reveal does."""
    secret = Secret("very-secret")
    assert f"{secret} {secret!r} {[secret]}" == "<secret> <secret> [<secret>]"
    assert secret.reveal() == "very-secret"
    with pytest.raises(TypeError, match="Secret"):
        msgspec.json.encode(secret)


def test_secrets_compare_by_their_text() -> None:
    """Two secrets are equal, and hash alike, when their texts are; text is not a secret."""
    assert {Secret("a"), Secret("a")} == {Secret("a")}
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"a", "a"),
        (b"a\n", "a"),
        (b"a\r\n", "a"),
        (b" a \n\n", " a "),
        (b"\n\r\na\r\n\r\n", "a"),
        (b"\xef\xbb\xbfa\r\n", "a"),
        ("a\r\n".encode("utf-16"), "a"),
        (b"\xfe\xff" + "a\n".encode("utf-16-be"), "a"),
    ],
)
def test_line_ends_and_marks_are_stripped(tmp_path: Path, content: bytes, text: str) -> None:
    """Line ends and a byte order mark, which editors add, are no part of a secret."""
    file = tmp_path / "secret"
    file.write_bytes(content)
    assert read_secret(str(file)) == text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"\xff", "is not UTF-8 text"),
        (b"\xef\xbb\xbf\r\n", "is empty"),
        (b"id: a\nsecret: b\n", "has several lines; a secret is one"),
        (b"\xff\xfea", "is not UTF-8 text"),
        (b"a" * 70_000, "is larger than a secret may be, 64 KiB"),
    ],
)
def test_a_file_without_a_secret_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    """A file that is empty, binary or huge is refused by name."""
    file = tmp_path / "secret"
    file.write_bytes(content)
    with pytest.raises(OSError, match=f"secret {message}"):
        read_secret(str(file))


def test_a_file_that_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    """A missing file, a folder and an impossible name are refused in one line."""
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(OSError, match=f"^cannot read {path}: "):
            read_secret(str(path))
    with pytest.raises(OSError, match="NUL"):
        read_secret("a\0b")
