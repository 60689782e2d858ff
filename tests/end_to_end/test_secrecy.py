"""Nothing private leaves the exporter: no secret, token, person, device, link or document.

What is private is taken from the API's own answers and from the simulator's list of tokens.
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest

from billing_exporter.config import load
from billing_exporter.simulator import Options, Simulator
from tools.testkit.processes import clean_environment, run, serving
from tools.testkit.scrapes import fetch, wait_until_polled
from tools.testkit.truth import Truth, private_texts

SECRET = "correct horse/battery+staple="
FAULTS = {
    "healthy": (),
    "odd": ("wrong_types:*:step=3", "unknown_keys", "weird_names"),
    "broken": ("truncated:*:every=2",),
    "refusing": ("unauthorized:*:every=3", "400:*:every=2"),
    "hungry": ("html:*:every=2", "unknown_enum"),
}
_PATTERNS = re.compile(
    r"@example\.|%40example|Bearer|Basic [A-Za-z0-9+/]|device-[0-9a-f]|example\.com/"
)


@pytest.fixture(scope="module")
def simulators() -> Iterator[dict[str, Simulator]]:
    """A simulator for each set of faults."""
    running = {}
    for name, faults in FAULTS.items():
        options = Options(
            address="127.0.0.1:0",
            trustors=12,
            in_progress=0,
            rate_limit=0,
            client_secret=SECRET,
            faults=faults,
        )
        running[name] = Simulator(options)
        running[name].start()
    yield running
    for simulator in running.values():
        simulator.stop()


@pytest.fixture(scope="module")
def file(simulators: dict[str, Simulator], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A configuration with all of them, and one whose secret is wrong."""
    folder = tmp_path_factory.mktemp("configuration")
    (folder / "secret").write_text(SECRET)
    entries = [
        f"  - {{name: {name}, api_url: '{simulator.url}', client_id: demo, "
        f"client_secret_file: secret, collectors: "
        f"{{usage: {{}}, contracts: {{history: 1}}, trustors: {{history: 1}}, "
        f"invoices: {{lines: all}}}}}}"
        for name, simulator in simulators.items()
    ]
    url = simulators["healthy"].url
    wrong = f"  - {{name: wrong, api_url: '{url}', client_id: demo, client_secret: '{SECRET}x'}}"
    path = folder / "exporter.yml"
    path.write_text("\n".join(["organizations:", *entries, wrong]))
    return path


@pytest.fixture(scope="module")
def private() -> list[str]:
    """What the API says of people, devices, links and documents: every simulator the same."""
    with Simulator(Options(address="127.0.0.1:0", in_progress=0, rate_limit=0)) as twin:
        truth = Truth(twin.url)
        now = datetime.now(UTC)
        unpaid = next(one for one in truth.invoices if one["paymentStatus"] == "Unpaid")
        answers = [
            truth.report(now - timedelta(days=30), now),
            truth.invoices,
            truth.get(f"/billing/contracts/invoices/{unpaid['id']}/document").json(),
            truth.trustors,
            *(answer.json() for answer in truth.overviews.values()),
        ]
        truth.close()
    texts = set(private_texts(answers))
    kinds = ("@example.com", "device-", "https://pay.", "https://documents.", "1 Example Street")
    assert all(any(kind in text for text in texts) for kind in kinds)
    return sorted(texts - {""})


def assert_silent(text: str, private: list[str], simulators: dict[str, Simulator]) -> None:
    """Fail where a text holds anything private; the failure does not repeat it at length."""
    tokens = [token for one in simulators.values() for token in one.service._tokens._granted]
    leaked = [each for each in (*private, *tokens, SECRET, "battery") if each in text]
    assert leaked == []
    assert _PATTERNS.findall(text) == []


