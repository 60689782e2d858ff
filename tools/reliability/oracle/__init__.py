"""Oracle: what the exporter has to show, worked out a second time from the API's own JSON.

Nothing here is taken from the exporter but the table of its metrics: which labels they have, and
whether their rows add up.
"""

from collections.abc import Iterable

from tools.reliability.oracle.answers import Answers
from tools.reliability.oracle.contracts import contracts
from tools.reliability.oracle.invoices import invoices
from tools.reliability.oracle.sheet import ExpectedSeries
from tools.reliability.oracle.trustors import trustors
from tools.reliability.oracle.usage import usage

__all__ = ["READERS", "Answers", "ExpectedSeries", "asked", "reported"]

READERS = {"contracts": contracts, "invoices": invoices, "trustors": trustors, "usage": usage}


def reported(
    collector: str, organization: str, answers: Answers, known: Answers | None = None
) -> ExpectedSeries:
    """Work out what a poll shows.

    Args:
        collector: whose poll.
        organization: of which.
        answers: what the API says now.
        known: what it said at the poll before, from which all that is final is kept.
    """
    return READERS[collector](answers, known or answers).reported(organization)


def asked(url: str, collectors: Iterable[str]) -> Answers:
    """Ask a simulator now for all that these collectors need."""
    answers = Answers(url)
    for collector in collectors:
        reported(collector, "", answers)
    return answers
