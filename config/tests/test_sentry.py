"""Faults go to a Sentry that is named, and nothing of people's goes with them: read off the wire."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import brotli
import pytest

from tests.leaks import leaks

ROOT = Path(__file__).resolve().parents[2]

# Faults of every kind, each with words that must not leave.
PROGRAM = """
import logging
import django
django.setup()
from django.test import Client
from config import health
from outbox import trace
import documents.tasks

def broken():
    number = "40702810399990000212"
    raise RuntimeError(f"{number} of melnik@chistoveya.example") from KeyError("Счёт № 171.pdf")

health.readiness.ask = broken
client = Client(raise_request_exception=False, headers={"X-Request-Id": "the-request"})
client.cookies["csrftoken"] = "a-cookie-of-a-person"
assert client.get("/readyz?inn=7799201128").status_code == 500
with trace.following("the-task"):
    try:
        broken()
    except RuntimeError:
        documents.tasks.logger.exception("documents.filing_failed", extra={"document_id": 12})
logging.getLogger("weasyprint").error("Cannot read %s", "Счёт № 171.pdf")
broken()
"""
SECRETS = (
    "melnik",
    "171",
    "40702810399990000212",
    "7799201128",
    "a-cookie-of-a-person",
    "csrftoken",
)


@pytest.fixture
def sentry() -> Iterator[tuple[str, list[bytes]]]:
    """A server that takes envelopes: its DSN, and the bodies that it was given."""
    bodies: list[bytes] = []

    class Taker(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            packed = {"gzip": gzip.decompress, "br": brotli.decompress}
            bodies.append(packed.get(self.headers["Content-Encoding"], bytes)(body))
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, format: str, *args: Any) -> None:
            """Quietly."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Taker) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://a-key@127.0.0.1:{server.server_port}/1", bodies
        server.shutdown()


def test_faults_arrive_without_anything_of_peoples(
    sentry: tuple[str, list[bytes]], tmp_path: Path
) -> None:
    dsn, bodies = sentry
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "SENTRY_DSN": dsn}
    env |= {"DATA_DIR": str(tmp_path), "DEMO": "1", "ENV_FILE": ""}
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=env, cwd=ROOT, capture_output=True, text=True
    )

    assert (
        "RuntimeError" in ended.stderr
    )  # the last fault ends the program, and is sent all the same
    lines = [line for body in bodies for line in body.decode().splitlines()]
    events = [event for line in lines if "event_id" in (event := json.loads(line))]
    events = [event for event in events if "level" in event]
    by_name = {event.get("logentry", {}).get("message", "crash"): event for event in events}
    assert set(by_name) == {"http.error", "documents.filing_failed", "crash"}
    page = by_name["http.error"]
    assert page["tags"] == {"request_id": "the-request"}
    assert page["transaction"] == "readyz"
    assert [value["type"] for value in page["exception"]["values"]] == ["KeyError", "RuntimeError"]
    frames = page["exception"]["values"][-1]["stacktrace"]["frames"]
    assert frames[-1]["function"] == "broken"
    task = by_name["documents.filing_failed"]
    assert (task["tags"]["request_id"], task["extra"]["document_id"]) == ("the-task", 12)
    facts = [{**event, "exception": None} for event in events]
    assert leaks(json.dumps(facts, ensure_ascii=False), *SECRETS) == []
    assert not any(secret in body.decode() for body in bodies for secret in SECRETS)
