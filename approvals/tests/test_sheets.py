"""The public page of an approval sheet: genuine, replaced, not in force, tampered with, unknown."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import Client

from approvals import services
from approvals.models import PaymentRequest
from approvals.tests import builders
from approvals.tests.builders import World
from approvals.tests.pages import handle, logged_in
from documents.models import Paper
from documents.printing import token_for
from people.models import User


def sheet_of(payment_request: PaymentRequest) -> Paper:
    return Paper.objects.get(
        document__folder=payment_request.folder, document__kind="approval_sheet", version=1
    )


def page(paper: Paper, client: Client | None = None) -> str:
    return f"/sheets/{token_for(paper)}/"


def state(paper: Paper) -> str:
    return handle(Client().get(page(paper)), "sheet")["data-state"]


def test_a_genuine_sheet_says_what_it_says_and_sets_no_cookie(world: World) -> None:
    made = builders.approved(world)
    response = Client().get(page(sheet_of(made)))

    assert response.status_code == 200
    assert handle(response, "sheet")["data-state"] == "genuine"
    text = response.content.decode()
    for fact in ("49\u00a0050,00\u00a0₽", "ООО «Канцверба»", world.supervisor.short_name):
        assert fact in text
    # The account, the purpose and reasons are nobody's business who found a print.
    for secret in (world.account.number, made.purpose, "manager@"):
        assert secret not in text
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert response["Referrer-Policy"] == "no-referrer"
    assert "no-store" in response["Cache-Control"]
    assert not response.cookies


def test_it_stays_genuine_when_it_is_paid(world: World) -> None:
    assert state(sheet_of(builders.paid(world))) == "genuine"


def test_a_newer_version_takes_its_place(world: World) -> None:
    made = builders.approved(world)
    services.update_company(company_id=world.company.pk, actor=world.manager, name="ООО «Иное»")

    assert state(sheet_of(made)) == "replaced"


def test_a_request_that_went_back_is_no_longer_approved(world: World) -> None:
    made = builders.approved(world)
    services.return_to_author(
        payment_request_id=made.pk, actor=world.accountant, reason="Нет договора"
    )

    assert state(sheet_of(made)) == "not_in_force"


def test_what_was_changed_behind_our_back_shows(world: World) -> None:
    paper = sheet_of(builders.approved(world))
    values = dict(paper.values)
    for changed in (
        {"amount": "1,00 ₽"},
        {"chain": {**values["chain"], "hash": "0" * 64}},
    ):
        Paper.objects.filter(pk=paper.pk).update(values={**values, **changed})
        assert state(paper) == "changed"
    Paper.objects.filter(pk=paper.pk).update(values=values)
    assert state(paper) == "genuine"


@pytest.mark.parametrize("token", ["none", "A" * 43, "%00", "я" * 20])
def test_an_unknown_code_is_404(token: str, db: None) -> None:
    response = Client().get(f"/sheets/{token}/")

    assert response.status_code == 404
    assert handle(response, "public-shut")["data-code"] == "404"


def test_visits_are_limited_and_posting_is_not_a_visit(world: World) -> None:
    cache.clear()
    address = page(sheet_of(builders.approved(world)))
    client = Client()
    assert client.post(address).status_code == 405
    answers = [client.get(address).status_code for _time in range(61)]

    assert (answers[0], answers[-1]) == (200, 429)


def test_who_is_logged_in_sees_the_same(world: World) -> None:
    paper = sheet_of(builders.approved(world))
    staff: User = world.auditor

    assert handle(logged_in(staff).get(page(paper)), "sheet")["data-state"] == "genuine"
