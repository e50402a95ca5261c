"""Who may see a request, asked from its side: whom one may mention, and who is told because they watch it."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from approvals.models import PaymentRequest, Watch
from approvals.states import TaskKind
from people.models import User
from people.prepared import prepared
from people.selectors import head_ids_upwards


def people_who_see(payment_request: PaymentRequest) -> QuerySet[User]:
    """Everybody active for whom `PaymentRequest.objects.visible_to` has this request."""
    department_id = payment_request.author_department_id
    tasks = payment_request.tasks.all()
    to_accept = tasks.filter(decision="", kind=TaskKind.ACCEPT)
    sees = (
        Q(is_accountant=True)
        | Q(is_auditor=True)
        | Q(is_administrator=True)
        | Q(pk=payment_request.author_id)
        | Q(pk__in=tasks.values("assignee_id"))
        | Q(pk__in=tasks.filter(decided_by__isnull=False).values("decided_by_id"))
        | Q(pk__in=to_accept.values("assignee__supervisor_id"))
    )
    if department_id is not None:
        sees |= Q(is_manager=True, department_id=department_id)
        sees |= Q(pk__in=head_ids_upwards(department_id))
    return User.objects.active().filter(sees)


@prepared
def _watched(request: int) -> QuerySet[Watch, Any]:
    return Watch.objects.filter(payment_request=request).order_by().values_list("pk")[:1]


def watchers(payment_request: PaymentRequest) -> QuerySet[User]:
    """Who asked to be told of each decision, and may see the request as things are now."""
    if not _watched(payment_request.pk):
        return User.objects.none()
    return people_who_see(payment_request).filter(watches__payment_request=payment_request)
