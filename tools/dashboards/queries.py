"""PromQL that follows the variables of a dashboard.

Two replicas of the exporter show the same billing series under two ``instance`` labels, and a
restart in Kubernetes brings a new ``pod``. Hence every query first takes ``max by`` the labels
that the exporter itself gives, and only then adds up.

What an exporter tells about itself is different: shards have the same labels and each tells of its
own part. There a state or an age is the worst of all (``least``, ``per_exporter``) and a count is
their sum (``together``).
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Self

from billing_exporter.collectors import REGISTRY
from billing_exporter.metrics.family import PREFIX
from tools.dashboards.catalogue import labels_of

SECONDS_PER_DAY = 86400
CURRENT = 'period="current"'
PREVIOUS = 'period="previous"'
# Statuses of which something is owed, in whatever spelling.
UNPAID = (
    'payment_status=~"(?i:unpaid|part(ial)?(ly)?[ _-]?paid|open|past[ _-]?due|'
    '(in[ _-]?)?disputed?)"'
)
# An unpaid amount below 0 is a credit: it has a line of its own and is not taken off the others.
OWED, CREDIT = 'overdue!="credit"', 'overdue="credit"'
OVERDUE = 'overdue!~"not_due|unknown|credit"'
_EXPORTER = ("job", "instance")
# All other variables are named like their label.
LABEL_OF = MappingProxyType({"group": "trustor"})


@dataclass(frozen=True)
class Scope:
    """What a dashboard's variables choose.

    Attributes:
        variables: those that choose values of a label, without ``job``, which all have.
        at: PromQL's modifier of the time that every selector looks at; empty for none.
    """

    variables: tuple[str, ...]
    at: str = ""

    @property
    def at_end(self) -> Self:
        """The same choice, as it is at the end of the time range."""
        return replace(self, at=" @ end()")

    @property
    def day_ago(self) -> Self:
        """The same choice, as it was a day before."""
        return replace(self, at=" offset 1d")

    def select(self, metric: str, *matchers: str) -> str:
        """Return the selector of a metric's series that the variables leave.

        Args:
            metric: its name without the prefix.
            matchers: more label matchers, such as ``period="current"``.
        """
        labels = ("job", *labels_of(metric))
        return f"{PREFIX}{metric}{{{', '.join((*self._chosen(labels), *matchers))}}}{self.at}"

    def recorded(self, record: str, *matchers: str) -> str:
        """Return the selector of a recording rule's series that the variables leave.

        Args:
            record: its name, which begins with the labels it keeps.
            matchers: more label matchers.
        """
        level = record.partition(":")[0].split("_")
        return f"{record}{{{', '.join((*self._chosen(level), *matchers))}}}{self.at}"

    def one(self, metric: str, *matchers: str, by: str = "") -> str:
        """Return one series per combination of labels, whatever scraped it.

        Args:
            metric: its name without the prefix.
            matchers: more label matchers.
            by: the labels to keep; empty keeps all of the metric's own.
        """
        kept = by or ", ".join(labels_of(metric))
        return f"max by ({kept}) ({self.select(metric, *matchers)})"

    def least(self, metric: str) -> str:
        """Return the lowest over all exporters: of ``up`` and of times the worst."""
        return f"min by ({', '.join(labels_of(metric))}) ({self.select(metric)})"

    def per_exporter(self, metric: str) -> str:
        """Return one series per combination of labels and exporter."""
        return self.one(metric, by=", ".join((*labels_of(metric), *_EXPORTER)))

    def together(self, metric: str) -> str:
        """Return what all exporters count together; two replicas count twice."""
        return f"sum by ({', '.join(labels_of(metric))}) ({self.per_exporter(metric)})"

    def total(self, by: str, metric: str, *matchers: str) -> str:
        """Return the sum over all labels but the given ones; keep ``currency`` for money."""
        return f"sum by ({by}) ({self.one(metric, *matchers)})"

    def as_of(self, collector: str) -> str:
        """Return when an organization's shown reading was polled: the ``now`` of billing.

        Other shards than the first read contracts and invoices too, and do not show them.
        """
        polled = self.select("last_success_timestamp_seconds", f'collector="{collector}"')
        if not REGISTRY[collector].divided:
            others = f"{self.select('exporter_shard_index')} > 0"
            polled = f"{polled} unless on (job, instance) {others}"
        return f"max by (organization) ({polled})"

    def in_open_periods(self, series: str) -> str:
        """Leave those series of contracts whose newest period is open.

        A contract that ended years ago still has a newest period.
        """
        contract = "organization, contract"
        closed = self.one("contract_period_closed", CURRENT, by=contract)
        return f"({series} and on ({contract}) {closed} == 0)"

    def days_until(self, time: str, collector: str) -> str:
        """Return the days from the reading to a time; negative once it has passed."""
        left = f"{time} - on (organization) group_left () {self.as_of(collector)}"
        return f"({left}) / {SECONDS_PER_DAY}"

    def _chosen(self, labels: Collection[str]) -> list[str]:
        matchers = {"job": "job", **{name: LABEL_OF.get(name, name) for name in self.variables}}
        return [f'{label}=~"${name}"' for name, label in matchers.items() if label in labels]


def count(series: str, condition: str) -> str:
    """Return how many series meet a condition: 0 where none does, nothing where none exists."""
    return f"count({series} {condition}) or 0 * count({series})"


def either(one: str, other: str) -> str:
    """Return the sum of two amounts, or the one of them that there is."""
    return f"({one} + {other}) or {one} or {other}"


def renamed(series: str, label: str, name: str, pattern: str = "(.*)") -> str:
    """Return series with what a pattern finds in a label under another name.

    Args:
        series: PromQL.
        label: what is looked at.
        name: the label that gets the pattern's group.
        pattern: a regular expression with one group.
    """
    return f'label_replace({series}, "{name}", "$1", "{label}", "{pattern}")'


def milliseconds(time: str) -> str:
    """Return a time in the unit that Grafana reads dates in."""
    return f"{time} * 1000"
