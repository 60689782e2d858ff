"""Layout: lines of panels, side by side over the full width, one below the other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tools.dashboards.sdk import dashboard

COLUMNS = 24  # of Grafana's grid


@dataclass(frozen=True)
class Line:
    """Panels side by side.

    Attributes:
        height: in rows of the grid, about 38 pixels each.
        panels: from left to right.
        widths: in columns of the grid; empty shares the line evenly.
    """

    height: int
    panels: Sequence[dashboard.Panel]
    widths: tuple[int, ...] = ()

    def placed(self, y: int) -> Iterator[tuple[dashboard.Panel, dashboard.GridPos]]:
        """Yield each panel with its place, given the line's upper edge.

        Raises:
            ValueError: the widths do not fill the line, or are not as many as the panels.
        """
        widths = self.widths or (COLUMNS // len(self.panels),) * len(self.panels)
        if sum(widths) != COLUMNS:
            raise ValueError(f"a line is {COLUMNS} columns wide, not {sum(widths)}")
        x = 0
        for panel, width in zip(self.panels, widths, strict=True):
            yield panel, dashboard.GridPos(h=self.height, w=width, x=x, y=y)
            x += width


@dataclass(frozen=True)
class Section:
    """Lines under a heading.

    Attributes:
        title: the heading; empty for none.
        lines: from top to bottom.
    """

    title: str
    lines: Sequence[Line]


def place(sections: Sequence[Section]) -> list[dashboard.Panel | dashboard.RowPanel]:
    """Give every panel its place and its id; nothing overlaps."""
    placed: list[dashboard.Panel | dashboard.RowPanel] = []
    y = 0
    for section in sections:
        if section.title:
            heading = dashboard.GridPos(h=1, w=COLUMNS, x=0, y=y)
            placed.append(dashboard.RowPanel(title=section.title, grid_pos=heading, panels=[]))
            y += 1
        for line in section.lines:
            for panel, position in line.placed(y):
                panel.grid_pos = position
                placed.append(panel)
            y += line.height
    for number, each in enumerate(placed, start=1):
        each.id_val = number
    return placed
