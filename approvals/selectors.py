"""What pages ask of requests, tasks and totals.

Nothing is written here; every list holds a constant number of queries.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, F, OuterRef, Prefetch, Q, QuerySet, Sum, Value, When

from approvals.models import (
    ApprovalTask,
    Event,
    OrganisationSettings,
    Payment,
    PaymentRequest,
    PaymentRequestQuerySet,
    Register,
    RequestLetter,
)
from approvals.models.access import AccessShape
from approvals.presenters import DECIDING
from approvals.states import Status
from approvals.totals import Total
from counterparties.lookup.services import REGISTERED_KINDS
from counterparties.models import Company
from documents.models import Document, DocumentKind
from notifications.models import Letter
from notifications.selectors import unread_notices, with_read
from people import selectors as people_selectors
from people.models import User
from people.prepared import prepared

OPEN = (Status.DRAFT, Status.ON_APPROVAL, Status.APPROVED)


@prepared
def _settings() -> QuerySet[OrganisationSettings]:
    return OrganisationSettings.objects.select_related("default_approver").filter(pk=1)


def organisation_settings() -> OrganisationSettings:
    """The one row of settings, made with its defaults where there is none yet."""
    row = _settings.first()
    return row or OrganisationSettings.objects.get_or_create(pk=1)[0]


def gaps() -> people_selectors.Gaps:
    """Where nobody is left to approve, and who holds a place and has left."""
    return people_selectors.gaps(default_approver=organisation_settings().default_approver)


def waiting_for(person: User) -> QuerySet[PaymentRequest]:
    """The requests that wait for this person's decision or acceptance, the oldest first."""
    tasks = ApprovalTask.objects.filter(assignee=person, decision="")
    rows = PaymentRequest.objects.filter(pk__in=tasks.values("payment_request_id"))
    return rows.select_related("company").order_by("waiting_since", "pk")


# Of a request, its company and people: what a row of a list shows or is sorted by, and no wide column more.
_OF_A_ROW = (
    *("status", "amount", "currency", "paid_amount", "is_urgent", "purpose", "justification"),
    *("created_at", "submitted_at", "closed_at", "waiting_since", "pay_by", "planned_on"),
    *("company_key", "invoice_number", "invoice_date", "payer_id", "author_department_id"),
    "category_id",
    *("company__name", "company__inn", "company__register_state", "company__register_invalid"),
    *("author__full_name", "author__username", "author__supervisor_id"),
)


def for_list(requests: PaymentRequestQuerySet, *more: str) -> PaymentRequestQuerySet:
    """With everything that a row shows: two queries whatever the number of rows.

    `more` are the ties whose `name` is shown as well: payer, author_department, category. `open_tasks` is a
    list of none or one task with its assignee, `last_step` the kind of the newest event that moved a draft
    (empty for one that nobody has sent yet, and for whatever is no draft).
    """
    last_step = (
        Event.objects.filter(subject=OuterRef("pk"), kind__in=DECIDING)
        .order_by("-seq")
        .values("kind")[:1]
    )
    return (
        requests.select_related("company", "author", *more)
        .only(*_OF_A_ROW, *(f"{name}__name" for name in more))
        .prefetch_related(with_open_task())
        .annotate(last_step=Case(When(status=Status.DRAFT, then=last_step), default=Value("")))
    )


def with_open_task() -> Prefetch[Any]:
    """Of requests: `open_tasks`, a list of none or one, with whoever has it."""
    tasks = ApprovalTask.objects.filter(decision="").select_related("assignee")
    people = ("assignee__full_name", "assignee__username")
    return Prefetch(
        "tasks",
        queryset=tasks.only("payment_request_id", "kind", "decision", *people),
        to_attr="open_tasks",
    )


def totals(requests: QuerySet[PaymentRequest]) -> list[Total]:
    """Count and sum of whole amounts, a line a currency, over all that the filter leaves."""
    rows = (
        requests.order_by()
        .values("currency")
        .annotate(total=Sum("amount"), requests=Count("pk"))
        .order_by("currency")
    )
    return [Total(row["currency"], row["total"], row["requests"]) for row in rows]


def companies_to_look_at(unseen_since: datetime.datetime) -> QuerySet[Company]:
    """Counterparties of open requests whose state nobody has looked up since, the longest unseen first."""
    unseen = Q(register_checked_at__isnull=True) | Q(register_checked_at__lt=unseen_since)
    open_requests = PaymentRequest.objects.filter(status__in=OPEN)
    return (
        Company.objects.filter(unseen, pk__in=open_requests.values("company_id"))
        .filter(kind__in=REGISTERED_KINDS)
        .exclude(inn="")
        .order_by(F("register_checked_at").asc(nulls_first=True), "pk")
    )


