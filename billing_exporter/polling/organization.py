"""The pollers of one organization: its client, and a poller with its loop for each collector."""

import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any

import msgspec

from billing_exporter.accounts.books import Books
from billing_exporter.accounts.ledger import Ledger as AccountLedger
from billing_exporter.collectors import REGISTRY, WHOLE, Collector, Shard, configured
from billing_exporter.collectors.durations import as_text
from billing_exporter.collectors.ledger import NO_LEDGER
from billing_exporter.collectors.settings import EVERY_COLLECTOR, CollectorSettings
from billing_exporter.config import Organization
from billing_exporter.forecasting.forecasts import Forecasts
from billing_exporter.genesys import Account, BillingApi, Observer
from billing_exporter.metrics.exposition import Exposition
from billing_exporter.polling.for_accounts import for_accounts
from billing_exporter.polling.kept_lines import key_of
from billing_exporter.polling.loop import Loop
from billing_exporter.polling.poller import Poller
from billing_exporter.polling.reading_files import Origins, UnusableError, read_saved
from billing_exporter.polling.reading_store import Keeper, StateDirectory, origin_of
from billing_exporter.polling.state import Kept
from billing_exporter.polling.target import Target
from billing_exporter.telemetry.api_observer import ApiObserver
from billing_exporter.telemetry.telemetry import Telemetry

NOTHING_SAVED = "nothing is saved"
# What may change without making the last reading another one.
_PACE = ("interval", "timeout", "max_age", "max_series", "concurrency")
# What files of earlier formats know nothing of: their data has no closed periods.
_NEWER = ("history",)


@dataclass(frozen=True)
class Shared:
    """What all organizations share.

    Attributes:
        now: the time that readings get.
        state: where readings are kept over restarts, if they are.
        progress: receives how far each poll is, by organization and collector, if somebody wants to
            know.
        redact: receives secrets that no log may show.
        shard: which part of the customers is polled.
        forecasts: gives collectors their forecasts, if there are any.
        books: keep what was used and billed, if anything does.
    """

    exposition: Exposition
    telemetry: Telemetry
    now: Callable[[], datetime]
    state: StateDirectory | None = None
    progress: Callable[[str, int, int], None] | None = None
    redact: Callable[[str], None] = lambda _: None
    shard: Shard = WHOLE
    forecasts: Forecasts | None = None
    books: Books | None = None


def connect(
    organization: Organization,
    redact: Callable[[str], None],
    observer: Observer | None = None,
    stop: Event | None = None,
) -> BillingApi:
    """Return the client for an organization; it connects when it is first asked.

    Args:
        organization: where, and who asks.
        redact: receives each secret before it is used, so that no log shows it.
        observer: hears of requests.
        stop: ends waits when it is set.
    """

    def secret() -> str:
        text = organization.secret()
        redact(text)
        return text

    api_url, login_url = organization.hosts()
    account = Account(
        api_url=api_url,
        login_url=login_url,
        client_id=organization.client_id,
        client_secret=secret,
    )
    return BillingApi(account, observer=observer, stop=stop)


