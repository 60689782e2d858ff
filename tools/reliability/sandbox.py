"""A simulated Genesys Cloud and an organization that is polled, in one time, moved by hand."""

from datetime import datetime

from billing_exporter.collectors.durations import Duration
from billing_exporter.collectors.settings import (
    Collectors,
    ContractsSettings,
    InvoicesSettings,
    TrustorsSettings,
    UsageSettings,
)
from tools.reliability.exposition_view import QuickScrape
from tools.reliability.in_process_exporter import NAME, Branch
from tools.reliability.in_process_transport import Direct, Moment
from tools.reliability.truth import differences
from tools.testkit.scrapes import Scrape, billing_text

# Invoices of all times, for the simulator tells the truth about all of them.
COLLECTORS = Collectors(
    usage=UsageSettings(),
    invoices=InvoicesSettings(lookback=Duration("10y")),
    contracts=ContractsSettings(history=0),
    trustors=TrustorsSettings(concurrency=1, history=0),
)


class Sandbox:
    """Both of them.

    Attributes:
        moment: the time.
        branch: the organization.
        service: what the simulator answers with.
    """

    def __init__(
        self, start: datetime, collectors: Collectors = COLLECTORS, *, trustors: int = 4
    ) -> None:
        self.moment = Moment(start)
        direct = Direct(self.moment, trustors=trustors)
        self.service = direct.service
        url = "https://api.example.com"
        self.branch = Branch(url, self.moment, collectors=collectors, transport=direct)

    def polled(self) -> Scrape:
        """Poll everything and return what is shown."""
        self.branch.poll()
        return QuickScrape(self.shown())

    def shown(self) -> str:
        """Return the billing series."""
        return billing_text(self.branch.exposition)

    def differences(self, text: str) -> list[str]:
        """List where billing series differ from what is so, one line for each."""
        return differences(self.service.summary(100), QuickScrape(text), NAME)
