"""Documents of requests: handing one over, and adding one."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _

from approvals import policies, selectors, services
from approvals.document_forms import DocumentForm
from approvals.models import PaymentRequest
from approvals.registers import register_of
from approvals.views.http import (
    BIGGEST_PK,
    add_errors,
    get_visible_or_404,
    redirect_303,
    require_POST,
    require_safe,
)
from approvals.views.request_card import render_card
from audit.refusals import Invalid, refuse_if
from documents import downloads


@require_safe
def document(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The file, to whoever may see the request in whose folder it lies."""
    found = selectors.document_visible_to(request.user, pk) if pk <= BIGGEST_PK else None
    if found is None:
        raise Http404
    return downloads.response(request, found)


@require_POST
def document_add(request: HttpRequest, pk: int) -> HttpResponse:
    """One more document; who may not add it is told before the file is kept."""
    payment_request = get_visible_or_404(PaymentRequest.objects.visible_to(request.user), pk)
    kind = request.POST.get("kind", "")
    refuse_if(policies.why_not_add_document(payment_request, request.user, kind=kind))
    form = DocumentForm(request.POST, request.FILES, user=request.user)
    if form.is_valid():
        try:
            services.add_document(
                payment_request_id=pk, actor=request.user, **form.service_fields()
            )
            messages.success(request, _("Document added"))
            return redirect_303(payment_request)
        except Invalid as refusal:
            add_errors(form, refusal)
    return render_card(request, payment_request, status=422, document_form=form)


@require_POST
def paper_retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Make one of our own papers again, when it could not be made or waits."""
    found = selectors.document_visible_to(request.user, pk) if pk <= BIGGEST_PK else None
    if found is None:
        raise Http404
    if (register := register_of(found)) is not None:
        if services.retry_register(document=found, actor=request.user):
            messages.info(request, _("The document is being made again"))
        return redirect_303("approvals:register", register.day_on.isoformat())
    payment_request = found.folder.payment_request
    if services.retry_paper(
        payment_request_id=payment_request.pk, document=found, actor=request.user
    ):
        messages.info(request, _("The document is being made again"))
    return redirect_303(payment_request)
