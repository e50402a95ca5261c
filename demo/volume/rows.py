"""A stretch of requests as lines of rows: the requests, and all that hangs on them."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from approvals.models import ApprovalTask, Event, Payment, PaymentRequest, RequestLetter
from approvals.states import Occasion, Status, TaskKind
from audit.services import as_text, bulk_hasher
from demo.volume import numbers, words
from demo.volume.clock import A_DAY, ISO, SHORT, local_day, stamp
from demo.volume.fates import Fate
from demo.volume.tables import NULL, Table, checked
from demo.volume.wording import Letters, file_templates, notice_context, plain, wording
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
    *("search", "invoice_key", "company_key", "has_closing", "audit_seq", "audit_hash"),
)
DOCUMENTS = Table(
    Document,
    *("id", "folder", "kind", "original_name", "stored_name", "content_type", "size", "sha256"),
    *("uploaded_by", "uploaded_at", "state", "stored_at", "search"),
)
TASKS = Table(
    ApprovalTask,
    *("id", "payment_request", "department", "round", "kind", "assignee", "created_at"),
    *("decision", "comment", "decided_by", "decided_at"),
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
DOCUMENT_KEYS, TASK_KEYS, PAYMENT_KEYS = 4, 2, 2
CLOSING_PLACE = 4
FILING = 3
SENDING = 20
LINK_DAYS = 90 * A_DAY
FOLLOWED = 4  # of so many letters one link
NEWS = 14 * A_DAY
READ_AFTER = 2 * A_DAY
# The members' own texts: a million times over, asking the enumeration is what takes long.
DRAFT, ON_APPROVAL, APPROVED, PAID, REFUSED, CANCELLED = (
    *(Status.DRAFT.value, Status.ON_APPROVAL.value, Status.APPROVED.value),
    *(Status.PAID.value, Status.REFUSED.value, Status.CANCELLED.value),
)
WAITS = f"\t\t{NULL}\t{NULL}"
APPROVE, ACCEPT = TaskKind.APPROVE.value, TaskKind.ACCEPT.value
INVOICE, ORDER = DocumentKind.INVOICE.value, DocumentKind.PAYMENT_ORDER.value
READY, STORED = FolderState.READY.value, DocumentState.STORED.value
SENT, PAGE, PAID_LETTER = LetterState.SENT.value, LinkVisit.What.PAGE.value, Occasion.PAID.value
FROM_TO = {
    (before, after): (f'"from":"{before}"', f'"to":"{after}"')
    for before in (DRAFT, ON_APPROVAL, APPROVED)
    for after in (DRAFT, ON_APPROVAL, APPROVED, PAID, REFUSED, CANCELLED)
}


class Stretch:
    """The lines of some requests, by table. `first_folder` is the key before that of request 1's folder."""

    def __init__(self, *, first_folder: int, seed: int, now: int) -> None:
        self.first_folder = first_folder
        self.seed = seed
        self.now = now
        self.lines: dict[Table, list[str]] = {table: [] for table in TABLES}
        self.letters = Letters()
        self.hashed = bulk_hasher(Event)

    def add(self, fate: Fate) -> None:
        """All rows of one request."""
        _Request(self, fate).write()

    def taken(self) -> list[bytes]:
        """What there is, as each of `TABLES` takes it; nothing is left."""
        texts = [table.text(self.lines[table]) for table in TABLES]
        for lines in self.lines.values():
            lines.clear()
        return texts


