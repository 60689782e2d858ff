"""Command ``export``: writes FOCUS datasets or a statement, a file per dataset and period."""

import argparse
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

from billing_exporter.collectors import Shard
from billing_exporter.collectors.settings import EVERY_COLLECTOR
from billing_exporter.commands import flags
from billing_exporter.commands.configuration import configured, organizations_of
from billing_exporter.commands.errors import CommandError, UsageError
from billing_exporter.commands.progress import ProgressLine
from billing_exporter.config import Organization, Settings
from billing_exporter.export import folder, live, parquet, saved
from billing_exporter.export.accounts import Terms
from billing_exporter.export.build import FOCUS_DATASETS, Wanted, export
from billing_exporter.export.source import Source
from billing_exporter.export.spans import Selection
from billing_exporter.export.tables import (
    BILLING_PERIOD,
    CONTRACT_COMMITMENT,
    COST_AND_USAGE,
    STATEMENT,
)
from billing_exporter.genesys import ApiError
from billing_exporter.polling.organization import NOTHING_SAVED, connect, saved_readings

EXAMPLES = """\
examples:
  billing-exporter export --config.file c.yml --output out
  billing-exporter export --format csv --customers "Acme*" --from 2026-01-01 --output out
  billing-exporter export --dataset invoice-detail --compress gzip --output out
  billing-exporter export --offline --state.dir state --file-type parquet --output out

Without --from and --to: the last closed billing period and the open one. Files that have not
changed are not touched. What is in no file is counted in the manifest, by reason.

exit status: 0 everything is written; 1 something could not be read or written
"""

_OF_CUSTOMERS = {COST_AND_USAGE, CONTRACT_COMMITMENT, BILLING_PERIOD, STATEMENT}


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    flags.add_config(parser)
    flags.add_log(parser, level="error")
    parser.add_argument(
        "--output", type=Path, metavar="FOLDER", required=True, help="folder of the files"
    )
    parser.add_argument(
        "--format",
        choices=("focus", "csv"),
        default="focus",
        help="focus: datasets of the FinOps standard FOCUS (default); csv: a plain statement, a "
        "row per contract or customer, charge and period",
    )
    parser.add_argument(
        "--focus-version",
        choices=("1.4", "1.2"),
        default="1.4",
        help="version of FOCUS (default 1.4); 1.2 has cost-and-usage alone",
    )
    parser.add_argument(
        "--dataset",
        choices=FOCUS_DATASETS,
        action="append",
        help="dataset of FOCUS, may be repeated (default: all)",
    )
    parser.add_argument(
        "--from",
        dest="first",
        type=_day,
        metavar="DAY",
        help="billing periods that begin on this day or later, YYYY-MM-DD",
    )
    parser.add_argument(
        "--to",
        dest="last",
        type=_day,
        metavar="DAY",
        help="billing periods that begin on this day or before it, YYYY-MM-DD",
    )
    parser.add_argument(
        "--organization", metavar="NAME", help="one organization (default: all of them)"
    )
    parser.add_argument(
        "--customers",
        metavar="PATTERN",
        action="append",
        default=[],
        help="customers whose name or id fits, such as 'Acme*'; may be repeated (default: all)",
    )
    parser.add_argument(
        "--file-type",
        choices=("csv", "parquet"),
        default="csv",
        help="csv (default) or parquet, which needs the extra `parquet`",
    )
    parser.add_argument("--compress", choices=("gzip",), help="compress the files")
    _add_source(parser)


def _add_source(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--offline",
        action="store_true",
        help="take what an exporter has saved in --state.dir; the API is not asked",
    )
    parser.add_argument(
        "--state.dir",
        dest="state_dir",
        type=Path,
        metavar="FOLDER",
        help="state folder of `billing-exporter serve`, for --offline",
    )
    flags.add_shard(parser)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a day as YYYY-MM-DD, got {text}") from None


