"""A file that changes is noticed once, and by its content alone."""

import os
from pathlib import Path

import pytest

from billing_exporter.config.file_watch import Watch


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a file that holds ``one``."""
    file = tmp_path / "config.yml"
    file.write_text("one")
    return file


def test_a_change_is_told_once(path: Path) -> None:
    """A file that holds something else is told once, and again when it changes again."""
    watch = Watch(path)
    assert not watch.changed()
    path.write_text("two")
    assert watch.changed()
    assert not watch.changed()
    path.write_text("one")
    assert watch.changed()


def test_what_is_the_same_is_no_change(path: Path) -> None:
    """A file that is written again with the same content has not changed."""
    watch = Watch(path)
    path.write_text("one")
    os.utime(path, (0, 0))
    assert not watch.changed()


def test_a_file_that_is_gone_is_no_change(path: Path) -> None:
    """A file that is gone for a moment is compared when it is back."""
    watch = Watch(path)
    path.unlink()
    assert not watch.changed()
    path.write_text("one")
    assert not watch.changed()
    path.unlink()
    path.write_text("two")
    assert watch.changed()


def test_a_file_that_comes_later_is_a_change(tmp_path: Path) -> None:
    """A file that was not there at first has changed when it is."""
    watch = Watch(tmp_path / "late.yml")
    assert not watch.changed()
    (tmp_path / "late.yml").write_text("one")
    assert watch.changed()


def test_a_swapped_folder_is_followed(tmp_path: Path) -> None:
    """A link that is swapped to another folder, as Kubernetes does it, is a change."""
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.yml").write_text(name)
    (tmp_path / "data").symlink_to("old")
    (tmp_path / "config.yml").symlink_to("data/config.yml")
    watch = Watch(tmp_path / "config.yml")
    (tmp_path / "next").symlink_to("new")
    (tmp_path / "next").rename(tmp_path / "data")
    assert watch.changed()
