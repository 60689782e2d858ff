"""A running ``serve`` takes up its configuration again, by signal and by itself."""

import signal
from pathlib import Path

from tools.testkit.processes import serving, simulating, wait_until

CONFIGURATION = """\
organizations:
  - name: {name}
    api_url: {url}
    client_id: demo
    client_secret: demo
    collectors: {{usage: }}
"""


def test_a_changed_file_is_taken_up(tmp_path: Path) -> None:
    """A changed file is taken up by itself; signals, however many, and errors end nothing."""
    file = tmp_path / "config.yml"
    with simulating("--trustors", "1") as simulator:
        file.write_text(CONFIGURATION.format(name="one", url=simulator.url))
        flags = ("--config.file", str(file), "--config.auto-reload")
        with serving(None, *flags) as exporter:
            file.write_text(CONFIGURATION.format(name="two", url=simulator.url))
            wait_until(lambda: exporter.lines("configuration reloaded"))
            wait_until(lambda: exporter.lines("organization=two"))
            for _ in range(20):
                exporter.process.send_signal(signal.SIGHUP)
            wait_until(lambda: len(exporter.lines("configuration reloaded")) > 1)
            file.write_text("organizations: []")
            wait_until(lambda: exporter.lines("nothing changed"))
