"""Structured logs: one JSON object a line on standard error, or text for people.

Every line carries the fields bound to the current context (request id, check id), never a secret
or a body. Times are RFC 3339 in UTC.
"""

import contextvars
import json
import logging
import sys
from datetime import UTC, datetime
from typing import Final

_bound: contextvars.ContextVar[dict[str, object]] = contextvars.ContextVar("bound_log_fields")
_NOISY_LIBRARIES: Final = ("nats", "asyncio", "uvicorn", "aiohttp", "grpc", "psycopg")


class Logger:
    """Writes events with fields: log.info("published", probe_id=…)."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)

    def debug(self, event: str, **fields: object) -> None:
        """Record what only a developer wants to see."""
        self._write(logging.DEBUG, event, fields)

    def info(self, event: str, **fields: object) -> None:
        """Record what happened."""
        self._write(logging.INFO, event, fields)

    def warning(self, event: str, **fields: object) -> None:
        """Record what may need attention and went on."""
        self._write(logging.WARNING, event, fields)

    def error(
        self, event: str, *, exception: BaseException | None = None, **fields: object
    ) -> None:
        """Record a defect, with its trace when an exception is given."""
        self._write(logging.ERROR, event, fields, exception)

    def _write(
        self,
        level: int,
        event: str,
        fields: dict[str, object],
        exception: BaseException | None = None,
    ) -> None:
        if self._logger.isEnabledFor(level):
            merged = {**_bound.get({}), **fields}
            self._logger.log(level, event, extra={"fields": merged}, exc_info=exception)


def logger(name: str) -> Logger:
    """Return the logger of a module."""
    return Logger(name)


class bound:  # noqa: N801 - used as a function
    """Add fields to every line logged inside the context, in this task and those it starts.

    A class, as one is entered for each message and each request: a generator takes twice as long.
    """

    __slots__ = ("_fields", "_token")

    def __init__(self, **fields: object) -> None:
        self._fields = fields

    def __enter__(self) -> None:
        self._token = _bound.set({**_bound.get({}), **self._fields})

    def __exit__(self, *_: object) -> None:
        _bound.reset(self._token)


def bind(**fields: object) -> None:
    """Add fields that became known late, to every line until the innermost bound() ends."""
    _bound.set({**_bound.get({}), **fields})


def bound_field(name: str) -> object:
    """Return a field bound to the current context, or None."""
    return _bound.get({}).get(name)


def configure_logs(service: str, *, level: str = "INFO", as_json: bool = True) -> None:
    """Send all logs of the process to standard error; libraries only from WARNING on."""
    stream = logging.StreamHandler(sys.stderr)
    stream.setFormatter(_JsonFormatter(service) if as_json else _TextFormatter(service))
    root = logging.getLogger()
    root.handlers[:] = [stream]
    root.setLevel(level)
    for library in _NOISY_LIBRARIES:
        logging.getLogger(library).setLevel(logging.WARNING)


class _JsonFormatter(logging.Formatter):
    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "service": self._service,
            "logger": record.name,
            "event": record.getMessage(),
            **_fields_of(record),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


class _TextFormatter(logging.Formatter):
    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S")
        fields = " ".join(f"{name}={value}" for name, value in _fields_of(record).items())
        line = f"{time} {record.levelname.lower():7} {record.getMessage()} {fields}".rstrip()
        if record.exc_info:
            line = f"{line}\n{self.formatException(record.exc_info)}"
        return line


def _fields_of(record: logging.LogRecord) -> dict[str, object]:
    fields = getattr(record, "fields", None)
    return fields if isinstance(fields, dict) else {}
