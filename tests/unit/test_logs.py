"""Log records in, lines out: the whole way, with the process's hooks put back afterwards."""

import io
import json
import logging
import re
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_exporter import logs
from billing_exporter.config.secret import Secret
from billing_exporter.redaction import Redactor

LOGGER = logging.getLogger("billing_exporter.tests")
MOMENT = 1_795_428_000.1239  # 2026-11-23T10:00:00.123Z
PAIR = re.compile(r'([^\s="]+)=("(?:[^"\\]|\\.)*"|[^\s"]+)(?: |$)')

Configure = Callable[..., io.StringIO]


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch) -> Iterator[Configure]:
    """Configure logs into a returned buffer; put all that is global back at the end."""
    root, own = logging.getLogger(), logging.getLogger("billing_exporter")
    handlers, levels = list(root.handlers), (root.level, own.level)
    for module, hook in [
        (sys, "excepthook"),
        (threading, "excepthook"),
        (warnings, "showwarning"),
    ]:
        monkeypatch.setattr(module, hook, getattr(module, hook))

    def configured(
        level: str = "info", log_format: Any = "logfmt", redactor: Redactor | None = None
    ) -> io.StringIO:
        stream = io.StringIO()
        # Without pytest's own handlers, which raise where a message cannot be rendered.
        root.handlers[:] = [
            each for each in root.handlers if "_pytest" not in type(each).__module__
        ]
        logs.configure(level, log_format, stream, redactor or Redactor())
        return stream

    yield configured
    root.handlers[:] = handlers
    root.setLevel(levels[0])
    own.setLevel(levels[1])


def parsed(line: str) -> dict[str, str]:
    """Read a logfmt line back by a parser that knows only the format."""
    pairs: dict[str, str] = {}
    position = 0
    while position < len(line):
        match = PAIR.match(line, position)
        assert match, line[position:]
        key, value = match.groups()
        assert key not in pairs
        pairs[key] = json.loads(value) if value.startswith('"') else value
        position = match.end()
    return pairs


def record(message: str = "poll succeeded", **extra: Any) -> logging.LogRecord:
    """Return a log record of a fixed moment."""
    fixed = {"created": MOMENT, "levelno": logging.INFO, "msg": message}
    return logging.makeLogRecord({**fixed, **extra})


def test_a_line_reads_from_general_to_particular() -> None:
    """Time, level and message come first, then the context, then other fields as given."""
    event = record(seconds=1.5, operation="get_x", collector="usage", organization="a b", rows=3)
    assert logs.logfmt(logs.fields(event, tracebacks=False)) == (
        'ts=2026-11-23T10:00:00.123Z level=info msg="poll succeeded" organization="a b" '
        "collector=usage operation=get_x seconds=1.5 rows=3"
    )


def test_json_keeps_kinds() -> None:
    """In JSON numbers, truth and nothing keep their kind; anything else is text."""
    event = record(rows=3, ok=True, none=None, big=float("inf"), secret=Secret("very-secret"))
    line = logs.as_json(logs.fields(event, tracebacks=False))
    assert json.loads(line) == {
        "ts": "2026-11-23T10:00:00.123Z",
        "level": "info",
        "msg": "poll succeeded",
        "rows": 3,
        "ok": True,
        "none": None,
        "big": "inf",
        "secret": "<secret>",
    }


WORDS = {5: "debug", 10: "debug", 20: "info", 25: "info", 30: "warn", 40: "error", 50: "error"}


@pytest.mark.parametrize("number", WORDS)
def test_levels_have_prometheus_words(number: int) -> None:
    """Each of Python's levels is one of four words."""
    event = record(levelno=number)
    assert logs.fields(event, tracebacks=False)["level"] == WORDS[number]


def test_odd_keys_stay_apart() -> None:
    """A key that is taken, or that no format could hold, changes until it is free and plain."""
    odd: dict[str, Any] = {"ts": 1, "level": 2, "a b": 3, "a=b": 4, "": 5}
    keys = list(logs.fields(record(**odd), tracebacks=False))
    assert keys == ["ts", "level", "msg", "ts_", "level_", "a_b", "a_b_", "_"]


def test_errors_take_one_line_and_show_their_way_only_at_debug(configure: Configure) -> None:
    """An exception is its type and message; its traceback is a field at level debug alone."""
    for level in ("info", "debug"):
        stream = configure(level)
        try:
            raise ValueError("a\nb")  # noqa: TRY301 - the exception needs a traceback
        except ValueError:
            LOGGER.exception("failed")
        (line,) = stream.getvalue().splitlines()
        found = parsed(line)
        assert (found["level"], found["error"]) == ("error", "ValueError: a\nb")
        assert ("test_logs.py" in found.get("traceback", "")) is (level == "debug")
    LOGGER.error("failed", exc_info=KeyError())
    assert parsed(stream.getvalue().splitlines()[1])["error"] == "KeyError"


def test_long_values_are_cut(configure: Configure) -> None:
    """A message or field has at most 500 characters."""
    stream = configure()
    LOGGER.info("x" * 501, extra={"short": "y" * 500})
    found = parsed(stream.getvalue().rstrip("\n"))
    assert found["msg"] == "x" * 499 + "…"
    assert found["short"] == "y" * 500


