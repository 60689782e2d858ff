"""A poll's timeout ends what hangs, and what was read by then is not lost."""

import time

from billing_exporter.collectors.durations import Duration
from billing_exporter.collectors.settings import TrustorsSettings, UsageSettings
from billing_exporter.collectors.trustors import TrustorsCollector
from billing_exporter.collectors.usage import UsageCollector
from billing_exporter.simulator import Options, Simulator
from tests.unit.polling.poller_harness import PollerHarness
from tools.testkit.recorded_api import client_at, silence
from tools.testkit.scrapes import billing_text, samples_of

# Without the timeout the client would wait for minutes; that much may a busy machine add to it.
SOON_SECONDS = 30
OVERVIEW = "get_billing_trusteebillingoverview_trustor_org_id"


def test_a_poll_that_gets_no_answer_ends() -> None:
    """A request that hangs is given up when the poll's time is over, and that is the reason."""
    settings = UsageSettings(timeout=Duration("1s"))
    with silence() as url:
        harness = PollerHarness(
            collector=UsageCollector(settings), settings=settings, api=client_at(url)
        )
        began = time.monotonic()
        harness.poll()
        assert 1 <= time.monotonic() - began < SOON_SECONDS
    assert harness.reported("poll_failure") == {"timeout": 1}


def test_a_customer_that_hangs_costs_the_others_nothing() -> None:
    """The sweep ends with the poll's time, which is its failure: the others are new, and that one,
    as good as not asked, keeps its numbers and their age.
    """
    settings = TrustorsSettings(
        timeout=Duration("6s"), concurrency=2, periods=("current",), history=0
    )
    with Simulator(Options(address="127.0.0.1:0", trustors=6, in_progress=0)) as simulator:
        api = client_at(simulator.url)
        harness = PollerHarness(collector=TrustorsCollector(settings), settings=settings, api=api)
        harness.poll()
        before = shown(harness)
        simulator.service.set_faults([f"stall:{OVERVIEW}:seconds=600,times=1"])
        began = time.monotonic()
        harness.poll(seconds=60)
        assert time.monotonic() - began < SOON_SECONDS
    assert harness.reported("polls_total") == {"success": 1, "timeout": 1}
    assert harness.reported("poll_failure") == {"timeout": 1}
    after = shown(harness)
    assert after.keys() == before.keys()
    failing = [value for labels, value in after.items() if "'error'" in labels]
    assert sum(failing) == 0
    times = [value for labels, value in after.items() if labels.startswith("last_success")]
    assert times.count(min(times)) == 1
    assert min(times) == max(times) - 60


def shown(harness: PollerHarness) -> dict[str, float]:
    """Return the customers' values by metric and labels."""
    text = billing_text(harness.exposition)
    prefix = "genesyscloud_billing_trustor_"
    return {
        f"{sample.name.removeprefix(prefix)} {sorted(sample.labels.items())}": sample.value
        for sample in samples_of(text)
    }
