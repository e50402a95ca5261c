"""The form of a request: a draft made, changed, and sent for approval."""

from __future__ import annotations

import datetime
import uuid
from typing import Any

import pytest
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone

from approvals import services
from approvals.models import PaymentRequest
from approvals.states import Status
from approvals.tests.builders import World, draft, fields, on_approval, pdf, upload
from approvals.tests.pages import logged_in
from counterparties.models import Company, CompanyKind
from counterparties.services import add_contact
from documents.models import Document, DocumentKind, Upload

NEW = "/requests/new/"
PURPOSE = "Оплата по счёту № К-1 за бумагу. В том числе НДС 22% - 8845,08 руб."


def edit_url(payment_request: PaymentRequest) -> str:
    return reverse("approvals:request_edit", args=[payment_request.pk])


def what_one_knows(world: World, **changes: Any) -> dict[str, Any]:
    """The least that a program posts."""
    return {
        "company": world.company.pk,
        "amount": "49 050,00",
        "purpose": PURPOSE,
        "pay_by": timezone.localdate().isoformat(),
        **changes,
    }


def errors_of(response: HttpResponse) -> dict[str, list[str]]:
    return dict(response.context["form"].errors)  # type: ignore[attr-defined]


def choices_of(response: HttpResponse, name: str) -> list[str]:
    field = response.context["form"].fields[name]  # type: ignore[attr-defined]
    return [str(value) for value, _label in field.choices if str(value)]


# --- GET ----------------------------------------------------------------------------------------------