def pages_of(url: str) -> list[str]:
    """Return the overview, the list, and some customers and contracts, as pages, JSON and CSV."""
    overview = fetch(f"{url}/api/v1/overview").text
    customers = fetch(f"{url}/api/v1/customers?size=500").text
    pages = [overview, customers, *(fetch(f"{url}{path}").text for path in ("/", "/customers"))]
    listed = json.loads(customers)["customers"]
    found = [
        ("customer", "id", one["organization"], one["id"])
        for name in FAULTS
        for one in [each for each in listed if each["organization"] == name][-4:]
    ]
    contracts = json.loads(overview)["contracts"]
    found += [("contract", "contract", one["organization"], one["contract"])
              for one in contracts[::5]]  # fmt: skip
    for of, key, organization, value in found:
        query = urlencode({"organization": organization, key: value})
        paths = (of, f"{of}.csv", f"api/v1/{of}")
        pages += [fetch(f"{url}/{path}?{query}").text for path in paths]
    assert len(pages) > 4 + 3 * 10
    return pages


def test_serve(file: Path, private: list[str], simulators: dict[str, Simulator]) -> None:
    """Serve keeps silent at the log level debug, in all its answers, and over failures too."""
    with serving(None, "--config.file", str(file), "--log.level", "debug") as exporter:
        wait_until_polled(exporter.url)
        pages = [fetch(f"{exporter.url}{path}").text for path in ("/metrics", "/-/ready")]
        pages += pages_of(exporter.url)
        openmetrics = fetch(f"{exporter.url}/metrics", Accept="application/openmetrics-text")
        assert exporter.end() == 0
        text = "\n".join([*pages, openmetrics.text, exporter.stdout, exporter.stderr])
    assert text.count("genesyscloud_billing_invoice_line_amount{") > 100
    assert "request answered" in text
    assert "poll failed" in text
    assert_silent(text, private, simulators)


@pytest.mark.parametrize("log_format", ["logfmt", "json"])
def test_once(
    file: Path, private: list[str], simulators: dict[str, Simulator], log_format: str
) -> None:
    """Once keeps silent, in its exposition and on standard error."""
    flags = "--log.level", "debug", "--log.format", log_format
    ended = run("once", "--config.file", str(file), *flags)
    assert ended.returncode == 1
    assert "request answered" in ended.stderr
    assert_silent(ended.stdout + ended.stderr, private, simulators)


def test_errors_of_calls(file: Path, private: list[str], simulators: dict[str, Simulator]) -> None:
    """A call that fails says why without a word of who asked, or of what was answered."""
    operation = "get_billing_contracts_invoices"
    texts = []
    for name in ("broken", "refusing", "hungry", "wrong"):
        for _ in range(3):
            flags = "--organization", name, "--log.level", "debug", "--config.file", str(file)
            ended = run("api", *flags, operation)
            texts.append(ended.stderr)
    assert any("billing-exporter: " in text for text in texts)
    assert_silent("\n".join(texts), private, simulators)


def test_check_and_repr(file: Path, private: list[str], simulators: dict[str, Simulator]) -> None:
    """Neither check nor the settings themselves show a secret."""
    ended = run("check", "--config.file", str(file))
    assert ended.returncode == 0
    settings = load(file, {})
    assert_silent(f"{ended.stdout}{ended.stderr}{settings!r}", private, simulators)


def test_problems(tmp_path: Path) -> None:
    """What check says of a wrong configuration does not repeat the secret that is in it."""
    file = tmp_path / "exporter.yml"
    file.write_text(
        f"organizations:\n  - name: acme\n    region: '{SECRET}'\n    client_id: ['{SECRET}']\n"
        f"    client_secret: {{it: '{SECRET}'}}\n    '{SECRET}': 1\n"
    )
    ended = run("check", "--config.file", str(file))
    assert ended.returncode == 1
    assert "battery" not in ended.stdout + ended.stderr


def test_environment() -> None:
    """What is said of a wrong environment does not repeat the secret that is in it."""
    for name in ("REGION", "API_URL", "LOGIN_URL"):
        variables = {f"GENESYSCLOUD_{name}": SECRET, "GENESYSCLOUD_OAUTHCLIENT_SECRET": SECRET}
        ended = run("check", environ=clean_environment(**variables))
        assert ended.returncode == 1
        assert "battery" not in ended.stdout + ended.stderr
