"""Who heads whom. Departments are few, so their trees are read whole and walked here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from people.models import Department, PersonEvent, Session, User

_OF_THE_TREE = ("pk", "parent_id", "head_id")


def headed_department_ids(user: User) -> set[int]:
    """The departments that the person heads, and all below them (one query)."""
    return _headed(user, list(Department.objects.order_by().values_list(*_OF_THE_TREE)))


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


def visible_and_other_department_ids(user: User) -> tuple[set[int], set[int]]:
    """Whose requests the person sees for that, and all other departments (one query a page)."""
    if user.page is not None and "departments" in user.page:
        seen, others = user.page["departments"]
        return set(seen), set(others)
    departments = list(Department.objects.order_by().values_list(*_OF_THE_TREE))
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
    return User.objects.filter(approvers(), pk=user.pk).exists()


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
    """Who heads the department, and who heads whatever it is part of (two queries)."""
    departments = Department.objects.filter(pk__in=list(_upwards(department_id)))
    return set(departments.filter(head__isnull=False).values_list("head_id", flat=True))


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
