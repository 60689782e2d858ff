"""Export of settled periods beside a running exporter: what it knows, handed to the export."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from billing_exporter.collectors import Shard
from billing_exporter.collectors.settings import Collectors
from billing_exporter.export.scheduled import Organization, ScheduledExport
from billing_exporter.export.settled import Known
from billing_exporter.exporter import Exporter, utc_now
from billing_exporter.polling.poller import Poller


@contextmanager
def exporting(
    exporter: Exporter, target: Path | None, issuer: Callable[[], str], shard: Shard
) -> Iterator[None]:
    """Export settled periods to a folder while the block runs; without a folder do nothing."""
    if target is None:
        yield
        return
    work = ScheduledExport(
        target,
        organizations=lambda: organizations_of(exporter),
        issuer=issuer,
        telemetry=exporter.telemetry,
        now=utc_now,
        shard=shard,
    )
    work.start()
    try:
        yield
    finally:
        work.stop()


def organizations_of(exporter: Exporter) -> list[Organization]:
    """Return the organizations of an exporter with what their collectors know now."""
    of: dict[str, list[Poller]] = {}
    for poller in exporter.pollers:
        if poller.target.is_shown:
            of.setdefault(poller.target.organization, []).append(poller)
    return [_organization(name, pollers) for name, pollers in of.items()]


def _organization(name: str, pollers: list[Poller]) -> Organization:
    targets = [poller.target for poller in pollers]
    data = {
        poller.target.collector.name: poller.state.reading.data
        for poller in pollers
        if poller.state.reading is not None
    }
    return Organization(
        api=targets[0].api,
        collectors=msgspec.structs.replace(
            Collectors(), **{each.collector.name: each.settings for each in targets}
        ),
        are_listed=all(each.listed for each in targets),
        known=Known(
            organization=name,
            contracts=data.get("contracts"),
            trustors=data.get("trustors"),
            invoices=data.get("invoices"),
        ),
    )
