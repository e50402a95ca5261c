"""Registers of payments: a day by payer and account, its totals, its versions, who sees and who draws up."""

from __future__ import annotations

import datetime
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.http import HttpResponse
from django.utils import timezone

from approvals import pay_days, services
from approvals.models import PaymentRequest, Register, RegisterEvent
from approvals.selectors import organisation_settings
from approvals.tests.builders import World, approved, on_approval, ordered, paid, pay
from approvals.tests.pages import handle, handles, logged_in
from audit.refusals import Forbidden, Invalid
from audit.services import verify
from counterparties.models import Company
from counterparties.services import add_account, create_company
from counterparties.tests import banks
from counterparties.tests.banks import Participant
from documents import papers
from documents.models import Document, DocumentState, Folder, FolderState, Paper
from people.models import User
from tests.neighbour import body_of
from tests.worker import work

DAY = datetime.timedelta(days=1)


@pytest.fixture
def today() -> datetime.date:
    return timezone.localdate()


def page(user: User, on: datetime.date, *, status: int = 200) -> HttpResponse:
    response = logged_in(user).get(f"/registers/{on}/")
    assert response.status_code == status
    return response


def totals(response: HttpResponse) -> list[tuple[str, ...]]:
    """Of each currency: left to pay, paid, both, and how many payments."""
    names = ("currency", "to-pay", "paid", "amount", "count")
    return [
        tuple(it[f"data-{name}"] for name in names) for it in handles(response, "register-total")
    ]


def lines(response: HttpResponse) -> list[tuple[str, str, bool]]:
    return [
        (it["data-pk"], it["data-amount"], "data-paid" in it)
        for it in handles(response, "register-line")
    ]


def foreign(made: PaymentRequest) -> None:
    """In a currency that no account here is in."""
    PaymentRequest.objects.filter(pk=made.pk).update(currency="CNY")


def draw_up(world: World, on: datetime.date, **fields: Any) -> tuple[Register, bool]:
    return services.draw_up_register(on=on, actor=world.accountant, **fields)


def test_a_day_has_what_is_left_and_what_was_paid(world: World, today: datetime.date) -> None:
    part = approved(world, pay_by=today, amount=Decimal("100.00"))
    pay(world, part, Decimal("40.50"))
    whole = paid(world, pay_by=today + DAY, amount=Decimal("7.00"))
    soon = approved(world, pay_by=today + DAY, amount=Decimal("3.00"))
    on_approval(world, pay_by=today)

    response = page(world.accountant, today)

    assert totals(response) == [("RUB", "59.50", "47.50", "107.00", "3")]
    assert lines(response) == [
        (str(part.pk), "40.50", True),
        (str(whole.pk), "7.00", True),
        (str(part.pk), "59.50", False),
    ]
    assert lines(page(world.accountant, today + DAY)) == [(str(soon.pk), "3.00", False)]


def test_its_total_is_that_of_the_dashboard_and_of_the_registry(
    world: World, today: datetime.date
) -> None:
    for amount in ("100.00", "0.10", "9876543.21"):
        approved(world, pay_by=today, amount=Decimal(amount))
    foreign(approved(world, pay_by=today, amount=Decimal("5.00")))
    approved(world, pay_by=today + DAY)
    client = logged_in(world.accountant)

    to_pay = {(it[0], it[1]) for it in totals(page(world.accountant, today))}

    assert to_pay == {("RUB", "9876643.31"), ("CNY", "5.00")}
    assert to_pay == {
        (it["data-currency"], it["data-amount"])
        for it in handles(client.get("/"), "daily-total")
        if it["data-date"] == today.isoformat()
    }
    query = {"status": "approved", "planned_from": str(today), "planned_to": str(today)}
    assert to_pay == {
        (it["data-currency"], it["data-amount"])
        for it in handles(client.get("/requests/", query), "registry-total")
    }


