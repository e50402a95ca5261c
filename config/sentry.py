"""Faults to a Sentry, where SENTRY_DSN names one; otherwise this module is not even imported.

What goes there is what goes into the log: an event, ids, an exception's types and frames. Requests, people,
variables and the words of errors stay here.
"""

import logging
from typing import Any

import sentry_sdk
from sentry_sdk.integrations.atexit import AtexitIntegration
from sentry_sdk.integrations.dedupe import DedupeIntegration
from sentry_sdk.integrations.excepthook import ExcepthookIntegration
from sentry_sdk.integrations.logging import LoggingIntegration

from config.logging import OURS, JsonFormatter

# Of an event as the library makes it, what names neither people nor what they typed.
KEPT = ("event_id", "timestamp", "level", "platform", "environment", "sdk", "logger")
KEPT_OF_FRAME = (
    "filename",
    "abs_path",
    "function",
    "module",
    "lineno",
    "pre_context",
    "context_line",
    "post_context",
    "in_app",
)


def start(dsn: str, environment: str) -> None:
    """Send every fault that the log gets as an error: the log is the one door, nothing else is hooked."""
    sentry_sdk.init(
        dsn=dsn,
        environment=environment,
        default_integrations=False,
        auto_enabling_integrations=False,
        integrations=[
            LoggingIntegration(level=None, event_level=logging.ERROR),
            ExcepthookIntegration(),
            DedupeIntegration(),
            AtexitIntegration(callback=lambda pending, timeout: None),
        ],
        before_send=scrubbed,  # type: ignore[arg-type]
        max_breadcrumbs=0,
        max_request_body_size="never",
        include_local_variables=False,
        send_default_pii=False,
        send_client_reports=False,
        auto_session_tracking=False,
        server_name="",
    )


def scrubbed(event: dict[str, Any], hint: dict[str, Any]) -> dict[str, Any] | None:
    """The event made anew of what may leave; None for what is no fault of the program's."""
    record = hint.get("log_record")
    ours = record is not None and record.name.startswith(OURS)
    if "exception" not in event and not ours:
        return None  # a 503 while a part is down, a warning of a library's
    kept = {name: event[name] for name in KEPT if name in event}
    if record is not None:
        line = JsonFormatter().facts(record)
        kept["logentry"] = {"message": line.pop("event")}
        kept["transaction"] = line.get("route") or line.get("task") or line["logger"]
        kept["tags"] = {"request_id": line.get("request_id", "")}
        kept["extra"] = {
            name: value for name, value in line.items() if name not in {"frames", "time", "level"}
        }
    if "exception" in event:
        values = event["exception"]["values"]
        kept["exception"] = {"values": [_exception(value) for value in values]}
    return kept


def _exception(value: dict[str, Any]) -> dict[str, Any]:
    """Type and frames of one exception of a chain."""
    frames = (value.get("stacktrace") or {}).get("frames", [])
    return {
        "type": value.get("type"),
        "module": value.get("module"),
        "stacktrace": {
            "frames": [
                {name: frame[name] for name in KEPT_OF_FRAME if name in frame} for frame in frames
            ]
        },
    }