def test_of_very_many_companies_those_used_lately_are_offered_and_the_rest_is_found(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("approvals.forms.request.MOST_OFFERED", 1)
    used = on_approval(world).company
    others = [
        Company.objects.create(
            kind=CompanyKind.FOREIGN,
            name=f"Далёкая {number}",
            full_name=f"Далёкая {number}",
            search=f"далекая {number}",
            created_by=world.manager,
            created_at=timezone.now(),
        )
        for number in (1, 2)
    ]
    manager = logged_in(world.manager)

    page = manager.get(NEW)
    assert choices_of(page, "company") == [str(used.pk)]
    options = manager.get(f"{NEW}companies/", {"find": "далёкая"}, headers={"HX-Request": "true"})
    found = options.content.decode()
    assert all(f'value="{it.pk}">{it.name}' in found for it in others)
    assert f'value="{used.pk}"' not in found

    # Whoever has no scripts finds it with the button, and what is chosen stays on offer.
    what = what_one_knows(world, company="", find="далекая 2", action="company")
    shown = manager.post(NEW, what)
    assert shown.context["form"]["company"].value() == str(others[1].pk)  # type: ignore[attr-defined]
    assert choices_of(manager.get(NEW, {"company": others[0].pk}), "company")[0] == str(
        others[0].pk
    )
    sent = manager.post(NEW, what_one_knows(world, company=others[0].pk))
    assert sent.status_code == 303


def test_new_without_a_company_offers_companies_alone(world: World) -> None:
    response = logged_in(world.manager).get(NEW)

    assert response.status_code == 200
    assert 'name="bank_account"' not in response.content.decode()
    assert str(world.company.pk) in choices_of(response, "company")


def test_new_with_a_company_offers_its_accounts_and_contacts_alone(world: World) -> None:
    response = logged_in(world.manager).get(NEW, {"company": world.company.pk})

    assert choices_of(response, "bank_account") == [str(world.account.pk)]
    assert choices_of(response, "contact") == [str(world.contact.pk)]


@pytest.mark.parametrize("company", ["0", "-1", "x", "9" * 23, "9" * 5000, "²"])
def test_a_spoilt_company_in_the_address_offers_nothing(world: World, company: str) -> None:
    assert logged_in(world.manager).get(NEW, {"company": company}).status_code == 200


def test_rates_are_those_in_force_on_the_invoice_day(world: World) -> None:
    client = logged_in(world.manager)

    today = client.get(NEW, {"invoice_date": "2026-02-01"})
    before = client.get(NEW, {"invoice_date": "2025-12-31"})

    assert choices_of(today, "vat_rate") == ["none", "0", "5", "7", "10", "22"]
    assert choices_of(before, "vat_rate") == ["none", "0", "5", "7", "10", "20"]


def test_only_managers_make_requests(world: World) -> None:
    for person in (world.accountant, world.admin, world.director):
        assert logged_in(person).get(NEW).status_code == 403
        assert logged_in(person).post(NEW, what_one_knows(world)).status_code == 403
    assert logged_in(world.auditor).post(NEW, what_one_knows(world)).status_code == 403


# --- Making -------------------------------------------------------------------------------------------


def test_a_program_posts_only_what_it_knows(world: World) -> None:
    response = logged_in(world.manager).post(NEW, what_one_knows(world))

    made = PaymentRequest.objects.get()
    assert response.status_code == 303
    assert response["Location"] == made.get_absolute_url()
    assert (made.status, made.currency, made.vat_rate, made.vat_amount) == (
        "draft",
        "RUB",
        "none",
        None,
    )
    assert f"{made.amount:.2f}" == "49050.00"


def test_everything_is_kept_as_posted(world: World) -> None:
    day = timezone.localdate() + datetime.timedelta(days=5)
    posted = what_one_knows(
        world,
        payer=world.payer.pk,
        bank_account=world.account.pk,
        contact=world.contact.pk,
        currency="RUB",
        vat_rate="22",
        vat_amount="",
        justification="Бумага на квартал",
        category=world.category.pk,
        payment_terms="advance",
        is_urgent="on",
        urgent_reason="Кончилась",
        basis="Договор № 18",
        pay_by=day.isoformat(),
        invoice_number="К-1",
        invoice_date=timezone.localdate().isoformat(),
        invoice=pdf(),
        action="save",
    )

    logged_in(world.manager).post(NEW, posted)

    made = PaymentRequest.objects.get()
    assert (made.payer, made.bank_account, made.contact) == (
        world.payer,
        world.account,
        world.contact,
    )
    assert f"{made.vat_amount:.2f}" == "8845.08"
    assert (made.category, made.payment_terms, made.basis) == (
        world.category,
        "advance",
        "Договор № 18",
    )
    assert (made.is_urgent, made.urgent_reason) == (True, "Кончилась")
    assert (made.pay_by, made.planned_on) == (day, day)
    assert Document.objects.get().kind == DocumentKind.INVOICE


def test_submit_at_once(world: World) -> None:
    response = logged_in(world.manager).post(
        NEW, what_one_knows(world, invoice=pdf(), action="submit")
    )

    made = PaymentRequest.objects.get()
    assert response.status_code == 303
    assert made.status == Status.ON_APPROVAL
    assert (made.payer, made.bank_account) == (world.payer, world.account)


def test_submit_with_something_missing_makes_nothing_and_names_it(world: World) -> None:
    response = logged_in(world.manager).post(NEW, what_one_knows(world, action="submit"))

    assert response.status_code == 422
    assert set(errors_of(response)) == {"invoice"}
    assert not PaymentRequest.objects.exists()


def test_submit_names_everything_at_once(world: World) -> None:
    second_payer = Company.objects.create(
        name="ООО «Монтаж»", is_own=True, created_at=timezone.now()
    )

    response = logged_in(world.manager).post(
        NEW, {"company": world.company.pk, "is_urgent": "on", "action": "submit"}
    )
    nearly = logged_in(world.manager).post(
        NEW, what_one_knows(world, is_urgent="on", payer=second_payer.pk, action="submit")
    )

    assert set(errors_of(response)) == {"amount", "purpose", "pay_by", "payer", "invoice"}
    assert set(errors_of(nearly)) == {"urgent_reason", "invoice"}


@pytest.mark.parametrize("name", ["company", "amount", "purpose", "pay_by"])
def test_what_a_draft_needs_is_named_at_its_field(world: World, name: str) -> None:
    response = logged_in(world.manager).post(NEW, what_one_knows(world, **{name: ""}))

    assert response.status_code == 422
    assert set(errors_of(response)) == {name}
    assert not PaymentRequest.objects.exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("amount", "0"),
        ("amount", "1,234"),
        ("amount", "NaN"),
        ("purpose", "я" * 211),
        ("purpose", "Оплата 😀"),
        ("pay_by", "2020-01-01"),
        ("pay_by", "завтра"),
        ("vat_rate", "20"),
        ("vat_rate", "99"),
        ("currency", "XXX"),
        ("payment_terms", "never"),
        ("company", "999999"),
        ("payer", "999999"),
        ("category", "99999999999999999999999"),
        ("invoice_date", "2026-02-30"),
        ("vat_amount", "60000"),
    ],
)
def test_a_wrong_value_is_a_422_at_its_field(world: World, name: str, value: str) -> None:
    posted = what_one_knows(world, vat_rate="22") | {name: value}

    response = logged_in(world.manager).post(NEW, posted)

    assert response.status_code == 422
    assert name in errors_of(response)
    assert not PaymentRequest.objects.exists()


