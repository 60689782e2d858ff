"""Inline SVG charts: each has a description in words, and needs neither colour nor script.

Positions are rounded to a tenth of a pixel. Amounts that are not known are not drawn.
"""

from collections.abc import Sequence
from decimal import Decimal
from html import escape
from typing import NamedTuple

_WIDTH = 480
_RANGE_HEIGHT = 34
_BARS_WIDTH, _BARS_HEIGHT = 720, 210
_TOP, _BOTTOM = 12, 32
_ZERO = Decimal(0)


class Range(NamedTuple):
    """Amounts to show on one line.

    Attributes:
        so_far: what is used by now.
        forecast: at the end.
        lower: bound of the forecast.
        upper: bound of the forecast.
        last: to compare with.
    """

    so_far: Decimal | None
    forecast: Decimal | None
    lower: Decimal | None
    upper: Decimal | None
    last: Decimal | None


class Bar(NamedTuple):
    """One bar of a chart over time.

    Attributes:
        label: below it.
        text: what it shows, in words.
        value: its height.
        extra: what stands on top of it in outline, such as a forecast.
        lower: lower bound of the whole.
        upper: upper bound of the whole.
    """

    label: str
    text: str
    value: Decimal
    extra: Decimal | None = None
    lower: Decimal | None = None
    upper: Decimal | None = None


def range_chart(amounts: Range, title: str, text: str) -> str:
    """Return a line with what is used, the forecast with its band, and the last period."""
    known = [value for value in amounts if value is not None]
    most = max(known, default=_ZERO)
    if most <= 0:
        return ""

    def x(value: Decimal) -> str:
        return _number(max(value, _ZERO) / most * (_WIDTH - 8) + 4)

    parts = [f'<rect class="track" x="4" y="13" width="{_WIDTH - 8}" height="10" rx="3"/>']
    if amounts.lower is not None and amounts.upper is not None:
        width = _number((amounts.upper - amounts.lower) / most * (_WIDTH - 8))
        parts.append(
            f'<rect class="band" x="{x(amounts.lower)}" y="8" width="{width}" height="20"/>'
        )
    if amounts.so_far is not None:
        width = _number(max(amounts.so_far, _ZERO) / most * (_WIDTH - 8))
        parts.append(f'<rect class="bar" x="4" y="13" width="{width}" height="10" rx="3"/>')
    if amounts.forecast is not None:
        parts.append(f'<path class="forecast" d="M{x(amounts.forecast)} 4v28"/>')
    if amounts.last is not None:
        at = x(amounts.last)
        parts.append(f'<path class="last" d="M{at} 4v28"/>')
    return _svg("range", (_WIDTH, _RANGE_HEIGHT), title, text, "".join(parts))


def bar_chart(bars: Sequence[Bar], title: str, text: str) -> str:
    """Return bars over time; what is not certain yet stands in outline."""
    most = max((_highest(bar) for bar in bars), default=_ZERO)
    if most <= 0:
        return ""
    step = _BARS_WIDTH / len(bars)
    room = _BARS_HEIGHT - _TOP - _BOTTOM
    base = _BARS_HEIGHT - _BOTTOM

    def height(value: Decimal) -> float:
        return float(max(value, _ZERO) / most) * room

    parts = [f'<path class="axis" d="M0 {base}h{_BARS_WIDTH}"/>']
    for place, bar in enumerate(bars):
        left, width = place * step + step * 0.15, step * 0.7
        tall = height(bar.value)
        shapes = [_rect("bar", left, base - tall, width, tall)]
        if bar.extra is not None and bar.extra > bar.value:
            whole = height(bar.extra)
            shapes.append(_rect("outline", left, base - whole, width, whole - tall))
        if bar.lower is not None and bar.upper is not None:
            middle = _number(left + width / 2)
            low, high = (_number(base - height(one)) for one in (bar.lower, bar.upper))
            shapes.append(f'<path class="whisker" d="M{middle} {low}V{high}"/>')
        parts.append(f"<g><title>{escape(bar.text)}</title>{''.join(shapes)}</g>")
        if place % max(1, len(bars) // 6) == 0 or place == len(bars) - 1:
            middle = _number(left + width / 2)
            parts.append(f'<text x="{middle}" y="{base + 24}">{escape(bar.label)}</text>')
    return _svg("bars", (_BARS_WIDTH, _BARS_HEIGHT), title, text, "".join(parts))


def share(value: Decimal, most: Decimal) -> str:
    """Return a bar whose length is a share of the largest; the number stands beside it."""
    width = _number(value / most * 100) if most > 0 else "0"
    return (
        '<svg class="share" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="bar" width="{width}" height="8"/></svg>'
    )


def _highest(bar: Bar) -> Decimal:
    return max(one for one in (bar.value, bar.extra, bar.upper) if one is not None)


def _rect(kind: str, x: float, y: float, width: float, height: float) -> str:
    return (
        f'<rect class="{kind}" x="{_number(x)}" y="{_number(y)}" '
        f'width="{_number(width)}" height="{_number(height)}"/>'
    )


def _svg(kind: str, size: tuple[int, int], title: str, text: str, parts: str) -> str:
    return (
        f'<svg class="{kind}" viewBox="0 0 {size[0]} {size[1]}" role="img">'
        f"<title>{escape(title)}</title><desc>{escape(text)}</desc>{parts}</svg>"
    )


def _number(value: Decimal | float) -> str:
    return f"{float(value):.1f}"
