"""The line of progress: redrawn in place for a person, nothing for a pipe."""

import io

from billing_exporter.commands.progress import ProgressLine


class Terminal(io.StringIO):
    """A stream that a person looks at."""

    def isatty(self) -> bool:
        """Say so."""
        return True

    def screen(self) -> str:
        """Return what stands on the line after all that was written."""
        line = ""
        for text in self.getvalue().split("\r"):
            line = text + line[len(text) :]
        return line


def test_a_line_says_how_far_everything_is() -> None:
    """Each piece of work has its count, in the order in which it was first told."""
    terminal = Terminal()
    line = ProgressLine(terminal)
    line.update("trustors", 1, 500)
    line.update("invoices", 0, 3)
    line.update("trustors", 2, 500)
    assert terminal.screen() == "trustors 2/500  invoices 0/3"
    assert "\n" not in terminal.getvalue()


def test_a_shorter_line_leaves_no_rest() -> None:
    """What stood there before is wiped out."""
    terminal = Terminal()
    line = ProgressLine(terminal)
    line.update("a", 100, 1000)
    line.update("a", 1, 2)
    assert terminal.screen().rstrip() == "a 1/2"


def test_the_line_can_be_cleared() -> None:
    """After it is cleared, what follows begins on an empty line; twice does no harm."""
    terminal = Terminal()
    line = ProgressLine(terminal)
    line.clear()
    assert terminal.getvalue() == ""
    line.update("a", 1, 2)
    line.clear()
    assert terminal.screen().strip() == ""
    assert terminal.getvalue().endswith("\r")


def test_a_pipe_gets_nothing() -> None:
    """Where nobody looks, nothing is written."""
    pipe = io.StringIO()
    line = ProgressLine(pipe)
    line.update("a", 1, 2)
    line.clear()
    assert pipe.getvalue() == ""
