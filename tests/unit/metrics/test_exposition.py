"""The exposition: whole readings only, the same text in every coding, readable by every parser."""

import gzip
import subprocess
import threading
import zlib
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.samples import Sample

from billing_exporter.collectors.registry import CATALOGUE
from billing_exporter.metrics.exposition import Block, Body, Exposition, _Section, header, render
from billing_exporter.metrics.family import Metric
from billing_exporter.metrics.samples import Samples, labels
from tools.testkit.components import require
from tools.testkit.scrapes import billing_text, samples_of

ONE = Metric("one", 'A "quoted" back\\slash\nand a line.', ("name",), additive=True)
TWO = Metric("two", "Without labels.", (), additive=False)
OTHER = Metric("other", "Of another collector.", ("name",), additive=True)
SUBJECTS = {"first": (ONE, TWO), "second": (OTHER,)}

sections = st.lists(st.text(alphabet="ab\n€", max_size=200).map(str.encode), max_size=6)


def block(
    metric: Metric, names: Iterable[str], organization: str = "acme", value: str = "1"
) -> Block:
    """Return a block of one metric with a series for each name."""
    samples = Samples()
    for name in names:
        samples.require(metric, labels(metric.labels, name), Decimal(value))
    return render(samples, organization)


def parsed(text: str, *, openmetrics: bool) -> list[Sample]:
    """Return the samples that a reference parser reads."""
    return samples_of(f"{text}# EOF\n" if openmetrics else text, openmetrics=openmetrics)


def full() -> str:
    """Return an exposition of every metric of the catalogue, with two organizations."""
    exposition = Exposition(CATALOGUE)
    for collector, metrics in CATALOGUE.items():
        for organization in ("acme", 'other "GmbH"'):
            samples = Samples()
            for metric in metrics:
                values = [f"{name} \\ of\n{organization}" for name in metric.labels]
                samples.require(metric, labels(metric.labels, *values), Decimal("1234.0001"))
            exposition.publish(collector, organization, [render(samples, organization)])
    return billing_text(exposition)


def test_a_reading_is_written_like_this() -> None:
    """HELP and TYPE come once for each metric, then the lines of all organizations, grouped."""
    exposition = Exposition(SUBJECTS)
    exposition.publish("second", "zeta", [block(OTHER, "x", "zeta")])
    both = Samples()
    both.require(TWO, labels(()), 7)
    both.require(ONE, labels(("name",), "b"), Decimal("-0.50"))
    both.require(ONE, labels(("name",), "a"), 10**6)
    exposition.publish("first", "zeta", [render(both, "zeta"), block(ONE, "c", "zeta")])
    exposition.publish("first", 'ac"me', [block(ONE, "a", 'ac"me')])
    assert billing_text(exposition) == (
        '# HELP one A \\"quoted\\" back\\\\slash\\nand a line.\n'
        "# TYPE one gauge\n"
        'one{organization="ac\\"me",name="a"} 1\n'
        'one{organization="zeta",name="a"} 1000000\n'
        'one{organization="zeta",name="b"} -0.50\n'
        'one{organization="zeta",name="c"} 1\n'
        "# HELP two Without labels.\n"
        "# TYPE two gauge\n"
        'two{organization="zeta"} 7\n'
        "# HELP other Of another collector.\n"
        "# TYPE other gauge\n"
        'other{organization="zeta",name="x"} 1\n'
    )


@given(st.permutations(["a", "b", "c", "d\ud800", "\n"]))
def test_the_order_of_samples_never_shows(names: list[str]) -> None:
    """The same samples in another order are the same bytes."""
    assert block(ONE, names) == block(ONE, sorted(names))


def test_a_metric_without_samples_has_no_header() -> None:
    """A metric whose facts were all in conflict is not mentioned."""
    samples = Samples()
    samples.require(TWO, labels(()), 1)
    samples.require(TWO, labels(()), 2)
    exposition = Exposition(SUBJECTS)
    exposition.publish("first", "acme", [render(samples, "acme")])
    assert billing_text(exposition) == ""


def test_a_block_says_how_many_series_it_has() -> None:
    """The number of series is the number of lines."""
    assert block(ONE, "abc").series == 3
    assert block(ONE, "").series == 0


@given(
    names=st.lists(st.text(st.characters()), min_size=1, max_size=4, unique_by=str),
    organization=st.text(st.characters()),
)
@pytest.mark.parametrize("openmetrics", [False, True])
def test_any_label_text_survives_the_parsers(
    names: list[str], organization: str, *, openmetrics: bool
) -> None:
    """Whatever text a label has, the reference parsers read it back; half pairs are ``?``."""
    valid = {name.encode("utf-8", "replace").decode() for name in names}
    exposition = Exposition(SUBJECTS)
    exposition.publish("first", organization, [block(ONE, names, organization)])
    found = parsed(billing_text(exposition), openmetrics=openmetrics)
    assert {sample.labels["name"] for sample in found} == valid
    assert {sample.labels["organization"] for sample in found} == {
        organization.encode("utf-8", "replace").decode()
    }