def test_what_is_left_of_a_part_is_that_of_the_dashboard(
    world: World, today: datetime.date
) -> None:
    pay(world, approved(world, pay_by=today, amount=Decimal("100.00")), Decimal("40.50"))

    [daily] = handles(logged_in(world.accountant).get("/"), "daily-total")

    assert [it[1] for it in totals(page(world.accountant, today))] == [daily["data-amount"]]


def test_payments_stand_under_their_payer_and_account(world: World, today: datetime.date) -> None:
    other = create_company(
        actor=world.admin,
        is_own=True,
        kind="organisation",
        name="АО «Другой берег»",
        inn="7799101028",
        kpp="779901001",
        ogrn="1207799101025",
    )
    account = add_account(
        company_id=other.pk,
        actor=world.admin,
        bik="044525104",
        bank_name="ООО «Банк Точка»",
        correspondent_account="30101810745374525104",
        number="40702810799990000213",
        currency="RUB",
    )
    ours = approved(world, pay_by=today, amount=Decimal("1.00"))
    theirs = approved(world, pay_by=today, amount=Decimal("2.00"), payer=other)

    response = page(world.accountant, today)

    assert [
        (it["data-payer"], it["data-account"]) for it in handles(response, "register-group")
    ] == [
        (str(other.pk), str(account.pk)),
        (str(world.payer.pk), str(world.payer_account.pk)),
    ]
    assert [it[0] for it in lines(response)] == [str(theirs.pk), str(ours.pk)]
    assert "4070 2810 7999 9000 0101" in response.content.decode().replace("\xa0", " ")


def test_orders_that_were_drawn_up_are_lines_of_their_own(
    world: World, today: datetime.date
) -> None:
    second = add_account(
        company_id=world.payer.pk,
        actor=world.admin,
        bik="044525104",
        bank_name="ООО «Банк Точка»",
        correspondent_account="30101810745374525104",
        number="40702810799990000213",
        currency="RUB",
    )
    made = approved(world, pay_by=today)
    for account, amount in ((world.payer_account, "24525.00"), (second, "10000.00")):
        ordered(world, made, amount=Decimal(amount), payer_account=account)

    response = page(world.accountant, today)

    assert totals(response) == [("RUB", "49050.00", "0.00", "49050.00", "3")]
    assert sorted(amount for _pk, amount, _paid in lines(response)) == [
        "10000.00",
        "14525.00",
        "24525.00",
    ]
    accounts = [it["data-account"] for it in handles(response, "register-group")]
    assert accounts == [str(world.payer_account.pk), str(second.pk)]


def test_a_currency_without_an_account_of_ours_says_so(world: World, today: datetime.date) -> None:
    foreign(approved(world, pay_by=today))

    response = page(world.accountant, today)

    assert handle(response, "register-group")["data-account"] == ""
    assert "У плательщика нет счёта в этой валюте." in response.content.decode()


def test_who_cannot_be_paid_is_marked(world: World, today: datetime.date) -> None:
    approved(world, pay_by=today)
    Company.objects.filter(pk=world.company.pk).update(register_state="liquidated")
    banks.load(Participant("044525187"), day=today)  # no Sberbank in it any more

    response = page(world.accountant, today)

    assert handle(response, "company-mark")["data-mark"] == "liquidated"
    assert handles(response, "bank-warning")


def test_it_is_drawn_up_and_filed_in_the_folder_of_its_day(
    world: World, today: datetime.date
) -> None:
    approved(world, pay_by=today, amount=Decimal("100.00"))

    register, is_new = draw_up(world, today)

    assert is_new
    work()
    document = Document.objects.select_related("folder", "paper").get(pk=register.document_id)
    assert document.state == DocumentState.STORED
    assert document.original_name == f"Реестр платежей на {today:%d.%m.%Y}.pdf"
    assert document.key == (f"Registers of payments/{today.year}/{today}/{document.original_name}")
    assert default_storage.size(document.key) == document.size
    [event] = RegisterEvent.objects.filter(subject=register)
    assert event.data["values_sha256"] == papers.digest_of(document.paper.values)
    assert (event.kind, event.actor) == ("register.drawn_up", world.accountant)
    assert verify() == []
    assert handle(page(world.auditor, today), "paper")["data-state"] == "stored"
    answer = logged_in(world.auditor).get(f"/documents/{document.pk}/")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert body_of(answer).startswith(b"%PDF")


