"""The exposition: whole readings only, the same text in every coding, readable by every parser."""

import gzip
import subprocess
import threading
import zlib
from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.samples import Sample

from billing_exporter.collectors.registry import CATALOGUE
from billing_exporter.metrics.exposition import Exposition, PlainText
from billing_exporter.metrics.family import Metric
from billing_exporter.metrics.pieces import Piece
from billing_exporter.metrics.rendering import Rendered, render
from billing_exporter.metrics.samples import Samples, labels
from tests.unit.metrics.parts import ONE, OTHER, SUBJECTS, TWO, part
from tools.testkit.components import require
from tools.testkit.scrapes import billing_text, samples_of

keys = st.text("ab", max_size=3)
names_of_parts = st.lists(st.text("ab\n€", max_size=200), unique=True, max_size=4)
keyed_names = st.dictionaries(keys, names_of_parts)


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
            exposition.publish(collector, organization, {"all": render(samples, organization)})
    return billing_text(exposition)


def test_a_reading_is_written_like_this() -> None:
    """HELP and TYPE come once for each metric, then the lines of all organizations, grouped."""
    exposition = Exposition(SUBJECTS)
    exposition.publish("second", "zeta", {"all": part(OTHER, "x", "zeta")})
    both = Samples()
    both.require(TWO, labels(()), 7)
    both.require(ONE, labels(("name",), "b"), Decimal("-0.50"))
    both.require(ONE, labels(("name",), "a"), 10**6)
    exposition.publish("first", "zeta", {"b": render(both, "zeta"), "c": part(ONE, "c", "zeta")})
    exposition.publish("first", 'ac"me', {"all": part(ONE, "a", 'ac"me')})
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


def test_a_metric_without_samples_has_no_header() -> None:
    """A metric whose facts were all in conflict is not mentioned."""
    samples = Samples()
    samples.require(TWO, labels(()), 1)
    samples.require(TWO, labels(()), 2)
    exposition = Exposition(SUBJECTS)
    exposition.publish("first", "acme", {"all": render(samples, "acme")})
    assert billing_text(exposition) == ""


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
    exposition.publish("first", organization, {"all": part(ONE, names, organization)})
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
    exposition.publish("first", "acme", {"all": render(samples, "acme")})
    text = billing_text(exposition)
    assert not any(word in text.lower() for word in ("nan", "inf"))
    found = [float(sample.value) for sample in parsed(text, openmetrics=True)]
    assert found == ([] if samples.dropped["not_a_number"] else [float(value)])


@given(
    st.dictionaries(st.sampled_from(["first", "second"]), keyed_names, max_size=2),
    st.binary(max_size=300),
)
def test_the_gzip_body_is_the_plain_body(
    shown: dict[str, dict[str, list[str]]], live: bytes
) -> None:
    """However the text is divided, unpacking the gzip body gives it whole, and in one member: a
    client that stops after the first has everything.
    """
    exposition = Exposition(SUBJECTS)
    for collector, parts in shown.items():
        exposition.publish(collector, "acme", rendered(SUBJECTS[collector][0], parts))
    plain = exposition.body.pieces(live, gzip=False)
    packed = b"".join(exposition.body.pieces(live, gzip=True))
    expected = b"".join(plain)
    assert isinstance(plain, PlainText)
    assert plain.size == len(expected)
    assert expected.endswith(live)
    assert gzip.decompress(packed) == expected
    inflater = zlib.decompressobj(31)
    assert inflater.decompress(packed) == expected
    assert inflater.eof
    assert inflater.unused_data == b""


@given(st.lists(st.tuples(keyed_names, st.sets(keys)), max_size=5))
def test_updates_give_what_publishing_all_gives(
    steps: list[tuple[dict[str, list[str]], set[str]]],
) -> None:
    """The text depends on what is shown, not on the order in which it came."""
    stepwise, at_once = Exposition(SUBJECTS), Exposition(SUBJECTS)
    shown: dict[str, Rendered] = {}
    for changed, removed in steps:
        parts = rendered(ONE, changed)
        stepwise.update("first", "acme", parts, removed)
        shown = {key: value for key, value in shown.items() if key not in removed} | parts
    at_once.publish("first", "acme", shown)
    assert billing_text(stepwise) == billing_text(at_once)


