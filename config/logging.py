"""Log lines: one JSON object a line, an event name and ids, and never what people typed.

Bank details, amounts, file names, tokens and addresses must not reach a log, and they hide in unexpected
places: in the path of a public link, in the words of a database error. So a request is logged by its
route and not by its path, and an exception by its type and its frames and not by its message.
"""

import errno
import json
import logging
import re
import traceback
from datetime import UTC, datetime
from typing import Any

from outbox import trace

# The rooms: their events are constants, and they put nothing but ids beside them.
OURS = (
    "outbox",
    "audit",
    "people",
    "documents",
    "counterparties",
    "notifications",
    "approvals",
    "demo",
    "keeping",
    "config",
)

# The words of these are ours or of the servers' health, so they are kept as they are.
PLAIN_SPOKEN = (
    "_granian",
    "celery.beat",
    "celery.worker.components",
    "celery.worker.consumer",
    "kombu",
    "psycopg.pool",
)
# What every record carries by itself; the rest came through `extra` and belongs in the line.
STANDARD = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
# A sentence that is nothing but its values.
ALL_VALUES = re.compile(r"[\W\d]*(%\(?\w*\)?[srd][\W\d]*)+")


class JsonFormatter(logging.Formatter):
    """Formats a record as one JSON object.

    Our own events are constants with ids in `extra`. Of others' sentences the values are left out: they hold
    paths, arguments, words of errors.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        return json.dumps(self.facts(record), ensure_ascii=False)

    def facts(self, record: logging.LogRecord) -> dict[str, Any]:
        """Time, level, logger, event, the request that it belongs to, then the ids."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        if trace_id := trace.current() or _id_of(record):
            line[trace.HEADER] = trace_id
        if record.name.startswith(OURS) and not hasattr(record, "request"):
            line |= {
                key: value
                for key, value in vars(record).items()
                if key not in STANDARD and isinstance(value, str | int | float | bool | None)
            }
        elif not record.name.startswith(PLAIN_SPOKEN):
            line |= _without_values(record)
        if record.exc_info and record.exc_info[1]:
            line |= _exception(record.exc_info[1])
        return line


def _without_values(record: logging.LogRecord) -> dict[str, Any]:
    """What may be kept of a line that Django, Celery or another library has written."""
    request = getattr(record, "request", None)
    if request is not None and hasattr(request, "method"):
        match = getattr(request, "resolver_match", None)
        kept = {"event": "http.error", "method": request.method}
        return kept | {
            "route": match.route if match else None,
            "status": getattr(record, "status_code", None),
        }
    facts = getattr(record, "data", None) or record.args
    if record.name == "celery.app.trace" and isinstance(facts, dict):
        outcome = facts.get("description", "succeeded")
        kept = {"event": "task", "task": facts.get("name"), "task_id": facts.get("id")}
        return kept | {"outcome": outcome, "seconds": facts.get("runtime")}
    words = str(record.msg) if record.args else ""
    plain = words and not ALL_VALUES.fullmatch(words)
    where = f"{record.module}:{record.lineno}"
    return {"event": words if plain else record.name, "where": where}


def _exception(error: BaseException) -> dict[str, Any]:
    """Types and frames of an exception and of what it came from; never their words."""
    causes: list[str] = []
    cause = error.__cause__ or error.__context__
    while cause is not None and len(causes) < 5:
        causes.append(_kind(cause))
        cause = cause.__cause__ or cause.__context__
    frames = [
        f"{frame.filename}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    told: dict[str, Any] = {"exception": _kind(error), "causes": causes, "frames": frames}
    if isinstance(error, OSError) and error.errno is not None:
        told["errno"] = errno.errorcode.get(error.errno, error.errno)  # its words name a file
    return told


def _kind(error: BaseException) -> str:
    return f"{type(error).__module__}.{type(error).__qualname__}"


def _id_of(record: logging.LogRecord) -> str:
    """The id of the record's HTTP request: Django logs some of its answers after all middleware."""
    return str(getattr(getattr(record, "request", None), "trace_id", ""))


LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "config.logging.JsonFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        **{room: {"level": "INFO"} for room in OURS},
        # Django and Celery bring handlers of their own; one handler at the root is enough.
        "django": {"handlers": [], "level": "WARNING", "propagate": True},
        # What a visitor's mistake was answered with is in the line of the request (config.middleware).
        "django.request": {"level": "ERROR"},
        "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
        "celery.app.trace": {"level": "INFO"},
        # Names who tried to log in and from where; the attempts are rows in the database.
        "axes": {"level": "ERROR"},
    },
}
