"""A stretch of requests as rows: the requests, and all that hangs on them."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from approvals.models import ApprovalTask, Event, Payment, PaymentRequest, RequestLetter
from approvals.search import invoice_key
from approvals.states import Decision, Occasion, Status, TaskKind
from approvals.vat import NO_VAT, codes_on, vat_inside
from audit.services import as_text, bulk_hash
from demo import texts
from demo.volume import numbers, words
from demo.volume.facts import day_of, letter_context, notice_context, plain
from demo.volume.fates import Fate
from demo.volume.tables import Row, Table
from documents.models import (
    Document,
    DocumentKind,
    DocumentState,
    Folder,
    FolderState,
    LinkVisit,
    ShareLink,
)
from documents.services import bulk_token_hash
from notifications.models import (
    Letter,
    LetterAttachment,
    LetterEvent,
    LetterState,
    Notice,
    NoticeKind,
    NoticeMail,
)
from people.search import padded

FOLDERS = Table(
    Folder, "id", "public_id", "name", "path", "parent", "state", "checked_at", "created_at"
)
REQUESTS = Table(
    PaymentRequest,
    *(
        "id",
        "payer",
        "company",
        "bank_account",
        "contact",
        "amount",
        "currency",
        "vat_rate",
        "vat_amount",
    ),
    *("purpose", "category", "payment_terms", "is_urgent", "urgent_reason", "pay_by", "planned_on"),
    *("invoice_number", "invoice_date", "author", "author_department", "status", "round", "folder"),
    *("paid_amount", "created_at", "submitted_at", "approved_at", "closed_at", "waiting_since"),
    *("search", "invoice_key", "company_key", "audit_seq", "audit_hash"),
)
DOCUMENTS = Table(
    Document,
    *("id", "folder", "kind", "original_name", "stored_name", "content_type", "size", "sha256"),
    *("uploaded_by", "uploaded_at", "state", "stored_at", "search"),
)
TASKS = Table(
    ApprovalTask,
    *("id", "payment_request", "round", "kind", "assignee", "created_at"),
    *("decision", "comment", "decided_by", "decided_at", "department"),
)
PAYMENTS = Table(
    Payment,
    *("id", "payment_request", "amount", "paid_on", "number", "payer_account", "payment_order"),
    *("recorded_by", "recorded_at"),
)
LINKS = Table(ShareLink, "id", "salt", "token_sha256", "created_at", "expires_at")
VISITS = Table(LinkVisit, "link", "what", "at")
LETTERS = Table(
    Letter,
    *(
        "id",
        "kind",
        "contact",
        "to_email",
        "to_name",
        "language",
        "reply_to",
        "from_name",
        "context",
    ),
    *("share_link", "message_id", "state", "created_at", "sent_at", "attempts"),
)
ATTACHMENTS = Table(LetterAttachment, "letter", "document")
LETTER_EVENTS = Table(LetterEvent, "letter", "kind", "at", "actor")
TIES = Table(RequestLetter, "payment_request", "payment", "letter", "occasion")
EVENTS = Table(Event, "subject", "actor", "seq", "kind", "at", "data", "previous_hash", "hash")
NOTICES = Table(Notice, "user", "kind", "context", "created_at", "read_at", "mail", "attempts")
# In the order in which they point at one another.
TABLES = (
    *(FOLDERS, REQUESTS, DOCUMENTS, TASKS, PAYMENTS, LINKS, VISITS, LETTERS, ATTACHMENTS),
    *(LETTER_EVENTS, TIES, EVENTS, NOTICES),
)
# So many keys are set aside for each request: the keys of what hangs on it follow from its number.
DOCUMENT_KEYS, TASK_KEYS, PAYMENT_KEYS = 3, 2, 2
PDF = "application/pdf"
FILING = timedelta(seconds=3)
SENDING = timedelta(seconds=20)
LINK_DAYS = timedelta(days=90)
FOLLOWED = 4  # of so many letters one link
NEWS = timedelta(days=14)
READ_AFTER = timedelta(days=2)


class Stretch:
    """The rows of some requests, by table. `first_folder` is the key before that of request 1's folder."""

    def __init__(self, *, first_folder: int, seed: int, now: datetime) -> None:
        self.first_folder = first_folder
        self.seed = seed
        self.now = now
        self.rows: dict[Table, list[Row]] = {table: [] for table in TABLES}

    def add(self, fate: Fate) -> None:
        """All rows of one request."""
        _Request(self, fate).write()


