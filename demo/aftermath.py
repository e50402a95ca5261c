"""What the worker would have done by now: files in their folders, letters and notices out, visits counted."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.core.files.storage import default_storage
from django.db.models import F
from django.utils.translation import gettext_noop as noop

from approvals import services
from approvals.models import PaymentRequest, RequestLetter
from approvals.orders import payer_accounts, proposed_day, proposed_purpose
from approvals.papers.order import Order
from approvals.pay_days import next_pay_day
from approvals.registers import day_of
from approvals.selectors import organisation_settings
from approvals.states import Status
from demo.days import ONE_DAY, Days
from demo.story import Letter as LetterOfStory
from documents import tasks
from documents.models import Document, DocumentState, Folder, FolderState, LinkVisit
from documents.services import record_visit
from notifications.models import Letter, LetterEvent, LetterState, Notice, NoticeKind, NoticeMail
from notifications.services import notify
from outbox import services as outbox
from people.models import User

SENDING = timedelta(minutes=10)
READING = timedelta(minutes=20)
NEXT_TRY = time(9)
VISITING = time(11)
# Slower than one is printed: what people have drawn up meanwhile does not wait behind these.
A_PAPER = timedelta(seconds=3)
VISITS = {"followed": LinkVisit.What.PAGE, "downloaded": LinkVisit.What.DOWNLOAD}
FOLDER_GONE = noop("The folder is not in the storage.")
# The program's own reasons are kept in English and translated when they are read.
OWN_REASONS = {"mail server did not answer": noop("The mail server did not answer")}
# How the letters of the older months went.
AS_USUAL = LetterOfStory(0, "", LetterState.SENT, 1, "", visits=())


def send_letters(letters: dict[int, LetterOfStory], pks: dict[int, int], days: Days) -> None:
    """Each letter as the story tells it; those it does not name were sent, and followed the same day."""
    numbers = {pk: no for no, pk in pks.items()}
    ties = RequestLetter.objects.select_related("letter__share_link", "payment__payment_order")
    for tie in ties.order_by("pk"):
        told = letters.get(numbers[tie.payment_request_id])
        _send(tie.letter, told or AS_USUAL, days)
        if told is None:
            _visit(tie, "followed", tie.letter.created_at + SENDING + READING)
            continue
        for what, day in told.visits:
            if what in VISITS:
                _visit(tie, what, _visited_at(tie.letter, what, day, days))


def _send(letter: Letter, told: LetterOfStory, days: Days) -> None:
    letter.state = told.state
    letter.attempts = told.attempts
    letter.last_error = OWN_REASONS.get(told.last_error, told.last_error)
    letter.next_try_at = None
    at = min(letter.created_at + SENDING, days.now)
    if told.state == LetterState.SENT:
        letter.sent_at = at
        _event(letter, "sent", at)
    elif told.state == LetterState.QUEUED:
        letter.next_try_at = days.at(days.today + ONE_DAY, NEXT_TRY)
        _event(letter, "attempt_failed", at)
    else:
        for attempt in range(1, told.attempts):
            _event(letter, "attempt_failed", at)
            at += outbox.backoff(attempt)
        _event(letter, "failed", at)
        _tell_author(letter, at)
    letter.save(update_fields=["state", "attempts", "last_error", "next_try_at", "sent_at"])


def _event(letter: Letter, kind: str, at: datetime) -> None:
    detail = "" if kind == "sent" else letter.last_error
    LetterEvent.objects.create(letter=letter, kind=kind, at=at, detail=detail)


def _tell_author(letter: Letter, at: datetime) -> None:
    """The notice that a letter's failure makes."""
    facts = dict(letter.context["on_failure"])
    author = User.objects.get(pk=facts.pop("user_id"))
    facts |= {"contact": letter.to_name, "reason": letter.last_error, "letter_id": letter.pk}
    notify(user=author, kind=NoticeKind.LETTER_FAILED, context=facts, now=at)


def _visited_at(letter: Letter, what: str, day: int, days: Days) -> datetime:
    """On the letter's own day soon after it came, later in the morning; a download follows the visit."""
    on = days.day(day)
    sent_at = letter.created_at + SENDING
    at = sent_at + READING if on == sent_at.astimezone(days.zone).date() else days.at(on, VISITING)
    return at + timedelta(minutes=2) if what == "downloaded" else at


def _visit(tie: RequestLetter, what: str, at: datetime) -> None:
    document = tie.payment.payment_order if what == "downloaded" else None
    record_visit(link=tie.letter.share_link, what=VISITS[what], document=document, now=at)


def settle_notices(days: Days) -> None:
    """In the order of their days, as if each had been written on its own; mail out, older ones read.

    The older months are written after the newer requests (whose numbers are 1 to 30), and lists go by key.
    """
    unread_since = days.at(days.day(-1), time())
    notices = list(Notice.objects.order_by("created_at", "pk"))
    Notice.objects.all().delete()
    for notice in notices:
        notice.pk = None
        notice.next_try_at = None
        if notice.mail != NoticeMail.NONE:
            notice.mail, notice.attempts = NoticeMail.SENT, 1
        if notice.created_at < unread_since:
            notice.read_at = notice.created_at + READING
    Notice.objects.bulk_create(notices)


def file_everything() -> None:
    """Make every folder and file every document at once, as the tasks do, and as if on its own day."""
    for pk in Folder.objects.order_by("path").values_list("pk", flat=True):
        tasks.make_folder(pk)
    for pk in Document.objects.order_by("pk").values_list("pk", flat=True):
        tasks.file_document(pk)
    Folder.objects.filter(state=FolderState.READY).update(checked_at=F("created_at"))
    Document.objects.filter(stored_at__isnull=False).update(stored_at=F("uploaded_at"))


def leave_papers_to_the_worker(now: datetime) -> None:
    """Our own papers are printed after the start, one by one, the newest first: nobody waits for them."""
    papers = list(
        Document.objects.filter(state=DocumentState.MAKING).order_by("-uploaded_at", "-pk")
    )
    for place, document in enumerate(papers, start=1):
        document.next_try_at = now + place * A_PAPER
    Document.objects.bulk_update(papers, ["next_try_at"])


def draw_up_register(accountant: User, days: Days) -> None:
    """Of the next pay day, if anything is planned for it."""
    day = next_pay_day(days.today, organisation_settings())
    if day_of(day).groups:
        services.draw_up_register(on=day, actor=accountant, now=days.now)


def draw_up_order(accountant: User, days: Days) -> None:
    """Of an approved request that nothing is paid of, for its planned day."""
    approved = PaymentRequest.objects.filter(status=Status.APPROVED, paid_amount=0, currency="RUB")
    it = approved.order_by("-is_urgent", "planned_on", "pk").first()
    if it is None:
        return
    day = proposed_day(days.today, it)
    order = Order(
        number="",
        drawn_on=day,
        amount=it.amount,
        payer_account=payer_accounts(it).first(),
        purpose=proposed_purpose(it, it.amount),
    )
    services.draw_up_order(payment_request_id=it.pk, actor=accountant, order=order, now=days.now)


def lose_folder(folder: Folder, days: Days) -> None:
    """Somebody removed the folder's mark from the storage; 'Check the folder' puts it back."""
    default_storage.delete(f"{folder.path}/{tasks.MARKER}")
    Folder.objects.filter(pk=folder.pk).update(
        state=FolderState.FAULT, last_error=FOLDER_GONE, checked_at=days.now
    )
