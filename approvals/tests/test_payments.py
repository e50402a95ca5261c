"""Payments add up to the amount and never above it; the contact's letter goes once, with every order."""

from __future__ import annotations

import datetime
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from approvals import services
from approvals.models import Payment, PaymentRequest
from approvals.selectors import organisation_settings
from approvals.tests import builders
from approvals.tests.builders import World
from audit.refusals import Conflict, Forbidden, Invalid
from notifications.models import Letter, Notice

pytestmark = pytest.mark.django_db


def record(world: World, made: PaymentRequest, **changes: Any) -> Payment:
    given: dict[str, Any] = {
        "payment_request_id": made.pk,
        "actor": world.accountant,
        "paid_on": timezone.localdate(),
        "number": "373",
        "payment_order": builders.upload(world.accountant, "п-п.pdf"),
        **changes,
    }
    return services.record_payment(**given)


def test_two_parts_make_it_paid_and_one_letter_carries_both_orders(world: World) -> None:
    made = builders.approved(world)
    record(world, made, amount=Decimal("20000.00"), number="1")
    assert PaymentRequest.objects.get(pk=made.pk).status == "approved"
    assert not Letter.objects.exists()

    record(world, made, number="2")

    made = PaymentRequest.objects.get(pk=made.pk)
    assert (made.status, made.paid_amount) == ("paid", made.amount)
    letter = Letter.objects.get()
    assert letter.attachments.filter(kind="payment_order").count() == 2
    assert [p["number"] for p in letter.context["payments"]] == ["1", "2"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("amount", Decimal("49050.01")),
        ("amount", Decimal("0.00")),
        ("amount", Decimal("-1.00")),
        ("number", "0"),
        ("number", "1234567"),
        ("number", ""),
        ("number", "12а"),
        ("paid_on", datetime.date(2999, 1, 1)),
        ("payment_order", None),
    ],
)
def test_a_fault_is_named_at_its_field(world: World, field: str, value: object) -> None:
    made = builders.approved(world)

    with pytest.raises(Invalid) as refusal:
        record(world, made, **{field: value})

    assert set(refusal.value.errors) == {field}
    assert not Payment.objects.exists()


def test_the_payer_account_must_be_the_payers(world: World) -> None:
    made = builders.approved(world)

    with pytest.raises(Invalid) as refusal:
        record(world, made, payer_account=world.account)
    assert set(refusal.value.errors) == {"payer_account"}

    assert record(world, made).payer_account == world.payer_account


@pytest.mark.parametrize("who", ["manager", "supervisor", "director", "auditor", "admin"])
def test_only_accountants_record_payments(world: World, who: str) -> None:
    made = builders.approved(world)

    with pytest.raises(Forbidden):
        record(world, made, actor=getattr(world, who))


@pytest.mark.parametrize("walk", ["draft", "on_approval", "waiting_for_acceptance", "paid"])
def test_only_approved_requests_are_paid(world: World, walk: str) -> None:
    made = getattr(builders, walk)(world)
    before = Payment.objects.count()

    with pytest.raises(Conflict):
        record(world, made)

    assert Payment.objects.count() == before


def test_the_same_form_is_one_payment(world: World) -> None:
    made, key = builders.approved(world), uuid.uuid4()
    first = record(world, made, form_key=key)
    second = record(world, made, form_key=key)

    assert first == second
    assert Letter.objects.count() == 1


def test_the_key_of_another_requests_form_pays_this_one_anew(world: World) -> None:
    key = uuid.uuid4()
    payments = [record(world, builders.approved(world), form_key=key) for _request in range(2)]

    assert len({payment.payment_request_id for payment in payments}) == 2


def test_without_a_contact_with_an_email_the_author_is_told(world: World) -> None:
    world.contact.email = ""
    world.contact.save()
    builders.paid(world)

    assert not Letter.objects.exists()
    kinds = Notice.objects.filter(user=world.manager).values_list("kind", flat=True)
    assert set(kinds) == {"approved", "paid", "no_letter"}


def test_an_order_filed_later_goes_to_its_payment_and_to_the_letter(world: World) -> None:
    organisation = organisation_settings()
    organisation.payment_order_required = False
    organisation.save()
    made = builders.approved(world)
    payment = record(world, made, payment_order=None)
    assert not Letter.objects.get().attachments.filter(kind="payment_order").exists()

    services.add_document(
        payment_request_id=made.pk,
        actor=world.accountant,
        upload=builders.upload(world.accountant, "п-п.pdf"),
        kind="payment_order",
        payment_id=payment.pk,
    )

    payment = Payment.objects.get()
    assert payment.payment_order is not None
    attached = Letter.objects.get().attachments.exclude(kind="payment_notice")
    assert list(attached) == [payment.payment_order]
    with pytest.raises(Invalid):
        services.add_document(
            payment_request_id=made.pk,
            actor=world.accountant,
            upload=builders.upload(world.accountant, "ещё.pdf"),
            kind="payment_order",
            payment_id=payment.pk,
        )


def test_who_adds_documents(world: World) -> None:
    made = builders.on_approval(world)

    def add(who: str, kind: str = "contract") -> None:
        actor = getattr(world, who)
        services.add_document(
            payment_request_id=made.pk, actor=actor, upload=builders.upload(actor), kind=kind
        )

    for who in ("manager", "supervisor", "accountant"):
        add(who)
    for who in ("manager2", "auditor", "director", "admin"):
        with pytest.raises(Forbidden):
            add(who)
    with pytest.raises(Forbidden):
        add("manager", kind="payment_order")


def test_what_was_paid_before_the_morning_is_not_in_its_digest(world: World) -> None:
    made = builders.approved(world)
    other = builders.approved(world)
    record(world, made)

    waiting = Notice.objects.filter(user=world.accountant, mail="digest")
    assert [notice.context["request_id"] for notice in waiting] == [other.pk]
    assert Notice.objects.filter(user=world.accountant, kind="accepted").count() == 2


def test_an_organisation_does_not_pay_itself(world: World) -> None:
    with pytest.raises(Invalid) as refusal:
        builders.draft(world, company=world.payer, bank_account=None, contact=None)

    assert set(refusal.value.errors) == {"payer"}
