"""Log lines: one JSON object a line, an event name and ids, and never what people typed.

Bank details, amounts, file names, tokens and addresses must not reach a log, and they hide in unexpected
places: in the path of a public link, in the words of a database error. So a request is logged by its
route and not by its path, and an exception by its type and its frames and not by its message.
"""

import json
import logging
import traceback
from datetime import UTC, datetime
from typing import Any

# What every record carries by itself; the rest came through `extra` and belongs in the line.
STANDARD = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
QUIET = {"request", "response", "data", "stack_info", "params", "sql"}


class JsonFormatter(logging.Formatter):
    """Formats a record as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        """The line: time, level, logger, event, then the ids given through `extra`."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        request = getattr(record, "request", None)
        if request is not None and hasattr(request, "method"):
            match = getattr(request, "resolver_match", None)
            line["event"] = "http.error"
            line["method"] = request.method
            line["route"] = match.route if match else None
        elif record.name.startswith("django.security"):
            line["event"] = record.name
        elif record.name == "celery.app.trace" and isinstance(getattr(record, "data", None), dict):
            # Celery's own sentence quotes the exception's message and the task's result.
            data = vars(record)["data"]
            line |= {"event": "task", "task": data.get("name"), "task_id": data.get("id")}
        line |= {
            key: value
            for key, value in vars(record).items()
            if key not in STANDARD | QUIET and isinstance(value, str | int | float | bool | None)
        }
        if record.exc_info and record.exc_info[0]:
            kind, _, frames = record.exc_info
            line["exception"] = f"{kind.__module__}.{kind.__qualname__}"
            line["frames"] = [
                f"{frame.filename}:{frame.lineno} {frame.name}"
                for frame in traceback.extract_tb(frames)
            ]
        return json.dumps(line, ensure_ascii=False)


LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "config.logging.JsonFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        **{
            app: {"level": "INFO"}
            for app in [
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
            ]
        },
        # Django and Celery bring handlers of their own; one handler at the root is enough.
        "django": {"handlers": [], "level": "WARNING", "propagate": True},
        "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
        # Names who tried to log in and from where; the attempts are rows in the database.
        "axes": {"level": "ERROR"},
    },
}
