"""Which papers are drawn up with which decision, when anew, and when never again."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone, translation

from approvals import services
from approvals.models import Event, PaymentRequest
from approvals.papers import KINDS, fields_for, values_for
from approvals.selectors import organisation_settings
from approvals.states import UNDO_FOR
from approvals.tests import builders
from approvals.tests.builders import World
from audit.refusals import Forbidden
from documents import papers
from documents.models import Document, DocumentKind, DocumentState, Paper
from tests.worker import work

REQUEST, SHEET = DocumentKind.PAYMENT_REQUEST, DocumentKind.APPROVAL_SHEET


def papers_of(payment_request: PaymentRequest, kind: str) -> list[Paper]:
    found = Paper.objects.filter(document__folder=payment_request.folder, document__kind=kind)
    return list(found.select_related("document").order_by("version"))


def test_the_request_is_drawn_up_when_it_is_sent_and_not_before(world: World) -> None:
    made = builders.draft(world)
    assert not Paper.objects.exists()

    services.submit(payment_request_id=made.pk, actor=world.manager)

    [paper] = papers_of(made, REQUEST)
    assert paper.document.original_name == f"Заявка на оплату № {made.pk}.pdf"
    assert (paper.language, paper.version, paper.page_path) == ("ru", 1, "")
    assert (paper.document.state, paper.document.uploaded_by) == (DocumentState.MAKING, None)
    assert papers_of(made, SHEET) == []


def test_the_sheet_is_drawn_up_when_it_is_accepted(world: World) -> None:
    made = builders.waiting_for_acceptance(world)
    assert papers_of(made, SHEET) == []

    services.accept(task_id=builders.open_task(made).pk, actor=world.manager)

    [paper] = papers_of(made, SHEET)
    assert paper.page_path == "/sheets/{token}/"
    assert paper.values["result"] == "Согласовано к оплате"
    # Of the chain as it was at the decision; the paper's own event comes after it.
    [accepted] = Event.objects.filter(subject=made, kind="request.accepted")
    assert paper.values["chain"]["seq"] == accepted.seq
    assert paper.values["chain"]["hash"] == accepted.hash
    # Not before the decision can no longer be undone.
    assert paper.document.next_try_at == accepted.at + UNDO_FOR


def test_without_the_acceptance_step_the_approval_draws_up_the_sheet(world: World) -> None:
    organisation = organisation_settings()
    organisation.acceptance_step = False
    organisation.save()
    made = builders.on_approval(world)

    services.approve(task_id=builders.open_task(made).pk, actor=world.supervisor)

    assert len(papers_of(made, SHEET)) == 1


def test_its_event_holds_the_digest_of_what_it_says(world: World) -> None:
    made = builders.approved(world)
    [paper] = papers_of(made, SHEET)

    event = Event.objects.filter(subject=made, kind="paper.drawn_up").latest("seq")

    assert event.data["document_id"] == paper.document_id
    assert event.data["values_sha256"] == papers.digest_of(paper.values)


def test_a_decision_that_is_undone_takes_its_paper_back(world: World) -> None:
    made = builders.waiting_for_acceptance(world)
    task = builders.open_task(made)
    services.accept(task_id=task.pk, actor=world.manager)

    services.undo(task_id=task.pk, actor=world.manager)

    assert papers_of(made, SHEET) == []
    assert len(papers_of(made, REQUEST)) == 1
    services.accept(task_id=task.pk, actor=world.manager)
    [paper] = papers_of(made, SHEET)
    decisions = [line["decision"] for line in paper.values["rounds"][0]["decisions"]]
    assert decisions == [
        "Согласовано",
        "Принято и передано в оплату",
        "Решение отменено",
        "Принято и передано в оплату",
    ]


def test_a_rolled_back_decision_draws_nothing_up(world: World) -> None:
    made = builders.draft(world)
    with transaction.atomic():
        services.submit(payment_request_id=made.pk, actor=world.manager)
        transaction.set_rollback(True)

    assert not Paper.objects.exists()


def test_every_round_has_versions_of_its_own(world: World) -> None:
    made = builders.approved(world)
    services.return_to_author(
        payment_request_id=made.pk, actor=world.accountant, reason="Уточните договор"
    )
    services.update_draft(
        payment_request_id=made.pk, actor=world.manager, fields={"amount": Decimal("100.00")}
    )
    services.submit(payment_request_id=made.pk, actor=world.manager)
    services.approve(task_id=builders.open_task(made).pk, actor=world.supervisor, comment="Да")
    services.accept(task_id=builders.open_task(made).pk, actor=world.accountant)

    first, second = papers_of(made, REQUEST)
    assert second.document.original_name == f"Заявка на оплату № {made.pk}, версия 2.pdf"
    assert (first.values["amount"], second.values["amount"]) == (
        "49\u00a0050,00\u00a0₽",
        "100,00\u00a0₽",
    )
    _first, sheet = papers_of(made, SHEET)
    told = [
        (r["number"], d["decision"], d["who"], d["on_behalf_of"], d["reason"])
        for r in sheet.values["rounds"]
        for d in r["decisions"]
    ]
    supervisor, manager, accountant = (
        person.short_name for person in (world.supervisor, world.manager, world.accountant)
    )
    assert told == [
        (1, "Согласовано", supervisor, "", ""),
        (1, "Принято и передано в оплату", manager, "", ""),
        (1, "Возвращено автору бухгалтерией", accountant, "", "Уточните договор"),
        (2, "Согласовано", supervisor, "", "Да"),
        (2, "Принято и передано в оплату", accountant, manager, ""),
    ]


def test_corrected_requisites_make_new_versions_before_payment_and_none_after_it(
    world: World,
) -> None:
    live, paid, draft = builders.approved(world), builders.paid(world), builders.draft(world)
    part = builders.approved(world)
    builders.pay(world, part, Decimal("1.00"))

    services.update_company(
        company_id=world.company.pk, actor=world.manager, name="ООО «Канцверба плюс»"
    )

    for kind in (REQUEST, SHEET):
        first, second = papers_of(live, kind)
        assert first.values["payee"]["name"] == "ООО «Канцверба»"
        assert second.values["payee"]["name"] == "ООО «Канцверба плюс»"
        assert len(papers_of(paid, kind)) == len(papers_of(part, kind)) == 1
        assert papers_of(draft, kind) == []


def test_what_no_paper_says_makes_no_new_version(world: World) -> None:
    made = builders.approved(world)

    services.update_company(company_id=world.company.pk, actor=world.manager)
    services.update_company(
        company_id=world.other_company.pk, actor=world.manager, name="ООО «Иное»"
    )

    assert len(papers_of(made, REQUEST)) == len(papers_of(made, SHEET)) == 1


def test_papers_of_our_own_payer_follow_it_too(world: World) -> None:
    made = builders.on_approval(world)

    services.update_company(company_id=world.payer.pk, actor=world.admin, name="АО «Берег»")

    assert papers_of(made, REQUEST)[-1].values["payer"]["name"] == "АО «Берег»"


def test_the_language_of_our_papers_is_a_setting(world: World) -> None:
    organisation = organisation_settings()
    organisation.paper_language = "en"
    organisation.save()

    with translation.override("ru"):
        made = builders.on_approval(world)

    [paper] = papers_of(made, REQUEST)
    assert paper.document.original_name == f"Payment request No. {made.pk}.pdf"
    assert paper.values["amount"] == "RUB 49,050.00"


def test_what_is_approved_are_the_documents_that_others_brought(world: World) -> None:
    made = builders.approved(world)
    invoice = Document.objects.get(folder=made.folder, kind="invoice")
    [submitted] = Event.objects.filter(subject=made, kind="request.submitted")
    assert submitted.data["documents"] == [invoice.sha256]

    services.add_document(
        payment_request_id=made.pk,
        actor=world.manager,
        upload=builders.upload(world.manager, "Акт.pdf"),
        kind=DocumentKind.ACT,
    )

    [paper] = papers_of(made, SHEET)
    assert [line["sha256"] for line in paper.values["documents"]] == [invoice.sha256]


def test_a_paper_that_could_not_be_made_is_tried_again_by_whom_it_concerns(world: World) -> None:
    made = builders.on_approval(world)
    [paper] = papers_of(made, REQUEST)
    Document.objects.filter(pk=paper.document_id).update(
        state=DocumentState.FAULT, next_try_at=None, last_error="x"
    )

    with pytest.raises(Forbidden):
        services.retry_paper(
            payment_request_id=made.pk, document=paper.document, actor=world.supervisor
        )
    assert services.retry_paper(
        payment_request_id=made.pk, document=paper.document, actor=world.manager
    )

    work()
    [paper] = papers_of(made, REQUEST)
    assert paper.document.state == DocumentState.STORED


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", ["ru", "en"])
def test_the_declared_fields_are_those_that_there_are(
    kind: str, language: str, world: World
) -> None:
    """For a request in the middle of its life, and for a bare draft too."""
    whole = values_for(kind, _two_rounds(world), language)

    declared = {field.path for field in fields_for(kind)}
    assert _paths(whole) == declared
    bare = values_for(
        kind, builders.draft(world, invoice=False, payer=None, contact=None), language
    )
    assert _paths(bare) <= declared


def _two_rounds(world: World) -> PaymentRequest:
    made = builders.on_approval(world)
    services.return_for_changes(
        task_id=builders.open_task(made).pk, actor=world.supervisor, reason="Нет договора"
    )
    services.submit(payment_request_id=made.pk, actor=world.manager)
    services.approve(task_id=builders.open_task(made).pk, actor=world.supervisor)
    return services.accept(task_id=builders.open_task(made).pk, actor=world.manager)


def _paths(values: Any, prefix: str = "") -> set[str]:
    """The paths of all that is plain in it; a list of plain things is one field."""
    if isinstance(values, dict):
        return {
            path
            for key, value in values.items()
            for path in _paths(value, f"{prefix}.{key}" if prefix else key)
        }
    if values == []:
        return set()
    if isinstance(values, list) and isinstance(values[0], dict):
        return {path for value in values for path in _paths(value, f"{prefix}[]")}
    assert isinstance(values, str | int | bool | list), prefix
    return {prefix}


def test_values_do_not_depend_on_whoever_looks(world: World) -> None:
    made = builders.on_approval(world)
    with translation.override("en"), timezone.override("Asia/Vladivostok"):
        far_away = values_for("payment_request", made, "ru")
    here = values_for("payment_request", made, "ru")

    assert far_away["submitted_at"] == here["submitted_at"]
    assert far_away["amount"] == here["amount"]
