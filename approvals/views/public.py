"""The contact's page: one payment and its documents, for whoever holds the letter's link.

Nobody logs in and no cookie is set: not for a language (it is the letter's), not for a form (there
is none). A GET changes nothing but the record of visits; a HEAD not even that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django_ratelimit.core import is_ratelimited

from approvals import selectors
from approvals.models import PaymentRequest
from approvals.states import Status
from approvals.views.http import BIGGEST_PK, require_safe
from documents import downloads
from documents.models import Document, DocumentKind, DocumentState, LinkVisit, ShareLink
from documents.selectors import link_state
from documents.services import find_link, record_visit
from notifications.models import Letter
from notifications.presenters import letter_rows
from people.formats import date_long, money

RATE = "60/m"
# Of payment orders, those that prove a payment: ours too, where there is no bank's copy.
SHOWN = Q(kind__in=[DocumentKind.INVOICE, DocumentKind.PAYMENT_NOTICE]) | Q(payment__isnull=False)


@dataclass(frozen=True)
class Door:
    """What an open link leads to."""

    link: ShareLink
    letter: Letter
    payment_request: PaymentRequest

    @property
    def documents(self) -> QuerySet[Document]:
        """The invoice, the payment orders and the notice of this request; nothing else of its folder."""
        return (
            Document.objects.filter(SHOWN, folder_id=self.payment_request.folder_id)
            .filter(paper__beside=None)  # what they get is the PDF
            .exclude(state__in=[DocumentState.MAKING, DocumentState.FAULT])
            .select_related("folder")
            .order_by("pk")
        )


def for_contacts(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """No log-in, a limited rate; 404 for no link, 410 for a shut one; the letter's language."""

    @wraps(view)
    def guarded(request: HttpRequest, token: str, **kwargs: int) -> HttpResponseBase:
        if request.session.is_empty():
            # Taking an ended session's cookie away would be setting one too.
            request.COOKIES.pop(settings.SESSION_COOKIE_NAME, None)
        if is_ratelimited(request, group="contact-page", key="ip", rate=RATE, increment=True):
            return private(_instead(request, 429))
        link = find_link(token)
        door = _door(link) if link else None
        if door is None:
            return private(_instead(request, 404))
        with translation.override(door.letter.language):
            is_live = link_state(door.link) == "live"
            response = view(request, door, **kwargs) if is_live else _instead(request, 410)
            response.headers["Content-Language"] = door.letter.language
        return private(response)

    return login_not_required(require_safe(guarded))


@for_contacts
def page(request: HttpRequest, door: Door) -> HttpResponse:
    """What was paid, when and by which order, and the documents."""
    _record(request, door, LinkVisit.What.PAGE)
    facts = door.letter.context
    return render(
        request,
        "approvals/public/page.html",
        {
            "facts": facts,
            "amount": money(facts["amount"], facts["currency"]),
            "rows": letter_rows(door.letter),
            "status": door.payment_request.status,
            "stage": _stage(door),
            "documents": door.documents,
            "token": request.resolver_match.kwargs["token"],
            "link_until": date_long(timezone.localdate(door.link.expires_at)),
        },
    )


@for_contacts
def document(request: HttpRequest, door: Door, pk: int) -> HttpResponseBase:
    """One of the documents that the page lists; a download is kept once, whatever its parts."""
    found = door.documents.filter(pk=pk).first() if pk <= BIGGEST_PK else None
    if found is None:
        return _instead(request, 404)
    response = downloads.response(request, found)
    is_beginning = request.headers.get("Range", "bytes=0-").startswith("bytes=0-")
    if is_beginning and response.status_code in (200, 206):
        _record(request, door, LinkVisit.What.DOWNLOAD, found)
    return response


def _door(link: ShareLink) -> Door | None:
    payment_request = selectors.request_of_share_link(link.pk)
    return Door(link, link.letter, payment_request) if payment_request else None


def _record(
    request: HttpRequest, door: Door, what: LinkVisit.What, document: Document | None = None
) -> None:
    if request.method == "GET":
        record_visit(
            link=door.link,
            what=what,
            document=document,
            by_staff=request.user.is_authenticated,
            now=timezone.now(),
        )


def _stage(door: Door) -> str:
    """Where the payment stands, and never who decides about it."""
    facts = door.letter.context
    match door.payment_request.status:
        case Status.PAID:
            return _("Paid on %(day)s") % {"day": date_long(facts["paid_on"])}
        case Status.APPROVED:
            day = date_long(door.payment_request.pay_by)
            return _("Approved, we will pay by %(day)s") % {"day": day}
        case Status.REFUSED | Status.CANCELLED:
            return _("%(manager)s will get in touch with you about this payment") % {
                "manager": facts["manager"]
            }
        case _other:
            return _("Being approved")


def _instead(request: HttpRequest, status: int) -> HttpResponse:
    """The page that says why there is nothing to see, with as little as its code."""
    return render(request, "approvals/public/shut.html", {"code": status}, status=status)


def private(response: HttpResponseBase) -> HttpResponseBase:
    """For this visitor alone: not for search engines, other sites, or caches on the way."""
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    patch_cache_control(response, private=True, no_store=True)
    return response
