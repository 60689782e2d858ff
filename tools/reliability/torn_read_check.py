"""A service all of whose numbers are the number of the listing that they belong to.

Each listing that begins a poll gets the next number. Ids carry it, so that details of what was
listed have the number of their listing: the numbers of a reading that is whole are all the same.
"""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

CONTRACTS = CUSTOMERS = 3
ROWS = 20
JSON = dict[str, Any]


class Generations:
    """What is answered, by path."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._lock = threading.Lock()
        billing = "/api/v2/billing"
        self._routes: tuple[tuple[str, Callable[[str, str], JSON | None]], ...] = (
            (f"{billing}/contracts", self._contracts),
            (rf"{billing}/contracts/c\d-(\d+)/billingperiods/p", self._period),
            (f"{billing}/contracts/invoices", self._invoices),
            (rf"{billing}/contracts/invoices/i\d-(\d+)/lines", self._lines),
            (f"{billing}/reports/billableusage", self._report),
            (rf"{billing}/trusteebillingoverview/(t\d-\d+)", self._overview),
            ("/api/v2/orgauthorization/trustors", self._trustors),
            ("/oauth/token", lambda *_: {"access_token": "t", "expires_in": 86400}),
        )

    def answer(self, target: str) -> JSON | None:
        """Return the answer to a request, None where there is nothing."""
        parts = urlsplit(target)
        for pattern, write in self._routes:
            if found := re.fullmatch(pattern, parts.path):
                return write(found[1] if found.groups() else str(self._next()), parts.query)
        return None

    def _next(self) -> int:
        with self._lock:
            return next(self._numbers)

    def _contracts(self, number: str, _: str) -> JSON:
        item = {"currencyIsoCode": "EUR", "price": int(number)}
        items = [{**item, "name": f"item {row}"} for row in range(ROWS)]
        period = {"id": "p", "dateStart": "2026-11-01", "dateEnd": "2026-11-30", "status": "Open"}
        return _page(
            {
                "id": f"c{each}-{number}",
                "externalNumber": f"C{each}",
                "status": "Active",
                "billingPeriods": [period],
                "plans": [{"id": "plan", "name": "plan", "items": items}],
            }
            for each in range(CONTRACTS)
        )

    def _period(self, number: str, _: str) -> JSON:
        rows = [{"name": f"charge {row}", "actualQuantity": int(number)} for row in range(ROWS)]
        return {"id": "p", "dateStart": "2026-11-01", "status": "Open", "charges": rows}

    def _invoices(self, number: str, query: str) -> JSON:
        if "paymentStatus" in parse_qs(query):  # the second listing of a poll
            return _page(())
        return _page(
            {
                "id": f"i{each}-{number}",
                "amount": int(number),
                "currencyIsoCode": "EUR",
                "paymentStatus": "Unpaid",
            }
            for each in range(CONTRACTS)
        )

    def _lines(self, number: str, _: str) -> JSON:
        return _page(
            {"id": f"l{row}", "description": f"line {row}", "amount": int(number)}
            for row in range(ROWS)
        )

    def _report(self, number: str, _: str) -> JSON:
        rows = [{"name": f"charge {row}", "totalUsage": f"{number}"} for row in range(ROWS)]
        return {
            "status": "Complete",
            "startDate": "2026-11-01T00:00:00Z",
            "endDate": "2026-11-30T23:59:59Z",
            "usages": rows,
        }

    def _trustors(self, number: str, _: str) -> JSON:
        return {
            **_page(
                {
                    "id": f"t{each}-{number}",
                    "enabled": True,
                    "organization": {"id": f"t{each}", "name": f"T{each}", "version": 1},
                }
                for each in range(CUSTOMERS)
            ),
            "pageCount": 1,
        }

    def _overview(self, customer: str, query: str) -> JSON | None:
        if query != "billingPeriodIndex=0":
            return None
        number = customer.partition("-")[2]
        row = {"partNumber": "P", "grouping": "user-license", "unitOfMeasureType": "seat"}
        amounts = {"usageQuantity": number, "prepayQuantity": number}
        return {
            "organization": {"id": customer, "name": customer},
            "currency": "EUR",
            "enabledProducts": [],
            "subscriptionType": "PREPAY",
            "usages": [{**row, **amounts, "name": f"charge {each}"} for each in range(ROWS)],
        }


def _page(entities: Any) -> JSON:
    return {"entities": list(entities)}


@contextmanager
def generating() -> Iterator[str]:
    """Serve generations on a free port; give the URL."""
    generations = Generations()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            answer = generations.answer(self.path)
            body = json.dumps(answer or {"code": "not.found", "status": 404}).encode()
            self.send_response(200 if answer else 404)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("inin-ratelimit-allowed", "1000000")
            self.send_header("inin-ratelimit-count", "1")
            self.send_header("inin-ratelimit-reset", "60")
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 - the name that http.server looks for

        def log_message(self, *_: Any) -> None:
            """Stay silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