class _Request:
    """One request on its way through its life; `seq` and `hash` are its history's head."""

    __slots__ = ("fate", "folder", "hash", "it", "lines", "number", "round", "seq", "stretch")

    def __init__(self, stretch: Stretch, fate: Fate) -> None:
        self.stretch = stretch
        self.lines = stretch.lines
        self.fate = fate
        self.number = fate.number
        self.seq, self.hash, self.round = 0, "", 1
        self.folder = stretch.first_folder + fate.number
        self.it = wording(fate)

    def write(self) -> None:
        fate, it, author = self.fate, self.it, self.fate.author.pk
        at = stamp(fate.created)
        self.lines[FOLDERS].append(
            f"{self.folder}\t{numbers.public_id(self.folder)}\t{self.number}"
            f"\t{fate.payee.path}/{self.number}\t{fate.payee.folder}\t{READY}\t{at}\t{at}"
        )
        self._tell(
            "request.created",
            author,
            at,
            f'{{"amount":"{it.amount}","company":{fate.payee.pk},"currency":"{fate.currency}",'
            '"round":1}',
        )
        digest = self._document(1, INVOICE, it.invoice, it.day, author, fate.created, at)
        if fate.submitted is not None:
            self._submit(fate.submitted, digest)
        if fate.payments:
            self._pay()
        if fate.closing_came is not None:
            came = fate.closing_came
            day = local_day(came)
            self._document(
                CLOSING_PLACE, fate.closed_by, it.invoice, day, author, came, stamp(came)
            )
        self._request(at)

    def _submit(self, since: int, digest: str) -> None:
        fate, it, at = self.fate, self.it, stamp(since)
        asked = (self.number - 1) * TASK_KEYS + 1
        author, approver = fate.author.pk, fate.author.approver
        before, after = FROM_TO[DRAFT, ON_APPROVAL]
        self._tell(
            "request.submitted",
            author,
            at,
            f'{{"amount":"{it.amount}","approver":{approver},'
            f'"bank_account":{fate.payee.accounts[fate.currency].pk},'
            f'"currency":"{fate.currency}","documents":["{digest}"],{before},"round":1,'
            f'"task":{asked},{after}}}',
        )
        if fate.approved is not None:
            approved = stamp(fate.approved)
            self._task(asked, APPROVE, approver, at, f"approved\t\t{approver}\t{approved}")
            self._agreed("approved", asked, approver, approved, ON_APPROVAL)
            self._accept(asked + 1, approved)
        elif fate.asked_back is not None:
            self.round = 2
            self._turn_down("returned", DRAFT, at, approver, fate.asked_back)
        elif fate.refused is not None:
            self._turn_down("refused", REFUSED, at, approver, fate.refused)
        elif fate.cancelled is not None:
            self._turn_down("cancelled", CANCELLED, at, author, fate.cancelled)
        else:
            self._task(asked, APPROVE, approver, at)
            self._notice(approver, NoticeKind.TASK, since, who=_short(fate.author.name))

    def _turn_down(self, decision: str, to: str, since: str, by: int, moment: int) -> None:
        """The event is named as the decision is; who cancels decides no task."""
        at, task = stamp(moment), (self.number - 1) * TASK_KEYS + 1
        reason = words.REASONS[self.number % len(words.REASONS)]
        approver = self.fate.author.approver
        self._task(task, APPROVE, approver, since, f"{decision}\t{reason}\t{by}\t{at}")
        of_task = "" if to == CANCELLED else f',"task":{task}'
        before, after = FROM_TO[ON_APPROVAL, to]
        self._tell(
            f"request.{decision}",
            by,
            at,
            f'{{{before},"reason":"{reason}","round":{self.round}{of_task},{after}}}',
        )

    def _accept(self, task: int, since: str) -> None:
        author = self.fate.author.pk
        if self.fate.accepted is None:
            self._task(task, ACCEPT, author, since)
            return
        at = stamp(self.fate.accepted)
        self._task(task, ACCEPT, author, since, f"accepted\t\t{author}\t{at}")
        self._agreed("accepted", task, author, at, APPROVED, '"for_author":false,')

    def _agreed(self, verb: str, task: int, by: int, at: str, to: str, more: str = "") -> None:
        before, after = FROM_TO[ON_APPROVAL, to]
        self._tell(
            f"request.{verb}",
            by,
            at,
            f'{{{more}{before},"planned_before":"{ISO[self.fate.pay_by]}","reason":"","round":1,'
            f'"task":{task},{after}}}',
        )

    def _pay(self) -> None:
        fate, by = self.fate, self.fate.accountant
        account = fate.payer.accounts[fate.currency].pk
        made = []
        for place, (amount, paid) in enumerate(fate.payments, start=1):
            order = str((self.number * 2 + place) % 999_999 + 1)
            day, money, at = local_day(paid), plain(amount), stamp(paid)
            on = ISO[day]
            made.append((order, on, money))
            self._document(place + 1, ORDER, order, day, by, paid, at)
            key = (self.number - 1) * PAYMENT_KEYS + place
            document = (self.number - 1) * DOCUMENT_KEYS + place + 1
            self.lines[PAYMENTS].append(
                f"{key}\t{self.number}\t{money}\t{on}\t{order}\t{account}\t{document}\t{by}\t{at}"
            )
            is_last = fate.stage is Status.PAID and place == len(fate.payments)
            before, after = FROM_TO[APPROVED, PAID if is_last else APPROVED]
            self._tell(
                "payment.recorded",
                by,
                at,
                f'{{"amount":"{money}","currency":"{fate.currency}",{before},"number":"{order}",'
                f'"paid_on":"{on}","payer_account":{account},"payment":{key},"round":1,'
                f"{after}}}",
            )
            if is_last:
                self._news_of_payment(key, made, paid, at)

    def _news_of_payment(
        self, payment: int, made: list[tuple[str, str, str]], paid: int, at: str
    ) -> None:
        fate, contact = self.fate, self.fate.payee.contact
        letter = self.number
        self._notice(
            fate.author.pk,
            NoticeKind.PAID,
            paid,
            who="",
            payment_order_number=made[-1][0],
            letter_id=letter if contact else None,
            letter_state=SENT if contact else "none",
        )
        if contact is None:
            return
        pk, name, email, language = contact
        salt = numbers.public_id(letter * 7 + 1) * 3
        token = bulk_token_hash(letter, salt)
        sent = stamp(min(paid + SENDING, self.stretch.now))
        lines = self.lines
        lines[LINKS].append(f"{letter}\t{salt}\t{token}\t{at}\t{stamp(paid + LINK_DAYS)}")
        if letter % FOLLOWED == 0:
            seen = stamp(min(paid + READ_AFTER // 8, self.stretch.now))
            lines[VISITS].append(f"{letter}\t{PAGE}\t{seen}")
        context = self.stretch.letters.text(fate, self.it, made)
        lines[LETTERS].append(
            f"{letter}\t{PAID_LETTER}\t{pk}\t{email}\t{name}\t{language}\t{fate.author.email}"
            f"\t{fate.payer.name}\t{context}\t{letter}"
            f"\t<letter-{self.stretch.seed}-{letter}@volume.example>\t{SENT}\t{at}\t{sent}\t1"
        )
        for place in range(1, len(made) + 1):
            lines[ATTACHMENTS].append(f"{letter}\t{(letter - 1) * DOCUMENT_KEYS + place + 1}")
        lines[LETTER_EVENTS].append(f"{letter}\tqueued\t{at}\t{fate.accountant}")
        lines[LETTER_EVENTS].append(f"{letter}\tsent\t{sent}\t{NULL}")
        lines[TIES].append(f"{letter}\t{payment}\t{letter}\t{PAID_LETTER}")

    def _request(self, created: str) -> None:
        fate, it = self.fate, self.it
        ended = fate.refused or fate.cancelled
        if fate.stage is Status.PAID:
            ended = fate.payments[-1][1]
        since = (
            ended
            or fate.accepted
            or fate.approved
            or fate.asked_back
            or fate.submitted
            or fate.created
        )
        contact = fate.payee.contact[0] if fate.payee.contact else NULL
        urgent = "1\tПоставщик держит цену до пятницы." if fate.urgent else "0\t"
        pay_by = ISO[fate.pay_by]
        self.lines[REQUESTS].append(
            f"{self.number}\t{fate.payer.pk}\t{fate.payee.pk}"
            f"\t{fate.payee.accounts[fate.currency].pk}\t{contact}\t{it.amount}\t{fate.currency}"
            f"\t{it.vat_rate}\t{it.vat or NULL}\t{it.purpose}\t{fate.category}\t{fate.terms}"
            f"\t{urgent}\t{pay_by}\t{pay_by}\t{it.invoice}\t{ISO[it.day]}\t{fate.author.pk}"
            f"\t{fate.author.department}\t{fate.stage.value}\t{self.round}\t{self.folder}"
            f"\t{plain(fate.paid)}\t{created}\t{_stamp(fate.submitted)}"
            f"\t{_stamp(fate.accepted)}\t{_stamp(ended)}\t{stamp(since)}\t{it.search}"
            f"\t{it.invoice}\t{fate.payee.key}\t{1 if fate.closed_by else 0}\t{self.seq}"
            f"\t{self.hash}"
        )

    # --- The rows that come more than once ---

    def _document(
        self, place: int, kind: str, number: str, day: int, by: int, moment: int, at: str
    ) -> str:
        """Its digest; the file's name has this number and this day."""
        key = (self.number - 1) * DOCUMENT_KEYS + place
        digest = sha256(b"%d:%d" % (self.stretch.seed, key)).hexdigest()
        name, found = file_templates(kind)
        said = number, SHORT[day]
        name %= said
        filed = stamp(min(moment + FILING, self.stretch.now))
        self.lines[DOCUMENTS].append(
            f"{key}\t{self.folder}\t{kind}\t{name}\t{name}\tapplication/pdf"
            f"\t{40_000 + key % 60_000}\t{digest}\t{by}\t{at}\t{STORED}\t{filed}\t{found % said}"
        )
        self._tell(
            "document.added",
            by,
            at,
            f'{{"document":"{name}","document_id":{key},"document_kind":"{kind}",'
            f'"round":{self.round},"sha256":"{digest}"}}',
        )
        return digest

    def _task(self, key: int, kind: str, assignee: int, since: str, end: str = WAITS) -> None:
        """`end`: the decision, its comment, by whom and when."""
        department = self.fate.author.department
        self.lines[TASKS].append(
            f"{key}\t{self.number}\t{department}\t1\t{kind}\t{assignee}\t{since}\t{end}"
        )

    def _tell(self, kind: str, actor: int, at: str, data: str) -> None:
        """`at`: its stamp; `data`: the facts, as `as_text` writes them."""
        self.seq = seq = self.seq + 1
        number, before = self.number, self.hash
        proved_at = f"{at[:10]}T{at[11:]}.000000+00:00"
        self.hash = digest = self.stretch.hashed(number, seq, kind, actor, proved_at, data, before)
        self.lines[EVENTS].append(
            f"{number}\t{actor}\t{seq}\t{kind}\t{at}\t{data}\t{before}\t{digest}"
        )

    def _notice(self, user: int, kind: NoticeKind, at: int, **facts: Any) -> None:
        """Of what happened lately; older ones would tell nobody anything."""
        age = self.stretch.now - at
        if age > NEWS:
            return
        context = checked(as_text(notice_context(self.fate, self.it, **facts)))
        read_at = stamp(at + READ_AFTER) if age > READ_AFTER else NULL
        self.lines[NOTICES].append(
            f"{user}\t{kind.value}\t{context}\t{stamp(at)}\t{read_at}\t{NoticeMail.SENT.value}\t1"
        )


def _stamp(at: int | None) -> str:
    return NULL if at is None else stamp(at)


def _short(name: str) -> str:
    family, first, second = name.split()
    return f"{family}\u00a0{first[0]}.\u00a0{second[0]}."
