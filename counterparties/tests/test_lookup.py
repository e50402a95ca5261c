"""Looking up: what is asked, what is kept for a day, and where our companies stand after it."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from counterparties import services
from counterparties.lookup import services as lookup
from counterparties.lookup.parties import LookupFailed, Party, SwitchedOff
from counterparties.models import Company, RegisterAnswer
from people.models import User
from tests.register import INN, Register, Reply, party, person, state

OGRN = "1187799506069"
pytestmark = pytest.mark.django_db


def create(actor: User, **changes: Any) -> Company:
    usual = {"kind": "organisation", "name": "ООО «Синий мост»", "inn": INN, "kpp": "779901001"}
    return services.create_company(actor=actor, **{**usual, **changes})


def stands(company: Company) -> tuple[str, bool]:
    company.refresh_from_db()
    return company.register_state, company.register_invalid


def kinds(company: Company) -> list[str]:
    return list(company.events.order_by("seq").values_list("kind", flat=True))


@pytest.mark.parametrize(
    ("typed", "query"),
    [
        (INN, INN),
        (" 7799 506 063 ", INN),
        (OGRN, OGRN),
        ("529950606064", "529950606064"),
        ("320529950606007", "320529950606007"),
    ],
)
def test_an_inn_or_an_ogrn_is_a_question(typed: str, query: str) -> None:
    assert lookup.clean_query(typed) == query


@pytest.mark.parametrize(
    "typed", ["", "779950606", "7799506064", "0000000000", "1187799506060", "Мост", "7" * 400]
)
def test_anything_else_is_not(typed: str) -> None:
    with pytest.raises(ValidationError):
        lookup.clean_query(typed)


def test_an_answer_is_kept_for_a_day_with_its_time(register: Register) -> None:
    register.says(party())
    now = timezone.now()

    first = lookup.look_up(INN, now=now)
    same = lookup.look_up(INN, now=now + datetime.timedelta(hours=23))
    later = lookup.look_up(INN, now=now + datetime.timedelta(hours=25))

    assert same == first
    assert (same.at, later.at) == (now, now + datetime.timedelta(hours=25))
    assert len(register.asked) == 2
    assert RegisterAnswer.objects.get().query == INN


def test_nobody_is_kept_of_what_is_not_there(register: Register) -> None:
    assert lookup.look_up(INN).parties == []
    register.says(party())

    assert lookup.look_up(INN).parties


def test_a_failure_is_told_and_logged_without_the_number(
    register: Register, caplog: pytest.LogCaptureFixture
) -> None:
    register.fails(503)

    with pytest.raises(LookupFailed):
        lookup.look_up(INN)

    [record] = [r for r in caplog.records if r.getMessage() == "lookup.failed"]
    assert record.reason == "failed"
    assert INN not in str(vars(record))
    assert not RegisterAnswer.objects.exists()


def test_what_another_version_kept_is_asked_anew(register: Register) -> None:
    register.says(party())
    lookup.look_up(INN)
    RegisterAnswer.objects.update(parties=[{"inn": INN}])

    assert lookup.look_up(INN).parties[0].inn == INN
    assert len(register.asked) == 2


def test_somebody_elses_requisites_are_worse_than_none(register: Register) -> None:
    register.says(party(inn="7799507074", ogrn="1027700132195"))

    with pytest.raises(LookupFailed) as caught:
        lookup.look_up(INN)

    assert caught.value.reason == "not_understood"


def test_without_a_key_nobody_is_asked(settings: Any) -> None:
    settings.DADATA_TOKEN = settings.LOOKUP_PROVIDER = ""

    assert not lookup.is_on()
    with pytest.raises(SwitchedOff):
        lookup.look_up(INN)


def branches(count: int) -> list[dict[str, Any]]:
    return [party(kpp=f"77990{1000 + n}", branch_type="BRANCH") for n in range(1, count + 1)]


def test_the_kpp_chooses_among_branches(register: Register) -> None:
    register.says(party(), *branches(3))

    answer = lookup.look_up(INN, kpp="7799 01003")

    assert len(register.asked) == 1
    assert answer.best(kpp="7799 01003").kpp == "779901003"
    assert not answer.best().is_branch
    assert not answer.best(kpp="999999999").is_branch


def test_a_branch_that_did_not_get_in_is_asked_for(register: Register) -> None:
    first = [party(), *branches(19)]
    register.says(*first)
    replies = register.replies
    register.says(party(kpp="540602001", branch_type="BRANCH"))
    register.replies = [*replies, *register.replies]

    answer = lookup.look_up(INN, kpp="540602001")
    lookup.look_up(INN, kpp="540602001")

    assert [question.get("kpp") for question in register.asked] == [None, "540602001"]
    assert len(answer.parties) == 21
    assert answer.best(kpp="540602001").kpp == "540602001"


def test_of_two_registrations_of_a_person_the_living_one(register: Register) -> None:
    old = person(state=state("LIQUIDATED")) | {"ogrn": "304500116000157"}
    register.says(old, person())

    answer = lookup.look_up("529950606064")

    assert answer.best().state == "active"
    assert answer.best(ogrn="304500116000157").state == "liquidated"


def test_a_new_company_gets_what_its_look_up_said(register: Register, manager: User) -> None:
    register.says(party(state=state("LIQUIDATING"), invalid=True))
    lookup.look_up(INN)

    company = create(manager)

    assert stands(company) == ("liquidating", True)
    assert company.register_checked_at == RegisterAnswer.objects.get().received_at
    assert [code for code, _words in company.register_marks] == ["liquidating", "invalid"]
    assert kinds(company) == ["company.created", "company.state_changed"]


def test_a_look_up_by_ogrn_counts_too(register: Register, manager: User) -> None:
    register.says(party(state=state("BANKRUPT")))
    lookup.look_up(OGRN)

    assert stands(create(manager, ogrn=OGRN)) == ("bankrupt", False)


def test_that_all_is_well_is_no_event(register: Register, manager: User) -> None:
    register.says(party())
    lookup.look_up(INN)

    company = create(manager)

    assert stands(company) == ("active", False)
    assert company.register_marks == []
    assert kinds(company) == ["company.created"]


def test_nobody_knows_of_what_was_typed_by_hand(manager: User) -> None:
    company = create(manager)

    assert stands(company) == ("", False)
    assert company.register_checked_at is None


def test_a_look_up_tells_the_companies_that_we_have(register: Register, manager: User) -> None:
    company = create(manager)
    register.says(party(state=state("LIQUIDATED")))

    lookup.look_up(INN)

    assert stands(company) == ("liquidated", False)
    event = company.events.get(kind="company.state_changed")
    assert event.actor is None
    assert event.data == {"state": ["", "liquidated"], "invalid": [False, False]}


def test_each_branch_stands_for_itself(register: Register, manager: User) -> None:
    head, branch = create(manager), create(manager, kpp="780202001")
    register.says(party(), party(kpp="780202001", state=state("LIQUIDATED"), branch_type="BRANCH"))

    lookup.look_up(INN)

    assert (stands(head)[0], stands(branch)[0]) == ("active", "liquidated")


def test_looking_again_asks_whatever_was_kept(register: Register, manager: User) -> None:
    register.says(party())
    lookup.look_up(INN)
    company = create(manager)
    register.says(party(state=state("BANKRUPT")))

    lookup.refresh_state(company)
    lookup.refresh_state(company)

    assert stands(company) == ("bankrupt", False)
    assert kinds(company).count("company.state_changed") == 1


def test_a_failure_leaves_what_was_known(register: Register, manager: User) -> None:
    register.says(party(state=state("BANKRUPT")))
    lookup.look_up(INN)
    company = create(manager)
    checked_at = company.register_checked_at
    register.fails(500)

    with pytest.raises(LookupFailed):
        lookup.refresh_state(company)

    assert stands(company) == ("bankrupt", False)
    assert company.register_checked_at == checked_at


@pytest.mark.parametrize("answer", [(), (party(state=state(None)),)])
def test_silence_takes_no_mark_away(register: Register, manager: User, answer: Any) -> None:
    register.says(party(state=state("BANKRUPT"), invalid=True))
    lookup.look_up(INN)
    company = create(manager)
    before = company.register_checked_at
    register.says(*answer)

    lookup.refresh_state(company)

    assert stands(company) == ("bankrupt", True)
    assert company.register_checked_at > before


def test_another_inn_is_another_company(register: Register, manager: User) -> None:
    register.says(party(state=state("BANKRUPT")))
    lookup.look_up(INN)
    company = create(manager)

    services.update_company(company_id=company.pk, actor=manager, inn="7799507074")

    assert stands(company) == ("", False)
    assert company.register_checked_at is None


def test_other_changes_leave_the_state(register: Register, manager: User) -> None:
    register.says(party(state=state("BANKRUPT")))
    lookup.look_up(INN)
    company = create(manager)

    services.update_company(company_id=company.pk, actor=manager, name="ООО «Мост»")

    assert stands(company) == ("bankrupt", False)


def test_a_foreign_company_of_the_same_number_is_none_of_it(
    register: Register, manager: User
) -> None:
    company = create(manager, kind="foreign", kpp="")
    register.says(party(state=state("BANKRUPT")))

    lookup.look_up(INN)

    assert stands(company) == ("", False)


class Watchful:
    """A provider that sees whether a transaction is open while it is asked."""

    seen: list[bool] = []

    def find(self, query: str, *, kpp: str = "") -> list[Party]:
        self.seen.append(connection.in_atomic_block)
        return []


@pytest.mark.django_db(transaction=True)
def test_nobody_is_asked_inside_a_transaction(settings: Any, manager: User) -> None:
    settings.LOOKUP_PROVIDER = f"{__name__}.Watchful"
    company = create(manager)
    Watchful.seen.clear()

    lookup.look_up(INN)
    lookup.refresh_state(company)

    assert Watchful.seen == [False, False]


def test_replies_in_turn(register: Register) -> None:
    """A failure today does not stick: the next question is asked again."""
    register.says(party())
    register.replies = [Reply(429), *register.replies]

    with pytest.raises(LookupFailed):
        lookup.look_up(INN)

    assert lookup.look_up(INN).parties
