"""Who may see a request, said twice: for people who see few requests, and for those who see many.

A request is seen by whoever wrote it, who is over its author's department, who has or decided a task of it,
and, while it waits for acceptance, by the supervisor of whom it waits for. One OR of all that is served by
no index, so there are two forms of it with the same meaning (`approvals/tests/test_access_forms.py`):

- `listed`: the keys of what they see, found one reason at a time, each by its own index. The price is
  the number of requests that they see.
- `probed`: a look at each request that comes by, cheap columns first, then its tasks by their index. The
  price is the number of requests that come by, so it suits an order that is walked until a page is full,
  a filter that leaves few, and a single request.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.lookups import IsNull
from django.utils.functional import cached_property

from approvals.states import TaskKind
from people.models import User
from people.selectors import visible_department_ids

if TYPE_CHECKING:
    from approvals.models.requests import ApprovalTask, PaymentRequest

# Up to so many are listed. At a million requests both forms fill a page equally fast at about as many.
FEW = 3_000
# Which form suits a person is asked anew after so many seconds: an old answer costs time and shows the same.
ASKED_EVERY = 300
_CHOICE = "_sees_few_requests"
_choices: dict[int, tuple[bool, float]] = {}


def forget_choices() -> None:
    """Ask anew of everybody."""
    _choices.clear()


class Access:
    """What one person sees. Departments are read when a form is made, the rest when a query runs."""

    def __init__(
        self, user: User, requests: QuerySet[PaymentRequest], tasks: QuerySet[ApprovalTask]
    ) -> None:
        self._user = user
        self._requests = requests.order_by()
        self._tasks = tasks.order_by()

    @cached_property
    def departments(self) -> set[int]:
        """Those that the person is over."""
        return visible_department_ids(self._user)

    def sees_few(self) -> bool:
        """Whether listing is cheap; a count that ends soon. It may say no too early, never too late.

        Asked once for each object of the person, and of whoever opens pages every few minutes.
        """
        few: bool | None = getattr(self._user, _CHOICE, None)
        if few is None:
            few = self._kept() if self._user.page is not None else self._is_few()
            setattr(self._user, _CHOICE, few)
        return few

    def _kept(self) -> bool:
        few, until = _choices.get(self._user.pk, (False, 0.0))
        if time.monotonic() >= until:
            few = self._is_few()
            _choices[self._user.pk] = (few, time.monotonic() + ASKED_EVERY)
        return few

    def _is_few(self) -> bool:
        return self.number(FEW + 1) <= FEW

    def number(self, most: int) -> int:
        """How many they see, counted up to `most`; what is seen for two reasons counts twice."""
        some: Any = self._keys()[:most]
        number: int = some.count()
        return number

    def listed(self) -> Q:
        """Of the keys of what they see."""
        return Q(pk__in=self._keys())

    def probed(self) -> Q:
        """Seen, each request by itself.

        A scalar subquery: of EXISTS, PostgreSQL makes a hash of all the tasks that the person ever had.
        """
        people = User.objects.filter(supervisor=self._user).order_by()
        to_accept = Q(decision="", kind=TaskKind.ACCEPT, assignee__in=people.values("pk"))
        tasks = self._tasks.filter(payment_request=OuterRef("pk")).filter(
            Q(assignee=self._user) | Q(decided_by=self._user) | to_accept
        )
        has_task = IsNull(Subquery(tasks.values("pk")[:1]), False)
        return self.in_departments() | Q(author=self._user) | Q(has_task)

    def outside(self) -> Q:
        """Seen, and of no department that they are over: their own of other times, and by a task."""
        first, *others = self._by_name()
        return Q(pk__in=first.union(*others, all=True)) & ~self.in_departments()

    def in_departments(self) -> Q:
        """Of the departments that they are over: most of what they see, and one index."""
        return Q(author_department_id__in=self.departments)

    def _keys(self) -> QuerySet[Any]:
        """The keys of what they see, some of them twice."""
        first, *others = self._reasons()
        return first.union(*others, all=True)

    def _reasons(self) -> Iterable[QuerySet[Any]]:
        yield self._requests.filter(self.in_departments()).values_list("pk")
        yield from self._by_name()

    def _by_name(self) -> Iterable[QuerySet[Any]]:
        yield self._requests.filter(author=self._user).values_list("pk")
        for reason in (
            Q(assignee=self._user),
            Q(decided_by=self._user),
            # What their people have not accepted yet, a supervisor may accept for them.
            Q(decision="", kind=TaskKind.ACCEPT, assignee__supervisor=self._user),
        ):
            yield self._tasks.filter(reason).values_list("payment_request_id")
