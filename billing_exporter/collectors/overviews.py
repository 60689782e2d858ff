"""The requests for one customer's overviews, and how an attempt to read them ends."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from billing_exporter.collectors.base import Poll
from billing_exporter.collectors.settings import TrustorsSettings
from billing_exporter.collectors.trustor_overview import (
    PeriodData,
    Status,
    TrustorData,
    can_precede,
    condensed,
    is_known_previous,
    is_outdated,
    known_before,
)
from billing_exporter.genesys import ApiError, Forbidden, NotFound, Timeout, UnexpectedAnswer
from billing_exporter.genesys.records import TrusteeBillingOverview, Trustor

OVERVIEW = "get_billing_trusteebillingoverview_trustor_org_id"

_INDEX = {"current": 0, "previous": 1}


@dataclass(frozen=True)
class Attempt:
    """How one attempt to read a customer ended.

    Attributes:
        status: as it is shown.
        numbers: what was read, where the status is ``ok``, or ``error`` where only the previous
            period failed; None as well where the answer was of a node that is late, and what is
            known stays.
        error: what went wrong, where the status is not ``ok`` or ``disabled``; None as well where
            the API's answer was empty.
    """

    status: Status
    numbers: TrustorData | None = None
    error: ApiError | None = None

    @property
    def is_fault(self) -> bool:
        """Whether the customer was asked for and something is wrong."""
        return self.status == "error" and not isinstance(self.error, Timeout)


@dataclass(frozen=True)
class _Answers:
    """The overviews by period, None for what is known, and why the previous one is missing."""

    overviews: Mapping[str, TrusteeBillingOverview | None]
    failure: ApiError | None = None


class Overviews:
    """Reads customers' overviews in one poll; any number of threads may."""

    def __init__(self, poll: Poll[Any], settings: TrustorsSettings) -> None:
        self._poll = poll
        self._settings = settings

    def attempt(self, trustor: Trustor, name: str, known: TrustorData | None) -> Attempt:
        """Ask for a customer's overviews.

        Args:
            trustor: the customer, with an id.
            name: what it is called.
            known: what was read of it before.
        """
        key = str(trustor.id)
        if trustor.enabled is False:
            return Attempt("disabled")
        try:
            kept = known.periods if known is not None else {}
            answers = self._answers(key, kept)
        except ApiError as error:
            return Attempt(_status(error), error=error.with_traceback(None))
        if answers is None:
            return Attempt("ok")
        if all(new is not None and _is_blank(new) for new in answers.overviews.values()):
            return Attempt("no_data")
        numbers = TrustorData.of(key, name, self._periods(answers.overviews, kept))
        return Attempt("ok" if answers.failure is None else "error", numbers, answers.failure)

    def _answers(self, key: str, known: Mapping[str, PeriodData]) -> _Answers | None:
        """Fetch the periods; None for all stands for the answer of a late node.

        The current period is read even where the previous one fails.

        Nodes do not learn of a new period at the same time: index 0 can be a period older than
        the one that is known, and index 1 older than the one before it.
        """
        ask = self._poll.api.get_billing_trusteebillingoverview_trustor_org_id
        overviews: dict[str, TrusteeBillingOverview | None] = {}
        failure: ApiError | None = None
        for period in sorted(self._settings.periods, key=_INDEX.__getitem__):
            current = overviews.get("current")
            if period == "previous" and is_known_previous(known, current):
                overviews[period] = None
                continue
            try:
                overview = ask(key, billing_period_index=_INDEX[period])
            except ApiError as error:
                if current is None or isinstance(error, Timeout):
                    raise
                if not isinstance(error, NotFound):
                    failure = error.with_traceback(None)
                continue
            if period == "current" and is_outdated(overview, known):
                return None
            if period == "current" and _is_emptied(overview, known.get(period)):
                raise UnexpectedAnswer("the period has no rows any more", operation=OVERVIEW)
            if period == "current" or can_precede(overview, current):
                overviews[period] = overview
        return _Answers(overviews, failure)

    def _periods(
        self,
        overviews: Mapping[str, TrusteeBillingOverview | None],
        kept: Mapping[str, PeriodData],
    ) -> dict[str, PeriodData]:
        every = {period: new or kept[period].overview for period, new in overviews.items()}
        early = None
        if "previous" in self._settings.periods and "previous" not in overviews:
            early = known_before(kept, overviews.get("current"))
        if early is not None:
            every["previous"] = early.overview
        fresh = condensed(every, zero_rows=self._settings.zero_rows)
        periods = {
            period: kept[period] if new is None else fresh[period]
            for period, new in overviews.items()
        }
        if early is not None:
            periods["previous"] = msgspec.structs.replace(
                early, overview=fresh["previous"].overview
            )
        return periods


def _status(error: ApiError) -> Status:
    if isinstance(error, NotFound):
        return "no_data"
    return "forbidden" if isinstance(error, Forbidden) else "error"


def _is_emptied(new: TrusteeBillingOverview, known: PeriodData | None) -> bool:
    """Return True if a period has no rows any more; rows of nothing used stay, as rows of zeros."""
    if known is None or new.usages or not known.overview.usages:
        return False
    return new.billing_period_start_date == known.overview.billing_period_start_date


def _is_blank(overview: TrusteeBillingOverview) -> bool:
    """Return True if the answer says nothing: no period and no rows."""
    return overview.billing_period_start_date is None and not overview.usages
