"""A file that changes is noticed by its content, once it is at rest."""

import os
import time
from pathlib import Path

import pytest

from billing_exporter.config.file_watch import FileWatch


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a file that holds ``one``."""
    file = tmp_path / "config.yml"
    file.write_text("one")
    return file


class Watched:
    """A watch whose clock is ours: files are at rest as soon as they are written."""

    def __init__(self, *paths: Path) -> None:
        """Accept the files as they are."""
        self.age = 5.0
        self.watch = FileWatch.of(paths, clock=lambda: time.time() + self.age)

    def changed(self) -> bool:
        """Return whether there is a change, and accept it."""
        found = self.watch.changed()
        if found:
            self.watch.accept()
        return found


def test_a_change_counts_until_it_is_accepted(path: Path) -> None:
    """A file that holds something else has changed until that is accepted, and again later."""
    watched = Watched(path)
    assert not watched.changed()
    path.write_text("two")
    assert watched.watch.changed()
    assert watched.watch.changed()
    assert watched.changed()
    assert not watched.changed()
    path.write_text("one")
    assert watched.changed()


def test_what_is_the_same_is_no_change(path: Path) -> None:
    """A file that is written again with the same content has not changed."""
    watched = Watched(path)
    path.write_text("one")
    os.utime(path, (0, 0))
    assert not watched.changed()


def test_a_file_that_is_being_written_waits(path: Path) -> None:
    """A file that was written to just now is no change yet; a clock that is off counts as rest."""
    watched = Watched(path)
    path.write_text("two")
    watched.age = 0.0
    assert not watched.changed()
    watched.age = -5.0
    assert watched.changed()


def test_a_file_that_is_gone_for_a_moment_is_no_change(path: Path) -> None:
    """A file that is gone at one look is compared when it is back."""
    watched = Watched(path)
    path.unlink()
    assert not watched.changed()
    path.write_text("one")
    assert not watched.changed()
    path.unlink()
    assert not watched.changed()
    path.write_text("two")
    assert watched.changed()


def test_a_file_that_stays_away_is_a_change(path: Path) -> None:
    """A file that is still gone at the next look has changed, and again when it is back."""
    watched = Watched(path)
    path.unlink()
    assert [watched.changed() for _ in range(3)] == [False, True, False]
    path.write_text("one")
    assert watched.changed()


def test_one_of_several_files_is_a_change(path: Path, tmp_path: Path) -> None:
    """Each of the watched files counts."""
    other = tmp_path / "other"
    other.write_text("one")
    watched = Watched(path, other)
    other.write_text("two")
    assert watched.changed()
    assert not watched.changed()


def test_a_file_that_comes_later_is_a_change(tmp_path: Path) -> None:
    """A file that was not there at first has changed when it is."""
    watched = Watched(tmp_path / "late.yml")
    assert not watched.changed()
    (tmp_path / "late.yml").write_text("one")
    assert watched.changed()


def test_a_swapped_folder_is_followed(tmp_path: Path) -> None:
    """A link that is swapped to another folder, as Kubernetes does it, is a change."""
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.yml").write_text(name)
    (tmp_path / "data").symlink_to("old")
    (tmp_path / "config.yml").symlink_to("data/config.yml")
    watched = Watched(tmp_path / "config.yml")
    (tmp_path / "next").symlink_to("new")
    (tmp_path / "next").rename(tmp_path / "data")
    assert watched.changed()
