"""Settings, our organisations and budget items, by their pages: each change is told, nothing is deleted."""

from __future__ import annotations

from typing import Any

import pytest

from approvals.forms.organisation import MAILED
from approvals.models import Category, SettingsEvent
from approvals.selectors import organisation_settings
from approvals.tests import builders
from approvals.tests.builders import World
from approvals.tests.pages import logged_in
from counterparties.models import Company
from notifications.models import Notice, NoticeKind

PAGE = "/settings/organisation/"


def fields(**changes: Any) -> dict[str, Any]:
    return {
        "acceptance_step": "on",
        "accept_label_ru": "Принять",
        "accept_label_en": "Accept",
        "invoice_required": "on",
        "payment_order_required": "on",
        "paper_language": "ru",
        "share_link_days": "90",
        "mailed": [kind.value for kind in MAILED],
        **changes,
    }


def test_the_settings_are_saved_and_their_changes_told(world: World) -> None:
    client = logged_in(world.admin)
    more = {"pay_weekdays": ["4", "1"], "pay_cut_off": "15:30", "share_link_days": "30"}

    answer = client.post(PAGE, fields(default_approver=world.director.pk, **more))

    assert answer.status_code == 303
    row = organisation_settings()
    assert (row.pay_weekdays, row.share_link_days) == ([1, 4], 30)
    event = SettingsEvent.objects.get()
    assert event.data["changes"]["share_link_days"] == [90, 30]
    assert event.data["changes"]["pay_cut_off"] == [None, "15:30:00"]
    page = client.get(PAGE).content.decode()
    assert "90 → 30" in page
    client.post(PAGE, fields(default_approver=world.director.pk, **more))
    assert SettingsEvent.objects.count() == 1, "the same again is no change"


def test_a_wrong_value_is_told_at_its_field_and_changes_nothing(world: World) -> None:
    answer = logged_in(world.admin).post(PAGE, fields(share_link_days="0", accept_label_ru=""))
    assert answer.status_code == 422
    assert answer.context["form"].errors.keys() == {"accept_label_ru"}
    answer = logged_in(world.admin).post(PAGE, fields(share_link_days="0"))
    assert answer.context["form"].errors.keys() == {"share_link_days"}
    assert organisation_settings().share_link_days == 90


def test_what_is_not_ticked_stays_in_the_bell(world: World) -> None:
    world.supervisor.email = "boss@firm.example"
    world.supervisor.save(update_fields=["email"])
    client = logged_in(world.admin)
    client.post(PAGE, fields(mailed=[NoticeKind.PAID.value]))

    builders.on_approval(world)
    assert Notice.objects.get(user=world.supervisor, kind=NoticeKind.TASK).mail == "none"

    client.post(PAGE, fields())
    builders.on_approval(world)
    newest = Notice.objects.filter(user=world.supervisor, kind=NoticeKind.TASK).first()
    assert newest is not None
    assert newest.mail == "queued"


def test_budget_items_are_added_renamed_closed_and_offered_again(world: World) -> None:
    client = logged_in(world.admin)
    assert client.post("/settings/categories/", {"name": " Аренда  склада "}).status_code == 303
    row = Category.objects.get(name="Аренда склада")
    again = client.post("/settings/categories/", {"name": "аренда склада"})
    assert again.status_code == 422
    assert again.context["form"].errors.keys() == {"name"}

    page = f"/settings/categories/{row.pk}/"
    assert client.post(page, {"name": "Аренда"}).status_code == 303
    client.post(f"{page}open/", {"is_open": "0"})
    row.refresh_from_db()
    assert (row.name, row.is_active) == ("Аренда", False)
    client.post(f"{page}open/", {"is_open": "1"})
    row.refresh_from_db()
    assert row.is_active
    kinds = list(SettingsEvent.objects.order_by("seq").values_list("kind", flat=True))
    assert kinds == [f"category.{did}" for did in ("added", "renamed", "closed", "reopened")]


def test_one_more_organisation_of_ours_with_an_account(world: World) -> None:
    client = logged_in(world.admin)
    typed = {"kind": "foreign", "name": "Lark Ltd", "is_own": "1"}

    answer = client.post("/settings/organisations/new/", typed)

    made = Company.objects.get(name="Lark Ltd")
    assert made.is_own
    assert answer["Location"] == made.get_absolute_url()
    page = client.get("/settings/organisations/").content.decode()
    assert f'data-pk="{made.pk}"' in page
    assert f'data-pk="{world.payer.pk}"' in page
    assert f"/companies/{made.pk}/accounts/new/" in page


@pytest.mark.parametrize(
    "address", ["organisation", "organisations", "organisations/new", "categories"]
)
def test_nobody_else_enters(address: str, world: World) -> None:
    assert logged_in(world.accountant).get(f"/settings/{address}/").status_code == 403
