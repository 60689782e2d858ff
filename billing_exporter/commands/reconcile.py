"""Command ``reconcile``: compares what was used with what was invoiced, down to the SKU."""

import argparse
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from billing_exporter.commands import flags
from billing_exporter.commands.configuration import configured, organizations_of
from billing_exporter.commands.errors import CommandError
from billing_exporter.commands.progress import ProgressLine
from billing_exporter.config import Organization
from billing_exporter.genesys import ApiError
from billing_exporter.history import contracts, trustors
from billing_exporter.history.reader import Reader
from billing_exporter.polling.organization import connect
from billing_exporter.reconciliation.compare import Terms, reconcile
from billing_exporter.reconciliation.invoices import unbalanced
from billing_exporter.reconciliation.records import SUBJECTS, Read, Subject, Used
from billing_exporter.reconciliation.report import FORMATS, Report

EXAMPLES = """\
examples:
  billing-exporter reconcile --config.file c.yml            what does not agree, and why
  billing-exporter reconcile --all --format csv > bill.csv  every SKU of the last three periods
  billing-exporter reconcile --subject trustors --periods 1

exit status: 1 where something differs or could not be read
"""


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    flags.add_config(parser)
    flags.add_log(parser, level="error")
    parser.add_argument(
        "--organization", metavar="NAME", help="one organization (default: all of them)"
    )
    parser.add_argument(
        "--subject",
        choices=SUBJECTS,
        help="contracts or trustors, a partner's customers (default: both, as configured)",
    )
    parser.add_argument(
        "--periods",
        type=_periods,
        default=3,
        metavar="N",
        help="closed billing periods that are compared, 1 to 24 (default 3)",
    )
    parser.add_argument(
        "--tolerance",
        type=_share,
        metavar="SHARE",
        help="share by which numbers may differ (default: setting tolerance, 0.001)",
    )
    parser.add_argument(
        "--all", action="store_true", help="print what agrees too, not only what does not"
    )
    parser.add_argument(
        "--format", choices=tuple(FORMATS), default="table", help="output (default table)"
    )


def _periods(text: str) -> int:
    if text.isascii() and text.isdigit() and 1 <= int(text) <= 24:  # noqa: PLR2004 - as in the help
        return int(text)
    raise argparse.ArgumentTypeError(f"expected a number from 1 to 24, got {text}")


def _share(text: str) -> Decimal:
    try:
        share = Decimal(text)
    except InvalidOperation:
        share = Decimal(-1)
    if share.is_finite() and 0 <= share < 1:
        return share
    raise argparse.ArgumentTypeError(f"expected a share such as 0.001, got {text}")


def run(arguments: argparse.Namespace) -> int:
    """Print the comparison; the status is 1 where something differs or could not be read.

    Raises:
        CommandError: the configuration is invalid, or nothing could be read.
    """
    settings, redactor = configured(arguments)
    organizations = organizations_of(settings, arguments.organization)
    reports = [_report(organization, arguments, redactor.redact) for organization in organizations]
    print(FORMATS[arguments.format](reports, arguments.all), end="")
    for report in reports:
        for text in report.not_read:
            print(f"{report.organization}: not read: {text}", file=sys.stderr)
    return int(not all(report.is_clean for report in reports))


def _report(
    organization: Organization, arguments: argparse.Namespace, redact: Callable[[str], None]
) -> Report:
    line = ProgressLine(sys.stderr)
    api = connect(organization, redact)
    today = datetime.now(UTC).date()
    reader = Reader(api, today, arguments.periods, progress=line.update)
    try:
        billed = reader.invoices()
        used = {
            subject: _used(subject, reader, organization)
            for subject in SUBJECTS
            if arguments.subject in {None, subject}
        }
    except ApiError as error:
        raise CommandError(f"billing-exporter: {organization.name}: {error}") from None
    finally:
        line.clear()
        api.close()
    share = organization.tolerance if arguments.tolerance is None else arguments.tolerance
    terms = Terms(today, share, billed.since)
    found = tuple(
        reconcile(subject, charges, billed.lines, read, terms)
        for subject, (charges, read) in used.items()
        if read
    )
    uneven = tuple(unbalanced(billed.invoices, billed.lines, share))
    invoices, not_read = len(billed.invoices), tuple(reader.skipped)
    if reader.forbidden:
        count, first = len(reader.forbidden), reader.forbidden[0]
        print(
            f"{organization.name}: no permission for {count} customers: {first} ...",
            file=sys.stderr,
        )
    return Report(organization.name, found, invoices, uneven, not_read)


def _used(
    subject: Subject, reader: Reader, organization: Organization
) -> tuple[list[Used], list[Read]]:
    if subject == "contracts":
        of_contracts = reader.contracts()
        charges = [each for period in of_contracts for each in contracts.used_of(period)]
        return charges, [read for each in of_contracts if (read := contracts.read_of(each))]
    settings = organization.collectors.trustors
    if settings is None:
        return [], []
    of_trustors = reader.trustors(settings.include, settings.exclude)
    charges = [each for period in of_trustors for each in trustors.used_of(period)]
    return charges, [read for each in of_trustors if (read := trustors.read_of(each))]