class _Request:
    def __init__(self, stretch: Stretch, fate: Fate) -> None:
        self.stretch = stretch
        self.rows = stretch.rows
        self.fate = fate
        self.seq, self.hash, self.round = 0, "", 1
        self.folder = stretch.first_folder + fate.number
        self.day = day_of(fate.created)
        self.invoice = f"{fate.payee.pk % 90 + 10}-{fate.number}"
        general = "22" if "22" in codes_on(self.day) else "20"
        self.vat_rate = (general, general, NO_VAT, "10")[fate.number % 4]
        vat = vat_inside(Decimal(fate.amount).scaleb(-2), self.vat_rate)
        self.vat = None if vat is None else str(vat)
        self.purpose = texts.purpose(
            what=fate.goods,
            terms=fate.terms,
            invoice_number=self.invoice,
            invoice_date=self.day,
            vat_rate=self.vat_rate,
            vat_amount=vat,
        )

    def write(self) -> None:
        fate = self.fate
        path = f"{fate.payee.path}/{fate.number}"
        public_id = numbers.public_id(self.folder)
        name, parent, at = str(fate.number), fate.payee.folder, fate.created
        self.rows[FOLDERS].append(
            (self.folder, public_id, name, path, parent, FolderState.READY, at, at)
        )
        self._tell(
            "request.created",
            fate.author.pk,
            at,
            amount=plain(fate.amount),
            currency=fate.currency,
            company=fate.payee.pk,
        )
        sha256 = self._document(
            1, DocumentKind.INVOICE, texts.invoice_file(self.invoice, self.day), fate.author.pk, at
        )
        if fate.submitted is not None:
            self._submit(fate.submitted, sha256)
        self._pay()
        self._request()

    def _submit(self, at: datetime, sha256: str) -> None:
        fate = self.fate
        asked, accepting = self._task_key(1), self._task_key(2)
        author, approver = fate.author.pk, fate.author.approver
        self._tell(
            "request.submitted",
            author,
            at,
            **_move(Status.DRAFT, Status.ON_APPROVAL),
            task=asked,
            approver=approver,
            amount=plain(fate.amount),
            currency=fate.currency,
            bank_account=fate.payee.accounts[fate.currency].pk,
            documents=[sha256],
        )
        reason = words.REASONS[fate.number % len(words.REASONS)]
        if fate.asked_back is not None:
            self._task(1, at, Decision.RETURNED, approver, fate.asked_back, reason)
            self.round = 2
            self._end(
                "returned", Status.DRAFT, approver, fate.asked_back, task=asked, reason=reason
            )
        elif fate.refused is not None:
            self._task(1, at, Decision.REFUSED, approver, fate.refused, reason)
            self._end("refused", Status.REFUSED, approver, fate.refused, task=asked, reason=reason)
        elif fate.cancelled is not None:
            self._task(1, at, Decision.CANCELLED, author, fate.cancelled, reason)
            self._end("cancelled", Status.CANCELLED, author, fate.cancelled, reason=reason)
        elif fate.approved is not None:
            self._task(1, at, Decision.APPROVED, approver, fate.approved)
            self._end(
                "approved",
                Status.ON_APPROVAL,
                approver,
                fate.approved,
                task=asked,
                planned_before=fate.pay_by.isoformat(),
                reason="",
            )
            self._accept(accepting, fate.approved)
        else:
            self._task(1, at)
            self._notice(approver, NoticeKind.TASK, at, who=_short(fate.author.name))

    def _accept(self, task: int, since: datetime) -> None:
        author, at = self.fate.author.pk, self.fate.accepted
        if at is None:
            self._task(2, since, kind=TaskKind.ACCEPT)
            return
        self._task(2, since, Decision.ACCEPTED, author, at, kind=TaskKind.ACCEPT)
        self._end(
            "accepted",
            Status.APPROVED,
            author,
            at,
            task=task,
            planned_before=self.fate.pay_by.isoformat(),
            reason="",
            for_author=False,
        )

    def _pay(self) -> None:
        fate = self.fate
        account = fate.payer.accounts[fate.currency].pk
        orders = []
        for place, (amount, at) in enumerate(fate.payments, start=1):
            number = str((fate.number * 2 + place) % 999_999 + 1)
            day, by = day_of(at), fate.accountant
            orders.append(number)
            name = texts.payment_order_file(number, day)
            self._document(place + 1, DocumentKind.PAYMENT_ORDER, name, by, at)
            key, document = self._payment_key(place), self._document_key(place + 1)
            self.rows[PAYMENTS].append(
                (key, fate.number, plain(amount), day, number, account, document, by, at)
            )
            is_last = fate.stage == Status.PAID and place == len(fate.payments)
            to = Status.PAID if is_last else Status.APPROVED
            self._tell(
                "payment.recorded",
                by,
                at,
                **_move(Status.APPROVED, to),
                payment=key,
                amount=plain(amount),
                currency=fate.currency,
                paid_on=day.isoformat(),
                number=number,
                payer_account=account,
            )
            if is_last:
                self._news_of_payment(key, orders, at)

    def _news_of_payment(self, payment: int, orders: list[str], at: datetime) -> None:
        fate, contact = self.fate, self.fate.payee.contact
        letter = fate.number
        self._notice(
            fate.author.pk,
            NoticeKind.PAID,
            at,
            who="",
            payment_order_number=orders[-1],
            letter_id=letter if contact else None,
            letter_state=LetterState.SENT if contact else "none",
        )
        if contact is None:
            return
        pk, name, email, language = contact
        salt = numbers.public_id(letter * 7 + 1) * 3
        token = bulk_token_hash(letter, salt)
        self.rows[LINKS].append((letter, salt, token, at, at + LINK_DAYS))
        if fate.number % FOLLOWED == 0:
            seen_at = min(at + READ_AFTER / 8, self.stretch.now)
            self.rows[VISITS].append((letter, LinkVisit.What.PAGE, seen_at))
        context = letter_context(
            fate,
            invoice=self.invoice,
            vat_rate=self.vat_rate,
            vat=self.vat,
            purpose=self.purpose,
            numbers=orders,
        )
        sent_at = min(at + SENDING, self.stretch.now)
        message_id = f"<letter-{self.stretch.seed}-{letter}@volume.example>"
        self.rows[LETTERS].append(
            (
                *(letter, Occasion.PAID, pk, email, name, language, fate.author.email),
                *(fate.payer.name, as_text(context), letter, message_id, LetterState.SENT),
                *(at, sent_at, 1),
            )
        )
        for place in range(1, len(orders) + 1):
            self.rows[ATTACHMENTS].append((letter, self._document_key(place + 1)))
        self.rows[LETTER_EVENTS].append((letter, "queued", at, fate.accountant))
        self.rows[LETTER_EVENTS].append((letter, "sent", sent_at, None))
        self.rows[TIES].append((fate.number, payment, letter, Occasion.PAID))

    def _request(self) -> None:
        it = self.fate
        ended = it.refused or it.cancelled
        if it.stage == Status.PAID:
            ended = it.payments[-1][1]
        since = ended or it.accepted or it.approved or it.asked_back or it.submitted or it.created
        contact = it.payee.contact[0] if it.payee.contact else None
        why = "Поставщик держит цену до пятницы." if it.urgent else ""
        self.rows[REQUESTS].append(
            (
                *(it.number, it.payer.pk, it.payee.pk, it.payee.accounts[it.currency].pk, contact),
                *(
                    plain(it.amount),
                    it.currency,
                    self.vat_rate,
                    self.vat,
                    self.purpose,
                    it.category,
                ),
                *(it.terms, it.urgent, why, it.pay_by, it.pay_by, self.invoice, self.day),
                *(it.author.pk, it.author.department, it.stage, self.round, self.folder),
                *(plain(it.paid), it.created, it.submitted, it.accepted, ended, since),
                padded(f"{self.invoice} {self.purpose}  "),
                *(invoice_key(self.invoice), it.payee.key, self.seq, self.hash),
            )
        )

    # --- The rows that come more than once ---

    def _document(self, place: int, kind: DocumentKind, name: str, by: int, at: datetime) -> str:
        key = self._document_key(place)
        sha256 = hashlib.sha256(b"%d:%d" % (self.stretch.seed, key)).hexdigest()
        stored_at = min(at + FILING, self.stretch.now)
        self.rows[DOCUMENTS].append(
            (
                *(key, self.folder, kind, name, name, PDF, 40_000 + key % 60_000, sha256),
                *(by, at, DocumentState.STORED, stored_at, padded(name)[:520]),
            )
        )
        self._tell(
            "document.added",
            by,
            at,
            document=name,
            document_id=key,
            document_kind=kind,
            sha256=sha256,
        )
        return sha256

    def _task(
        self,
        place: int,
        created: datetime,
        decision: str = "",
        by: int | None = None,
        at: datetime | None = None,
        comment: str = "",
        *,
        kind: TaskKind = TaskKind.APPROVE,
    ) -> None:
        author = self.fate.author
        assignee = author.pk if kind == TaskKind.ACCEPT else author.approver
        self.rows[TASKS].append(
            (
                *(self._task_key(place), self.fate.number, 1, kind, assignee, created),
                *(decision, comment, by, at, author.department),
            )
        )

    def _end(self, verb: str, to: Status, by: int, at: datetime, **facts: Any) -> None:
        self._tell(f"request.{verb}", by, at, **_move(Status.ON_APPROVAL, to), **facts)

    def _tell(self, kind: str, actor: int, at: datetime, **facts: Any) -> None:
        self.seq += 1
        text = as_text({"round": self.round, **facts})
        digest = bulk_hash(
            Event,
            subject_id=self.fate.number,
            seq=self.seq,
            kind=kind,
            actor_id=actor,
            at=at,
            data=text,
            previous_hash=self.hash,
        )
        self.rows[EVENTS].append(
            (self.fate.number, actor, self.seq, kind, at, text, self.hash, digest)
        )
        self.hash = digest

    def _notice(self, user: int, kind: NoticeKind, at: datetime, **facts: Any) -> None:
        """Of what happened lately; older ones would tell nobody anything."""
        age = self.stretch.now - at
        if age > NEWS:
            return
        context = notice_context(self.fate, purpose=self.purpose, **facts)
        read_at = at + READ_AFTER if age > READ_AFTER else None
        self.rows[NOTICES].append((user, kind, as_text(context), at, read_at, NoticeMail.SENT, 1))

    def _document_key(self, place: int) -> int:
        return (self.fate.number - 1) * DOCUMENT_KEYS + place

    def _task_key(self, place: int) -> int:
        return (self.fate.number - 1) * TASK_KEYS + place

    def _payment_key(self, place: int) -> int:
        return (self.fate.number - 1) * PAYMENT_KEYS + place


def _move(before: Status, after: Status) -> dict[str, Status]:
    return {"from": before, "to": after}


def _short(name: str) -> str:
    family, first, second = name.split()
    return f"{family}\u00a0{first[0]}.\u00a0{second[0]}."
