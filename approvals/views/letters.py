"""Letters to contacts: what was sent, what became of it, and what can be done about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from approvals import policies, selectors, services
from approvals.views.http import BIGGEST_PK, form_key_of, redirect_303, require_POST, require_safe
from documents.models import LinkVisit
from documents.selectors import link_state, visits_of
from notifications.models import Letter, LetterState
from notifications.presenters import (
    letter_event_text,
    letter_problem,
    letter_state_text,
    read_state_text,
    render_letter,
)
from notifications.selectors import letter_events

# The letter carries its own styles, as mail must; shown in a frame that may do nothing else.
LETTER_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox"
VISITS_SHOWN = 50


@dataclass(frozen=True)
class LetterRow:
    """A letter as a line on a card."""

    letter: Letter
    state: str
    read: str
    problem: str
    request_id: int


@dataclass(frozen=True)
class LetterLine:
    """One line of a letter's history: its own events and the visits of its page, in one order."""

    at: datetime
    text: str
    who: str = ""


def letter_rows(letters: Iterable[Letter]) -> list[LetterRow]:
    """Letters of a selector that reads `read_state`, worded for cards."""
    return [
        LetterRow(
            letter,
            letter_state_text(letter),
            read_state_text(letter.read_state),  # type: ignore[attr-defined]
            letter_problem(letter),
            letter.context.get("request_id", 0),
        )
        for letter in letters
    ]


@require_safe
def letter_card(request: HttpRequest, pk: int) -> HttpResponse:
    """The letter as it went, with dead links; `?part=html` is what its frame shows."""
    letter = _visible_or_404(request, pk)
    if request.GET.get("part") == "html":
        return _letter_html(letter)
    payment_request = selectors.request_of_letter(letter.pk)
    if payment_request is None:
        raise Http404
    return render(
        request,
        "approvals/letters/card.html",
        {
            "letter": letter,
            "row": letter_rows([letter])[0],
            "payment_request": payment_request,
            "rendered": render_letter(letter, live=False),
            "attachments": letter.attachments.all(),
            "lines": _history(letter),
            "link_state": link_state(letter.share_link),
            "why_not": policies.why_not_handle_letters(payment_request, request.user),
            "can_retry": letter.state == LetterState.FAILED or letter.waiting_for_files,
            "can_go_without": not letter.without_attachment and _has_files(letter),
        },
    )


@require_POST
def letter_retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Send it again; `without_attachment=1` sends it with the link alone."""
    letter = _visible_or_404(request, pk)
    services.retry_letter(
        letter_id=letter.pk,
        actor=request.user,
        without_attachment=request.POST.get("without_attachment") == "1",
        form_key=form_key_of(request),
    )
    messages.success(request, _("The letter is queued again"))
    return redirect_303("approvals:letter", letter.pk)


@require_POST
def letter_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Close the contact's page that this letter leads to."""
    letter = _visible_or_404(request, pk)
    services.revoke_letter_link(letter_id=letter.pk, actor=request.user)
    messages.success(request, _("Link revoked"))
    return redirect_303("approvals:letter", letter.pk)


def _has_files(letter: Letter) -> bool:
    """Whether it has files, or waits for one that has not come yet."""
    return bool(letter.context.get("files_expected")) or letter.attachments.exists()


def _letter_html(letter: Letter) -> HttpResponse:
    html = render_letter(letter, live=False).html
    return HttpResponse(html, headers={"Content-Security-Policy": LETTER_POLICY})


def _visible_or_404(request: HttpRequest, pk: int) -> Letter:
    letter = selectors.letter_visible_to(request.user, pk) if pk <= BIGGEST_PK else None
    if letter is None:
        raise Http404
    return letter


def _history(letter: Letter) -> list[LetterLine]:
    lines = [
        LetterLine(
            event.at, letter_event_text(event), event.actor.short_name if event.actor else ""
        )
        for event in letter_events(letter)
    ]
    for visit in visits_of(letter.share_link).order_by("-at")[:VISITS_SHOWN]:
        text = str(LinkVisit.What(visit.what).label)
        if visit.document:
            text = f"{text}: {visit.document.original_name}"
        lines.append(LetterLine(visit.at, text))
    return sorted(lines, key=lambda line: line.at, reverse=True)
