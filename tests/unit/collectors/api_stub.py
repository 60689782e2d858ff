"""An imitated Genesys Cloud of recorded answers, and a collector that is polled by hand."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
import responses

from billing_exporter.collectors import Collector, Poll
from billing_exporter.collectors.registry import CATALOGUE
from billing_exporter.genesys import ApiError
from billing_exporter.metrics.exposition import Exposition
from billing_exporter.metrics.family import PREFIX
from billing_exporter.polling.reading import Reading, read
from tools.testkit.recorded_api import API, TOKEN_URL, FakeClock, billing_api
from tools.testkit.scrapes import billing_text

FIXTURES = Path(__file__).parent / "fixtures"
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

CONTRACTS = "/api/v2/billing/contracts"
INVOICES = "/api/v2/billing/contracts/invoices"
USAGE = "/api/v2/billing/reports/billableusage"
OVERVIEW = "/api/v2/billing/trusteebillingoverview"
TRUSTORS = "/api/v2/orgauthorization/trustors"

Reply = tuple[int, dict[str, str], str]


def fixture(name: str) -> str:
    """Return the text of a recorded answer, or of an exposition as it should be."""
    return (FIXTURES / name).read_text()


def page(*entities: object, more: str | None = None) -> dict[str, object]:
    """Return one page of a listing, with the cursor of the next."""
    return {"entities": list(entities), "nextUri": f"/next?after={more}" if more else None}


class ApiStub:
    """Answers by path and query; what has no answer is not found.

    Attributes:
        asked: the targets of all requests, in order.
        before_answer: receives the path of each request before it is answered.
    """

    def __init__(self, mock: responses.RequestsMock) -> None:
        self.asked: list[str] = []
        self.before_answer: Callable[[str], object] = lambda _path: None
        self._answers: list[tuple[str, Mapping[str, str], Reply]] = []
        mock.add(responses.POST, TOKEN_URL, json={"access_token": "token", "expires_in": 86400})
        mock.add_callback(responses.GET, re.compile(f"{re.escape(API)}/"), callback=self._reply)

    def put(self, path: str, answer: object, **query: str) -> None:
        """Answer a path, if its query has the given part, with this text or this as JSON."""
        text = answer if isinstance(answer, str) else json.dumps(answer)
        self._add(path, query, (200, {}, text))

    def refuse(
        self,
        path: str,
        status: int,
        *,
        headers: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
        **query: str,
    ) -> None:
        """Answer a path with an error of the API."""
        given = {"status": status, "code": "some.code", "message": "no", "contextId": "c-1"}
        text = json.dumps({**given, **(body or {})})
        self._add(path, query, (status, dict(headers or {}), text))

    def answer(self, path: str, status: int, body: str) -> None:
        """Answer a path with a status and a text."""
        self._add(path, {}, (status, {}, body))

    def count(self, path: str) -> int:
        """Return how many requests a path has had."""
        return sum(1 for asked in self.asked if urlsplit(asked).path == path)

    def queries(self, path: str) -> list[dict[str, str]]:
        """Return the queries that a path was asked with, in order."""
        split = map(urlsplit, self.asked)
        return [dict(parse_qsl(asked.query)) for asked in split if asked.path == path]

    def _add(self, path: str, query: Mapping[str, str], reply: Reply) -> None:
        self._answers.insert(0, (path, query, reply))

    def _reply(self, request: requests.PreparedRequest) -> Reply:
        asked = urlsplit(str(request.url))
        self.asked.append(f"{asked.path}?{asked.query}")
        self.before_answer(asked.path)
        given = dict(parse_qsl(asked.query)).items()
        for path, query, reply in self._answers:
            if path == asked.path and query.items() <= given:
                return reply
        return 404, {}, '{"code": "not.found", "status": 404}'


@contextmanager
def imitated() -> Iterator[ApiStub]:
    """Imitate Genesys Cloud; no other address can be reached meanwhile."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield ApiStub(mock)


class CollectorHarness:
    """One collector of the organization acme over an imitated cloud, polled by hand.

    Attributes:
        reading: the last one.
        left_out: the reason and the name of each thing that a poll went on without.
        published: the whole exposition after each time that something was published.
        clock: the client's; its waits take no time.
        ended: what was known of a reading that has become too old.
    """

    def __init__(self, collector: Collector[Any, Any]) -> None:
        self.collector = collector
        self.reading: Reading | None = None
        self.ended: Any = None
        self.left_out: list[tuple[str, str]] = []
        self.published: list[str] = []
        self.clock = FakeClock()
        self._api = billing_api(self.clock)
        self._exposition = Exposition(CATALOGUE)

    def poll(
        self,
        now: datetime = NOW,
        *,
        progress: Callable[[int, int], None] = lambda _done, _total: None,
    ) -> str:
        """Poll once and return the whole exposition."""
        previous = self.reading.data if self.reading else None

        def publish(data: Any) -> None:
            self.reading = read(self.collector, "acme", data, now, self.reading)
            changed, removed = self.reading.changed, self.reading.removed
            self._exposition.update(self.collector.name, "acme", changed, removed)
            self.published.append(self.text())

        def offer(data: Callable[[], Any]) -> bool:
            publish(data())
            return True

        poll = Poll(
            self._api, now, previous, progress, self._leave_out, publish, offer, ended=self.ended
        )
        publish(self.collector.fetch(poll))
        return self.text()

    def text(self) -> str:
        """Return the whole exposition as it is."""
        return billing_text(self._exposition)

    @property
    def dropped(self) -> dict[str, int]:
        """How many values gave no sample, by reason."""
        return dict(self.reading.dropped) if self.reading else {}

    @property
    def merged(self) -> int:
        """How many values were added to others."""
        return self.reading.merged if self.reading else 0

    def _leave_out(self, error: ApiError, about: str) -> None:
        self.left_out.append((error.reason, about))


def lines(exposition: str, metric: str) -> list[str]:
    """Return the labels and values of a metric, without its name and the organization."""
    start = re.compile(rf'{PREFIX}{metric}{{organization="acme",?')
    found = (start.match(line) for line in exposition.splitlines())
    return [f"{{{match.string[match.end() :]}" for match in found if match]
