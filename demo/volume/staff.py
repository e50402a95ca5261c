"""Who works there: a tree of departments; managers, supervisors, directors, accountants, an auditor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.hashers import make_password

from approvals.models import Category
from approvals.selectors import organisation_settings
from demo.volume import words
from demo.volume.size import Size
from people.models import Department, User

BELOW_A_SUPERVISOR = 20
ACCOUNTANTS = 6


@dataclass(frozen=True)
class Manager:
    """Somebody who makes requests, with what a letter says of them, and who approves for them."""

    pk: int
    department: int
    approver: int
    name: str
    position: str
    phone: str
    email: str


@dataclass(frozen=True)
class Staff:
    """Whom the requests name, by their keys."""

    managers: tuple[Manager, ...]
    accountants: tuple[int, ...]
    categories: tuple[int, ...]


class _Names:
    """Another name and address for everybody."""

    def __init__(self, size: Size) -> None:
        self.chance = size.chance("staff")
        self.count = 0

    def person(self, username: str, position: str, **fields: Any) -> User:
        self.count += 1
        draw = self.chance.choice
        name = f"{draw(words.SURNAMES)} {draw(words.MEN)} {draw(words.PATRONYMICS)}"
        return User(
            username=username,
            full_name=name,
            position=position,
            email=f"{username}@holding.example",
            phone=f"+7 495 200-{self.count // 100:02}-{self.count % 100:02}",
            **fields,
        )


def hire(size: Size, password: str) -> Staff:
    """Write departments, people, budget items and the settings; every log-in has this password."""
    root = Department.objects.create(name="Холдинг")
    books = Department.objects.create(name="Бухгалтерия", parent=root)
    names = _Names(size)
    top = names.person("director", "Генеральный директор", department=root)
    others = [
        names.person("admin", "Администратор", department=root, is_administrator=True),
        names.person("auditor", "Внутренний аудитор", department=root, is_auditor=True),
        *(
            names.person(f"accountant{n}", "Бухгалтер", department=books, is_accountant=True)
            for n in range(1, ACCOUNTANTS + 1)
        ),
    ]
    hashed = make_password(password)
    _save([top, *others], hashed)
    managers = _sections(names, root, top, hashed)
    root.head, books.head = top, others[2]
    Department.objects.bulk_update([root, books], ["head"])
    row = organisation_settings()
    row.default_approver = top
    row.save(update_fields=["default_approver"])
    categories = [Category.objects.get_or_create(name=name)[0].pk for name in words.CATEGORIES]
    return Staff(
        managers=tuple(managers),
        accountants=tuple(user.pk for user in others if user.is_accountant),
        categories=tuple(categories),
    )


def _sections(names: _Names, root: Department, top: User, hashed: str) -> list[Manager]:
    """Divisions below the root, each with its director; sections below them, each with its supervisor."""
    divisions = [Department.objects.create(name=name, parent=root) for name in words.DIVISIONS]
    directors = [
        names.person(f"director{n}", "Директор по направлению", department=it, supervisor=top)
        for n, it in enumerate(divisions, start=1)
    ]
    _save(directors, hashed)
    supervisors, sections = [], []
    for n, name in enumerate(words.SECTIONS, start=1):
        place = n % len(divisions)
        section = Department.objects.create(name=name, parent=divisions[place])
        sections.append(section)
        supervisors.append(
            names.person(
                f"supervisor{n}",
                "Руководитель отдела",
                department=section,
                supervisor=directors[place],
                is_manager=True,
            )
        )
    _save(supervisors, hashed)
    for department, head in zip([*divisions, *sections], [*directors, *supervisors], strict=True):
        department.head = head
    Department.objects.bulk_update([*divisions, *sections], ["head"])
    managers = [
        names.person(
            f"manager{n}",
            "Менеджер",
            department=supervisor.department,
            supervisor=supervisor,
            is_manager=True,
        )
        for n, supervisor in enumerate(
            [it for it in supervisors for _place in range(BELOW_A_SUPERVISOR)], start=1
        )
    ]
    _save(managers, hashed)
    return [
        Manager(
            pk=user.pk,
            department=user.department_id or 0,
            approver=user.supervisor_id or 0,
            name=user.full_name,
            position=user.position,
            phone=user.phone,
            email=user.email,
        )
        for user in managers
    ]


def _save(people: list[User], hashed: str) -> None:
    """Hashing takes long by design: one hash of one known word serves all."""
    for person in people:
        person.password = hashed
    User.objects.bulk_create(people)
