"""All forms of what a person may see are the rule itself, whatever the roles, departments and tasks are."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest
from django.db.models import Q
from django.utils import timezone

from approvals import registry, selectors
from approvals.audience import people_who_see
from approvals.models import ApprovalTask, PaymentRequest, access
from approvals.tests import builders
from approvals.tests.builders import World
from people.models import Department, User
from people.selectors import visible_department_ids

NOW = timezone.now()


def rule(user: User) -> set[int]:
    """What `Access` says twice for the sake of indexes, once and plainly."""
    if user.sees_everything:
        return set(PaymentRequest.objects.values_list("pk", flat=True))
    tasks = ApprovalTask.objects.filter(Q(assignee=user) | Q(decided_by=user))
    to_accept = ApprovalTask.objects.filter(decision="", kind="accept", assignee__supervisor=user)
    seen = (
        Q(author=user)
        | Q(author_department_id__in=visible_department_ids(user))
        | Q(pk__in=tasks.values("payment_request_id"))
        | Q(pk__in=to_accept.values("payment_request_id"))
    )
    return set(PaymentRequest.objects.filter(seen).values_list("pk", flat=True))


def company_of_people(chance: random.Random) -> tuple[list[Department], list[User]]:
    """A tree of departments with and without heads, and people with any roles and supervisors."""
    departments: list[Department] = []
    for number in range(7):
        parent = chance.choice([None, *departments])
        departments.append(Department.objects.create(name=f"Отдел {number}", parent=parent))
    people: list[User] = []
    for number in range(12):
        people.append(
            User.objects.create(
                username=f"person{number}",
                full_name=f"Человек {number}",
                department=chance.choice([None, *departments]),
                supervisor=chance.choice([None, *people]),
                is_manager=chance.random() < 0.6,
                is_accountant=chance.random() < 0.1,
                is_active=chance.random() < 0.9,
            )
        )
    for department in departments:
        Department.objects.filter(pk=department.pk).update(head=chance.choice([None, *people]))
    return departments, people


def requests_and_tasks(chance: random.Random, world: World, people: list[User]) -> None:
    """Requests of anybody for any department, with any tasks that the constraints allow."""
    departments = [None, *Department.objects.all()]
    requests = PaymentRequest.objects.bulk_create(
        PaymentRequest(
            company=world.company,
            amount=Decimal(1),
            purpose="Оплата",
            pay_by=NOW.date(),
            planned_on=NOW.date(),
            author=chance.choice(people),
            author_department=chance.choice(departments),
            created_at=NOW,
            waiting_since=NOW,
        )
        for _number in range(60)
    )
    tasks = []
    for request in requests:
        for number in range(chance.randrange(4)):
            is_open = number == 0 and chance.random() < 0.5
            decided = {
                "decision": "approved",
                "decided_by": chance.choice(people),
                "decided_at": NOW,
            }
            tasks.append(
                ApprovalTask(
                    payment_request=request,
                    round=1,
                    kind=chance.choice(["approve", "accept"]),
                    assignee=chance.choice(people),
                    created_at=NOW,
                    # What was written by a version that did not know it says nothing.
                    department=request.author_department if chance.random() < 0.8 else None,
                    **({} if is_open else decided),
                )
            )
    ApprovalTask.objects.bulk_create(tasks)


def seen(user: User, form: str) -> list[int]:
    """The keys in one of the forms, in order, so that a row that comes twice is noticed."""
    both = PaymentRequest.objects.access_of(user)
    rows = PaymentRequest.objects.filter(getattr(both, form)())
    return list(rows.order_by("pk").values_list("pk", flat=True))


def check() -> None:
    """Everybody, each form, the method that chooses one, and the question from the other side."""
    for user in User.objects.all():
        expected = sorted(rule(user))
        visible = PaymentRequest.objects.visible_to(user).order_by("pk")
        assert list(visible.values_list("pk", flat=True)) == expected, user
        if not user.sees_everything:
            for form in ("listed", "beside", "probed"):
                assert seen(user, form) == expected, user
            departments = visible_department_ids(user)
            rows = PaymentRequest.objects.filter(pk__in=expected)
            outside = rows.exclude(author_department__in=departments)
            assert seen(user, "outside") == sorted(outside.values_list("pk", flat=True)), user
    by_user = {user.pk: rule(user) for user in User.objects.active()}
    for request in PaymentRequest.objects.order_by("pk")[::7]:
        told = set(people_who_see(request).values_list("pk", flat=True))
        assert told == {pk for pk, keys in by_user.items() if request.pk in keys}


@pytest.mark.parametrize("seed", range(6))
def test_any_company(world: World, seed: int) -> None:
    chance = random.Random(seed)
    departments, people = company_of_people(chance)
    requests_and_tasks(chance, world, people)
    check()

    # People move, heads and supervisors change: what is seen follows at once.
    for request in PaymentRequest.objects.order_by("?")[:10]:
        rows = PaymentRequest.objects.filter(pk=request.pk)
        rows.update(author_department=chance.choice([None, *departments]))
    for department in departments[1:]:
        Department.objects.filter(pk=department.pk).update(
            head=chance.choice([None, *people]),
            parent=chance.choice([None, *departments[: departments.index(department)]]),
        )
    for person in people:
        others = [other for other in people if other != person]
        User.objects.filter(pk=person.pk).update(
            department=chance.choice([None, *departments]),
            supervisor=chance.choice([None, *others]),
            is_manager=chance.random() < 0.6,
        )
    check()


def test_who_sees_many_is_asked_request_by_request(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The choice between the forms changes nothing but the way."""
    made = [builders.draft(world, invoice=False).pk for _number in range(3)]
    user = world.manager
    assert PaymentRequest.objects.access_of(user).sees_few()
    few = PaymentRequest.objects.visible_to(user)
    monkeypatch.setattr(access, "FEW", 2)
    user = User.objects.get(pk=user.pk)
    assert not PaymentRequest.objects.access_of(user).sees_few()
    many = PaymentRequest.objects.visible_to(user)
    monkeypatch.setattr(access, "FEW_OUTSIDE", 2)
    user = User.objects.get(pk=user.pk)
    Department.objects.update(head=None)
    User.objects.filter(pk=user.pk).update(department=None)
    user.refresh_from_db()
    assert not PaymentRequest.objects.access_of(user).sees_few_outside()
    most = PaymentRequest.objects.visible_to(user)

    assert ["UNION ALL" in str(rows.query) for rows in (few, many, most)] == [True, True, False]
    assert '"author_department_id" IN' in str(many.query)
    for found in (few, many, most):
        assert sorted(found.values_list("pk", flat=True)) == made
        assert found.filter(company__in=found.values("company")).count() == 3
        assert found.values("status").distinct().count() == 1


@pytest.mark.parametrize("few", [0, 3_000])
def test_counts_are_the_same_whichever_way(
    world: World, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    """Of whoever sees few and of whoever sees many; None is said of more than was asked alone."""
    monkeypatch.setattr(access, "FEW", few)
    chance = random.Random(7)
    _departments, people = company_of_people(chance)
    requests_and_tasks(chance, world, people)
    for user in User.objects.all():
        expected = rule(user)
        for condition in (Q(), Q(author=people[0]), Q(pk__in=[0])):
            found = PaymentRequest.objects.visible_to(user).filter(condition)
            fit = expected & set(
                PaymentRequest.objects.filter(condition).values_list("pk", flat=True)
            )
            for most in (5, 100):
                parts = registry.parts_of(user, condition, found)
                sums = registry.totals_up_to(most, parts)
                true = selectors.totals(PaymentRequest.objects.filter(pk__in=fit))
                assert sums == (true if len(fit) <= most else None), user
                keys = [pk for part in parts for pk in part.values_list("pk", flat=True)]
                assert sorted(keys) == sorted(fit), user
