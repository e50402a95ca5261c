"""Who heads whom. Departments are few, so their trees are read whole and walked here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from allauth.mfa.models import Authenticator
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from people import record
from people.models import Department, PersonEvent, Session, User
from people.prepared import prepared
from people.search import normalise

_OF_THE_TREE = ("pk", "parent_id", "head_id")


def headed_department_ids(user: User) -> set[int]:
    """The departments that the person heads, and all below them (one query)."""
    return _headed(user, _tree())


def _headed(user: User, departments: Iterable[tuple[int, int | None, int | None]]) -> set[int]:
    below: dict[int | None, list[int]] = {}
    waiting: list[int] = []
    for pk, parent_id, head_id in departments:
        below.setdefault(parent_id, []).append(pk)
        if head_id == user.pk:
            waiting.append(pk)
    found: set[int] = set()
    while waiting:
        pk = waiting.pop()
        if pk not in found:
            found.add(pk)
            waiting.extend(below.get(pk, ()))
    return found


def visible_department_ids(user: User) -> set[int]:
    """Whose requests the person sees: a manager's department, a head's and all below it."""
    return visible_and_other_department_ids(user)[0]


@prepared
def _tree() -> QuerySet[Department, Any]:
    return Department.objects.order_by().values_list(*_OF_THE_TREE)


def visible_and_other_department_ids(user: User) -> tuple[set[int], set[int]]:
    """Whose requests the person sees for that, and all other departments (one query a page)."""
    if user.page is not None and "departments" in user.page:
        seen, others = user.page["departments"]
        return set(seen), set(others)
    departments = _tree()
    ids = _headed(user, departments)
    if user.is_manager and user.department_id is not None:
        ids.add(user.department_id)
    others = {pk for pk, _parent, _head in departments} - ids
    if user.page is not None:
        user.page["departments"] = frozenset(ids), frozenset(others)
    return ids, others


def approvers() -> Q:
    """The condition of being somebody's supervisor, or a head of department."""
    people = User.objects.filter(supervisor=OuterRef("pk"))
    return Exists(people) | Exists(Department.objects.filter(head=OuterRef("pk")))


def is_approver(user: User) -> bool:
    """Somebody's supervisor, or a head of department (approvals adds its default approver)."""
    return bool(_among_approvers(user.pk))


@prepared
def _among_approvers(person: int) -> QuerySet[User, Any]:
    return User.objects.filter(approvers(), pk=person).order_by().values_list("pk")


def supervisor_of(author: User) -> User | None:
    """The author's supervisor, if there is one who can act: active, and not the author."""
    if author.supervisor_id is None or author.supervisor_id == author.pk:
        return None
    return User.objects.active().filter(pk=author.supervisor_id).first()


def approver_chain(author: User) -> list[User]:
    """Who may approve for the author, the first choice first: the supervisor, then the heads
    upwards.

    Inactive people and the author are left out, nobody stands twice; an empty list means nobody.
    """
    ids = list(dict.fromkeys(pk for pk in _chain_ids(author) if pk is not None and pk != author.pk))
    people = User.objects.active().in_bulk(ids)
    return [people[pk] for pk in ids if pk in people]


def _chain_ids(author: User) -> Iterator[int | None]:
    yield author.supervisor_id
    heads = dict(Department.objects.order_by().values_list("pk", "head_id"))
    for department_id in _upwards(author.department_id):
        yield heads[department_id]


def is_below(department_id: int, top_id: int) -> bool:
    """Whether a department is `top_id` itself, or stands anywhere below it."""
    return top_id in _upwards(department_id)


def head_ids_upwards(department_id: int) -> set[int]:
    """Who heads the department, and who heads whatever it is part of (one query)."""
    heads = {pk: (parent, head) for pk, parent, head in _tree()}
    found: set[int] = set()
    while department_id in heads:  # a cycle ends: what was passed is gone
        parent, head = heads.pop(department_id)
        found |= {head} - {None}
        department_id = parent
    return found


def _upwards(department_id: int | None) -> Iterator[int]:
    """The department, the one that it is part of, and so on; one query, and a cycle ends."""
    parents = dict(Department.objects.order_by().values_list("pk", "parent_id"))
    while department_id is not None and department_id in parents:
        yield department_id
        department_id = parents.pop(department_id)


def accountants() -> QuerySet[User]:
    return User.objects.active().filter(is_accountant=True)


def second_factors(user: User) -> QuerySet[Authenticator]:
    """The applications and passkeys of a person; recovery codes only stand in for one."""
    factors: QuerySet[Authenticator] = Authenticator.objects.filter(user=user)
    return factors.exclude(type=Authenticator.Type.RECOVERY_CODES)