class OrganizationPollers:
    """Polls one organization.

    Attributes:
        organization: its settings.
        pollers: one for each collector, in their order.
    """

    def __init__(
        self, organization: Organization, shared: Shared, before: Iterable[Poller] = ()
    ) -> None:
        self.organization = organization
        self.pollers: tuple[Poller, ...] = ()
        self._shared = shared
        self._stop = Event()
        self._observer = ApiObserver(shared.telemetry, organization.name)
        self._api = connect(organization, shared.redact, self._observer, self._stop)
        self._loops: dict[Poller, Loop] = {}
        self._apply(organization, before)

    def start(self, spread: float) -> None:
        """Begin to poll what is not polled yet, after a random part of ``spread`` seconds.

        A reading that was restored is polled again when its interval has passed.
        """
        for poller in self.pollers:
            if poller not in self._loops:
                chance = random.random()  # noqa: S311 - no secret
                loop = Loop(poller, delay=max(spread * chance, poller.due_in()), stop=Event())
                self._loops[poller] = loop
                loop.start()

    def serves(self, organization: Organization) -> bool:
        """Return whether its client serves other settings too: at most the collectors differ."""
        alike = msgspec.structs.replace(self.organization, collectors=organization.collectors)
        return alike == organization

    def change(self, organization: Organization) -> None:
        """Apply other collectors; those whose settings are the same go on as they are."""
        before = self.pollers
        self._apply(organization, before)
        for poller in set(before) - set(self.pollers):
            poller.stop()
            loop = self._loops.pop(poller, None)
            if loop is not None:
                loop.stop()
        remove(before, but=self.pollers)

    def interrupt(self) -> None:
        """Make polls that are under way end soon."""
        self._stop.set()

    def stop(self, seconds: float = 0) -> None:
        """End all polls and wait that long for them; what is shown stays.

        A poll whose request hangs is left to end with the process.
        """
        self.interrupt()
        self._observer.stop()
        until = monotonic() + seconds
        for poller in self.pollers:
            poller.stop()
        for loop in self._loops.values():
            loop.stop()
        for loop in self._loops.values():
            loop.join(max(0.0, until - monotonic()))
        self._api.close()

    def _apply(self, organization: Organization, before: Iterable[Poller]) -> None:
        known = {poller.target.collector.name: poller for poller in before}
        self.organization = organization
        read = configured(organization.collectors, self._shared.shard)
        names = {collector.name for collector, _ in read}
        ledger = self._ledger()
        if ledger is not None:
            ledger.read_by(names)
        others = self._others_ledger()
        if others is not None:
            others.read_by({each.name for each, _ in self._others(others)})
        if self._shared.forecasts is not None:
            self._shared.forecasts.keep_only(organization.name, names)
        self.pollers = tuple(self._pollers(known))

    def _pollers(self, known: Mapping[str, Poller]) -> Iterator[Poller]:
        for target, ledger in self._targets():
            before = known.get(target.collector.name)
            if before is not None and before.target.is_like(target):
                yield before
            else:
                yield self._poller(target, before, ledger)

    def _targets(self) -> Iterator[tuple[Target, AccountLedger | None]]:
        """Yield what is polled, and the ledger that takes it in."""
        organization = self.organization
        name, listed = organization.name, organization.collectors is not EVERY_COLLECTOR
        for plain, settings in configured(organization.collectors, self._shared.shard):
            collector = self._with_forecasts(plain)
            yield Target(name, collector, settings, self._api, listed), self._ledger()
        others = self._others_ledger()
        if others is not None:
            for collector, settings in self._others(others):
                yield Target(name, collector, settings, self._api, listed, is_shown=False), others

    def _others(
        self, ledger: AccountLedger
    ) -> Iterator[tuple[Collector[Any, Any], CollectorSettings]]:
        """Yield what is read for the plan alone."""
        wanted = self._shared.books.others if self._shared.books is not None else ()
        return for_accounts(self.organization.collectors, wanted, ledger)

    def _others_ledger(self) -> AccountLedger | None:
        """Return the ledger of what is read for the plan alone; None where nothing is."""
        books, name = self._shared.books, self.organization.name
        if books is None:
            return None
        if books.others:
            return books.others_ledger(name)
        books.forget_others(name)
        return None

    def _with_forecasts(self, collector: Collector[Any, Any]) -> Collector[Any, Any]:
        forecasts = self._shared.forecasts
        if forecasts is None:
            return collector
        api_url, _ = self.organization.hosts()
        name = self.organization.name
        return forecasts.added_to(collector, name, api_url, self._ledger())

    def _ledger(self) -> AccountLedger | None:
        if self._shared.books is None:
            return None
        api_url, _ = self.organization.hosts()
        place = f"{api_url}\n{self.organization.client_id}"
        return self._shared.books.ledger(self.organization.name, place)

    def _poller(
        self, target: Target, before: Poller | None, ledger: AccountLedger | None
    ) -> Poller:
        shared, name = self._shared, f"{target.organization} {target.collector.name}"
        poller = Poller(
            target,
            shared.exposition,
            shared.telemetry,
            now=shared.now,
            progress=partial(shared.progress, name) if shared.progress else None,
            keep=self._keeper(target, shared.state) if shared.state else None,
            ledger=ledger or NO_LEDGER,
        )
        if before is not None:
            fits = self._origin_of(before.target) == self._origin_of(target)
            poller.continue_from(before, fits=fits)
        else:
            poller.restore()
        return poller

    def _keeper(self, target: Target, state: StateDirectory) -> Keeper:
        origin, settings = self._origin_of(target), target.settings
        bounds = as_text(settings.max_age), settings.max_series
        lines_key = key_of(origin.current, target.collector.metrics, *bounds)
        return state.keeper(origin.current, lines_key, origin.former)

    def _origin_of(self, target: Target) -> Origins:
        return reading_origins(
            self.organization, target.collector.name, target.settings, self._shared.shard
        )


def reading_origins(
    organization: Organization, collector: str, settings: CollectorSettings, shard: Shard
) -> Origins:
    """Return digests of what a collector's reading depends on in the configuration."""
    plain = msgspec.to_builtins(settings, enc_hook=as_text)
    meaning = {key: value for key, value in plain.items() if key not in _PACE}
    api_url, _ = organization.hosts()
    # What another shard than the first reads of an organization is not all that is shown.
    of = shard if REGISTRY[collector].divided or not shard.is_first else WHOLE
    former = {key: value for key, value in meaning.items() if key not in _NEWER}
    return Origins(
        *(
            origin_of(api_url, organization.client_id, each, of.index, of.count)
            for each in (meaning, former)
        )
    )


def saved_readings(
    folder: Path, organization: Organization, shard: Shard = WHOLE
) -> dict[str, Kept | str]:
    """Return what is saved of an organization by collector, or else why it cannot be used.

    Nothing in the folder changes: an exporter may be writing to it.
    """
    found: dict[str, Kept | str] = {}
    for collector, settings in configured(organization.collectors, shard):
        name = collector.name
        origins = reading_origins(organization, name, settings, shard)
        try:
            found[name] = read_saved(folder, organization.name, name, origins, collector.data)
        except FileNotFoundError:
            found[name] = NOTHING_SAVED
        except OSError as error:
            found[name] = error.strerror or "it cannot be read"
        except UnusableError as error:
            found[name] = error.reason
    return found


def remove(pollers: Iterable[Poller], *, but: Iterable[Poller] = ()) -> None:
    """Remove what these collectors show, except where others took their place."""
    kept = {poller.key for poller in but}
    for poller in pollers:
        if poller.key not in kept:
            poller.remove()