@given(st.decimals(allow_nan=True, allow_infinity=True))
def test_no_number_that_is_none_reaches_the_text(value: Decimal) -> None:
    """Every value in the text is finite and is the number that was given, or there is none."""
    samples = Samples()
    samples.require(TWO, labels(()), value)
    exposition = Exposition(SUBJECTS)
    exposition.publish("first", "acme", [render(samples, "acme")])
    text = billing_text(exposition)
    assert not any(word in text.lower() for word in ("nan", "inf"))
    found = [float(sample.value) for sample in parsed(text, openmetrics=True)]
    assert found == ([] if samples.dropped["not_a_number"] else [float(value)])


@given(sections, st.binary(max_size=300))
def test_the_gzip_body_is_the_plain_body(plain: list[bytes], live: bytes) -> None:
    """However the text is divided, unpacking the gzip body gives it whole, and in one member: a
    client that stops after the first has everything.
    """
    body = Body.of(tuple(_Section.of(part) for part in plain))
    packed = b"".join(body.pieces(live, gzip=True))
    expected = b"".join(plain) + live
    assert b"".join(body.pieces(live, gzip=False)) == expected
    assert gzip.decompress(packed) == expected
    inflater = zlib.decompressobj(31)
    assert inflater.decompress(packed) == expected
    assert inflater.eof
    assert inflater.unused_data == b""


def test_publishing_leaves_the_bytes_of_others_untouched() -> None:
    """A new reading of one collector replaces its own section alone, and never an older body."""
    exposition = Exposition(SUBJECTS)
    exposition.publish("first", "acme", [block(ONE, "a")])
    exposition.publish("second", "acme", [block(OTHER, "b")])
    before = exposition.body
    exposition.publish("first", "acme", [block(ONE, "xyz")])
    after = exposition.body
    assert after.sections[1] is before.sections[1]
    assert after.sections[0] != before.sections[0]
    assert 'name="a"' in b"".join(before.pieces(b"", gzip=False)).decode()


def test_no_blocks_take_a_reading_away() -> None:
    """An organization whose reading ends leaves the others' lines, and no header of its own."""
    exposition = Exposition(SUBJECTS)
    exposition.publish("first", "acme", [block(ONE, "a")])
    exposition.publish("first", "zeta", [block(ONE, "a", "zeta")])
    exposition.publish("first", "acme", ())
    assert [
        sample.labels["organization"]
        for sample in parsed(billing_text(exposition), openmetrics=False)
    ] == ["zeta"]
    exposition.publish("first", "zeta", ())
    assert billing_text(exposition) == ""


def test_reads_and_publishings_never_tear() -> None:
    """While readings are published from several threads, every body that is read is made of whole
    readings: all series of a collector have the value of one and the same reading.
    """
    exposition = Exposition(SUBJECTS)
    names = [str(number) for number in range(50)]
    tears: list[str] = []
    done = threading.Event()

    def publish(collector: str, metric: Metric) -> None:
        for reading in range(60):
            exposition.publish(collector, "acme", [block(metric, names, value=str(reading))])

    def read() -> None:
        while not done.is_set():
            tears.extend(torn(b"".join(exposition.body.pieces(b"", gzip=True))))

    readers = [threading.Thread(target=read) for _ in range(2)]
    publishers = [
        threading.Thread(target=publish, args=("first", ONE)),
        threading.Thread(target=publish, args=("second", OTHER)),
    ]
    for thread in readers + publishers:
        thread.start()
    for thread in publishers:
        thread.join()
    done.set()
    for thread in readers:
        thread.join()
    assert tears == []
    assert {sample.value for sample in parsed(billing_text(exposition), openmetrics=False)} == {59}


def torn(packed: bytes) -> list[str]:
    """Return the metrics of a gzip body whose series are of more than one reading."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for line in gzip.decompress(packed).decode().splitlines():
        if not line.startswith("#"):
            found[line.split("{")[0]].add(line.rsplit(" ", 1)[1])
    return [metric for metric, values in found.items() if len(values) != 1]


@pytest.mark.parametrize("openmetrics", [False, True])
def test_the_reference_parsers_read_every_metric(*, openmetrics: bool) -> None:
    """The text of the whole catalogue is valid in both formats, with both organizations."""
    found = parsed(full(), openmetrics=openmetrics)
    metrics = [metric for of_collector in CATALOGUE.values() for metric in of_collector]
    assert [sample.name for sample in found] == [
        metric.name for metric in metrics for _ in range(2)
    ]
    assert {sample.value for sample in found} == {1234.0001}


@pytest.mark.parametrize("name", ["promtool-2", "promtool-3"])
def test_promtool_has_nothing_to_say(name: str) -> None:
    """Names, help texts and types of the whole catalogue are as promtool wants them."""
    answer = subprocess.run(
        [require(name), "check", "metrics"],
        input=full(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")


def test_a_header_is_one_line_each() -> None:
    """What a help text may hold cannot break the lines of the format."""
    assert header(ONE).count(b"\n") == 2
