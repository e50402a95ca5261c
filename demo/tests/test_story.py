"""What the screens must show after `manage.py demo`: the story's own table, on several 'today's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.conf import settings
from django.db import transaction
from django.db.models import Count, Sum
from django.test import override_settings
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from approvals import policies, selectors, totals
from approvals.models import ApprovalTask, Event, PaymentRequest, Register, Stage
from approvals.papers.register import says_otherwise
from approvals.registers import day_of
from approvals.states import Status, TaskKind
from audit.services import verify
from counterparties.models import Company
from demo import loading
from demo.loading import Loaded
from documents.models import Document, DocumentState, Folder, FolderState, LinkVisit
from notifications.models import Letter, LetterState, Notice, NoticeKind, NoticeMail
from notifications.selectors import with_read
from people.models import User

# Loading takes seconds: one worker tells each day's story once, and each test reads it in a savepoint.
pytestmark = [pytest.mark.xdist_group("demo"), pytest.mark.django_db, pytest.mark.once]

MOSCOW = ZoneInfo("Europe/Moscow")
TODAYS = {
    "a Monday, the month's last": datetime(2026, 11, 30, 10, 5, tzinfo=MOSCOW),
    "just into the new year": datetime(2027, 1, 1, 0, 20, tzinfo=MOSCOW),
    "a Monday, the month's first": datetime(2027, 3, 1, 9, 30, tzinfo=MOSCOW),
}


@pytest.fixture(scope="module", params=TODAYS.values(), ids=TODAYS.keys())
def told(
    request: pytest.FixtureRequest,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Loaded]:
    """The whole story up to that moment, in a transaction that the module's tests only read in."""
    # S3 refuses whoever's clock is minutes off, and ours is set to other days.
    folder = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": tmp_path_factory.mktemp("storage"), "base_url": None},
    }
    with (
        override_settings(USES_S3=False, STORAGES={**settings.STORAGES, "default": folder}),
        django_db_blocker.unblock(),
        time_machine.travel(request.param, tick=False),
        transaction.atomic(),
    ):
        yield loading.load(now=timezone.now())
        transaction.set_rollback(True)


# --- The table --------------------------------------------------------------------------------------


def test_requests_by_status(told: Loaded) -> None:
    assert by_status(PaymentRequest.objects.filter(pk__in=the_thirty(told))) == {
        "draft": (4, Decimal("340700.00")),
        "on_approval": (6, Decimal("1556840.88")),
        "approved": (7, Decimal("1092870.40")),
        "paid": (10, Decimal("1367364.27")),
        "refused": (2, Decimal("648900.00")),
        "cancelled": (1, Decimal("22000.00")),
    }
    assert by_status(PaymentRequest.objects.all())["paid"] == (40, Decimal("4920936.93"))


def test_left_to_pay_by_day(told: Loaded) -> None:
    lines = totals.left_to_pay_by_day(person("accountant"))
    assert amounts(totals.per_day(lines)) == {
        told.days.day(-2): Decimal("34200.00"),
        told.days.day(0): Decimal("505000.00"),
        told.days.day(1): Decimal("212300.00"),
        told.days.day(2): Decimal("131500.00"),
        told.days.day(5): Decimal("9870.40"),
    }
    payers: dict[str, Decimal] = {}
    for line in lines:
        payers[line.payer] = payers.get(line.payer, Decimal(0)) + line.amount
    assert payers == {
        "ООО «Лиственный берег»": Decimal("680570.40"),
        "ООО «Лиственный берег Монтаж»": Decimal("212300.00"),
    }
    assert sum(payers.values()) == Decimal("892870.40")


def test_waiting_for_a_decision_by_day(told: Loaded) -> None:
    waiting = PaymentRequest.objects.filter(tasks__decision="", tasks__kind=TaskKind.APPROVE)
    rows = waiting.order_by().values_list("pay_by").annotate(Sum("amount"))
    assert dict(rows) == {
        told.days.day(-1): Decimal("1248000.00"),
        told.days.day(0): Decimal("61240.88"),
        told.days.day(2): Decimal("47500.00"),
        told.days.day(3): Decimal("27600.00"),
        told.days.day(4): Decimal("112500.00"),
    }
    assert sum(dict(rows).values()) == Decimal("1496840.88")


