"""Who may see a request, asked from its side: whom one may mention, and who is told because they watch it."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from approvals.models import ApprovalTask, PaymentRequest, Watch
from approvals.states import TaskKind
from people.models import User
from people.prepared import prepared
from people.selectors import head_ids_upwards


def people_who_see(payment_request: PaymentRequest) -> QuerySet[User]:
    """Everybody active for whom `PaymentRequest.objects.visible_to` has this request."""
    return _people(*_asked_of(payment_request))


def mentionable(payment_request: PaymentRequest, *, besides: User, most: int) -> list[User]:
    """The same but for one, by name."""
    return _others(besides.pk, *_asked_of(payment_request), most=most)


@prepared
def _others(besides: int, *asked: int, most: int) -> QuerySet[User]:
    return _people(*asked).exclude(pk=besides).order_by("full_name", "pk")[:most]


def _asked_of(payment_request: PaymentRequest) -> list[int]:
    """The keys of a request, its author, and, if it has one, its department and who is over that."""
    department_id = payment_request.author_department_id
    asked = [payment_request.pk, payment_request.author_id]
    if department_id is not None:
        asked += [department_id, *sorted(head_ids_upwards(department_id))]
    return asked


def _people(request: int, author: int, *department_and_heads: int) -> QuerySet[User]:
    tasks = ApprovalTask.objects.filter(payment_request=request)
    to_accept = tasks.filter(decision="", kind=TaskKind.ACCEPT)
    sees = (
        Q(is_accountant=True)
        | Q(is_auditor=True)
        | Q(is_administrator=True)
        | Q(pk=author)
        | Q(pk__in=tasks.values("assignee_id"))
        | Q(pk__in=tasks.filter(decided_by__isnull=False).values("decided_by_id"))
        | Q(pk__in=to_accept.values("assignee__supervisor_id"))
    )
    if department_and_heads:
        department, *heads = department_and_heads
        sees |= Q(is_manager=True, department_id=department) | Q(pk__in=heads)
    return User.objects.active().filter(sees)


@prepared
def _watched(request: int) -> QuerySet[Watch, Any]:
    return Watch.objects.filter(payment_request=request).order_by().values_list("pk")[:1]


def watchers(payment_request: PaymentRequest) -> QuerySet[User]:
    """Who asked to be told of each decision, and may see the request as things are now."""
    if not _watched(payment_request.pk):
        return User.objects.none()
    return people_who_see(payment_request).filter(watches__payment_request=payment_request)
