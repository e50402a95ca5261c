"""Who has which roles, who heads whom: changed by administrators, each change of rights an event for ever.

An administrator can neither give up the role nor close their own log-in, and whoever changes anything is read
anew under a lock: so somebody is left who can, however many do it at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from audit.refusals import Conflict, Forbidden, Invalid
from people import services
from people.models import Department, User
from people.selectors import head_ids_upwards, is_below

ROLES = ("is_manager", "is_accountant", "is_auditor", "is_administrator")
# What gives rights, or says who is written to: a change of these is written down for ever.
WATCHED = (*ROLES, "is_active", "username", "email", "department", "supervisor")
CHANGEABLE = (
    *("username", "full_name", "email", "phone", "position", "language"),
    *("department", "supervisor", *ROLES),
)


def facts_of(person: User) -> dict[str, Any]:
    """The watched fields as JSON facts: rows are named by their number."""
    return {name: _fact(getattr(person, name)) for name in WATCHED}


def changes_between(before: dict[str, Any], after: dict[str, Any]) -> dict[str, list[Any]]:
    """What of `facts_of` differs: a field to [before, after]."""
    return {name: [was, after[name]] for name, was in before.items() if was != after[name]}


@transaction.atomic
def change_person(*, person_id: int, actor: User, **fields: Any) -> User:
    """Save these of CHANGEABLE; what gives rights is an event.

    Raises Forbidden; Invalid where a name is taken, a supervisor cannot act, or an administrator would give
    up the own role.
    """
    person = _locked_by(actor, person_id)
    before = facts_of(person)
    changed = {name: value for name, value in fields.items() if value != getattr(person, name)}
    errors = _why_not(person, actor, changed)
    if errors:
        raise Invalid(errors)
    for name in CHANGEABLE:
        if name in changed:
            setattr(person, name, changed.pop(name))
    if changed:
        raise TypeError(f"not to be changed here: {', '.join(changed)}")
    person.save(update_fields=list(CHANGEABLE))
    changes = changes_between(before, facts_of(person))
    if "email" in changes:
        services.shut_links(person=person)
    services.was_changed(person=person, actor=actor, changes=changes)
    return person


@transaction.atomic
def close_person(*, person_id: int, actor: User) -> User:
    """The person has left: the log-in is closed and every session ends. Raises Forbidden and Conflict."""
    person = _locked_by(actor, person_id)
    if person.pk == actor.pk:
        raise Forbidden(_("Nobody closes their own log-in: another administrator can."))
    if not person.is_active:
        raise Conflict(_("This log-in is closed already."))
    person.is_active = False
    person.save(update_fields=["is_active"])
    services.end_sessions(person=person)
    services.shut_links(person=person)
    services.was_changed(person=person, actor=actor, changes={"is_active": [True, False]})
    return person


@transaction.atomic
def reopen_person(*, person_id: int, actor: User) -> User:
    """The person is back, with the roles that they had. Raises Forbidden and Conflict."""
    person = _locked_by(actor, person_id)
    if person.is_active:
        raise Conflict(_("This log-in is open already."))
    person.is_active = True
    person.save(update_fields=["is_active"])
    services.was_changed(person=person, actor=actor, changes={"is_active": [False, True]})
    return person


@transaction.atomic
def save_department(
    *,
    department_id: int | None,
    actor: User,
    name: str,
    parent: Department | None,
    head: User | None,
) -> Department:
    """A new department (`department_id` None), or one that is renamed, moved or given another head.

    Whoever becomes or stops being a head over it, here or further up, has that in their history.
    Raises Forbidden; Invalid where the tree would be none, or the head's log-in is closed.
    """
    require_administrator(actor)
    # One at a time: two moves that are each right may together make a circle.
    every = {row.pk: row for row in Department.objects.select_for_update().order_by("pk")}
    department = every[department_id] if department_id is not None else Department()
    if parent is not None and department.pk and is_below(parent.pk, department.pk):
        raise Invalid(
            {"parent": [_("A department is not part of itself or of one below it.")]},
        )
    if head is not None and not head.is_active and head.pk != department.head_id:
        raise Invalid({"head": [_("This log-in is closed.")]})
    before = head_ids_upwards(department.pk) if department.pk else set()
    department.name, department.parent, department.head = name, parent, head
    department.save()
    heads_changed(department=department, before=before, actor=actor)
    return department


def heads_changed(*, department: Department, before: Iterable[int], actor: User) -> None:
    """Write down who came to answer for a department, and who does no longer."""
    after, was = head_ids_upwards(department.pk), set(before)
    for kind, ids in (("person.heads", after - was), ("person.heads_no_more", was - after)):
        for person in User.objects.filter(pk__in=ids).order_by("pk"):
            services.tell(
                person=person,
                kind=kind,
                actor=actor,
                department=department.pk,
                name=department.name,
            )


def require_administrator(actor: User) -> None:
    """Within a transaction: whoever acts is an administrator and stays one to its end. Raises Forbidden."""
    _administrators(actor)


def _locked_by(actor: User, person_id: int) -> User:
    """The person, for an administrator to change."""
    administrators = _administrators(actor)
    if person_id in administrators:
        return administrators[person_id]
    return User.objects.select_for_update(no_key=True).get(pk=person_id)


def _administrators(actor: User) -> dict[int, User]:
    """All who may change people, locked: two cannot take the role from each other. Raises Forbidden."""
    rows = User.objects.active().select_for_update(no_key=True).filter(is_administrator=True)
    found = {person.pk: person for person in rows.order_by("pk")}
    if actor.pk not in found:
        raise Forbidden(_("Only administrators change people and departments."))
    return found


def _why_not(person: User, actor: User, changed: dict[str, Any]) -> dict[str, list[str]]:
    errors = {}
    if person.pk == actor.pk and changed.get("is_administrator") is False:
        errors["is_administrator"] = [
            _("Nobody gives up their own administrator's role: another administrator can take it.")
        ]
    supervisor = changed.get("supervisor")
    if supervisor is not None and supervisor.pk == person.pk:
        errors["supervisor"] = [_("Nobody is their own supervisor.")]
    elif supervisor is not None and not supervisor.is_active:
        errors["supervisor"] = [_("This log-in is closed.")]
    username = changed.get("username")
    if username and User.objects.filter(username=username).exclude(pk=person.pk).exists():
        errors["username"] = [_("This log-in name is taken.")]
    return errors


def _fact(value: Any) -> Any:
    return value.pk if isinstance(value, Model) else value