def tasks_waiting_for(user: User | int) -> QuerySet[ApprovalTask]:
    """The inbox: what waits for this person, most pressing first."""
    return (
        ApprovalTask.objects.filter(assignee=user, decision="")
        .select_related(
            "payment_request__company",
            "payment_request__author",
            "payment_request__payer",
        )
        .order_by("-payment_request__is_urgent", "payment_request__pay_by", "pk")
    )


def waiting_for_others(user: User) -> QuerySet[ApprovalTask]:
    """Open tasks of others about this person's own requests."""
    return (
        ApprovalTask.objects.filter(payment_request__author=user, decision="")
        .exclude(assignee=user)
        .select_related("payment_request__company", "payment_request__author", "assignee")
        .order_by("payment_request__pay_by", "pk")
    )


def decided_by(user: User) -> QuerySet[ApprovalTask]:
    """What this person decided, newest first."""
    return (
        ApprovalTask.objects.filter(decided_by=user)
        .select_related("payment_request__company", "payment_request__author", "assignee")
        .order_by("-decided_at", "-pk")
    )


def menu_counts(user: User) -> dict[str, int]:
    """How many tasks wait for the person, and how much news the bell counts: `tasks` and `unread`."""
    return {"tasks": 0, "unread": 0} | dict(_menu_counts(user.pk))


@prepared
def _menu_counts(person: int) -> QuerySet[Any]:
    tasks = ApprovalTask.objects.filter(assignee=person, decision="").order_by()
    parts: Any = [
        rows.annotate(what=Value(what))
        .values("what")
        .annotate(n=Count("pk"))
        .values_list("what", "n")
        for what, rows in (("tasks", tasks), ("unread", unread_notices(person).order_by()))
    ]
    counts: QuerySet[Any] = parts[0].union(parts[1], all=True)
    return counts


def task_visible_to(user: User, pk: int) -> ApprovalTask | None:
    """A task of a request that the person may see, whosever turn it is or was."""
    return _task.first(user.pk, pk, access=PaymentRequest.objects.access_of(user).shape())


@prepared
def _task(person: int, pk: int, *, access: AccessShape) -> QuerySet[ApprovalTask]:
    tasks = ApprovalTask.objects.filter(pk=pk).select_related("payment_request")
    if access.is_all:
        return tasks
    return tasks.filter(payment_request__in=PaymentRequest.objects.visible_as(person, access))


def card(user: User, pk: int) -> PaymentRequest | None:
    """One request with what its card shows of it, or None where the person may not see it."""
    return _card.first(user.pk, pk, access=PaymentRequest.objects.access_of(user).shape())


@prepared
def _card(person: int, pk: int, *, access: AccessShape) -> QuerySet[PaymentRequest]:
    return (
        PaymentRequest.objects.visible_as(person, access)
        .select_related(
            "company",
            "payer",
            "bank_account",
            "contact",
            "category",
            "author__supervisor",
            "author__department",
            "author_department",
            "folder",
        )
        .filter(pk=pk)
    )


def last_request_to(user: User, company: Company) -> PaymentRequest | None:
    """The newest request to a counterparty that a person may see, their own before others'."""
    found = (
        PaymentRequest.objects.visible_to(user)
        .filter(company=company)
        .exclude(status__in=[Status.REFUSED, Status.CANCELLED])
        .order_by("-pk")
    )
    return found.filter(author=user).first() or found.first()


def made_by_form(user: User, form_key: UUID | None) -> PaymentRequest | None:
    """The request that this very form has made already: a second click gets the first answer."""
    if form_key is None:
        return None
    return PaymentRequest.objects.filter(author=user, form_key=form_key).first()


def made_by_forms(user: User, form_keys: Iterable[UUID]) -> int:
    """How many requests these forms have made already."""
    return PaymentRequest.objects.filter(author=user, form_key__in=list(form_keys)).count()


def was_done_by_form(payment_request: PaymentRequest, user: User, form_key: UUID | None) -> bool:
    """Whether this very form has changed the request already, or recorded a payment of it."""
    if form_key is None:
        return False
    return (
        Event.objects.filter(subject=payment_request, actor=user, form_key=form_key).exists()
        or payment_request.payments.filter(recorded_by=user, form_key=form_key).exists()
    )


