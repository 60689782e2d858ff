"""An API that answers with prepared bytes, so that what a server costs is not measured."""

import socketserver
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import BufferedIOBase
from urllib.parse import parse_qs, urlsplit

from tools.bench import measure, world

_NOT_FOUND = b'{"message": "not found", "code": "not.found", "status": 404, "contextId": "0"}'
OVERVIEW_ROWS = 40
TRUSTORS = 12

Answers = Callable[[str], bytes | None]
"""The body for a request's target; None where there is nothing: 404."""


def answers(resources: int, pages: int) -> Answers:
    """Prepare every answer.

    Args:
        resources: how many the usage report lists.
        pages: how many pages of 200 invoices there are.

    Returns:
        What gives the body for a request's target.
    """
    invoices = world.invoice_pages(pages)
    overviews = "/api/v2/billing/trusteebillingoverview/"
    of_path = {
        "/oauth/token": b'{"access_token":"token","expires_in":86400}',
        "/api/v2/billing/reports/billableusage": world.usage_report(resources),
        "/api/v2/orgauthorization/trustors": world.trustor_listing(TRUSTORS),
    }
    plain, blank = (world.overview(1, rows=OVERVIEW_ROWS, blank=each) for each in (False, True))
    template, nothing = world.identifier(1).encode(), world.empty_listing()

    def answer(target: str) -> bytes:
        url = urlsplit(target)
        if url.path == "/api/v2/billing/contracts/invoices":
            return invoices[int(parse_qs(url.query).get("after", ["0"])[0])]
        if url.path.startswith(overviews):
            asked = url.path.removeprefix(overviews)
            return (blank if asked == "blank" else plain).replace(template, asked.encode())
        return of_path.get(url.path, nothing)

    return answer


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, answer: Answers, allowed: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self.allowed = allowed


class _Handler(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True
    server: _Server

    def handle(self) -> None:
        """Answer one request after the other, until the client ends or is killed."""
        with suppress(ConnectionError):
            self._answer_all()

    def _answer_all(self) -> None:
        while target := _target(self.rfile):
            body = self.server.answer(target)
            status = "404 Not Found" if body is None else "200 OK"
            body = body or _NOT_FOUND
            head = (
                f"HTTP/1.1 {status}\r\n"
                "Content-Type: application/json\r\n"
                f"inin-ratelimit-allowed: {self.server.allowed}\r\n"
                "inin-ratelimit-count: 1\r\n"
                "inin-ratelimit-reset: 60\r\n"
                f"Content-Length: {len(body)}\r\n\r\n"
            )
            self.wfile.write(head.encode() + body)


def _target(requests: BufferedIOBase) -> str | None:
    """Read a request with its body; return its target, or None where there are no more."""
    first = requests.readline().split()
    length = 0
    while (line := requests.readline().strip()) and first:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    requests.read(length)
    return first[1].decode() if first else None


@contextmanager
def serving(answer: Answers, allowed: int = 300) -> Iterator[str]:
    """Serve on a free port of the loopback; yield the URL.

    Args:
        answer: gives the body for a request's target.
        allowed: how many requests a minute the answers' headers allow; none is refused.
    """
    with _Server(answer, allowed) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


if __name__ == "__main__":
    with serving(answers(int(sys.argv[1]), int(sys.argv[2]))) as url:
        measure.stay(url)
