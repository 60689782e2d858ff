"""Folder of exports: files that readers see whole, and the manifest that names them.

A file whose content has not changed is not touched, so that a warehouse loads it once.
"""

import errno
import gzip
import hashlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from billing_exporter import __version__
from billing_exporter.atomic_file import replace_file
from billing_exporter.collectors.sharding import Shard
from billing_exporter.export import parquet
from billing_exporter.export.build import Export, Wanted
from billing_exporter.export.csvtext import lines_of
from billing_exporter.export.manifest import (
    FORMAT,
    File,
    Manifest,
    Marks,
    decoded,
    encoded,
    missing_of,
    revision_of,
    sums_of,
)
from billing_exporter.export.tables import STATEMENT, Table

FileType = Literal["csv", "parquet"]


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """The form of the files.

    Attributes:
        type: CSV or Parquet.
        gzip: whether they are compressed with gzip.
        shard: which of several exporters writes them; its index is in their names.
    """

    type: FileType = "csv"
    gzip: bool = False
    shard: Shard = Shard()

    def name(self, stem: str, suffix: str | None = None) -> str:
        """Return the name of a file."""
        shard = f"_shard-{self.shard.index}" if self.shard.count > 1 else ""
        if suffix is None:
            suffix = f"{self.type}.gz" if self.gzip and self.type == "csv" else self.type
        return f"{stem}{shard}.{suffix}"


class Written(msgspec.Struct, frozen=True):
    """What came of an export.

    Attributes:
        manifest: as written.
        changed: names of the files that are new or have other content.
        rows: how many the files of this export have.
    """

    manifest: Manifest
    changed: tuple[str, ...]
    rows: int


def manifest_path(folder: Path, form: Form, wanted: Wanted) -> Path:
    """Return where the manifest of an export is."""
    kind = STATEMENT if STATEMENT in wanted.datasets else "focus"
    return folder / form.name(f"manifest-{kind}", "json")


def known_manifest(folder: Path, form: Form, wanted: Wanted) -> Manifest | None:
    """Return the manifest of earlier exports, None where there is none that can be read.

    Raises:
        OSError: it is there and cannot be read.
    """
    try:
        return decoded(manifest_path(folder, form, wanted).read_bytes())
    except FileNotFoundError:
        return None


def check_writable(folder: Path) -> None:
    """Find out whether a folder can be made and takes files, without leaving anything behind.

    Raises:
        OSError: it cannot, or it is no folder.
    """
    present = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    if not present.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "it is no folder", str(present))
    try:
        with tempfile.TemporaryFile(dir=present):
            pass
    except OSError as error:
        # The name of the file that was tried says nothing.
        raise OSError(error.errno, error.strerror, str(folder)) from None


def write(
    folder: Path,
    export: Export,
    wanted: Wanted,
    form: Form,
    marks: Marks | None = None,
) -> Written:
    """Write the files of an export, then the manifest.

    A file of an earlier export whose period is exported again and has no rows any more keeps its
    header alone: what stood in it stands elsewhere now. ``marks`` are kept in the manifest.

    Raises:
        OSError: a file cannot be written; the old one stays, and so does the manifest.
        ParquetError: a number does not fit.
    """
    folder.mkdir(parents=True, exist_ok=True)
    before = known_manifest(folder, form, wanted)
    files = dict(before.files) if before else {}
    changed = []
    for table in (*export.tables, *_emptied(files, export, wanted, form)):
        name = form.name(f"{table.dataset}_{table.period}")
        content = content_of(table, form)
        digest = hashlib.sha256(content).hexdigest()
        known = files.get(name)
        if known is None or known.sha256 != digest or not (folder / name).is_file():
            replace_file(folder / name, [content])
            changed.append(name)
        files[name] = File(
            dataset=table.dataset,
            period_start=table.period,
            period_end=table.end,
            rows=len(table.rows),
            revision=revision_of(name, digest, files),
            sha256=digest,
            sums=sums_of(table),
        )
    manifest = Manifest(
        manifest=FORMAT,
        exporter=__version__,
        focus=None if STATEMENT in wanted.datasets else wanted.version,
        files=files,
        left_out=missing_of(export.left_out),
        closed=export.closed,
        settled={**(before.settled if before else {}), **(marks.settled if marks else {})},
        unpaid={**(before.unpaid if before else {}), **(marks.unpaid if marks else {})},
    )
    path, content = manifest_path(folder, form, wanted), encoded(manifest)
    if not path.is_file() or path.read_bytes() != content:
        replace_file(path, [content])
    return Written(manifest, tuple(changed), sum(len(table.rows) for table in export.tables))


def content_of(table: Table, form: Form) -> bytes:
    """Return the bytes of a table's file.

    Raises:
        ParquetError: a number does not fit.
    """
    if form.type == "parquet":
        return parquet.content_of(table, "gzip" if form.gzip else None)
    content = b"".join(lines_of(table))
    return gzip.compress(content, mtime=0) if form.gzip else content


def _emptied(files: dict[str, File], export: Export, wanted: Wanted, form: Form) -> Iterator[Table]:
    """Yield a table without rows for each file of the selection that has none any more."""
    made = {(table.dataset, table.period) for table in export.tables}
    for name, file in sorted(files.items()):
        columns = wanted.columns(file.dataset)
        is_same_form = name == form.name(f"{file.dataset}_{file.period_start}")
        is_made = (file.dataset, file.period_start) in made
        if columns and is_same_form and not is_made and wanted.selection.has(file.days):
            yield Table(file.dataset, file.period_start, file.period_end, columns, ())
