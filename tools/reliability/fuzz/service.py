"""A service that answers anything: canned answers in place of the network."""

import gzip
from collections import Counter
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from hypothesis import strategies as st

from billing_exporter.genesys.clock import Deadline
from billing_exporter.genesys.transport import Answer, Request, Transport
from billing_exporter.simulator.answers import RefusedError
from billing_exporter.simulator.routes import TOKEN, route

GRANTED = Answer(200, {}, b'{"access_token": "t", "expires_in": 3600}')
MOST_REQUESTS = 400


class Canned(Transport):
    """Answers each operation with its answers in turn, the last one again and again."""

    def __init__(self, answers: Mapping[str, Sequence[Answer]]) -> None:
        super().__init__()
        self._answers = answers
        self._asked: Counter[str] = Counter()

    @property
    def requests(self) -> int:
        """How many requests there were."""
        return self._asked.total()

    def send(self, request: Request, deadline: Deadline) -> Answer:  # noqa: ARG002 - it is at once
        """Answer; a client that cannot stop asking is stopped."""
        try:
            operation, _ = route(urlsplit(request.target).path)
        except RefusedError:  # an id that makes no path of the API
            operation = ""
        number = self._asked[operation]
        self._asked[operation] += 1
        if self.requests > MOST_REQUESTS:
            raise AssertionError(f"more than {MOST_REQUESTS} requests")
        answers = self._answers.get(operation)
        if answers:
            return answers[min(number, len(answers) - 1)]
        return GRANTED if operation == TOKEN else Answer(404, {}, b"")


_DIGITS = st.integers(-5, 10**12).map(str)
_HEADER = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=30) | _DIGITS
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "Retry-After": _HEADER | st.sampled_from(["1", "120", "Mon, 23 Nov 2026 10:00:00 GMT"]),
        "inin-ratelimit-count": _HEADER,
        "inin-ratelimit-allowed": _HEADER,
        "inin-ratelimit-reset": _HEADER,
        "ININ-Correlation-Id": _HEADER,
        "Content-Type": _HEADER,
    },
)
STATUSES = st.sampled_from([200, 200, 201, 204, 301, 302, 400, 401, 403, 404, 408, 413]) | (
    st.sampled_from([429, 500, 502, 503, 504]) | st.integers(100, 999)
)


def bodies(
    well_formed: st.SearchStrategy[bytes], json: st.SearchStrategy[bytes]
) -> st.SearchStrategy[bytes]:
    """Return bodies that are right, wrong, cut, spliced, or no JSON at all."""
    right = well_formed | json
    cut = st.tuples(right, st.integers(0, 400)).map(lambda pair: pair[0][: pair[1]])
    spliced = st.tuples(right, st.integers(0, 400), st.binary(max_size=6)).map(
        lambda parts: parts[0][: parts[1]] + parts[2] + parts[0][parts[1] :]
    )
    odd = st.sampled_from([b"", b"null", b"\xef\xbb\xbf{}", b"[" * 5000, gzip.compress(b"{}")])
    return st.one_of(right, right, cut, spliced, st.binary(max_size=40), odd)
