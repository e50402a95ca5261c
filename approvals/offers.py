"""What the registry's filter offers to choose from: what has something to show, where that is cheap to say.

Who sees few requests is offered exactly what is in them. Of many, no page may look through all: companies are
those of the newest requests, and people those whom the person is over. Any row may be asked for all the same.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from approvals.models import ApprovalTask, PaymentRequest
from counterparties.models import Company
from people.models import User
from people.selectors import visible_department_ids

# The newest requests whose companies are offered to whoever sees many.
NEWEST = 500


@dataclass(frozen=True)
class Offers:
    """Rows to choose from, in no order."""

    companies: QuerySet[Company]
    payers: QuerySet[Company]
    authors: QuerySet[User]
    assignees: QuerySet[User]


def offers(user: User) -> Offers:
    """For one person's filter."""
    if user.sees_everything:
        requests = PaymentRequest.objects.all()
        wrote = PaymentRequest.objects.filter(author=OuterRef("pk"))
        return _of_many(requests, User.objects.filter(Exists(wrote)))
    if PaymentRequest.objects.access_of(user).sees_few():
        return _of_few(user)
    departments = visible_department_ids(user)
    theirs = Q(department_id__in=departments) | Q(supervisor=user) | Q(pk=user.pk)
    requests = PaymentRequest.objects.filter(author_department_id__in=departments)
    return _of_many(requests, User.objects.filter(theirs))


def _of_few(user: User) -> Offers:
    visible = PaymentRequest.objects.visible_to(user)
    waited_for = visible.filter(tasks__decision="").values("tasks__assignee")
    return Offers(
        companies=Company.objects.filter(pk__in=visible.values("company")),
        payers=Company.objects.filter(pk__in=visible.values("payer")),
        authors=User.objects.filter(pk__in=visible.values("author")),
        assignees=User.objects.filter(pk__in=waited_for),
    )


def _of_many(requests: QuerySet[PaymentRequest], authors: QuerySet[User]) -> Offers:
    newest = requests.order_by("-pk").values("company")[:NEWEST]
    waits = ApprovalTask.objects.filter(assignee=OuterRef("pk"), decision="")
    return Offers(
        companies=Company.objects.filter(pk__in=newest),
        payers=Company.objects.filter(is_own=True),
        authors=authors,
        assignees=User.objects.filter(Exists(waits)),
    )
