"""Export by a running exporter: settled billing periods, once, and again when restated or paid."""

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple, Protocol

import msgspec

from billing_exporter.collectors.settings import Collectors
from billing_exporter.collectors.sharding import Shard
from billing_exporter.export import folder, live
from billing_exporter.export.accounts import Terms
from billing_exporter.export.build import FOCUS_DATASETS, Wanted, export
from billing_exporter.export.manifest import Marks
from billing_exporter.export.settled import Known, due, settled, unpaid
from billing_exporter.export.source import Source
from billing_exporter.export.spans import Selection
from billing_exporter.export.tables import CONTRACT_COMMITMENT
from billing_exporter.genesys import ApiError, BillingApi, Interrupted

log = logging.getLogger(__name__)

# How often settled periods are looked for; what is settled has been so for days.
_LOOK_SECONDS = 3600.0
# The first look comes when the first polls have had time to end.
_FIRST_LOOK_SECONDS = 300.0
# Between two looks of which the first left something to write.
_NEXT_SECONDS = 300.0
_STOP_SECONDS = 1.0
# So many periods, the newest, at once: a year of customers is read in several looks.
_MOST_AT_ONCE = 4


class Organization(NamedTuple):
    """An organization as the export needs it.

    Attributes:
        api: its client, which paces all that ask.
        collectors: what is configured.
        are_listed: whether the configuration names the collectors.
        known: what the collectors know now.
    """

    api: BillingApi
    collectors: Collectors
    are_listed: bool
    known: Known


class Telemetry(Protocol):
    """Where the outcome is counted."""

    def exporting(self) -> None:
        """Show that exports are written here."""

    def exported(self, at: datetime) -> None:
        """Show when all that was due was written."""

    def export_failed(self, reason: str) -> None:
        """Count a failure: ``read`` or ``write``."""


class ScheduledExport:
    """Looks for settled periods now and then, in a thread of its own.

    Args:
        target: folder of the files.
        organizations: returns the organizations as they are now.
        issuer: returns who issues the invoices.
        telemetry: where the outcome is counted.
        now: the time, UTC.
        shard: which part of the customers is exported.
    """

    def __init__(
        self,
        target: Path,
        organizations: Callable[[], Sequence[Organization]],
        *,
        issuer: Callable[[], str],
        telemetry: Telemetry,
        now: Callable[[], datetime],
        shard: Shard,
    ) -> None:
        self._target = target
        self._organizations = organizations
        self._issuer = issuer
        self._telemetry = telemetry
        self._now = now
        self._form = folder.Form(shard=shard)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="export", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._telemetry.exporting()
        self._thread.start()

    def stop(self) -> None:
        """End the thread; a file is always whole."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(_STOP_SECONDS)

    def _run(self) -> None:
        wait = _FIRST_LOOK_SECONDS
        while not self._stop.wait(wait):
            wait = _NEXT_SECONDS if self.look() else _LOOK_SECONDS

    def look(self) -> bool:
        """Write what has been settled, restated or paid; a failure is logged and counted.

        Returns:
            Whether some periods were written and others are left.
        """
        now = self._now()
        is_complete = None
        try:
            is_complete = self._written(now.date())
        except Interrupted:
            pass
        except ApiError as error:
            self._failed("read", str(error))
        except OSError as error:
            where = error.filename or self._target
            self._failed("write", f"{where}: {error.strerror or error}")
        except Exception:
            # A fault of the export must not end it, nor anything else.
            log.exception("the export has failed")
            self._telemetry.export_failed("read")
        if is_complete:
            self._telemetry.exported(now)
        return is_complete is False

    def _failed(self, reason: str, why: str) -> None:
        log.warning("the export has failed: %s", why, extra={"reason": reason})
        self._telemetry.export_failed(reason)

    def _written(self, today: date) -> bool | None:
        """Write what is due; return whether nothing is left, None where something was not read."""
        organizations = self._organizations()
        found = settled([each.known for each in organizations], today)
        # Other shards have no invoices, which come before estimates.
        is_first = self._form.shard.is_first
        wanted = Wanted(
            datasets=FOCUS_DATASETS if is_first else (CONTRACT_COMMITMENT,),
            selection=Selection(today),
            terms=Terms(issuer=self._issuer()),
        )
        before = folder.known_manifest(self._target, self._form, wanted)
        marks = Marks(settled=before.settled, unpaid=before.unpaid) if before else None
        every = due(found, marks, [each.known for each in organizations])
        if not every:
            return True
        starts = every[-_MOST_AT_ONCE:]
        wanted = wanted.of(starts).after(before.closed if before else ())
        sources = [self._read(each, wanted.selection) for each in organizations]
        if None in sources:
            return None
        made = export([each for each in sources if each is not None], wanted)
        marks = Marks(
            settled={start.isoformat(): found[start] for start in starts},
            unpaid=unpaid(made.tables, starts),
        )
        written = folder.write(self._target, made, wanted, self._form, marks)
        for name in written.changed:
            file = written.manifest.files[name]
            facts = {"file": name, "rows": file.rows, "revision": file.revision}
            log.info("exported", extra=facts)
        return len(every) == len(starts)

    def _read(self, of: Organization, selection: Selection) -> Source | None:
        """Read an organization, None where something could not be read."""
        reading = live.read(
            of.api,
            of.known.organization,
            of.collectors,
            selection,
            are_listed=of.are_listed,
            shard=self._form.shard,
        )
        for text in reading.not_read:
            self._failed("read", f"{of.known.organization}: {text}")
        if reading.not_read:
            return None
        return msgspec.structs.replace(reading.source, settlements=of.known.settlements)