def run(arguments: argparse.Namespace) -> int:
    """Write the files; the status is 1 where something could not be read.

    Raises:
        CommandError: flags do not fit, the configuration is invalid, or a file cannot be written.
    """
    _check(arguments)
    _check_machine(arguments)
    settings, redactor = configured(arguments)
    chosen = organizations_of(settings, arguments.organization)
    try:
        form = folder.Form(
            type=arguments.file_type,
            gzip=arguments.compress == "gzip",
            shard=Shard(arguments.shard_index, arguments.shard_count),
        )
    except ValueError as error:
        raise UsageError(f"billing-exporter: {error}") from None
    wanted = _wanted(arguments, settings)
    _check_output(arguments.output)
    if arguments.offline:
        sources, today, not_read = _saved(chosen, arguments.state_dir, form.shard)
        wanted = wanted.on(today)
    else:
        sources, not_read = _live(chosen, wanted, form.shard, redactor.redact)
    if form.shard.count == 1:
        _check_customers(sources, wanted.terms)
    written = _write(arguments.output, sources, wanted, form)
    _report(written, arguments.output)
    for text in not_read:
        print(f"not read: {text}", file=sys.stderr)
    return int(bool(not_read))


def _check(arguments: argparse.Namespace) -> None:
    """Refuse flags that do not fit each other.

    Raises:
        UsageError: with what would be right.
    """
    problem = ""
    if arguments.format == "csv" and arguments.dataset:
        problem = "--dataset is for --format focus; a statement is one dataset"
    elif arguments.format == "csv" and arguments.focus_version != "1.4":
        problem = "--focus-version is for --format focus"
    elif arguments.focus_version == "1.2" and set(arguments.dataset or ()) - {COST_AND_USAGE}:
        problem = f"FOCUS 1.2 has no other dataset than {COST_AND_USAGE}"
    elif arguments.first and arguments.last and arguments.first > arguments.last:
        problem = f"--from {arguments.first} is after --to {arguments.last}"
    elif arguments.offline and arguments.state_dir is None:
        problem = "--offline needs --state.dir, the folder of `billing-exporter serve`"
    elif arguments.state_dir is not None and not arguments.offline:
        problem = "--state.dir is for --offline"
    if problem:
        raise UsageError(f"billing-exporter: {problem}")


def _check_machine(arguments: argparse.Namespace) -> None:
    """Refuse flags that need what this machine does not have.

    Raises:
        CommandError: naming the folder or the library.
    """
    missing = ""
    if arguments.offline and not arguments.state_dir.is_dir():
        missing = f"--state.dir {arguments.state_dir}: there is no such folder"
    elif arguments.file_type == "parquet" and not parquet.is_available():
        missing = (
            "--file-type parquet needs the library pyarrow: install "
            "'genesyscloud-billing-exporter[parquet]', or write CSV"
        )
    if missing:
        raise CommandError(f"billing-exporter: {missing}")


def _wanted(arguments: argparse.Namespace, settings: Settings) -> Wanted:
    datasets: tuple[str, ...] = (STATEMENT,)
    if arguments.format == "focus":
        all_of = FOCUS_DATASETS if arguments.focus_version == "1.4" else (COST_AND_USAGE,)
        datasets = tuple(dict.fromkeys(arguments.dataset or all_of))
    return Wanted(
        datasets=datasets,
        version=arguments.focus_version,
        selection=Selection(datetime.now(UTC).date(), arguments.first, arguments.last),
        terms=Terms(issuer=settings.export.invoice_issuer, customers=tuple(arguments.customers)),
    )


def _live(
    chosen: list[Organization], wanted: Wanted, shard: Shard, redact: Callable[[str], None]
) -> tuple[list[Source], list[str]]:
    sources, not_read = [], []
    for organization in chosen:
        line = ProgressLine(sys.stderr)
        api = connect(organization, redact)
        try:
            reading = live.read(
                api,
                organization.name,
                organization.collectors,
                wanted.selection,
                are_listed=organization.collectors is not EVERY_COLLECTOR,
                with_customers=bool(_OF_CUSTOMERS & {*wanted.datasets}),
                shard=shard,
                progress=line.update,
            )
        except ApiError as error:
            raise CommandError(f"billing-exporter: {organization.name}: {error}") from None
        finally:
            line.clear()
            api.close()
        sources.append(reading.source)
        not_read += [f"{organization.name}: {text}" for text in reading.not_read]
        if reading.forbidden:
            count, first = len(reading.forbidden), reading.forbidden[0]
            print(
                f"{organization.name}: no permission for {count} customers: {first} ...",
                file=sys.stderr,
            )
    return sources, not_read