@pytest.mark.parametrize("log_format", logs.FORMATS)
def test_secrets_and_people_are_masked_everywhere(configure: Configure, log_format: str) -> None:
    """Messages, arguments, fields, errors and tracebacks pass the redactor."""
    redactor = Redactor()
    redactor.redact("very-secret")
    stream = configure("debug", log_format, redactor)
    try:
        raise ValueError("very-secret in jane@example.com")  # noqa: TRY301 - for its traceback
    except ValueError:
        LOGGER.exception(
            "very-secret %s", "Bearer abcdefgh", extra={"url": "https://a/?b=very-secret"}
        )
    text = stream.getvalue()
    assert text.count("\n") == 1
    for hidden in ("very-secret", "abc", "jane"):
        assert hidden not in text.replace("test_logs", "")


def test_libraries_speak_from_warnings_on(configure: Configure) -> None:
    """The exporter's loggers write from the given level, libraries from warnings."""
    stream = configure("debug")
    LOGGER.debug("own")
    logging.getLogger("some.library").debug("chatter")
    logging.getLogger("some.library").warning("trouble")
    assert [parsed(line)["msg"] for line in stream.getvalue().splitlines()] == ["own", "trouble"]
    stream = configure("error")
    LOGGER.warning("own")
    logging.getLogger("some.library").warning("trouble")
    assert stream.getvalue() == ""


def test_configuring_again_replaces(configure: Configure) -> None:
    """A second call writes to the new stream alone."""
    first = configure()
    second = configure(log_format="json")
    LOGGER.info("hello")
    assert first.getvalue() == ""
    assert json.loads(second.getvalue())["msg"] == "hello"


@pytest.mark.parametrize(("level", "log_format"), [("loud", "json"), ("info", "xml")])
def test_unknown_words_are_refused(configure: Configure, level: str, log_format: str) -> None:
    """A level or format that does not exist is refused with the ones that do."""
    with pytest.raises(ValueError, match=r"expected a level of \['debug', .*'json'\]"):
        configure(level, log_format)


def test_a_line_that_cannot_be_rendered_is_replaced(configure: Configure) -> None:
    """A message whose arguments do not fit gives a line of its own, without the arguments."""
    stream = configure()
    LOGGER.info("%d", "very-secret")
    assert stream.getvalue() == (
        'level=error msg="a log line could not be written" logger=billing_exporter.tests\n'
    )


def test_a_closed_stream_ends_nothing(configure: Configure) -> None:
    """Where there is no place to write to, logging goes on in silence."""
    configure().close()
    LOGGER.info("hello")


def test_warnings_become_lines(configure: Configure) -> None:
    """A warning of Python is one line that says where."""
    stream = configure()
    warnings.showwarning("old\nways", DeprecationWarning, "file.py", 7)
    found = parsed(stream.getvalue().rstrip("\n"))
    assert (found["level"], found["where"]) == ("warn", "file.py:7")
    assert found["msg"] == "DeprecationWarning: old\nways"


def test_a_thread_that_fails_is_one_line(configure: Configure) -> None:
    """An exception that ends a thread is one line at level error; a wanted exit is none."""
    stream = configure()
    for error in (ValueError("lost"), SystemExit(1)):

        def fail(error: BaseException = error) -> None:
            raise error

        thread = threading.Thread(target=fail, name="poller")
        thread.start()
        thread.join()
    (line,) = stream.getvalue().splitlines()
    found = parsed(line)
    assert (found["level"], found["error"]) == ("error", "ValueError: lost")
    assert found["msg"] == "thread poller ended unexpectedly"


def test_an_uncaught_exception_is_one_line(
    configure: Configure, capsys: pytest.CaptureFixture[str]
) -> None:
    """An exception that ends the process is one line; Ctrl-C stays Python's matter."""
    stream = configure()
    error = ValueError("lost")
    sys.excepthook(ValueError, error, None)
    assert parsed(stream.getvalue().rstrip("\n"))["error"] == "ValueError: lost"
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert stream.getvalue().count("\n") == 1
    assert "KeyboardInterrupt" in capsys.readouterr().err


ANY_TEXT = st.text(st.characters(categories=None)) | st.text("\n\r\u2028\x85\x1c\"'\\= \x00a\ud800")


@given(st.dictionaries(st.from_regex("[a-z_.]{1,8}", fullmatch=True), ANY_TEXT))
def test_logfmt_parses_back(line: dict[str, str]) -> None:
    """Every logfmt line has the keys and values that went in, and can be written as UTF-8."""
    text = logs.logfmt(dict(line))
    assert text.encode() is not None
    assert parsed(text) == line


@given(ANY_TEXT, st.dictionaries(ANY_TEXT, ANY_TEXT))
def test_any_event_is_one_line(message: str, extra: dict[str, str]) -> None:
    """No message, key or value gives a second line, however lines are told apart."""
    taken = set(vars(logging.makeLogRecord({})))
    event = record(message, **{f"x{k}": v for k, v in extra.items() if f"x{k}" not in taken})
    found = logs.fields(event, tracebacks=False)
    for text in (logs.logfmt(found), logs.as_json(found)):
        assert len(text.splitlines()) == 1
        assert text.isprintable(), "it could steer a terminal"
        assert text.encode() is not None
    assert json.loads(logs.as_json(found))["msg"] == message
    assert len(found) == 3 + len(extra)
