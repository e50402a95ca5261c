"""Trying the way out of the program: a test letter, and whether the storage keeps what it is given."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_ratelimit.core import is_ratelimited

from approvals import policies
from approvals.services import settings as services
from approvals.views.errors import too_many
from approvals.views.http import (
    get_visible_or_404,
    redirect_303,
    render_form,
    require_POST,
    require_safe,
)
from audit.refusals import refuse_if
from notifications import services as notifications
from notifications.models import TestLetter
from notifications.presenters import reason_text, test_letter_advice
from people.fields import FormKeyField

# Letters to addresses that somebody types.
LETTERS = "20/h"


class TestLetterForm(forms.Form):
    """Where a test letter goes."""

    to_email = forms.EmailField(
        label=gettext_lazy("address"), widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    form_key = FormKeyField()


@require_safe
def checks(request: HttpRequest) -> HttpResponse:
    """Both, with the newest test letter of this person."""
    refuse_if(policies.why_not_administer(request.user))
    return _page(request, TestLetterForm(initial={"to_email": request.user.email}))


@require_POST
def letter_send(request: HttpRequest) -> HttpResponse:
    """A test letter into the outbox; the page then watches it."""
    refuse_if(policies.why_not_administer(request.user))
    form = TestLetterForm(request.POST)
    if not form.is_valid():
        return _page(request, form)
    if is_ratelimited(
        request,
        group="test-letter",
        key=lambda *_: str(request.user.pk),
        rate=LETTERS,
        increment=True,
    ):
        return too_many(request)
    notifications.queue_test_letter(actor=request.user, **form.cleaned_data)
    return redirect_303("approvals:checks")


@require_safe
def letter(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the page that says how far the letter is."""
    refuse_if(policies.why_not_administer(request.user))
    row = get_visible_or_404(TestLetter.objects.filter(asked_by=request.user), pk)
    return render(request, "approvals/settings/_test_letter.html", _told(row))


@require_POST
def storage(request: HttpRequest) -> HttpResponse:
    """Try the storage now: its client gives up by itself within seconds."""
    refuse_if(policies.why_not_administer(request.user))
    words, advice = services.check_storage(actor=request.user)
    if words:
        said = _("The storage keeps nothing: %(words)s") % {"words": words}
        messages.error(request, f"{said}. {advice}")
    else:
        messages.success(request, _("The storage is in order: written, read back and deleted."))
    return redirect_303("approvals:checks")


def _page(request: HttpRequest, form: TestLetterForm) -> HttpResponse:
    user = request.user
    newest = TestLetter.objects.filter(asked_by=user).order_by("-pk").first()
    context = {
        "form": form,
        "sender": settings.DEFAULT_FROM_EMAIL,
        "is_s3": settings.USES_S3,
        **(_told(newest) if newest else {"letter": None, "goes_nowhere": _goes_nowhere()}),
    }
    return render_form(request, "approvals/settings/checks.html", context)


def _told(row: TestLetter) -> dict[str, object]:
    words = {"problem": reason_text(row.last_error), "advice": test_letter_advice(row)}
    return {"letter": row, "goes_nowhere": _goes_nowhere(), **words}


def _goes_nowhere() -> bool:
    """Whether letters are files of this machine."""
    return bool(settings.EMAIL_BACKEND.endswith("EmlBackend"))
