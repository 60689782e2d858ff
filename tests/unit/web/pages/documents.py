"""Pages as a browser would take them."""

from html.parser import HTMLParser


class Document(HTMLParser):
    """The elements of a page, its links, and the text of its cells.

    Attributes:
        tags: in their order.
        links: where they lead to.
        cells: text of each cell, white space as one blank.
        text: all of it.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self._cells: list[str] = []
        self._text: list[str] = []
        self._is_in_cell = False
        self.feed(html)

    @property
    def cells(self) -> list[str]:
        """Return the text of each cell."""
        return [" ".join(cell.split()) for cell in self._cells]

    @property
    def text(self) -> str:
        """Return all text."""
        return " ".join(" ".join(self._text).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element; none may have code."""
        self.tags.append(tag)
        assert not any(name.startswith("on") or name == "style" for name, _ in attrs)
        self.links += [value or "" for name, value in attrs if name in {"href", "action", "src"}]
        if tag == "td":
            self._is_in_cell = True
            self._cells.append("")

    def handle_endtag(self, tag: str) -> None:
        """Note the end of a cell."""
        if tag == "td":
            self._is_in_cell = False

    def handle_data(self, data: str) -> None:
        """Add text to the page and to the latest cell."""
        self._text.append(data)
        if self._is_in_cell:
            self._cells[-1] += data
