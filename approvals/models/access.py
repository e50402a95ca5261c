"""Who may see a request, said in three ways: for people who see few requests, and for those who see many.

A request is seen by whoever wrote it, who is over its author's department, who has or decided a task of it,
and, while it waits for acceptance, by the supervisor of whom it waits for. One OR of all that is served by
no index, so there are three forms of it with the same meaning (`approvals/tests/test_access_forms.py`):

- `listed`: the keys of what they see, found one reason at a time, each by its own index. The price is
  the number of requests that they see.
- `beside`: of each request that comes by its department, then whether it is among the few that they see
  outside of their departments: those are found first, by index, since a task knows the department of its
  request. The price is next to nothing for each request that comes by, so it suits an order that is walked
  until a page is full, and a filter that leaves few.
- `probed`: the same where much is seen outside: each request that comes by has its tasks looked up.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import RawSQL
from django.db.models.lookups import IsNull
from django.utils.functional import cached_property

from approvals.states import TaskKind
from people.models import User
from people.selectors import visible_and_other_department_ids

if TYPE_CHECKING:
    from approvals.models.requests import ApprovalTask, PaymentRequest

# Up to so many are listed. At a million requests the forms fill a page equally fast at about as many.
FEW = 3_000
# Up to so many outside of one's departments are listed beside them.
FEW_OUTSIDE = 10_000
# Which form suits a person is asked anew after so many seconds: an old answer costs time and shows the same.
ASKED_EVERY = 300
_CHOICE = "_sees_few_requests"
_CHOICE_OUTSIDE = "_sees_few_requests_outside"
_choices: dict[tuple[int, str], tuple[bool, float]] = {}


# What a list of keys asks for depends on these alone: whose it is, and which departments.
Asked = tuple[str, int, frozenset[int]]
# SQL of the lists of so many people: to make it takes longer than to run it, and a page has it four times.
MOST_MADE = 1_000
_lists: dict[Asked, tuple[str, tuple[Any, ...]]] = {}


def _made(asked: Asked, keys: Callable[[], QuerySet[Any]]) -> RawSQL:
    """The list as SQL that was made before, if it was."""
    if asked not in _lists:
        if len(_lists) >= MOST_MADE:
            _lists.clear()
        _lists[asked] = keys().query.sql_with_params()
    return RawSQL(*_lists[asked])  # noqa: S611 - the ORM's own, with its parameters apart


def forget_choices() -> None:
    """Ask anew of everybody."""
    _choices.clear()


@dataclass(frozen=True)
class AccessShape:
    """What a form depends on but the person: which form it is, and over which departments they are."""

    is_all: bool
    sees_few: bool = False
    sees_few_outside: bool = False
    departments: tuple[int, ...] = ()
    others: tuple[int, ...] = ()


class Access:
    """What one person sees. Departments are read when a form is made, the rest when a query runs."""

    def __init__(
        self, user: User, requests: QuerySet[PaymentRequest], tasks: QuerySet[ApprovalTask]
    ) -> None:
        self._user = user
        self._requests = requests.order_by()
        self._tasks = tasks.order_by()

    @cached_property
    def _departments(self) -> tuple[set[int], set[int]]:
        return visible_and_other_department_ids(self._user)

    @property
    def departments(self) -> set[int]:
        """Those that the person is over."""
        return self._departments[0]

    def shape(self) -> AccessShape:
        """For a statement that is kept and run for everybody who has the same."""
        if self._user.sees_everything:
            return AccessShape(is_all=True)
        few = self.sees_few()
        ids, others = (tuple(sorted(it)) for it in self._departments)
        return AccessShape(False, few, few or self.sees_few_outside(), ids, others)

    def as_if(self, shape: AccessShape) -> Self:
        """The form of somebody of whom nothing is known but this."""
        self.__dict__["_departments"] = (set(shape.departments), set(shape.others))
        setattr(self._user, _CHOICE, shape.sees_few)
        setattr(self._user, _CHOICE_OUTSIDE, shape.sees_few_outside)
        return self

    def chosen(self) -> Q:
        """The form that is cheapest where requests come by in some order."""
        if self.sees_few():
            return self.listed()
        return self.beside() if self.sees_few_outside() else self.probed()

    def sees_few(self) -> bool:
        """Whether listing is cheap; a count that ends soon. It may say no too early, never too late.

        Asked once for each object of the person, and of whoever opens pages every few minutes.
        """
        return self._asked(_CHOICE, lambda: self.number(FEW + 1) <= FEW)

    def sees_few_outside(self) -> bool:
        """Whether listing what they see outside of their departments is cheap; asked as seldom."""

        def is_few() -> bool:
            some: Any = self._outside_keys()[: FEW_OUTSIDE + 1]
            return bool(some.count() <= FEW_OUTSIDE)

        return self._asked(_CHOICE_OUTSIDE, is_few)

    def _asked(self, choice: str, is_few: Callable[[], bool]) -> bool:
        few: bool | None = getattr(self._user, choice, None)
        if few is None:
            few = is_few() if self._user.page is None else self._kept(choice, is_few)
            setattr(self._user, choice, few)
        return few

    def _kept(self, choice: str, is_few: Callable[[], bool]) -> bool:
        few, until = _choices.get((self._user.pk, choice), (False, 0.0))
        if time.monotonic() >= until:
            few = is_few()
            _choices[self._user.pk, choice] = (few, time.monotonic() + ASKED_EVERY)
        return few

    def number(self, most: int) -> int:
        """How many they see, counted up to `most`; what is seen for two reasons counts twice."""
        some: Any = self._keys()[:most]
        number: int = some.count()
        return number

    def listed(self) -> Q:
        """Of the keys of what they see."""
        return Q(pk__in=_made(("all", self._user.pk, self._seen_departments), self._keys))

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

    def beside(self) -> Q:
        """Of their departments, or of the listed keys of what else they see."""
        return self.in_departments() | self._is_outside()

    def outside(self) -> Q:
        """Seen, and of no department that they are over: their own of other times, and by a task."""
        return self._is_outside() & ~self.in_departments()

    def in_departments(self) -> Q:
        """Of the departments that they are over: most of what they see, and one index."""
        return Q(author_department_id__in=self.departments)

    def _is_outside(self) -> Q:
        others = frozenset(self._departments[1])
        return Q(pk__in=_made(("outside", self._user.pk, others), self._outside_keys))

    @property
    def _seen_departments(self) -> frozenset[int]:
        return frozenset(self.departments)

    def _keys(self) -> QuerySet[Any]:
        """The keys of what they see, some of them twice."""
        first, *others = self._reasons()
        return first.union(*others, all=True)

    def _outside_keys(self) -> QuerySet[Any]:
        """The keys of all that they see outside of their departments, and of some that lie inside.

        Whatever names a department is asked for each of the others, which an index finds; whatever names
        none (a task that was written before tasks knew it, too) is looked at.
        """
        others = self._departments[1]
        own = self._requests.filter(author=self._user).values_list("pk")
        parts: list[QuerySet[Any, Any]] = [
            own.filter(author_department__in=others),
            own.filter(author_department=None),
        ]
        for reason in (Q(assignee=self._user), Q(decided_by=self._user)):
            tasks = self._tasks.filter(reason).values_list("payment_request_id")
            parts += [tasks.filter(department__in=others), tasks.filter(department=None)]
        first, *rest = [*parts, self._to_accept()]
        return first.union(*rest, all=True)

    def _reasons(self) -> Iterable[QuerySet[Any]]:
        yield self._requests.filter(self.in_departments()).values_list("pk")
        yield self._requests.filter(author=self._user).values_list("pk")
        for reason in (Q(assignee=self._user), Q(decided_by=self._user)):
            yield self._tasks.filter(reason).values_list("payment_request_id")
        yield self._to_accept()

    def _to_accept(self) -> QuerySet[Any]:
        """What their people have not accepted yet, a supervisor may accept for them."""
        reason = Q(decision="", kind=TaskKind.ACCEPT, assignee__supervisor=self._user)
        return self._tasks.filter(reason).values_list("payment_request_id")
