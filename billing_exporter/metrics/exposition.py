"""From samples to the bytes of ``/metrics``, made when a reading is published, never at a scrape.

The body has one section for each collector, a section one block for each metric: its HELP and
TYPE lines and the lines of every organization. Sections are kept as text and deflated; a scrape
appends the small live part about the exporter. Gauges read the same in the text format and in
OpenMetrics, so one body serves both.

A gzip body is a single member, for browsers and curl stop after the first: the deflated sections
end on a byte boundary, the live part closes the stream, and the checksum goes on from theirs.
"""

import struct
import threading
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from billing_exporter.metrics.family import Metric
from billing_exporter.metrics.samples import Samples, escaped

_GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
# 6 is where text of this kind stops shrinking by much; it is paid once per publishing.
_LEVEL = 6
_LIVE_LEVEL = 1


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a reading as text.

    Attributes:
        lines: the sample lines by metric, each ending in a newline.
        series: how many lines there are.
    """

    lines: Mapping[Metric, bytes]
    series: int


def render(samples: Samples, organization: str) -> Block:
    """Write the lines of the samples; the same samples in any order give the same bytes."""
    lines = {}
    head = f'{{organization="{escaped(organization)}"'
    for metric, family in samples.families.items():
        if not family:  # all its facts were in conflict
            continue
        if metric.labels:
            start = f"{metric.name}{head},"
            rows = [f"{start}{text}}} {value!s}\n" for text, value in family.items()]
            rows.sort()
        else:
            rows = [f"{metric.name}{head}}} {value!s}\n" for value in family.values()]
        lines[metric] = "".join(rows).encode()
    return Block(lines, len(samples))


def header(metric: Metric) -> bytes:
    """Write the HELP and TYPE lines of a metric."""
    text = metric.help.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
    return f"# HELP {metric.name} {text}\n# TYPE {metric.name} gauge\n".encode()


def joined(metrics: Sequence[Metric], blocks: Sequence[Block]) -> bytes:
    """Write the lines of many blocks, each metric's together under its header."""
    pieces = []
    for metric in metrics:
        lines = [block.lines[metric] for block in blocks if metric in block.lines]
        if lines:
            pieces.append(header(metric))
            pieces.extend(lines)
    return b"".join(pieces)


@dataclass(frozen=True, slots=True)
class _Section:
    """The lines of one collector over all organizations, and the same deflated."""

    plain: bytes
    deflated: bytes

    @classmethod
    def of(cls, plain: bytes) -> "_Section":
        deflater = zlib.compressobj(_LEVEL, wbits=-zlib.MAX_WBITS)
        return cls(plain, deflater.compress(plain) + deflater.flush(zlib.Z_FULL_FLUSH))


@dataclass(frozen=True, slots=True)
class Body:
    """All sections at one moment, ready to be sent."""

    sections: tuple[_Section, ...] = ()
    size: int = 0
    checksum: int = 0

    @classmethod
    def of(cls, sections: tuple[_Section, ...]) -> "Body":
        """Join sections."""
        checksum = 0
        for section in sections:
            checksum = zlib.crc32(section.plain, checksum)
        return cls(sections, sum(len(section.plain) for section in sections), checksum)

    def pieces(self, live: bytes, *, gzip: bool) -> list[bytes]:
        """Return what to send, in order: the sections and then the live part."""
        if not gzip:
            return [*(section.plain for section in self.sections), live]
        deflater = zlib.compressobj(_LIVE_LEVEL, wbits=-zlib.MAX_WBITS)
        end = deflater.compress(live) + deflater.flush()
        checksum, size = zlib.crc32(live, self.checksum), (self.size + len(live)) & 0xFFFFFFFF
        trailer = struct.pack("<II", checksum, size)
        return [_GZIP_HEADER, *(section.deflated for section in self.sections), end + trailer]


class Exposition:
    """Keeps the rendered readings and the body made of them; ``body`` is swapped whole."""

    def __init__(self, catalogue: Mapping[str, Sequence[Metric]]) -> None:
        self._catalogue = catalogue
        self._lock = threading.Lock()
        self._blocks: dict[str, dict[str, Sequence[Block]]] = {name: {} for name in catalogue}
        self._sections: dict[str, _Section] = {}
        self.body = Body()

    def publish(self, collector: str, organization: str, blocks: Sequence[Block]) -> None:
        """Replace what one collector shows of one organization; no blocks takes it away."""
        with self._lock:
            of_collector = self._blocks[collector]
            of_collector[organization] = blocks
            every = [block for name in sorted(of_collector) for block in of_collector[name]]
            self._sections[collector] = _Section.of(joined(self._catalogue[collector], every))
            order = [self._sections[name] for name in self._catalogue if name in self._sections]
            self.body = Body.of(tuple(order))