def test_forged_keys_are_a_422_at_their_fields(world: World) -> None:
    posted = what_one_knows(
        world,
        bank_account=world.other_account.pk,
        contact=world.other_contact.pk,
        payer=world.other_company.pk,
    )

    response = logged_in(world.manager).post(NEW, posted)

    assert response.status_code == 422
    assert set(errors_of(response)) == {"bank_account", "contact", "payer"}


def test_what_was_typed_and_the_file_survive_a_mistake(world: World) -> None:
    client = logged_in(world.manager)
    wrong = what_one_knows(world, amount="много", justification="Бумага", invoice=pdf())
    page = client.post(NEW, wrong)
    text = page.content.decode()
    ref = str(Upload.objects.get().ref)

    again = client.post(NEW, what_one_knows(world, invoice_ref=ref, action="submit"))

    assert page.status_code == 422
    assert "много" in text
    assert "Бумага" in text
    assert f'name="invoice_ref" value="{ref}"' in text
    assert again.status_code == 303
    assert PaymentRequest.objects.get().status == Status.ON_APPROVAL


def test_the_button_without_scripts_shows_the_company_and_keeps_what_was_typed(
    world: World,
) -> None:
    posted = {"company": world.company.pk, "amount": "12", "action": "company", "invoice": pdf()}

    response = logged_in(world.manager).post(NEW, posted)

    assert response.status_code == 200
    assert not errors_of(response)
    assert choices_of(response, "contact") == [str(world.contact.pk)]
    assert 'value="12"' in response.content.decode()
    assert 'name="invoice_ref"' in response.content.decode()
    assert not PaymentRequest.objects.exists()


def test_a_double_click_makes_one_request(world: World) -> None:
    client = logged_in(world.manager)
    key = str(uuid.uuid4())
    ref = str(upload(world.manager).ref)
    posted = what_one_knows(world, form_key=key, invoice_ref=ref, action="submit")

    first, second = client.post(NEW, posted), client.post(NEW, posted)

    assert (first.status_code, second.status_code) == (303, 303)
    assert first["Location"] == second["Location"]
    assert PaymentRequest.objects.count() == 1


def test_a_contact_without_a_mailbox_is_told_in_the_choice(world: World) -> None:
    add_contact(company_id=world.company.pk, actor=world.manager, full_name="Панин Олег", email="")

    response = logged_in(world.manager).get(NEW, {"company": world.company.pk})

    assert "Панин Олег · " in response.content.decode()


# --- Changing -----------------------------------------------------------------------------------------


def test_edit_shows_the_draft_and_changes_it(world: World) -> None:
    client = logged_in(world.manager)
    made = draft(world)

    page = client.get(edit_url(made))
    response = client.post(edit_url(made), what_one_knows(world, amount="100", action="save"))

    made.refresh_from_db()
    assert page.status_code == 200
    assert 'value="49050.00"' in page.content.decode()
    assert response.status_code == 303
    assert (f"{made.amount:.2f}", made.status) == ("100.00", Status.DRAFT)


def test_what_is_left_out_of_a_change_stays(world: World) -> None:
    made = draft(world, is_urgent=True, urgent_reason="Кончилась", basis="Договор № 18")

    response = logged_in(world.manager).post(edit_url(made), {"amount": "100"})

    made.refresh_from_db()
    assert response.status_code == 303
    assert (made.is_urgent, made.urgent_reason, made.basis) == (True, "Кончилась", "Договор № 18")
    assert (made.contact, made.bank_account, made.category) == (
        world.contact,
        world.account,
        world.category,
    )
    assert f"{made.vat_amount:.2f}" == "18.03"


def test_a_box_that_is_not_ticked_says_so(world: World) -> None:
    made = draft(world, is_urgent=True, urgent_reason="Кончилась")

    logged_in(world.manager).post(edit_url(made), {"is_urgent": "false", "urgent_reason": ""})

    made.refresh_from_db()
    assert (made.is_urgent, made.urgent_reason) == (False, "")


