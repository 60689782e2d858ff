"""Routes of the pages and of their JSON."""

from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Protocol, TypeVar

from billing_exporter.httpd.response import Response
from billing_exporter.web import api, queries
from billing_exporter.web.pages import (
    account,
    contracts,
    csv_file,
    customers,
    frame,
    message,
    overview,
)
from billing_exporter.web.queries import QueryError
from billing_exporter.web.records import (
    Account,
    ContractQuery,
    Contracts,
    CustomerQuery,
    Customers,
    Overview,
)

Answer = Callable[[str], Response]
Record = TypeVar("Record")

_CSV_HEADERS = (("Cache-Control", "no-store"), ("Content-Disposition", "attachment"))


class MissingError(Exception):
    """A query names something that does not exist."""


class Views(Protocol):
    """What pages show."""

    def overview(self) -> Overview:
        """Return what is known at a glance."""

    def customers(self, query: CustomerQuery) -> Customers:
        """Return one page of the list of customers."""

    def contracts(self, query: ContractQuery) -> Contracts:
        """Return one page of the list of contracts."""

    def customer(self, organization: str, key: str) -> Account | None:
        """Return one customer, None where there is none of that id."""

    def contract(self, organization: str, number: str) -> Account | None:
        """Return one contract, None where there is none of that number."""


class PageRoutes:
    """Answers pages and JSON by path; each answer takes the query.

    Attributes:
        answers: by path.
    """

    def __init__(self, views: Views, *, telemetry_path: str, version: str) -> None:
        """Route pages to views.

        Args:
            views: what pages show.
            telemetry_path: where the metrics are.
            version: of the exporter.
        """
        self._views = views
        self._telemetry_path = telemetry_path
        openapi = api.json_response(api.openapi(version))
        self.answers: Mapping[str, Answer] = {
            "/": partial(self._page, self._overview, overview.render),
            "/customers": partial(self._page, self._customers, customers.render),
            "/contracts": partial(self._page, self._contracts, contracts.render),
            "/customer": partial(self._page, self._customer, account.render),
            "/contract": partial(self._page, self._contract, account.render),
            "/customer.csv": partial(_csv, self._customer),
            "/contract.csv": partial(_csv, self._contract),
            f"{api.PREFIX}/overview": partial(_json, self._overview),
            f"{api.PREFIX}/customers": partial(_json, self._customers),
            f"{api.PREFIX}/contracts": partial(_json, self._contracts),
            f"{api.PREFIX}/customer": partial(_json, self._customer),
            f"{api.PREFIX}/contract": partial(_json, self._contract),
            api.OPENAPI_PATH: lambda _: openapi,
        }

    def _overview(self, query: str) -> Overview:
        queries.none(query)
        return self._views.overview()

    def _customers(self, query: str) -> Customers:
        return self._views.customers(queries.customer_query(query))

    def _contracts(self, query: str) -> Contracts:
        return self._views.contracts(queries.contract_query(query))

    def _customer(self, query: str) -> Account:
        organization, key = queries.one(query, "id")
        return _found(self._views.customer(organization, key), "customer", "id", organization)

    def _contract(self, query: str) -> Account:
        organization, number = queries.one(query, "contract")
        return _found(
            self._views.contract(organization, number), "contract", "number", organization
        )

    def _page(
        self, load: Callable[[str], Record], render: Callable[[Record, str], str], query: str
    ) -> Response:
        """Answer with a page, also where something is wrong with the query."""
        try:
            status, text = HTTPStatus.OK, render(load(query), self._telemetry_path)
        except (QueryError, MissingError) as error:
            status = _status_of(error)
            text = message.render(str(error), self._telemetry_path)
        body = (text.encode(errors="replace"),)
        return Response(status, "text/html; charset=utf-8", body, frame.PAGE_HEADERS)


def _json(load: Callable[[str], object], query: str) -> Response:
    try:
        return api.json_response(load(query))
    except (QueryError, MissingError) as error:
        return api.error_response(_status_of(error), str(error))


def _csv(load: Callable[[str], Account], query: str) -> Response:
    try:
        body = (csv_file.charges(load(query)).encode(errors="replace"),)
    except (QueryError, MissingError) as error:
        return api.error_response(_status_of(error), str(error))
    return Response(HTTPStatus.OK, "text/csv; charset=utf-8", body, _CSV_HEADERS)


def _status_of(error: QueryError | MissingError) -> HTTPStatus:
    return HTTPStatus.BAD_REQUEST if isinstance(error, QueryError) else HTTPStatus.NOT_FOUND


def _found(account_: Account | None, what: str, key: str, organization: str) -> Account:
    if account_ is None:
        raise MissingError(f"there is no {what} of that {key} in organization {organization!r}")
    return account_
