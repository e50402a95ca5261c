"""A file survives a form that fails, without JavaScript."""

from typing import Any

import pytest
from django import forms
from django.http import QueryDict
from django.utils import translation
from django.utils.datastructures import MultiValueDict

from documents import services
from documents.forms import DocumentField, UploadMixin
from documents.models import Upload
from documents.tests import builders as b

pytestmark = pytest.mark.django_db


class RequestForm(UploadMixin, forms.Form):
    amount = forms.DecimalField()
    invoice = DocumentField(label="invoice")
    payment_order = DocumentField(label="payment order", required=True)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.uploads["invoice"] is None:
            self.add_error("invoice", "the invoice is missing")
        return cleaned


def form(files: dict[str, Any] | None = None, **data: str) -> RequestForm:
    posted = QueryDict(mutable=True)
    posted.update(data)
    chosen = MultiValueDict({name: [file] for name, file in (files or {}).items()})
    return RequestForm(posted, chosen, user=b.person())


def test_files_are_received_with_the_form() -> None:
    filled = form({"invoice": b.chosen(), "payment_order": b.chosen("п-п.pdf")}, amount="1")

    assert filled.is_valid(), filled.errors
    assert filled.uploads["invoice"].original_name == "Счёт № 643.pdf"
    assert filled.uploads["payment_order"].original_name == "п-п.pdf"


def test_a_file_need_not_be_chosen_again_after_a_mistake_elsewhere() -> None:
    failed = form({"invoice": b.chosen(), "payment_order": b.chosen("п-п.pdf")}, amount="much")
    assert set(failed.errors) == {"amount"}
    html = str(failed["invoice"])
    kept = Upload.objects.get(original_name="Счёт № 643.pdf")
    assert f'<input type="hidden" name="invoice_ref" value="{kept.ref}">' in html
    assert "Счёт № 643.pdf" in html
    assert "required" not in str(failed["payment_order"])

    order = failed.uploads["payment_order"]
    again = form(amount="1", invoice_ref=str(kept.ref), payment_order_ref=str(order.ref))

    assert again.is_valid(), again.errors
    assert again.uploads == {"invoice": kept, "payment_order": order}
    assert Upload.objects.count() == 2


def test_a_new_file_takes_the_place_of_the_one_carried_along() -> None:
    kept = b.received("old.pdf")

    filled = form(
        {"invoice": b.chosen("new.pdf"), "payment_order": b.chosen()},
        amount="1",
        invoice_ref=str(kept.ref),
    )

    assert filled.is_valid()
    assert filled.uploads["invoice"].original_name == "new.pdf"


def test_a_file_that_is_refused_is_an_error_at_its_field() -> None:
    with translation.override("en"):
        failed = form(
            {"invoice": b.chosen("a.pdf", b.PNG), "payment_order": b.chosen()}, amount="1"
        )
        assert failed.errors["invoice"][0] == "Its content is not PDF."
    assert "invoice_ref" not in str(failed["invoice"])
    assert "payment_order_ref" in str(failed["payment_order"])


def test_an_empty_file_is_an_error_in_our_words() -> None:
    with translation.override("en"):
        failed = form({"invoice": b.chosen("a.pdf", b""), "payment_order": b.chosen()}, amount="1")
        assert failed.errors["invoice"][0] == "Empty."


def test_a_required_file_that_is_missing_is_an_error() -> None:
    assert set(form(amount="1").errors) == {"invoice", "payment_order"}


@pytest.mark.parametrize("ref", ["nonsense", "00000000-0000-4000-8000-000000000000"])
def test_a_reference_to_nothing_asks_for_the_file_again(ref: str) -> None:
    with translation.override("en"):
        failed = form({"payment_order": b.chosen()}, amount="1", invoice_ref=ref)
        assert failed.errors["invoice"][0] == "This file is no longer waiting: choose it again."


def test_somebody_elses_reference_is_nothing() -> None:
    theirs = services.receive_upload(file=b.chosen(), user=b.person("another"))

    failed = form({"payment_order": b.chosen()}, amount="1", invoice_ref=str(theirs.ref))

    assert "invoice" in failed.errors
    assert failed.uploads["invoice"] is None


def test_a_fresh_form_tells_the_script_the_limit(settings) -> None:
    settings.MAX_UPLOAD_MB = 7

    html = str(RequestForm(user=b.person())["payment_order"])

    assert f'data-max-bytes="{7 * 1024 * 1024}"' in html
    assert 'accept=".pdf,' in html
    assert "required" in html


def test_a_forms_prefix_holds_for_the_reference_too() -> None:
    kept = b.received()

    bound = RequestForm({"p-invoice_ref": str(kept.ref)}, {}, user=b.person(), prefix="p")

    assert bound.uploads["invoice"] == kept
    assert 'name="p-invoice_ref"' in str(bound["invoice"])