def tasks_of(payment_request: PaymentRequest) -> list[ApprovalTask]:
    """All tasks of all rounds, oldest first."""
    tasks = _tasks_of(payment_request.pk)
    for task in tasks:
        task.payment_request = payment_request
    return tasks


@prepared
def _tasks_of(request: int) -> QuerySet[ApprovalTask]:
    tasks = ApprovalTask.objects.filter(payment_request=request)
    return tasks.select_related("assignee", "decided_by").order_by("pk")


def documents_of(payment_request: PaymentRequest) -> list[Document]:
    """All of its folder, our own papers with what they were printed from."""
    return [] if payment_request.folder_id is None else _documents(payment_request.folder_id)


@prepared
def _documents(folder: int) -> QuerySet[Document]:
    return documents_in([folder])


def documents_in(folder_ids: Iterable[int | None]) -> QuerySet[Document]:
    """All that lies in these folders, our own papers with what they were printed from."""
    return (
        Document.objects.filter(folder_id__in=[pk for pk in folder_ids if pk is not None])
        .select_related("folder", "uploaded_by", "paper")
        .order_by("pk")
    )


def invoices_by_folder(folder_ids: Iterable[int | None]) -> dict[int | None, list[Document]]:
    """The invoices in requests' folders, oldest first, by the folder's key."""
    found: dict[int | None, list[Document]] = {}
    invoices = Document.objects.filter(
        folder_id__in=[pk for pk in folder_ids if pk is not None], kind=DocumentKind.INVOICE
    )
    for document in invoices.order_by("pk"):
        found.setdefault(document.folder_id, []).append(document)
    return found


def payments_of(payment_request: PaymentRequest) -> list[Payment]:
    payments = _payments_of(payment_request.pk)
    for payment in payments:
        payment.payment_request = payment_request
    return payments


@prepared
def _payments_of(request: int) -> QuerySet[Payment]:
    payments = Payment.objects.filter(payment_request=request)
    return payments.select_related("payment_order", "payer_account", "recorded_by")


def events_of(payment_request: PaymentRequest) -> list[Event]:
    """The history, newest first."""
    return _events_of(payment_request.pk)


@prepared
def _events_of(request: int) -> QuerySet[Event]:
    return Event.objects.filter(subject=request).select_related("actor").order_by("-seq")


def letters_of_request(payment_request: PaymentRequest) -> list[Letter]:
    """The letters about a request, each with `read_state` (see `with_read`)."""
    return _letters_of(payment_request.pk)


@prepared
def _letters_of(request: int) -> QuerySet[Letter]:
    letters = with_read(Letter.objects.filter(request_letter__payment_request=request))
    return letters.select_related("contact", "share_link")


def letters_of_company(company: Company, user: User) -> QuerySet[Letter]:
    """The letters to a company's contacts about requests that the person may see."""
    return _visible_letters(user).filter(contact__company=company)


def letters_of_contact(contact_id: int, user: User) -> QuerySet[Letter]:
    return _visible_letters(user).filter(contact_id=contact_id)


def _visible_letters(user: User) -> QuerySet[Letter]:
    visible = PaymentRequest.objects.visible_to(user)
    return with_read(
        Letter.objects.filter(request_letter__payment_request__in=visible)
    ).select_related("contact", "share_link", "request_letter__payment_request")


def letter_visible_to(user: User, pk: int) -> Letter | None:
    return _visible_letters(user).filter(pk=pk).first()


def request_of_letter(letter_id: int) -> PaymentRequest | None:
    tie = (
        RequestLetter.objects.filter(letter_id=letter_id).select_related("payment_request").first()
    )
    return tie.payment_request if tie else None


def request_of_share_link(link_id: int) -> PaymentRequest | None:
    """The request that a counterparty's link shows."""
    tie = (
        RequestLetter.objects.filter(letter__share_link_id=link_id)
        .select_related(
            "payment_request__company",
            "payment_request__payer",
            "payment_request__author",
            "payment_request__bank_account",
            "letter",
        )
        .first()
    )
    return tie.payment_request if tie else None


def document_visible_to(user: User, pk: int) -> Document | None:
    """A document of a request that the person may see; of a register, where they see every request."""
    seen = Q(folder__payment_request__in=PaymentRequest.objects.visible_to(user))
    if user.sees_everything:
        seen |= Q(folder__in=Register.objects.values("document__folder"))
    return Document.objects.filter(seen, pk=pk).select_related("folder").first()


def own_organisations() -> QuerySet[Company]:
    return Company.objects.filter(is_own=True).order_by("name", "pk")
