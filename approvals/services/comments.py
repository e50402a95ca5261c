"""Remarks about a request, whom they mention, and who watches it."""

from __future__ import annotations

import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals import policies
from approvals.audience import people_who_see, watchers
from approvals.mentions import mentioned_names, with_names
from approvals.models import PaymentRequest, Watch
from approvals.services.recording import is_repeat, record, tell
from audit.refusals import Invalid, refuse_if
from notifications.models import NoticeKind
from people.models import User

COMMENTED = "comment.added"
LONGEST = 2000
# As much of it as a notice repeats.
TOLD = 200


@transaction.atomic
def add_comment(
    *,
    payment_request_id: int,
    actor: User,
    text: str,
    form_key: UUID | None = None,
    now: datetime.datetime | None = None,
) -> PaymentRequest:
    """Write a remark, in any state of the request; `@name` in it (a log-in name) mentions a person.

    Told are whoever is mentioned, the author, whose turn it is, and who watches. Raises Forbidden, and
    Invalid: nothing written, too much, or somebody mentioned who may not see the request.
    """
    now = now or timezone.now()
    payment_request = PaymentRequest.objects.locked(payment_request_id)
    if is_repeat(payment_request, actor=actor, kind=COMMENTED, form_key=form_key):
        return payment_request
    refuse_if(policies.why_not_comment(payment_request, actor))
    text = text.strip()
    if not text:
        raise Invalid({"text": [_("Write a few words.")]})
    if len(text) > LONGEST:
        raise Invalid({"text": [_("%(n)s characters at most.") % {"n": LONGEST}]})
    mentioned = _mentioned(payment_request, text)
    record(
        payment_request,
        kind=COMMENTED,
        actor=actor,
        now=now,
        form_key=form_key,
        text=text,
        mentions=sorted(person.pk for person in mentioned),
    )
    said = with_names(text, mentioned)
    said = said if len(said) <= TOLD else f"{said[: TOLD - 1].rstrip()}…"
    for person in _to_tell(payment_request, mentioned):
        if person.pk != actor.pk:
            kind = NoticeKind.MENTION if person in mentioned else NoticeKind.COMMENT
            tell(person, kind, payment_request, actor=actor, now=now, reason=said)
    return payment_request


@transaction.atomic
def watch(
    *, payment_request_id: int, actor: User, now: datetime.datetime | None = None
) -> PaymentRequest:
    """Be told of each decision from now on; twice is once."""
    payment_request = PaymentRequest.objects.get(pk=payment_request_id)
    refuse_if(policies.why_not_comment(payment_request, actor))
    Watch.objects.get_or_create(
        payment_request=payment_request,
        user=actor,
        defaults={"created_at": now or timezone.now()},
    )
    return payment_request


@transaction.atomic
def unwatch(*, payment_request_id: int, actor: User) -> PaymentRequest:
    """Be told no more."""
    payment_request = PaymentRequest.objects.get(pk=payment_request_id)
    refuse_if(policies.why_not_comment(payment_request, actor))
    Watch.objects.filter(payment_request=payment_request, user=actor).delete()
    return payment_request


def _mentioned(payment_request: PaymentRequest, text: str) -> list[User]:
    """The people whose log-in names stand after an @. Raises Invalid naming who may not see the request."""
    names = mentioned_names(text)
    if not names:
        return []
    people = list(User.objects.active().filter(username__in=names).order_by("pk"))
    keys = [person.pk for person in people]
    seeing = set(people_who_see(payment_request).filter(pk__in=keys).values_list("pk", flat=True))
    blind = [person for person in people if person.pk not in seeing]
    if blind:
        message = _("May not see this request, so cannot be mentioned: %(who)s.")
        who = ", ".join(person.short_name for person in blind)
        raise Invalid({"text": [message % {"who": who}]})
    return people


def _to_tell(payment_request: PaymentRequest, mentioned: list[User]) -> list[User]:
    """Each once, the mentioned first."""
    turn = [task.assignee for task in payment_request.tasks.filter(decision="")]
    people = [*mentioned, payment_request.author, *turn, *watchers(payment_request)]
    return list(dict.fromkeys(people))
