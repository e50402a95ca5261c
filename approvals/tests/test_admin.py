"""Settings and budget items in the admin: administrators change them, nobody else enters."""

from __future__ import annotations

from approvals.models import Category, OrganisationSettings
from approvals.selectors import organisation_settings
from approvals.tests.builders import World
from approvals.tests.pages import logged_in

SETTINGS = "/admin/approvals/organisationsettings/"


def test_the_settings_open_at_once_and_are_saved(world: World) -> None:
    client = logged_in(world.admin)
    page = client.get(SETTINGS, follow=True)

    response = client.post(
        f"{SETTINGS}1/change/",
        {
            "default_approver": world.director.pk,
            "accept_label_ru": "Принять и передать в оплату",
            "accept_label_en": "Accept and pass to payment",
            "invoice_required": "on",
            "paper_language": "en",
            "share_link_days": "30",
        },
    )

    row = organisation_settings()
    assert page.status_code == 200
    assert response.status_code == 302
    assert (row.acceptance_step, row.share_link_days) == (False, 30)
    assert OrganisationSettings.objects.count() == 1
    assert client.get(f"{SETTINGS}add/").status_code == 403


def test_budget_items_are_added_and_never_deleted(world: World) -> None:
    client = logged_in(world.admin)

    client.post("/admin/approvals/category/add/", {"name": "Аренда", "is_active": "on"})

    added = Category.objects.get(name="Аренда")
    assert client.get("/admin/approvals/category/").status_code == 200
    assert client.post(f"/admin/approvals/category/{added.pk}/delete/").status_code == 403


def test_nobody_else_enters(world: World) -> None:
    for person in (world.manager, world.accountant, world.auditor, world.director):
        assert logged_in(person).get(SETTINGS).status_code in (302, 403)