def test_waiting_for_acceptance(told: Loaded) -> None:
    lines = totals.Picture(person("director")).left_by_day(Stage.ACCEPTING)
    assert amounts(totals.per_day(lines)) == {told.days.day(4): Decimal("60000.00")}


def test_tasks(told: Loaded) -> None:
    inboxes = {
        user.username: sorted(
            (number(told, task.payment_request_id), task.kind)
            for task in selectors.tasks_waiting_for(user)
        )
        for user in User.objects.all()
    }
    assert {name: inbox for name, inbox in inboxes.items() if inbox} == {
        "supervisor": [(19, "approve"), (25, "approve"), (29, "approve")],
        "supervisor2": [(26, "approve")],
        "director": [(28, "approve")],
        "manager2": [(23, "accept")],
    }


def test_overdue_and_due_today(told: Loaded) -> None:
    overdue = {Status.APPROVED: [11], Status.ON_APPROVAL: [19]}
    due_today = {Status.APPROVED: [16, 18], Status.ON_APPROVAL: [28]}
    today = told.days.today
    for status in overdue:
        open_ones = PaymentRequest.objects.filter(status=status).order_by("pk")
        assert [number(told, one.pk) for one in open_ones if one.days_overdue(today)] == overdue[
            status
        ]
        assert [number(told, one.pk) for one in open_ones if one.pay_by == today] == due_today[
            status
        ]


def test_look_alikes(told: Loaded) -> None:
    def same(first: int, second: int, *fields: str) -> bool:
        one, other = request(told, first), request(told, second)
        return all(getattr(one, field) == getattr(other, field) for field in fields)

    assert same(22, 29, "company_id", "invoice_number", "amount")
    assert same(7, 17, "company_id", "amount")
    assert not same(7, 17, "invoice_number")


def test_who_sees_what(told: Loaded) -> None:
    def sees(username: str, no: int) -> bool:
        visible = PaymentRequest.objects.visible_to(person(username))
        return visible.filter(pk=told.pks[no]).exists()

    assert not sees("manager2", 1)
    assert not sees("manager", 2)
    assert sees("manager", 1)
    assert sees("supervisor", 1)
    assert sees("supervisor2", 2)
    for username in ("director", "auditor", "accountant", "admin"):
        assert PaymentRequest.objects.visible_to(person(username)).count() == 60


def test_first_look_of_each(told: Loaded) -> None:
    manager = person("manager")
    assert selectors.waiting_for_others(manager).count() == 3
    drafts = PaymentRequest.objects.filter(author=manager, status=Status.DRAFT)
    assert sorted(number(told, draft.pk) for draft in drafts) == [27, 30]
    stuck = request(told, 19)
    assert timezone.localdate(stuck.waiting_since) == told.days.day(-4)
    half_paid = request(told, 17)
    assert half_paid.paid_amount == Decimal("200000.00")
    assert (half_paid.amount_left, half_paid.pay_by) == (Decimal("212300.00"), told.days.day(1))
    assert policies.is_only_auditor(person("auditor"))
    assert not policies.is_only_auditor(person("director"))


# --- What stands behind it --------------------------------------------------------------------------


def test_every_chain_is_whole(told: Loaded) -> None:
    assert verify() == []


def test_numbers_and_states_are_the_storys(told: Loaded) -> None:
    assert the_thirty(told) == list(range(1, 31))
    seventh = request(told, 7)
    assert (seventh.round, seventh.status) == (2, "paid")
    decisions = [(task.round, task.decision) for task in selectors.tasks_of(seventh)]
    assert decisions == [(1, "returned"), (2, "approved"), (2, "accepted")]
    assert [request(told, no).round for no in (13, 20, 1)] == [2, 2, 1]
    tenth = selectors.payments_of(request(told, 10))
    assert [(payment.number, payment.amount) for payment in tenth] == [
        ("384", Decimal("30000.00")),
        ("387", Decimal("28914.27")),
    ]
    idea = request(told, 27)
    assert (idea.bank_account, idea.contact, idea.invoice_number) == (None, None, "")
    assert not selectors.documents_of(idea)
    assert request(told, 30).bank_account_id == told.cast.accounts["c12-tochka"].pk


