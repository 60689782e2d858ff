"""Pieces: any sequence of edits gives the lines that a plain dictionary gives."""

from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_exporter.metrics import pieces
from billing_exporter.metrics.pieces import Edits, Piece, Run, edited, restored

SMALL = 40
"""Bytes of a piece in these tests, so that few lines make many pieces."""

lines = st.integers(1, 3 * SMALL).map(lambda length: b"x" * (length - 1) + b"\n")
edits = st.dictionaries(st.text("abc", max_size=3), st.none() | lines, max_size=12)
edit_lists = st.lists(edits, max_size=8)


def after(steps: list[Edits]) -> Run:
    """Return the run that edits make, one after the other, with small pieces."""
    run: Run = ()
    with mock.patch.object(pieces, "PIECE_BYTES", SMALL):
        for step in steps:
            run = edited("metric", run, step)
    return run


def content(run: Run) -> list[tuple[str, int, bytes]]:
    """Return the key, the length and the lines of each part."""
    found = []
    for piece in run:
        text = piece.text.text()
        assert len(piece.keys) == len(piece.lengths)
        for key, length in zip(piece.keys, piece.lengths, strict=True):
            found.append((key, length, text[:length]))
            text = text[length:]
        assert text == b""
    return found


def expected(steps: list[Edits]) -> list[tuple[str, int, bytes]]:
    """Return the same from a plain dictionary."""
    known: dict[str, bytes] = {}
    for step in steps:
        for key, given_lines in step.items():
            if given_lines is None:
                known.pop(key, None)
            else:
                known[key] = given_lines
    return [(key, len(known[key]), known[key]) for key in sorted(known)]


@given(edit_lists)
def test_a_run_holds_what_the_edits_left(steps: list[Edits]) -> None:
    """After any edits a run has the lines of each part once, in the order of the keys."""
    assert content(after(steps)) == expected(steps)


@given(edit_lists)
def test_pieces_stay_of_a_useful_size(steps: list[Edits]) -> None:
    """No piece of several parts is much longer than intended, and small ones are joined."""
    run = after(steps)
    longest = max((length for _, length, _ in content(run)), default=0)
    assert all(piece.text.size <= 2 * SMALL + longest for piece in run)
    assert sum(piece.text.size < SMALL // 2 for piece in run) <= 1 + len(run) // 2


@given(edit_lists, edits)
def test_pieces_without_a_change_stay_the_same_objects(steps: list[Edits], last: Edits) -> None:
    """Where the lines are as before nothing is deflated again; a repeated edit changes nothing."""
    run = after([*steps, last])
    with mock.patch.object(pieces, "PIECE_BYTES", SMALL):
        again = edited("metric", run, last)
    assert [*map(id, again)] == [*map(id, run)]


def test_an_edit_deflates_its_own_piece_alone() -> None:
    """Of many pieces, a changed line replaces one."""
    many: Edits = {f"{number:03}": b"x" * 30 + b"\n" for number in range(100)}
    run = after([many])
    changed = after([many, {"050": b"y" * 30 + b"\n"}])
    assert len(run) == len(changed) > 20
    with mock.patch.object(pieces, "PIECE_BYTES", SMALL):
        once = edited("metric", run, {"050": b"y" * 30 + b"\n"})
    assert len({*map(id, once)} - {*map(id, run)}) == 1


@given(edit_lists)
def test_a_file_gives_the_pieces_back(steps: list[Edits]) -> None:
    """Pieces that were encoded are restored in any order, with the same lines and checksums."""
    run = after(steps)
    found = restored([Piece.decode(piece.encode()) for piece in reversed(run)]).get("metric", ())
    assert content(found) == content(run)
    assert [(piece.text.checksum, piece.text.shift) for piece in found] == [
        (piece.text.checksum, piece.text.shift) for piece in run
    ]


@given(st.data())
def test_damage_is_found(data: st.DataObject) -> None:
    """A byte that changed, and a file that ends early, are refused."""
    (piece,) = after([{"a": b"line 1\n"}])
    content_ = piece.encode()
    at = data.draw(st.integers(0, len(content_) - 1))
    damaged = bytearray(content_)
    damaged[at] ^= data.draw(st.integers(1, 255))
    for bad in (bytes(damaged), content_[:at]):
        with pytest.raises(ValueError, match=r"damaged"):
            Piece.decode(bad)


def test_pieces_that_overlap_are_refused() -> None:
    """Two readings of one part never become one run."""
    (one,) = after([{"a": b"1\n", "c": b"1\n"}])
    (other,) = after([{"b": b"1\n"}])
    for overlap in ([one, one], [one, other]):
        with pytest.raises(ValueError, match="belong together"):
            restored(overlap)