def second_factor_count(user: User) -> int:
    return second_factors(user).count()


def sessions_of(user: User) -> QuerySet[Session]:
    """Where the person is logged in, the one that was used last first."""
    return Session.objects.filter(user=user, expire_date__gt=timezone.now()).order_by(
        "-seen_at", "session_key"
    )


def events_of(user: User) -> QuerySet[PersonEvent]:
    """What happened to the person's rights and log-ins, the newest first."""
    return PersonEvent.objects.filter(subject_id=user.pk).select_related("actor").order_by("-seq")


def history_of(user: User, *, most: int = 50) -> list[record.Line]:
    """The newest events of a person in words."""
    return record.lines(events_of(user)[:most])


def people(*, q: str = "", role: str = "", state: str = "active") -> QuerySet[User]:
    """People by name, with `has_second_factor`; q finds parts of name, log-in name, e-mail and position.

    `role` is one of manager, accountant, auditor, administrator or empty; `state` active, closed or all.
    """
    factors = Authenticator.objects.filter(user=OuterRef("pk"))
    rows = User.objects.select_related("department", "supervisor").annotate(
        has_second_factor=Exists(factors.exclude(type=Authenticator.Type.RECOVERY_CODES))
    )
    if state != "all":
        rows = rows.filter(is_active=state != "closed")
    if role:
        rows = rows.filter(**{f"is_{role}": True})
    if wanted := normalise(q):
        rows = rows.filter(pk__in=_found(wanted))
    return rows.order_by("full_name", "pk")


def _found(wanted: str) -> list[int]:
    """People are few, and SQLite compares Cyrillic letters by their case: their texts are compared here."""
    texts = User.objects.order_by().values_list("pk", "full_name", "username", "email", "position")
    parts = wanted.split()
    return [
        pk for pk, *fields in texts if all(part in normalise(" ".join(fields)) for part in parts)
    ]


@dataclass(frozen=True)
class Gaps:
    """Where the organisation's places do not lead to anybody who can act."""

    # Managers whose requests would be refused, since nobody approves for them.
    without_approver: list[User]
    # Active people whose supervisor's log-in is closed, and departments whose head's is.
    supervisor_left: list[User]
    head_left: list[Department]
    without_head: list[Department]

    def __len__(self) -> int:
        return sum(len(rows) for rows in vars(self).values())


def gaps(*, default_approver: User | None) -> Gaps:
    """All of them, by name (two queries). `default_approver` decides where nobody else does."""
    departments = list(Department.objects.select_related("head"))
    active = list(User.objects.active().select_related("department", "supervisor"))
    can_act = {person.pk for person in active}
    tree = {row.pk: (row.parent_id, row.head_id) for row in departments}
    last = {default_approver.pk} if default_approver else set()
    return Gaps(
        without_approver=[
            person
            for person in active
            if person.is_manager
            and not (({*_deciders(person, tree)} | last) - {person.pk}) & can_act
        ],
        supervisor_left=[
            person for person in active if person.supervisor and not person.supervisor.is_active
        ],
        head_left=[row for row in departments if row.head and not row.head.is_active],
        without_head=[row for row in departments if row.head is None],
    )


def _deciders(person: User, tree: dict[int, tuple[int | None, int | None]]) -> Iterator[int | None]:
    """Who would decide, as `approver_chain` has it, out of departments that are read already."""
    yield person.supervisor_id
    left, department_id = dict(tree), person.department_id
    while department_id is not None and department_id in left:
        department_id, head_id = left.pop(department_id)
        yield head_id


@dataclass(frozen=True)
class Branch:
    """A department in the tree's order: `depth` 0 is the top; how many active people belong to it."""

    department: Department
    depth: int
    members: int


def department_tree() -> list[Branch]:
    """Every department below the one that it is part of, by name (two queries)."""
    belong = User.objects.active().order_by().values_list("department").annotate(Count("pk"))
    members = dict(belong)
    below: dict[int | None, list[Department]] = {}
    for row in Department.objects.select_related("head", "parent").order_by("name", "pk"):
        below.setdefault(row.parent_id, []).append(row)
    branches: list[Branch] = []
    waiting = [(row, 0) for row in reversed(below.pop(None, []))]
    while waiting:
        row, depth = waiting.pop()
        branches.append(Branch(row, depth, members.get(row.pk, 0)))
        waiting.extend((child, depth + 1) for child in reversed(below.pop(row.pk, [])))
    return branches
