"""Log output: one line per event, logfmt or JSON, without secrets or people.

A call gives its context as `extra={...}`; each key becomes a field:

    ts=2026-11-23T10:00:00.123Z level=info msg="poll succeeded" organization=acme collector=usage
"""

import json
import logging
import re
import sys
import threading
import traceback
import warnings
from datetime import UTC, datetime
from math import isfinite
from typing import Any, Literal, TextIO

from billing_exporter.redaction import Redactor

Format = Literal["logfmt", "json"]
FORMATS: tuple[Format, ...] = ("logfmt", "json")
"""How a line can be written."""

LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warn": logging.WARNING,
    "error": logging.ERROR,
}
"""The words for how much is written, and logging's numbers for them."""


_LONGEST = 500
_LONGEST_TRACEBACK = 8000
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}
_FIRST = ("organization", "collector", "operation", "correlation_id")

Value = str | int | float | bool | None
Fields = dict[str, Value]


def configure(level: str, log_format: Format, stream: TextIO, redactor: Redactor) -> None:
    """Let all loggers of this process write to `stream`, through the redactor.

    The exporter's own loggers write from `level` (one of `LEVELS`) on, those of libraries from
    warnings on. Python's warnings and exceptions that nobody caught become lines too. A second
    call replaces what the first one set.

    Raises:
        ValueError: The level or format is unknown.
    """
    if level not in LEVELS or log_format not in FORMATS:
        raise ValueError(f"expected a level of {list(LEVELS)} and a format of {list(FORMATS)}")
    handler = _LineHandler(stream, log_format, redactor, tracebacks=level == "debug")
    root = logging.getLogger()
    for earlier in [known for known in root.handlers if isinstance(known, _LineHandler)]:
        root.removeHandler(earlier)
    root.addHandler(handler)
    root.setLevel(max(logging.WARNING, LEVELS[level]))
    own = logging.getLogger("billing_exporter")
    own.setLevel(LEVELS[level])
    _take_over_hooks(own)


def fields(record: logging.LogRecord, *, tracebacks: bool) -> Fields:
    """Return what a record says, in the order of its line; keys are unique, values as given.

    A field that would take the name of the time, level or message gets an underscore.
    """
    found: Fields = {
        "ts": _utc(record.created),
        "level": _word(record.levelno),
        "msg": record.getMessage(),
    }
    extra = {key: value for key, value in vars(record).items() if key not in _OWN}
    for key in sorted(extra, key=lambda key: _FIRST.index(key) if key in _FIRST else len(_FIRST)):
        found[_free(key, found)] = _value(extra[key])
    if record.exc_info and record.exc_info[1] is not None:
        error = record.exc_info[1]
        found[_free("error", found)] = f"{type(error).__name__}: {error}".removesuffix(": ")
        if tracebacks:
            found[_free("traceback", found)] = "".join(traceback.format_exception(error))
    return found


def logfmt(line: Fields) -> str:
    """Return fields as `key=value` pairs on one line; values are quoted as in JSON where needed."""
    return " ".join(f"{key}={_logfmt_value(value)}" for key, value in line.items())


def as_json(line: Fields) -> str:
    """Return fields as a JSON object on one line."""
    return _one_line(json.dumps(line, ensure_ascii=False))


class _LineHandler(logging.StreamHandler[TextIO]):
    """Writes each record as one redacted line."""

    def __init__(
        self, stream: TextIO, log_format: Format, redactor: Redactor, *, tracebacks: bool
    ) -> None:
        super().__init__(stream)
        self._render = logfmt if log_format == "logfmt" else as_json
        self._redactor = redactor
        self._tracebacks = tracebacks

    def format(self, record: logging.LogRecord) -> str:
        found = fields(record, tracebacks=self._tracebacks)
        return self._render({key: self._clean(key, value) for key, value in found.items()})

    def _clean(self, key: str, value: Value) -> Value:
        if not isinstance(value, str):
            return value
        clean = self._redactor.clean(value)
        longest = _LONGEST_TRACEBACK if key == "traceback" else _LONGEST
        return clean if len(clean) <= longest else clean[: longest - 1] + "…"

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's own name
        """Return that a line is lost, without what it held: the default prints its arguments."""
        lost: Fields = {
            "level": "error",
            "msg": "a log line could not be written",
            "logger": record.name,
        }
        try:
            self.stream.write(self._render(lost) + self.terminator)
        except (OSError, ValueError):
            # The stream itself is gone, and with it the place to say so.
            return


def _take_over_hooks(logger: logging.Logger) -> None:
    """Log Python's warnings and the exceptions that end a thread or the process."""

    def show_warning(  # noqa: PLR0917 - the signature is Python's
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        del file, line
        where = f"{filename}:{lineno}"
        logger.warning("%s: %s", category.__name__, message, extra={"where": where})

    def thread_ended(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
            name = args.thread.name if args.thread else "unknown"
            logger.error("thread %s ended unexpectedly", name, exc_info=args.exc_value)

    def process_ended(kind: type[BaseException], error: BaseException, trace: Any) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
        else:
            logger.error("ended unexpectedly", exc_info=error)

    warnings.showwarning = show_warning
    threading.excepthook = thread_ended
    sys.excepthook = process_ended


def _utc(timestamp: float) -> str:
    moment = datetime.fromtimestamp(timestamp, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _word(number: int) -> str:
    """Name the highest level that a number reaches; there is nothing above `error`."""
    return max((word for word in LEVELS if LEVELS[word] <= max(number, 10)), key=LEVELS.__getitem__)


def _free(key: str, taken: Fields) -> str:
    """Return a key that both formats can hold and that no field has yet."""
    name = re.sub("[^A-Za-z0-9_.-]", "_", key) or "_"
    while name in taken:
        name += "_"
    return name


def _value(value: object) -> Value:
    """Keep what JSON can hold, which does not include infinities and NaN."""
    if isinstance(value, float) and not isfinite(value):
        return str(value)
    return value if isinstance(value, Value) else str(value)


def _logfmt_value(value: Value) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    if text.isprintable() and re.fullmatch(r'[^\s="\\]+', text):
        return text
    return _one_line(json.dumps(text, ensure_ascii=False))


def _one_line(text: str) -> str:
    """Escape what some terminals and readers take for a line's end, or cannot encode."""
    return "".join(
        character if character.isprintable() else json.dumps(character)[1:-1] for character in text
    )
