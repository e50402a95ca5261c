"""The amount of a request's form in words, and its VAT, to check figures against while one types."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from approvals.forms.words import WordsForm
from approvals.models import PaymentRequest
from approvals.vat import NO_VAT, vat_inside
from approvals.views.http import require_safe
from approvals.views.wording import vat_text
from people.amount_words import amount_in_words


@require_safe
def amount_words(request: HttpRequest) -> HttpResponse:
    """One line; empty for what is no amount yet."""
    return render(request, "approvals/requests/_words.html", {"words": words_of(request.GET)})


def words_of(typed: Any) -> str:
    """Of a form's values: 'Forty-nine thousand and fifty roubles 00 kopecks, VAT 22% included: …'."""
    form = WordsForm(typed)
    if not form.is_valid():
        return ""
    asked = form.cleaned_data
    currency, rate = asked["currency"] or "RUB", asked["vat_rate"] or NO_VAT
    vat = asked["vat_amount"]
    if vat is None:
        vat = vat_inside(asked["amount"], rate)
    it = PaymentRequest(currency=currency, vat_rate=rate, vat_amount=vat)
    return f"{amount_in_words(asked['amount'], currency)}, {vat_text(it)}"
