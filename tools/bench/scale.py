"""Size of what is measured."""

from dataclasses import dataclass

AIMED_AT = 100_000
"""The series that the aims are for."""


@dataclass(frozen=True)
class Scale:
    """The sizes of one run.

    Attributes:
        rounds: how often everyone is measured; the median counts.
        starts: the same for what needs a fresh process each time.
        series: numbers of series that are scraped; the last one is published, too.
        overviews: how many are fetched.
        resources: how many a usage report lists.
        pages: how many pages of 200 invoices are fetched.
        trustors: how many a sweep at the API's limit reads.
        customers: numbers of customers of a partner that an exporter reads for real.
        published: numbers of customers of whom one changes.
    """

    rounds: int
    starts: int
    series: tuple[int, ...]
    overviews: int
    resources: int
    pages: int
    trustors: int
    customers: tuple[int, ...]
    published: tuple[int, ...]


FULL = Scale(
    rounds=5,
    starts=3,
    series=(10_000, 100_000),
    overviews=2_000,
    resources=100_000,
    pages=100,
    trustors=10_000,
    customers=(500, 2_000, 10_000),
    published=(325, 9_800),
)
QUICK = Scale(
    rounds=3,
    starts=1,
    series=(10_000,),
    overviews=200,
    resources=10_000,
    pages=10,
    trustors=1_000,
    customers=(100,),
    published=(100,),
)