def test_updates_leave_the_bytes_of_others_untouched() -> None:
    """An update deflates the pieces of its own lines alone, and never touches an older body."""
    exposition = Exposition(SUBJECTS)
    exposition.publish("first", "acme", {"a": part(ONE, "a")})
    exposition.publish("second", "acme", {"b": part(OTHER, "b")})
    before = exposition.body
    exposition.update("first", "acme", {"x": part(ONE, "xyz")})
    after = exposition.body
    assert after.stretches[1] is before.stretches[1]
    assert after.stretches[0] is not before.stretches[0]
    assert 'name="x"' not in b"".join(before.pieces(b"", gzip=False)).decode()
    exposition.update("first", "acme", {"x": part(ONE, "xyz")})
    assert exposition.body.stretches[0] is after.stretches[0]


def test_large_readings_are_many_pieces() -> None:
    """Lines that fill many pieces are one text of the same order, with one valid checksum."""
    exposition = Exposition(SUBJECTS)
    names = {f"{key:03}": [f"{'x' * 200}{name}" for name in range(20)] for key in range(300)}
    exposition.publish("first", "acme", rendered(ONE, names))
    assert len(exposition.saved("first", "acme")) > 3
    text = gzip.decompress(b"".join(exposition.body.pieces(b"", gzip=True))).decode()
    found = [sample.labels["name"] for sample in parsed(text, openmetrics=False)]
    assert found == [f"{key} {name}" for key in names for name in sorted(names[key])]


def test_what_was_saved_is_shown_at_once() -> None:
    """Pieces from a file give the same body as before, whatever their order."""
    exposition = Exposition(SUBJECTS)
    exposition.publish("first", "acme", {"b": part(ONE, "b"), "two": part_of_two()})
    exposition.publish("first", "zeta", {"z": part(ONE, "z", "zeta")})
    restarted = Exposition(SUBJECTS)
    for organization in ("zeta", "acme"):
        saved = exposition.saved("first", organization)
        files = [piece.encode() for piece in reversed(saved)]
        restarted.restore("first", organization, [Piece.decode(file) for file in files])
    assert billing_text(restarted) == billing_text(exposition)
    restarted.update("first", "acme", {}, ["b"])
    assert 'one{organization="acme"' not in billing_text(restarted)


def test_pieces_of_unknown_metrics_are_refused() -> None:
    """Pieces of a metric that the collector does not have are refused and show nothing."""
    exposition = Exposition(SUBJECTS)
    exposition.publish("first", "acme", {"a": part(ONE, "a")})
    saved = exposition.saved("first", "acme")
    other = Exposition(SUBJECTS)
    with pytest.raises(ValueError, match="no metric one"):
        other.restore("second", "acme", saved)
    assert billing_text(other) == ""


def part_of_two() -> Rendered:
    """Return a part of the metric without labels."""
    samples = Samples()
    samples.require(TWO, labels(()), 2)
    return render(samples, "acme")


def rendered(metric: Metric, parts: Mapping[str, list[str]]) -> dict[str, Rendered]:
    """Return parts that have a series for each of their names."""
    return {key: part(metric, [f"{key} {name}" for name in names]) for key, names in parts.items()}


def test_no_parts_remove_a_reading() -> None:
    """An organization whose reading ends leaves the others' lines, and no header of its own."""
    exposition = Exposition(SUBJECTS)
    exposition.publish("first", "acme", {"all": part(ONE, "a")})
    exposition.publish("first", "zeta", {"all": part(ONE, "a", "zeta")})
    exposition.publish("first", "acme", {})
    assert [
        sample.labels["organization"]
        for sample in parsed(billing_text(exposition), openmetrics=False)
    ] == ["zeta"]
    exposition.publish("first", "zeta", {})
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
            exposition.publish(collector, "acme", {"all": part(metric, names, value=str(reading))})

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


@pytest.mark.component
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
