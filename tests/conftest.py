"""Settings of every test: properties without a deadline, and a summary of missing components."""

import os
import signal
from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings

from tools.testkit.components import missing_among

# A shared machine stalls now and then; how long an example took says nothing about the law.
settings.register_profile(
    "steady", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("quick", settings.get_profile("steady"), max_examples=20)
settings.load_profile("quick" if os.environ.get("CHECK_ONLY") == "true" else "steady")
# A shell lets what runs in its background ignore Ctrl-C, and so would every program started here.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


# Fixtures that need openssl, or the vendor's SDK.
_OF_COMPONENTS = {"authority", "pair", "sdk", "tls"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests whose fixtures need a component."""
    for item in items:
        if _OF_COMPONENTS & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.component)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Generator[None]:
    """Name, below everything but pytest's closing line, what was not proved and why."""
    yield
    stats = terminalreporter.stats
    reports = [report for kind in ("skipped", "failed", "error") for report in stats.get(kind, ())]
    missing = missing_among(str(report.longrepr) for report in reports)
    if missing:
        terminalreporter.section("components that were missing", sep="-")
    for component in missing:
        terminalreporter.write_line(component.missing)
        terminalreporter.write_line(f"    to get it: {component.advice}")
