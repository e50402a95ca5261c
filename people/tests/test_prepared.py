"""Statements that are kept: the same answer as the query set's own, whatever the values."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.db.models import Q, QuerySet
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from people.models import Department, User
from people.prepared import MOST_SHAPES, CannotPrepare, prepared

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> list[User]:
    boss = User.objects.create(username="boss", full_name="Кравцова Анна Сергеевна")
    return [boss, *(User.objects.create(username=f"clerk{n}", supervisor=boss) for n in range(5))]


@prepared
def named(name: str) -> QuerySet[User]:
    return User.objects.select_related("supervisor").filter(username=name)


def test_each_value_has_its_own_answer_and_the_sql_is_made_once(people: list[User]) -> None:
    made = []

    @prepared
    def of(supervisor: int, since: datetime.datetime) -> QuerySet[User]:
        made.append(supervisor)
        return User.objects.filter(supervisor=supervisor, created_at__gte=since).order_by("pk")

    long_ago = timezone.now() - datetime.timedelta(days=1)
    assert of(people[0].pk, long_ago) == people[1:]
    assert of(people[1].pk, long_ago) == []
    assert of(people[0].pk, timezone.now() + datetime.timedelta(days=1)) == []
    assert len(made) == 1


def test_rows_come_with_their_ties_and_may_be_changed(people: list[User]) -> None:
    named("clerk1")
    with CaptureQueriesContext(connection) as asked:
        found = named.first("clerk2")
        assert found is not None
        assert found.supervisor == people[0]
    assert len(asked) == 1
    found.full_name = "Другое имя"
    found.save()
    assert User.objects.get(username="clerk2").full_name == "Другое имя"
    assert named.first("nobody") is None


def test_what_shapes_it_makes_statements_of_their_own(people: list[User]) -> None:
    @prepared
    def some(*keys: int, order: tuple[str, ...], most: int) -> QuerySet[User, Any]:
        return User.objects.filter(pk__in=keys).order_by(*order).values_list("username")[:most]

    keys = [it.pk for it in people]
    assert some(*keys[:3], order=("-pk",), most=2) == [("clerk1",), ("clerk0",)]
    assert some(*keys[3:], order=("-pk",), most=2) == [("clerk4",), ("clerk3",)]
    assert some(*keys[:2], order=("pk",), most=1) == [("boss",)]


def test_days_and_moments_are_put_in_as_the_database_has_them(people: list[User]) -> None:
    @prepared
    def joined(before: datetime.datetime, day: datetime.date) -> QuerySet[User, Any]:
        rows = User.objects.filter(created_at__lt=before, created_at__date__gte=day)
        return rows.values_list("username")

    now, today = timezone.now(), timezone.localdate()
    ahead, behind = datetime.timedelta(days=2), datetime.timedelta(days=-2)
    for moment, day in ((now + ahead, today + behind), (now + behind, today + behind)):
        assert sorted(joined(moment, day)) == sorted(joined.build(moment, day))
    assert len(joined(now + ahead, today + behind)) == len(people)
    assert joined(now + ahead, today + ahead) == []


def changed() -> Callable[[str], Any]:
    return prepared(lambda part: User.objects.filter(full_name__icontains=part))


def counted() -> Callable[[int], Any]:
    return prepared(lambda number: User.objects.filter(pk__gt=number + 1))


@pytest.mark.parametrize(
    ("query", "value"), [(changed(), "Анна"), (counted(), 5), (counted(), 1.5), (counted(), None)]
)
def test_a_value_that_is_changed_on_its_way_is_refused(
    query: Callable[[Any], Any], value: Any
) -> None:
    with pytest.raises(CannotPrepare):
        query(value)


def test_a_value_that_a_shape_does_not_ask_for_is_left_out(people: list[User]) -> None:
    @prepared
    def everybody(person: int, *, is_all: bool) -> QuerySet[User]:
        return User.objects.all() if is_all else User.objects.filter(pk=person)

    assert len(everybody(people[1].pk, is_all=True)) == User.objects.count()
    assert everybody(people[1].pk, is_all=False) == [people[1]]


def test_what_can_only_be_empty_asks_nothing() -> None:
    @prepared
    def none(person: int) -> QuerySet[User]:
        return User.objects.filter(Q(pk=person), pk__in=[])

    none(1)
    with CaptureQueriesContext(connection) as asked:
        assert none(1) == []
    assert not asked.captured_queries


def test_not_more_statements_are_kept_than_that() -> None:
    @prepared
    def some(*, most: int) -> QuerySet[Department]:
        return Department.objects.all()[:most]

    for most in range(1, MOST_SHAPES + 20):
        some.statement(most=most)
    assert len(some._statements) == MOST_SHAPES


def test_statements_are_put_within_others(people: list[User]) -> None:
    sql, values = named.statement("clerk3") or ("", ())
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({sql}) AS people", values)
        assert cursor.fetchone() == (1,)


def test_several_threads_fill_one_statement_in() -> None:
    def mine(number: int) -> bool:
        kept = named.statement(f"person {number}")
        return kept is not None and f"person {number}" in kept[1]

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(mine, range(400)))
