"""HTTP in few words, for every view: answers, refusals, and what one may not see.

A view lets `Forbidden` and `Conflict` go up: RefusalMiddleware turns them into their page. It
catches `Invalid` only to show the form again (`add_errors`, `render_form`).
"""

from __future__ import annotations

import uuid
from typing import Any, TypeVar

from django.core.exceptions import NON_FIELD_ERRORS
from django.db.models import Model, QuerySet
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render, resolve_url
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from audit.refusals import Forbidden, Invalid, Refused

__all__ = [
    "add_errors",
    "form_key_of",
    "get_or_post",
    "get_visible_or_404",
    "redirect_303",
    "render_form",
    "render_refusal",
    "require_POST",
    "require_safe",
    "vary_on_htmx",
]

M = TypeVar("M", bound=Model)

get_or_post = require_http_methods(["GET", "HEAD", "POST"])
vary_on_htmx = vary_on_headers("HX-Request")

BIGGEST_PK = 2**63 - 1


class SeeOther(HttpResponseRedirect):
    """303: the answer to a good POST is somewhere else, to be fetched by GET."""

    status_code = 303


def redirect_303(to: Any, *args: Any, **kwargs: Any) -> HttpResponse:
    """See an object's own page, a named page, or an address."""
    return SeeOther(resolve_url(to, *args, **kwargs))


def render_refusal(request: HttpRequest, refusal: Refused) -> HttpResponse:
    """The page that says why not: 403, 422, or 409."""
    if isinstance(refusal, Forbidden):
        status = 403
    elif isinstance(refusal, Invalid):
        status = 422
    else:
        status = 409
    return render(request, f"{status}.html", {"reason": refusal.reason}, status=status)


def render_form(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """A page with `form`: 422 when something in it is wrong."""
    return render(request, template, context, status=422 if context["form"].errors else 200)


def get_visible_or_404(queryset: QuerySet[M], pk: int) -> M:
    """The row, when the queryset (what this person may see) has it; else it does not exist."""
    if pk > BIGGEST_PK:
        raise Http404
    return get_object_or_404(queryset, pk=pk)


def form_key_of(request: HttpRequest) -> uuid.UUID | None:
    """The form's key; none (or a spoilt one) makes this a new attempt."""
    try:
        return uuid.UUID(request.POST.get("form_key", ""))
    except ValueError:
        return None


def add_errors(form: Form, refusal: Invalid) -> None:
    """What a service found wrong, at the fields that it names and one sees; the rest above the form."""
    for name, messages in refusal.errors.items():
        is_seen = name in form.fields and not form[name].is_hidden
        field = name if is_seen else NON_FIELD_ERRORS
        for message in messages:
            form.add_error(None if field == NON_FIELD_ERRORS else field, message)
