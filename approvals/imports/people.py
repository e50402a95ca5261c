"""Rows of people: judged by the forms and services of the settings' pages, found again by their e-mail."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from approvals.imports.fates import NEW, Fate, decided
from approvals.imports.reading import Row
from approvals.services import identity
from people import entry, places
from people.models import Department, User
from people.places import ROLES
from people.search import normalise

# How roles and languages are written in either language; field names and codes are known too.
ROLE_WORDS = {
    "is_manager": ("менеджер", "manager"),
    "is_accountant": ("бухгалтер", "accountant"),
    "is_auditor": ("аудитор", "auditor"),
    "is_administrator": ("администратор", "administrator"),
}
LANGUAGE_WORDS = {"ru": ("ru", "русский", "russian"), "en": ("en", "английский", "english")}
PLAIN = {"full_name": 200, "position": 200, "phone": 40}


def judge(rows: list[Row], actor: User) -> list[Fate]:
    """The fate of each row, in the order of the file; three queries whatever their number."""
    known: dict[str, list[User]] = {}
    for person in User.objects.select_related("department", "supervisor").exclude(email=""):
        known.setdefault(person.email.casefold(), []).append(person)
    departments: dict[str, list[Department]] = {}
    for department in Department.objects.all():
        departments.setdefault(normalise(department.name), []).append(department)
    in_file = {row.cells["email"].casefold() for row in rows if row.cells.get("email")}
    seen: set[str] = set()
    fates = [_fate(row, actor, known, departments, in_file, seen) for row in rows]
    _with_supervisors(fates, set(known))
    return fates


def _with_supervisors(fates: list[Fate], known: set[str]) -> None:
    """Whoever's supervisor is to come with this file, in a row that is wrong, is wrong as well."""
    while True:
        coming = {fate.fields["email"].casefold() for fate in fates if fate.is_good}
        lost = [
            fate
            for fate in fates
            if fate.is_good and fate.fields["supervisor_email"] not in {"", *known, *coming}
        ]
        if not lost:
            return
        for fate in lost:
            fate.faults["supervisor"] = _("The row of the supervisor is wrong.")
            decided(fate)


def _fate(
    row: Row,
    actor: User,
    known: dict[str, list[User]],
    departments: dict[str, list[Department]],
    in_file: set[str],
    seen: set[str],
) -> Fate:
    cells, faults = row.cells, dict(row.faults)
    email = cells["email"]
    key = email.casefold()
    fate = Fate(row.number, NEW, cells["full_name"] or email or "—", email, faults=faults)
    _email(email, key, seen, faults)
    holders = known.get(key, [])
    if len(holders) > 1:
        faults.setdefault("email", _("Several people have this address: change them by hand."))
    person = holders[0] if len(holders) == 1 else None
    wanted: dict[str, Any] = {}
    for name, longest in PLAIN.items():
        if text := cells.get(name, ""):
            wanted[name] = text
            if len(text) > longest:
                faults.setdefault(name, _("Too long."))
    if not cells["full_name"] and person is None:
        faults.setdefault("full_name", _("This field is required."))
    if text := cells.get("language", ""):
        code = next((code for code, all_ in LANGUAGE_WORDS.items() if text.lower() in all_), "")
        wanted["language"] = code
        if not code:
            faults.setdefault("language", _("ru or en."))
    if text := cells.get("roles", ""):
        _roles(text, wanted, faults)
    if text := cells.get("department", ""):
        found = departments.get(normalise(text), [])
        wanted["department"] = found[0] if len(found) == 1 else None
        if not found:
            faults.setdefault("department", _("There is no such department: add it first."))
        elif len(found) > 1:
            faults.setdefault("department", _("Several departments have this name."))
    supervisor = cells.get("supervisor", "").casefold()
    if supervisor:
        _supervisor(supervisor, key, wanted, known, in_file, faults)
    fate.fields = {"email": email, "supervisor_email": supervisor, **wanted}
    if person is not None:
        fate.pk = person.pk
        if not person.is_active:
            faults.setdefault("email", _("This log-in is closed."))
        if person.pk == actor.pk and wanted.get("is_administrator") is False:
            faults.setdefault("roles", _("Nobody gives up their own administrator's role."))
        if supervisor and "supervisor" not in wanted:
            wanted["supervisor"] = supervisor  # a new person of this very file
        fate.changes = {
            name: [_shown(getattr(person, name)), _shown(value)]
            for name, value in wanted.items()
            if getattr(person, name) != value
        }
    return decided(fate)


def _email(email: str, key: str, seen: set[str], faults: dict[str, str]) -> None:
    if not email:
        faults.setdefault("email", _("This field is required."))
        return
    try:
        validate_email(email)
    except ValidationError as error:
        faults.setdefault("email", error.messages[0])
    if key in seen:
        faults.setdefault("email", _("Twice in this file."))
    seen.add(key)


def _roles(text: str, wanted: dict[str, Any], faults: dict[str, str]) -> None:
    words = [word.strip().lower() for word in text.replace(";", ",").split(",") if word.strip()]
    names = {word: name for name in ROLES for word in (*ROLE_WORDS[name], name)}
    if unknown := [word for word in words if word not in names]:
        text = _("No such role: %(role)s. There are: manager, accountant, auditor, administrator.")
        faults.setdefault("roles", text % {"role": unknown[0]})
    held = {names[word] for word in words if word in names}
    wanted |= {name: name in held for name in ROLES}


def _supervisor(
    email: str,
    own: str,
    wanted: dict[str, Any],
    known: dict[str, list[User]],
    in_file: set[str],
    faults: dict[str, str],
) -> None:
    people = known.get(email, [])
    if email == own:
        faults.setdefault("supervisor", _("Nobody is their own supervisor."))
    elif len(people) == 1 and people[0].is_active:
        wanted["supervisor"] = people[0]
    elif people:
        faults.setdefault(
            "supervisor", _("This log-in is closed, or the address several people's.")
        )
    elif email not in in_file:
        faults.setdefault("supervisor", _("Nobody has this address, here or in the file."))


def apply(fates: list[Fate], *, actor: User, invite: bool) -> None:
    """Do what was shown: people first, then who heads whom. Within the caller's transaction."""
    done: dict[int, int] = {}
    for fate in fates:
        fields = dict(fate.fields)
        supervisor_email = fields.pop("supervisor_email")
        supervisor = fields.pop("supervisor", None)
        email = fields.pop("email")
        if fate.pk is None:
            person = entry.add_person(
                actor=actor,
                email=email,
                supervisor=supervisor,
                language=fields.pop("language", actor.language),
                **fields,
            )
            if invite:
                identity.invite_again(person_id=person.pk, actor=actor)
            done[fate.number] = person.pk
        else:
            done[fate.number] = fate.pk
            if supervisor is not None:
                fields["supervisor"] = supervisor
            places.change_person(person_id=fate.pk, actor=actor, **fields)
        fate.fields["then"] = supervisor_email if supervisor is None else ""
    for fate in fates:
        if email := fate.fields.pop("then", ""):
            supervisor = User.objects.active().get(email__iexact=email)
            places.change_person(person_id=done[fate.number], actor=actor, supervisor=supervisor)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value) if value not in (None, "") else "—"
