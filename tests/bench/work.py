"""What is done rather than looked at: requests made, tasks decided, letters sent."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable
from functools import partial

from django.core.files.base import ContentFile
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from approvals.models import ApprovalTask, PaymentRequest, RequestLetter
from approvals.states import Status, TaskKind
from documents.models import Document, DocumentKind, DocumentState
from documents.services import add_document, receive_upload
from documents.tasks import file_document, make_folder
from notifications.services import queue_letter
from people.models import User
from tests.bench.load import Answer, Browser, Measured, at_once, one_by_one
from tests.bench.pages import logged_in, session_of
from tests.stack.mailbox import Mailbox

CLIENTS = 8
SAME_TASKS = 25
ATTACHMENT = b"%PDF-1.7\n" + b"0123456789abcdef\n" * 6_000 + b"%%EOF\n"


class People:
    """Browsers of people by their keys; a new one each time, on the same session."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self.sessions: dict[int, tuple[str, str]] = {}

    def browser(self, user: User) -> Browser:
        if user.pk not in self.sessions:
            self.sessions[user.pk] = session_of(logged_in(user))
        return Browser(self.base_url, self.sessions[user.pk])


def create(people: People, count: int) -> Measured:
    """Drafts, each with its form: the page is asked for, filled in and sent."""
    user = User.objects.get(username="manager1")
    like = PaymentRequest.objects.filter(currency="RUB", company__accounts__currency="RUB")[0]
    path = reverse("approvals:request_new")
    browser = people.browser(user)
    fields = {
        "company": like.company_id,
        "bank_account": like.bank_account_id,
        "contact": like.contact_id or "",
        "payer": like.payer_id,
        "currency": "RUB",
        "amount": "1234,50",
        "vat_rate": "none",
        "purpose": "Оплата по договору",
        "pay_by": (timezone.localdate() + datetime.timedelta(days=5)).isoformat(),
        "action": "draft",
    }

    def fill_in() -> Answer:
        form = browser.get(path)
        sent = browser.post(path, fields)
        assert (form.status, sent.status) == (200, 303), (
            form.status,
            sent.status,
            sent.content[:3000],
        )
        return Answer(sent.status, sent.content, form.seconds + sent.seconds)

    fill_in()
    return one_by_one([fill_in] * count)


def waiting(count: int, *, skip: int = 0) -> list[ApprovalTask]:
    """Open tasks of many approvers."""
    tasks = ApprovalTask.objects.filter(decision="", kind=TaskKind.APPROVE)
    return list(tasks.select_related("assignee").order_by("-pk")[skip : skip + count])


def decisions(people: People, tasks: list[ApprovalTask]) -> list[list[Callable[[], Answer]]]:
    """Each task once, by whom it waits for, shared out among clients who are connected already."""
    lists: list[list[Callable[[], Answer]]] = []
    for first in range(CLIENTS):
        browsers: dict[int, Browser] = {}
        acts = []
        for task in tasks[first::CLIENTS]:
            if task.assignee_id not in browsers:
                browsers[task.assignee_id] = people.browser(task.assignee)
                browsers[task.assignee_id].get(reverse("approvals:me"))
            acts.append(partial(_approve, browsers[task.assignee_id], task.pk))
        lists.append(acts)
    return lists


def race(people: People, tasks: list[ApprovalTask]) -> tuple[Measured, int]:
    """The same tasks by all clients at once; and how many of the 409s name the winner."""
    lists = []
    for _client in range(CLIENTS):
        acts = []
        browsers = {task.assignee_id: people.browser(task.assignee) for task in tasks}
        for task in tasks:
            acts.append(partial(_approve, browsers[task.assignee_id], task.pk))
        lists.append(acts)
    measured = at_once(lists)
    names = {task.assignee.short_name.encode() for task in tasks}
    late = [answer for answer in measured.answers if answer.status == 409]
    return measured, sum(any(name in answer.content for name in names) for answer in late)


def _approve(browser: Browser, task: int) -> Answer:
    return browser.post(reverse("approvals:task_approve", args=[task]), {})


def letters(mailbox: Mailbox, count: int) -> float:
    """Letters in a second, from the commit that promises them to the last one's arrival."""
    document = _attachment()
    tie = RequestLetter.objects.select_related("letter__contact")[0]
    contact, context = tie.letter.contact, tie.letter.context
    mailbox.clear()
    with transaction.atomic():
        for _number in range(count):
            queue_letter(
                kind=tie.letter.kind,
                contact=contact,
                context=context,
                documents=[document],
                reply_to="",
                from_name="",
                actor=None,
            )
    began = time.perf_counter()
    mailbox.wait_for(contact.email, count=count, timeout=120)
    seconds = time.perf_counter() - began
    assert all(len(letter.content) > len(ATTACHMENT) for letter in mailbox.to(contact.email)[:5])
    return count / seconds


def _attachment() -> Document:
    """A file of 100 KB in the storage."""
    owner = User.objects.get(username="accountant1")
    upload = receive_upload(
        file=ContentFile(ATTACHMENT, name="Платёжное поручение.pdf"), user=owner
    )
    it = PaymentRequest.objects.filter(status=Status.PAID).order_by("pk")[0]
    assert it.folder is not None
    make_folder(it.folder.pk)
    document = add_document(
        folder=it.folder, upload=upload, kind=DocumentKind.PAYMENT_ORDER, actor=owner
    )
    file_document(document.pk)
    deadline = time.monotonic() + 20
    while document.state != DocumentState.STORED:
        assert time.monotonic() < deadline, document.last_error
        document.refresh_from_db()
    return document
