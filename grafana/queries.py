"""PromQL that follows the variables of a dashboard.

Two replicas of the exporter show the same billing series under two ``instance`` labels, and a
restart in Kubernetes brings a new ``pod``. Hence every query first takes ``max by`` the labels
that the exporter itself gives, and only then adds up.
"""

from dataclasses import dataclass

from billing_exporter.metrics import PREFIX
from grafana.catalogue import labels_of

SECONDS_PER_DAY = 86400


@dataclass(frozen=True)
class Scope:
    """What a dashboard's variables choose.

    Attributes:
        variables: those named like the label that they choose, without ``job``, which all have.
    """

    variables: tuple[str, ...]

    def select(self, metric: str, *matchers: str) -> str:
        """Return the selector of a metric's series that the variables leave.

        Args:
            metric: its name without the prefix.
            matchers: more label matchers, such as ``period="current"``.
        """
        chosen = (f'{name}=~"${name}"' for name in self.variables if name in labels_of(metric))
        return f"{PREFIX}{metric}{{{', '.join(('job=~"$job"', *chosen, *matchers))}}}"

    def one(self, metric: str, *matchers: str, by: str = "") -> str:
        """Return one series per combination of labels, whatever scraped it.

        Args:
            metric: its name without the prefix.
            matchers: more label matchers.
            by: the labels to keep; empty keeps all of the metric's own.
        """
        kept = by or ", ".join(labels_of(metric))
        return f"max by ({kept}) ({self.select(metric, *matchers)})"

    def total(self, by: str, metric: str, *matchers: str) -> str:
        """Return the sum over all labels but the given ones; keep ``currency`` for money."""
        return f"sum by ({by}) ({self.one(metric, *matchers)})"

    def as_of(self, collector: str, by: str = "organization") -> str:
        """Return when the shown reading was polled, Unix time: the ``now`` of billing."""
        matcher = f'collector="{collector}"'
        return self.one("last_success_timestamp_seconds", matcher, by=by)

    def days_left(self, metric: str, collector: str, *matchers: str) -> str:
        """Return the days from the reading to a time; negative once it has passed."""
        until = f"{self.one(metric, *matchers)} - on (organization) group_left () "
        return f"({until}{self.as_of(collector)}) / {SECONDS_PER_DAY}"


def milliseconds(expression: str) -> str:
    """Return a time in the unit that Grafana reads dates in."""
    return f"{expression} * 1000"
