"""Who heads whom, and who approves for whom."""

from __future__ import annotations

import pytest

from people import selectors
from people.models import Department, User

pytestmark = pytest.mark.django_db


def person(name: str, **fields) -> User:
    return User.objects.create_user(name, full_name=name, **fields)


@pytest.fixture
def tree():
    """company > sales > export, and company > finance; each with a head of its name."""
    company = Department.objects.create(name="company", head=person("director"))
    sales = Department.objects.create(name="sales", parent=company, head=person("sales_head"))
    export = Department.objects.create(name="export", parent=sales, head=person("export_head"))
    finance = Department.objects.create(name="finance", parent=company)
    return {"company": company, "sales": sales, "export": export, "finance": finance}


def test_a_head_heads_all_below_in_one_query(tree, django_assert_num_queries):
    head = User.objects.get(username="sales_head")
    with django_assert_num_queries(1):
        assert selectors.headed_department_ids(head) == {
            tree["sales"].pk,
            tree["export"].pk,
        }
    director = User.objects.get(username="director")
    assert selectors.headed_department_ids(director) == {row.pk for row in tree.values()}
    assert selectors.headed_department_ids(person("clerk", department=tree["sales"])) == set()


def test_a_manager_sees_their_department_but_not_below(tree):
    manager = person("manager", is_manager=True, department=tree["sales"])
    assert selectors.visible_department_ids(manager) == {tree["sales"].pk}


def test_without_a_role_ones_department_is_not_seen(tree):
    assert selectors.visible_department_ids(person("clerk", department=tree["sales"])) == set()


def test_supervisors_and_heads_are_approvers(tree):
    boss = person("boss")
    clerk = person("clerk", supervisor=boss)
    assert selectors.is_approver(boss)
    assert selectors.is_approver(User.objects.get(username="export_head"))
    assert not selectors.is_approver(clerk)


def test_the_supervisor_comes_first_then_the_heads_upwards(tree):
    boss = person("boss")
    author = person("author", supervisor=boss, department=tree["export"])
    names = [candidate.username for candidate in selectors.approver_chain(author)]
    assert names == ["boss", "export_head", "sales_head", "director"]


def test_the_chain_leaves_out_the_inactive_the_author_and_repeats(tree):
    author = User.objects.get(username="export_head")
    author.department = tree["export"]
    author.supervisor = User.objects.get(username="director")
    author.save()
    User.objects.filter(username="sales_head").update(is_active=False)
    assert [each.username for each in selectors.approver_chain(author)] == ["director"]


def test_an_empty_chain_means_nobody(tree):
    assert selectors.approver_chain(person("alone")) == []
    Department.objects.filter(name="company").update(head=None)
    assert selectors.approver_chain(person("clerk", department=tree["finance"])) == []


def test_a_cycle_of_departments_ends(tree):
    Department.objects.filter(name="company").update(parent=tree["export"])
    author = person("author", department=tree["sales"])
    names = [candidate.username for candidate in selectors.approver_chain(author)]
    assert names == ["sales_head", "director", "export_head"]
    assert len(selectors.headed_department_ids(User.objects.get(username="director"))) == 4


def test_supervisor_of_is_one_who_can_act():
    boss = person("boss")
    author = person("author", supervisor=boss)
    assert selectors.supervisor_of(author) == boss
    User.objects.filter(pk=boss.pk).update(is_active=False)
    assert selectors.supervisor_of(author) is None
    assert selectors.supervisor_of(boss) is None


def test_accountants_are_active():
    accountant = person("accountant", is_accountant=True)
    person("former", is_accountant=True, is_active=False)
    assert list(selectors.accountants()) == [accountant]
