"""Change logs: whole frames come back, a torn tail is nothing, and damage is found."""

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_exporter.polling.change_log import DamagedLogError, beginning, frame, frames

SNAPSHOT = b"a" * 64
CONTENTS = st.lists(st.binary(max_size=40), min_size=1, max_size=5)


def written(contents: list[bytes]) -> bytes:
    """Return a log with these frames."""
    return beginning(SNAPSHOT) + b"".join(map(frame, contents))


@given(CONTENTS, st.data())
def test_a_log_that_is_cut_off_has_the_frames_before_the_cut(
    contents: list[bytes], data: st.DataObject
) -> None:
    """Wherever a write stopped, frames that were written whole are there, in order."""
    log = written(contents)
    cut = data.draw(st.integers(len(beginning(SNAPSHOT)), len(log)))
    starts = accumulate((len(frame(each)) for each in contents), initial=len(beginning(SNAPSHOT)))
    whole = sum(1 for end in list(starts)[1:] if end <= cut)
    assert [content for content, _ in frames(log[:cut], SNAPSHOT)] == contents[:whole]


@given(CONTENTS)
def test_a_tail_of_zeros_is_nothing(contents: list[bytes]) -> None:
    """A file that a power cut left longer than what was written has its frames."""
    log = written(contents)
    *_, (_, end) = frames(log + bytes(64), SNAPSHOT)
    assert end == len(log)


def test_damage_before_the_tail_is_an_error() -> None:
    """A changed byte in any frame but the last is found; in the last it is a torn write."""
    log = written([b"first", b"second"])
    last = len(written([b"first"]))
    for at in range(len(beginning(SNAPSHOT)), last):
        damaged = log[:at] + bytes([log[at] ^ 1]) + log[at + 1 :]
        with pytest.raises(DamagedLogError):
            list(frames(damaged, SNAPSHOT))
    torn = log[:-1] + b"?"
    assert [content for content, _ in frames(torn, SNAPSHOT)] == [b"first"]


@pytest.mark.parametrize("at", range(len(beginning(SNAPSHOT))))
def test_a_log_without_its_beginning_is_damaged(at: int) -> None:
    """What was cut or changed before the first frame hides changes: it is no log of another
    snapshot, which would leave an older reading in its place.
    """
    log = written([b"first"])
    changed = log[:at] + bytes([log[at] ^ 0x80]) + log[at + 1 :]
    for damaged in (log[:at], changed, bytes(len(log))):
        with pytest.raises(DamagedLogError, match="damaged"):
            list(frames(damaged, SNAPSHOT))


def test_the_log_of_another_snapshot_is_not_read() -> None:
    """Changes are of use only to what they are changes of."""
    assert list(frames(written([b"first"]), b"b" * 64)) == []