def test_a_day_that_has_not_changed_has_one_version(world: World, today: datetime.date) -> None:
    approved(world, pay_by=today)
    first, _is_new = draw_up(world, today)

    assert draw_up(world, today) == (first, False)
    assert not handles(page(world.accountant, today), "draw-up")
    assert not handles(page(world.accountant, today), "register-outdated")


def test_a_new_directory_of_banks_changes_no_day(world: World, today: datetime.date) -> None:
    approved(world, pay_by=today)
    draw_up(world, today)

    banks.load(Participant("044525225", "СБЕР"), day=today)

    response = page(world.accountant, today)
    assert "СБЕР" in response.content.decode()
    assert not handles(response, "register-outdated")


def test_a_day_that_has_changed_asks_for_a_new_version(world: World, today: datetime.date) -> None:
    made = approved(world, pay_by=today)
    draw_up(world, today)
    pay(world, made)

    response = page(world.accountant, today)
    assert handles(response, "register-outdated")
    assert handles(response, "draw-up")
    logged_in(world.accountant).post(f"/registers/{today}/new/")

    versions = handles(page(world.accountant, today), "paper")
    assert ["is-old" in it.get("class", "") for it in versions] == [False, True]
    papers = Paper.objects.filter(template="register").order_by("version")
    assert [it.version for it in papers] == [1, 2]
    assert [it.values["totals"][0]["to_pay"][:4] for it in papers] == ["49\xa00", "0,00"]
    assert papers[1].document.original_name.endswith(", версия 2.pdf")


def test_the_second_of_two_clicks_draws_up_nothing(world: World, today: datetime.date) -> None:
    made = approved(world, pay_by=today)
    key = uuid.uuid4()
    first, _is_new = draw_up(world, today, form_key=key)
    pay(world, made)

    assert draw_up(world, today, form_key=key) == (first, False)
    # The key of another day's form is no answer to this one.
    approved(world, pay_by=today + DAY)
    other, is_new = draw_up(world, today + DAY, form_key=key)
    assert (other.day_on, is_new) == (today + DAY, True)


def test_an_empty_day_says_what_to_do_and_has_no_register(
    world: World, today: datetime.date
) -> None:
    response = page(world.accountant, today)
    assert not handles(response, "draw-up")
    assert "перенесите её в календаре платежей" in response.content.decode()

    answer = logged_in(world.accountant).post(f"/registers/{today}/new/")

    assert answer.status_code == 422
    assert "В этот день ничего не нужно платить" in answer.content.decode()
    with pytest.raises(Invalid):
        draw_up(world, today)
    assert not Register.objects.exists()
    assert not Folder.objects.filter(name="Registers of payments").exists()


def test_only_an_accountant_has_it_drawn_up(world: World, today: datetime.date) -> None:
    approved(world, pay_by=today)

    for actor in (world.auditor, world.admin, world.manager):
        with pytest.raises(Forbidden):
            services.draw_up_register(on=today, actor=actor)
    assert not handles(page(world.auditor, today), "draw-up")


def test_it_is_nobodys_who_does_not_see_every_request(world: World, today: datetime.date) -> None:
    approved(world, pay_by=today)
    register, _is_new = draw_up(world, today)
    work()

    for user in (world.manager, world.supervisor):
        client = logged_in(user)
        page(user, today, status=403)
        assert client.get("/registers/").status_code == 403
        assert client.get(f"/documents/{register.document_id}/").status_code == 404
        for address in ("/", f"/calendar/?day={today}", f"/requests/?planned_from={today}"):
            assert "/registers/" not in client.get(address).content.decode()