def _saved(
    chosen: list[Organization], state: Path, shard: Shard
) -> tuple[list[Source], date, list[str]]:
    """Return what is saved, the day of the newest reading, and what is not there."""
    sources, not_read, days = [], [], []
    for organization in chosen:
        found = saved_readings(state, organization, shard)
        kept = {name: each for name, each in found.items() if not isinstance(each, str)}
        days += [each.at.date() for each in kept.values()]
        not_read += [
            f"{organization.name}: {name}: {why}"
            for name, why in found.items()
            if isinstance(why, str) and name != "usage" and not _may_lack(organization, why)
        ]
        data = {name: each.data for name, each in kept.items()}
        sources.append(
            saved.source_of(
                organization.name,
                data.get("invoices"),
                data.get("contracts"),
                data.get("trustors"),
                is_first=shard.is_first,
            )
        )
    if not days:
        raise CommandError(
            f"billing-exporter: {state} has no reading of these organizations: "
            f"{'; '.join(not_read) or 'nothing is saved'}"
        )
    return sources, max(days), not_read


def _may_lack(organization: Organization, why: str) -> bool:
    """Return whether a reading may be missing: that of a collector that nobody listed."""
    return organization.collectors is EVERY_COLLECTOR and why == NOTHING_SAVED


def _check_customers(sources: list[Source], terms: Terms) -> None:
    """Refuse patterns of which none fits a customer: files of an earlier export would be emptied.

    Raises:
        CommandError: naming the patterns.
    """
    known = {each for source in sources for each in source.customers()}
    missing = [
        pattern
        for pattern in terms.customers
        if not any(Terms(customers=(pattern,)).wants(name, key) for key, name in known)
    ]
    if not missing:
        return
    text = f"no customer fits --customers {', '.join(missing)}"
    if len(missing) == len(terms.customers):
        raise CommandError(f"billing-exporter: {text}; nothing is written")
    print(text, file=sys.stderr)


def _check_output(output: Path) -> None:
    """Find out before anything is read whether files can be written.

    Raises:
        CommandError: they cannot.
    """
    try:
        folder.check_writable(output)
    except OSError as error:
        raise CommandError(f"billing-exporter: {_unwritable(error, output)}") from None


def _unwritable(error: OSError, output: Path) -> str:
    return f"{error.filename or output} cannot be written: {error.strerror or error}"


def _write(
    output: Path, sources: list[Source], wanted: Wanted, form: folder.Form
) -> folder.Written:
    try:
        before = folder.known_manifest(output, form, wanted)
        closed = before.closed if before else ()
        made = export(sources, wanted.after(closed))
        return folder.write(output, made, wanted, form)
    except OSError as error:
        raise CommandError(f"billing-exporter: {_unwritable(error, output)}") from None
    except parquet.ParquetError as error:
        raise CommandError(f"billing-exporter: {error}") from None


def _report(written: folder.Written, output: Path) -> None:
    for name in written.changed:
        file = written.manifest.files[name]
        print(f"{output / name}\t{file.rows} rows\trevision {file.revision}")
    if not written.rows:
        print("no rows: nothing is known of billing periods that begin on these days")
    same = len(written.manifest.files) - len(written.changed)
    if same:
        print(f"{same} files are as they were")
    for each in written.manifest.left_out:
        amount = f", {each.amount} {each.currency}" if each.currency else ""
        print(f"left out: {each.dataset}: {each.reason}: {each.count}{amount}", file=sys.stderr)
