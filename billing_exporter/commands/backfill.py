"""Command ``backfill``: writes the past of closed billing periods for a Prometheus server."""

import argparse
import hashlib
import re
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from billing_exporter.atomic_file import is_stream, write_output
from billing_exporter.collectors.registry import CATALOGUE
from billing_exporter.commands import flags
from billing_exporter.commands.configuration import configured, organizations_of
from billing_exporter.commands.errors import CommandError
from billing_exporter.commands.progress import ProgressLine
from billing_exporter.config import Organization
from billing_exporter.genesys import ApiError
from billing_exporter.history.journal import Entry, Journal
from billing_exporter.history.openmetrics import MetricFiles
from billing_exporter.history.reader import Reader
from billing_exporter.history.spans import Reach, contract_spans, trustor_spans
from billing_exporter.metrics.samples import escaped
from billing_exporter.polling.organization import connect

EXAMPLES = """\
examples:
  billing-exporter backfill --config.file c.yml --from 2025-01 --output history.om
  promtool tsdb create-blocks-from openmetrics --max-block-duration=720h history.om data/

The file has closed periods as a running exporter would have shown them: as `previous` while the
next period ran, and their totals. Run the command again after an interruption: it goes on where it
was. Put the blocks into a data folder once, and give Prometheus a retention that is long enough
(--storage.tsdb.retention.time). Instant queries look back five minutes: with a longer --step set
--query.lookback-delta, or use last_over_time.

exit status: 1 where something could not be read
"""
# Blocks must not reach into what a running Prometheus still has in memory.
_YOUNGEST = timedelta(hours=3)
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_MOST_PERIODS = 60
_LONGEST_STEP = 86_400


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    flags.add_config(parser)
    flags.add_log(parser, level="error")
    parser.add_argument(
        "--from",
        dest="since",
        type=_month,
        required=True,
        metavar="YYYY-MM",
        help="month in which the oldest period may begin",
    )
    parser.add_argument("--output", type=Path, required=True, metavar="FILE", help="file to write")
    parser.add_argument(
        "--step",
        type=_step,
        default=3600,
        metavar="SECONDS",
        help="time from one sample to the next (default 3600)",
    )
    parser.add_argument(
        "--organization", metavar="NAME", help="one organization (default: all of them)"
    )


def _month(text: str) -> date:
    found = _MONTH.fullmatch(text)
    if found is None:
        raise argparse.ArgumentTypeError(f"expected a month such as 2025-01, got {text}")
    return date(int(found[1]), int(found[2]), 1)


def _step(text: str) -> int:
    if text.isascii() and text.isdigit() and 1 <= int(text) <= _LONGEST_STEP:
        return int(text)
    raise argparse.ArgumentTypeError(f"expected seconds from 1 to {_LONGEST_STEP}, got {text}")


def run(arguments: argparse.Namespace) -> int:
    """Read what is missing, then write the file; the status is 1 where something was not read.

    Raises:
        CommandError: the configuration is invalid, or nothing can be read or written.
    """
    settings, redactor = configured(arguments)
    organizations = organizations_of(settings, arguments.organization)
    if not is_stream(arguments.output):
        return _fill(arguments, organizations, redactor.redact, arguments.output)
    try:
        folder = TemporaryDirectory()
    except OSError as error:
        raise CommandError(
            f"billing-exporter: no folder for what is read meanwhile: {error.strerror or error}"
        ) from None
    with folder as place:
        return _fill(arguments, organizations, redactor.redact, Path(place) / "output")


def _fill(
    arguments: argparse.Namespace,
    organizations: list[Organization],
    redact: Callable[[str], None],
    beside: Path,
) -> int:
    """Read and write, with the files that are needed meanwhile beside a path."""
    now = datetime.now(UTC)
    output: Path = arguments.output
    try:
        names = "\n".join(each.name for each in organizations)
        purpose = f"{arguments.since} {hashlib.sha256(names.encode()).hexdigest()[:16]}"
        until = int((now - _YOUNGEST).timestamp())
        journal = Journal(beside.with_name(f"{beside.name}.partial"), purpose, until)
        read = {
            each.name: _read(each, journal, arguments.since, now, redact) for each in organizations
        }
        written = _write(output, beside, journal, arguments.step)
    except OSError as error:
        raise CommandError(
            f"billing-exporter: {output} cannot be written: {error.strerror or error}"
        ) from None
    for name, reader in read.items():
        for text in reader.skipped:
            print(f"not read: {name}: {text}", file=sys.stderr)
        if reader.forbidden:
            count, first = len(reader.forbidden), reader.forbidden[0]
            print(f"{name}: no permission for {count} customers: {first} ...", file=sys.stderr)
    print(f"{written.samples} samples of {written.series} series in {output}", file=sys.stderr)
    if all(reader.is_over for reader in read.values()):
        journal.remove()
    return int(any(reader.skipped for reader in read.values()))


def _read(
    organization: Organization,
    journal: Journal,
    since: date,
    now: datetime,
    redact: Callable[[str], None],
) -> Reader:
    """Read the closed periods that the journal does not have; return what has read them."""
    line = ProgressLine(sys.stderr)
    api = connect(organization, redact)
    months = (now.year - since.year) * 12 + now.month - since.month + 1
    periods = min(_MOST_PERIODS, max(1, months))
    reader = Reader(api, now.date(), periods, progress=line.update)
    for entry in journal.before:
        if entry.organization == organization.name:
            reader.skipped += entry.skipped
            reader.forbidden += entry.forbidden
    try:
        for entry in _entries(organization, reader, since, journal):
            journal.add(entry)
    except ApiError as error:
        raise CommandError(f"billing-exporter: {organization.name}: {error}") from None
    finally:
        line.clear()
        api.close()
    return reader


def _entries(
    organization: Organization,
    reader: Reader,
    since: date,
    journal: Journal,
) -> Iterator[Entry]:
    """Yield the entry of each contract and customer that is not known yet."""
    collectors = organization.collectors
    if collectors.contracts is not None:
        prefix, history = f"{organization.name}\ncontracts\n", collectors.contracts.history
        reach = Reach(since, journal.until, history)
        for contract in reader.each_contract(journal.known_of(prefix)):
            spans = contract_spans(contract.name, contract.periods, reach)
            key = prefix + contract.name
            yield Entry(key, organization.name, tuple(spans), contract.skipped)
    settings = collectors.trustors
    if settings is None:
        return
    prefix = f"{organization.name}\ntrustors\n"
    reach = Reach(since, journal.until, settings.history)
    known = journal.known_of(prefix)
    for found in reader.each_trustor(settings.include, settings.exclude, known):
        spans = trustor_spans(found.periods, reach, zero_rows=settings.zero_rows)
        key = prefix + found.id
        yield Entry(key, organization.name, tuple(spans), forbidden=found.forbidden)


def _write(output: Path, beside: Path, journal: Journal, step: int) -> MetricFiles:
    metrics = {metric.name: metric for each in CATALOGUE.values() for metric in each}
    with TemporaryDirectory(prefix=f".{beside.name}.", dir=beside.resolve().parent) as folder:
        files = MetricFiles(Path(folder), metrics, step)
        for entry in journal.entries():
            files.add(f'organization="{escaped(entry.organization)}"', entry.spans)
        write_output(output, files.text())
    return files
