"""`manage.py seed` as a million is loaded: tables without their indexes, processes, one transaction."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from io import StringIO
from typing import Any

import psutil
import pytest
from django.conf import settings as installation
from django.core.management import call_command
from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q
from pytest_django import Settings

from approvals.models import ApprovalTask, Event, Payment, PaymentRequest
from approvals.services import totals
from approvals.services.filing import CLOSING_KINDS
from audit.services import event_hash, verify
from demo.volume import loading, making
from demo.volume.rows import TABLES
from documents.models import Document
from tests.stack.patience import until_none

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
REQUESTS = 400
PATIENCE = 60  # seconds

# All that a load may take off, as the database itself tells it.
SCHEMA = """
SELECT 'index', indexrelid::regclass::text, pg_get_indexdef(indexrelid) || indisvalid FROM pg_index
WHERE indrelid = ANY(%(tables)s::regclass[])
UNION ALL
SELECT 'constraint', conrelid::regclass || ' ' || conname, pg_get_constraintdef(oid) || convalidated
FROM pg_constraint WHERE conrelid = ANY(%(tables)s::regclass[]) OR confrelid = ANY(%(tables)s::regclass[])
UNION ALL
SELECT 'trigger', tgrelid::regclass || ' ' || tgname, pg_get_triggerdef(oid) || tgenabled::text
FROM pg_trigger WHERE tgrelid = ANY(%(tables)s::regclass[]) AND NOT tgisinternal
ORDER BY 1, 2
"""
CASTS = re.compile(r"::[a-z]+( varying)?(\[\])?|[()]")


def schema() -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(SCHEMA, {"tables": [table.name for table in TABLES]})
        # PostgreSQL itself writes a condition's casts otherwise when it has read them once.
        return [(kind, name, CASTS.sub("", text)) for kind, name, text in cursor.fetchall()]


@pytest.fixture(autouse=True)
def _in_bulk(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.SEED_ALLOWED = True
    monkeypatch.setattr(loading, "MANY", 1)
    monkeypatch.setattr(making, "STRETCH", 90)


def seed(**options: Any) -> str:
    out = StringIO()
    call_command("seed", requests=REQUESTS, companies=30, stdout=out, **options)
    return out.getvalue()


def test_all_is_there_and_in_its_order() -> None:
    before = schema()

    assert "Done" in seed(processes=2)

    assert schema() == before
    assert before
    assert verify() == []
    assert totals.differences() == []
    assert totals.missing_triggers() == []
    connection.check_constraints()
    numbers = PaymentRequest.objects.order_by("pk").values_list("pk", flat=True)
    assert list(numbers) == list(range(1, REQUESTS + 1))
    out = StringIO()
    call_command("verify_audit", stdout=out)
    call_command("check_totals", stdout=out)
    assert "The totals are what all rows come to." in out.getvalue()
    # A trigger that was put back counts again.
    PaymentRequest.objects.filter(pk=1).update(currency="EUR")
    assert totals.differences() == []


def test_events_are_what_the_audit_service_proves() -> None:
    seed(processes=1)
    events = Event.objects.order_by("pk")
    assert all(event.hash == event_hash(event) for event in events[::7])
    assert set(events.values_list("kind", flat=True)) == {
        *("request.created", "document.added", "request.submitted", "request.returned"),
        *("request.refused", "request.cancelled", "request.approved", "request.accepted"),
        "payment.recorded",
    }


def test_papers_that_close_a_payment() -> None:
    seed(processes=1)
    closing = Document.objects.filter(folder=OuterRef("folder"), kind__in=CLOSING_KINDS)
    closed = PaymentRequest.objects.annotate(there=Exists(closing))
    assert not closed.exclude(has_closing=Exists(closing)).exists()
    counts = closed.aggregate(yes=Count("pk", Q(there=True)), no=Count("pk", Q(there=False)))
    assert counts["yes"] > REQUESTS / 4
    assert counts["no"] > REQUESTS / 4
    assert not closed.filter(there=True).exclude(status="paid").exists()


def test_an_error_at_the_very_end_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    before = schema()
    monkeypatch.setattr(totals, "fill", interrupted)
    with pytest.raises(KeyboardInterrupt):
        seed(processes=2)
    assert loading.is_empty()
    assert schema() == before


# Lines that the load prints before its end.
@pytest.mark.parametrize("line", ["10000 requests", "indexes"])
def test_killed_in_the_middle_it_has_never_been(line: str) -> None:
    before = schema()
    names = connection.settings_dict
    address = f"postgres://{names['USER']}@{names['HOST']}:{names['PORT']}/{names['NAME']}"
    with subprocess.Popen(
        [sys.executable, installation.BASE_DIR / "manage.py", "seed", "--requests", "20000"],
        env={**os.environ, "DATABASE_URL": address, "SEED_ALLOWED": "1", "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert any(said.rstrip().endswith(line) for said in process.stdout)
        family = [*psutil.Process(process.pid).children(recursive=True)]
        process.kill()
    # What it began ends by itself, and the server undoes what was not committed.
    _gone, alive = psutil.wait_procs(family, timeout=PATIENCE)
    assert not alive
    until_none(sessions)
    assert loading.is_empty()
    assert not any(it._default_manager.exists() for it in (ApprovalTask, Payment, Document, Event))
    assert schema() == before


def sessions() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND backend_type = 'client backend' AND pid <> pg_backend_pid() AND state <> 'idle'"
        )
        return int(cursor.fetchone()[0])