def test_what_could_not_be_made_is_tried_again(world: World, today: datetime.date) -> None:
    approved(world, pay_by=today)
    register, _is_new = draw_up(world, today)
    Document.objects.filter(pk=register.document_id).update(
        state=DocumentState.FAULT,
        last_error="An unexpected error; it is in the log.",
        next_try_at=None,
    )
    response = page(world.accountant, today)
    again = f"/documents/{register.document_id}/again/"
    assert again in response.content.decode()
    assert again not in page(world.auditor, today).content.decode()
    assert logged_in(world.auditor).post(again).status_code == 403

    answer = logged_in(world.accountant).post(again)

    assert answer["Location"] == f"/registers/{today}/"
    work()
    assert Document.objects.get(pk=register.document_id).state == DocumentState.STORED


def test_trying_again_looks_at_a_folder_at_fault(world: World, today: datetime.date) -> None:
    approved(world, pay_by=today)
    register, _is_new = draw_up(world, today)
    folder = register.document.folder
    Folder.objects.filter(pk=folder.pk).update(state=FolderState.FAULT, next_try_at=None)
    document = Document.objects.select_related("folder").get(pk=register.document_id)

    services.retry_register(document=document, actor=world.accountant)

    folder.refresh_from_db()
    assert folder.state == FolderState.PENDING
    work()
    document.refresh_from_db()
    assert document.state == DocumentState.STORED


def test_the_list_leads_to_the_days(world: World, today: datetime.date) -> None:
    for pay_by in (today, today + 30 * DAY):
        approved(world, pay_by=pay_by, amount=Decimal("100.00"))
    draw_up(world, today)
    client = logged_in(world.accountant)

    response = client.get("/registers/")

    days = [it["data-day"] for it in handles(response, "register-day")]
    assert days == [str(today), str(today + 30 * DAY)]
    assert [it["data-day"] for it in handles(response, "register")] == [str(today)]
    next_day = pay_days.next_pay_day(today, organisation_settings())
    assert handle(response, "next-register")["href"] == f"/registers/{next_day}/"
    chosen = client.get("/registers/", {"day": "24.11.2026"})
    assert chosen["Location"] == "/registers/2026-11-24/"


@pytest.mark.parametrize("typed", ["", "вчера", "2026-02-30", "0001-01-01", "9999-12-31", "\x00"])
def test_a_day_that_is_none_is_said_at_its_field(world: World, typed: str) -> None:
    response = logged_in(world.accountant).get("/registers/", {"day": typed})

    assert response.status_code == 200
    assert 'aria-invalid="true"' in response.content.decode()


@pytest.mark.parametrize("day", ["2026-11-31", "20261124", "1999-12-31", "2200-01-01", "сегодня"])
def test_there_is_no_page_of_what_is_no_day(world: World, day: str) -> None:
    client = logged_in(world.accountant)

    assert client.get(f"/registers/{day}/").status_code == 404
    assert client.post(f"/registers/{day}/new/").status_code == 404


def test_days_lead_to_their_register(world: World, today: datetime.date) -> None:
    approved(world, pay_by=today)
    client = logged_in(world.accountant)
    link = f'href="/registers/{today}/"'

    assert link in client.get("/").content.decode()
    assert link in client.get("/calendar/", {"day": str(today)}).content.decode()
    of_the_day = {"planned_from": str(today), "planned_to": str(today)}
    assert link in client.get("/requests/", of_the_day).content.decode()
    longer = {**of_the_day, "planned_to": str(today + DAY)}
    assert not handles(client.get("/requests/", longer), "register-link")


def test_the_next_pay_day_is_a_working_day_of_the_named_ones(world: World) -> None:
    organisation = organisation_settings()
    saturday = datetime.date(2026, 11, 28)
    assert pay_days.next_pay_day(saturday, organisation) == datetime.date(2026, 11, 30)

    organisation.pay_weekdays = [1, 4]

    assert pay_days.next_pay_day(datetime.date(2026, 11, 24), organisation).day == 24
    assert pay_days.next_pay_day(datetime.date(2026, 11, 25), organisation).day == 27