def test_nothing_happens_in_the_future(told: Loaded) -> None:
    now = told.days.now
    for model, field in (
        (Event, "at"),
        (ApprovalTask, "created_at"),
        (Notice, "created_at"),
        (Notice, "read_at"),
        (Letter, "sent_at"),
        (LinkVisit, "at"),
        (Document, "stored_at"),
        (Folder, "checked_at"),
    ):
        assert not model._default_manager.filter(**{f"{field}__gt": now}).exists(), model
    last = Event.objects.filter(kind="request.created").order_by("-at").first()
    assert last is not None
    assert timezone.localdate(last.at) == told.days.today


def test_vat_and_papers(told: Loaded) -> None:
    rent = request(told, 1)
    assert (rent.vat_rate, rent.vat_amount) == ("22", Decimal("69426.23"))
    assert (request(told, 5).vat_rate, request(told, 5).vat_amount) == ("5", Decimal("3038.10"))
    assert (request(told, 3).vat_rate, request(told, 3).vat_amount) == ("none", None)
    kinds = {
        no: [d.kind for d in selectors.documents_of(request(told, no)) if d.has_bytes]
        for no in (1, 7, 8, 17)
    }
    assert kinds == {
        1: ["invoice", "payment_order"],
        7: ["invoice", "contract", "payment_order"],
        8: ["invoice", "act", "payment_order"],
        17: ["invoice", "act", "payment_order"],
    }
    made = told.days.day(-15)
    assert [d.original_name for d in selectors.documents_of(rent) if d.has_bytes] == [
        f"Счёт № К-1101 от {made:%d.%m.%Y}.pdf",
        f"Платёжное поручение № 373 от {told.days.day(-12):%d.%m.%Y}.pdf",
    ]


def test_folders_and_files_are_in_their_places(told: Loaded) -> None:
    brought = Document.objects.filter(paper=None)
    assert not brought.exclude(state=DocumentState.STORED).exists()
    faulty = Folder.objects.exclude(state=FolderState.READY)
    assert [folder.pk for folder in faulty] == [told.cast.companies["c5"].folder_id]
    assert faulty[0].last_error == "The folder is not in the storage."
    assert not Folder.objects.filter(next_try_at__isnull=False).exists()
    assert not brought.filter(next_try_at__isnull=False).exists()


def test_papers_are_left_to_the_worker_one_by_one(told: Loaded) -> None:
    """The newest first; those of the older months are not made at all."""
    papers = Document.objects.filter(paper__isnull=False).order_by("next_try_at")
    assert {paper.state for paper in papers} == {DocumentState.MAKING}
    assert len({paper.next_try_at for paper in papers}) == len(papers)
    decided = [paper.uploaded_at for paper in papers]
    assert decided == sorted(decided, reverse=True)
    of = set(papers.exclude(kind="register").values_list("folder__payment_request", flat=True))
    sent = PaymentRequest.objects.filter(pk__in=the_thirty(told), submitted_at__isnull=False)
    assert of == set(sent.values_list("pk", flat=True))


def test_the_next_pay_day_has_its_register(told: Loaded) -> None:
    [register] = Register.objects.all()

    assert register.day_on >= told.days.today
    assert register.drawn_by == told.cast.people["accountant"]
    [total] = register.document.paper.values["totals"]
    assert total["count"] > 0
    assert not says_otherwise(register.document.paper, day_of(register.day_on))