def test_the_company_is_fixed(world: World) -> None:
    made = draft(world)

    response = logged_in(world.manager).post(
        edit_url(made), what_one_knows(world, company=world.other_company.pk)
    )

    made.refresh_from_db()
    assert response.status_code == 422
    assert set(errors_of(response)) == {"company"}
    assert made.company == world.company


def test_a_passed_pay_by_blocks_no_other_edit_but_submit(world: World) -> None:
    now = timezone.now() - datetime.timedelta(days=10)
    made = services.create_request(
        actor=world.manager,
        fields=fields(world, pay_by=timezone.localdate(now)),
        invoice=upload(world.manager),
        now=now,
    )
    client = logged_in(world.manager)

    saved = client.post(edit_url(made), {"basis": "Договор № 19", "action": "save"})
    sent = client.post(edit_url(made), {"action": "submit"})

    assert saved.status_code == 303
    assert sent.status_code == 422
    assert set(errors_of(sent)) == {"pay_by"}


def test_edit_is_for_the_author_in_draft(world: World) -> None:
    made, sent = draft(world), on_approval(world)

    assert logged_in(world.supervisor).get(edit_url(made)).status_code == 403
    assert logged_in(world.accountant).post(edit_url(made), {}).status_code == 403
    assert logged_in(world.manager2).get(edit_url(made)).status_code == 404
    for response in (
        logged_in(world.manager).get(edit_url(sent)),
        logged_in(world.manager).post(edit_url(sent), what_one_knows(world)),
    ):
        assert response.status_code == 409
        assert 'data-testid="conflict"' in response.content.decode()


def test_submit_from_the_card(world: World) -> None:
    made = draft(world)

    response = logged_in(world.manager).post(reverse("approvals:submit", args=[made.pk]))

    made.refresh_from_db()
    assert response.status_code == 303
    assert made.status == Status.ON_APPROVAL


def test_submit_of_an_incomplete_draft_shows_its_form(world: World) -> None:
    made = draft(world, invoice=False, payer=None)

    response = logged_in(world.manager).post(reverse("approvals:submit", args=[made.pk]))

    assert response.status_code == 422
    assert set(errors_of(response)) == {"invoice"}
    assert 'value="49050.00"' in response.content.decode()


def test_edit_and_submit_twice_with_one_key_is_one_submit(world: World) -> None:
    client = logged_in(world.manager)
    made = draft(world)
    posted = {"form_key": str(uuid.uuid4()), "action": "submit"}

    first, second = client.post(edit_url(made), posted), client.post(edit_url(made), posted)
    other = client.post(edit_url(made), posted | {"form_key": str(uuid.uuid4())})

    assert (first.status_code, second.status_code, other.status_code) == (303, 303, 409)
    assert made.tasks.count() == 1


def test_a_double_click_adds_one_invoice(world: World) -> None:
    client, made = logged_in(world.manager), draft(world)
    key = str(uuid.uuid4())

    answers = [
        client.post(edit_url(made), {"form_key": key, "invoice": pdf("Счёт № К-2.pdf")})
        for _click in range(2)
    ]

    assert [answer.status_code for answer in answers] == [303, 303]
    names = list(made.folder.documents.values_list("original_name", flat=True))
    assert names == ["Счёт № К-1.pdf", "Счёт № К-2.pdf"]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (
            {"amount": "49 050,00", "vat_rate": "22"},
            "Сорок девять тысяч пятьдесят рублей 00 копеек, в том числе НДС 22\u00a0% — 8\u00a0845,08\u00a0₽",
        ),
        ({"amount": "1.01", "currency": "USD"}, "Один доллар США 01 цент, без НДС"),
        ({"amount": "49 0x"}, ""),
        ({"amount": "", "vat_rate": "99", "currency": "XXX"}, ""),
    ],
)
def test_what_is_typed_is_said_in_words(world: World, typed: dict[str, str], said: str) -> None:
    response = logged_in(world.manager).get("/requests/words/", typed)

    assert response.status_code == 200
    assert f"<span>{said}</span>" in response.content.decode()


def test_the_form_says_the_amount_it_opens_with(world: World) -> None:
    made = draft(world, invoice=False)

    page = logged_in(world.manager).get(f"/requests/{made.pk}/edit/").content.decode()

    assert "Сорок девять тысяч пятьдесят рублей 00 копеек" in page
