"""What polls leave out, series beyond max_series and what fails alone: how the log reports it."""

import pytest

from billing_exporter.collectors import Poll
from billing_exporter.collectors.settings import UsageSettings
from billing_exporter.genesys import NotReady, Unavailable
from billing_exporter.metrics import catalogue
from billing_exporter.metrics.samples import Samples, labels
from tests.unit.polling.poller_harness import Number, PollerHarness, Scripted


class Charges(Scripted):
    """A collector whose number is how many charges there are, each a part with one series."""

    def parts(self, data: Number) -> dict[str, Number]:
        """Each charge is a part."""
        return {f"{number:03}": Number(number) for number in range(data.value)}

    def expose(self, part: Number) -> Samples:
        """Expose the usage of the charge."""
        samples = Samples()
        samples.add(catalogue.USAGE_QUANTITY, labels(("charge",), str(part.value)), part.value)
        return samples


def test_series_that_are_left_out_are_logged_for_a_poll_not_for_each_batch(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A sweep that shows more and more of too many customers logs the first one that it leaves out,
    and at its end how many; the same again is no news.
    """

    def sweep(poll: Poll[Number]) -> int:
        for count in (1, 3, 4, 5):
            poll.publish(Number(count))
        return 6

    harness = PollerHarness(
        collector=Charges(sweep, sweep, 7), settings=UsageSettings(max_series=2)
    )

    def logged() -> list[int]:
        harness.poll(hours=6)
        found = [
            vars(record)["left_out"] for record in caplog.records if "max_series" in record.msg
        ]
        caplog.clear()
        return found

    assert [logged(), logged(), logged()] == [[1, 4], [], [5]]


def test_thousands_of_failures_are_ten_lines_and_their_number(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """In an outage the first failures of a kind are logged one by one in each poll, then how many
    there were; each one is counted.
    """

    def outage(poll: Poll[Number]) -> int:
        poll.tolerate(NotReady("no"), "another thing")
        for number in range(500):
            poll.tolerate(Unavailable("no"), f"thing {number}")
        return 7

    harness = PollerHarness(outage, outage)
    for polls in (1, 2):
        caplog.clear()
        harness.poll(hours=6)
        logged = [vars(record) for record in caplog.records if record.levelname == "WARNING"]
        assert [each["about"] for each in logged[:-1]] == [
            "another thing",
            *(f"thing {number}" for number in range(10)),
        ]
        assert (logged[-1]["reason"], logged[-1]["count"]) == ("unavailable", 500)
        failures = harness.reported("partial_failures_total")
        assert failures == {"not_ready": polls, "unavailable": 500 * polls}