def test_letters(told: Loaded) -> None:
    letters = with_read(
        Letter.objects.filter(request_letter__payment_request__in=the_thirty(told))
    ).order_by("request_letter__payment_request_id")
    assert [
        (
            number(told, letter.request_letter.payment_request_id),
            letter.state,
            letter.read_state,
            letter.attempts,
        )
        for letter in letters
    ] == [
        (1, "sent", "followed", 1),
        (2, "sent", "followed", 1),
        (3, "sent", "none", 1),
        (4, "sent", "none", 1),
        (5, "sent", "none", 1),
        (6, "failed", "none", 1),
        (7, "sent", "followed", 1),
        (10, "failed", "none", 8),
        (14, "queued", "none", 1),
    ]
    assert letters[2].language == "en"
    first = letters[0]
    assert timezone.localtime(first.sent_at).strftime("%H:%M") == "16:40"
    assert [visit.what for visit in first.share_link.visits.all()] == ["page", "download"]
    assert letters[5].last_error == "550 5.1.1 bykov@azimutka.example: user unknown"
    assert [event.kind for event in letters[7].events.all()] == [
        "queued",
        *["attempt_failed"] * 7,
        "failed",
    ]
    older = Letter.objects.exclude(pk__in=[letter.pk for letter in letters])
    assert {(one.state, one.read_state) for one in with_read(older)} == {("sent", "followed")}
    assert older.count() == 30


def test_nothing_is_sent_before_tomorrow_morning(told: Loaded) -> None:
    due = Letter.objects.filter(next_try_at__isnull=False)
    assert [letter.state for letter in due] == [LetterState.QUEUED]
    tomorrow = told.days.today + timedelta(days=1)
    assert timezone.localtime(due[0].next_try_at).strftime("%Y-%m-%d %H:%M") == f"{tomorrow} 09:00"
    assert not Notice.objects.filter(next_try_at__isnull=False).exists()
    # 'none' is what was paid or returned before the digest of the next morning.
    assert set(Notice.objects.values_list("mail", flat=True)) == {NoticeMail.SENT, NoticeMail.NONE}


def test_notices(told: Loaded) -> None:
    notices = list(Notice.objects.order_by("pk"))
    moments = [notice.created_at for notice in notices]
    assert moments == sorted(moments)
    read = [notice.read_at is not None for notice in notices]
    assert read == sorted(read, reverse=True)
    unread = {
        (notice.user.username, notice.kind, number(told, notice.context["request_id"]))
        for notice in Notice.objects.filter(read_at__isnull=True).select_related("user")
    }
    assert {
        ("supervisor", NoticeKind.TASK, 29),
        ("director", NoticeKind.TASK, 28),
        ("accountant", NoticeKind.ACCEPTED, 24),
        ("manager2", NoticeKind.PAID, 14),
    } <= unread
    assert ("supervisor", NoticeKind.TASK, 19) not in unread

    def told_of(kind: NoticeKind) -> set[tuple[str, int]]:
        found = Notice.objects.filter(kind=kind).select_related("user")
        return {(one.user.username, number(told, one.context["request_id"])) for one in found}

    assert told_of(NoticeKind.NO_LETTER) == {("manager2", 8)}
    assert told_of(NoticeKind.LETTER_FAILED) == {("supervisor", 6), ("manager", 10)}


def test_companies(told: Loaded) -> None:
    assert Company.objects.filter(is_own=True).count() == 2
    assert Company.objects.filter(is_own=False).count() == 12
    assert told.cast.companies["c7"].kind == "sole_proprietor"
    assert told.cast.accounts["own1-sber"].is_main
    new = told.cast.accounts["c12-tochka"]
    assert timezone.localdate(new.created_at) == told.days.day(-3)


# --- Helpers ----------------------------------------------------------------------------------------


def the_thirty(told: Loaded) -> list[int]:
    return [told.pks[no] for no in range(1, 31)]


def request(told: Loaded, no: int) -> PaymentRequest:
    return PaymentRequest.objects.get(pk=told.pks[no])


def number(told: Loaded, pk: int) -> int:
    """The story's number of a request."""
    return next(no for no, known in told.pks.items() if known == pk)


def person(username: str) -> User:
    return User.objects.get(username=username)


def by_status(requests: Iterable[PaymentRequest]) -> dict[str, tuple[int, Decimal]]:
    rows = requests.order_by().values_list("status").annotate(Count("pk"), Sum("amount"))
    return {status: (count, total) for status, count, total in rows}


def amounts(lines: Iterable[totals.DayTotal]) -> dict[date, Decimal]:
    assert {line.currency for line in lines} == {"RUB"}
    return {line.day: line.amount for line in lines}
