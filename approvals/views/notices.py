"""The bell: news for one person."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from approvals.views.http import redirect_303, require_POST, require_safe
from approvals.views.paging import page_of, query_without_page
from notifications.presenters import notice_text, notice_url
from notifications.selectors import notices_of, with_letters_as_they_are
from notifications.services import mark_notices_read


@require_safe
def notice_list(request: HttpRequest) -> HttpResponse:
    """One's own news, newest first; looking at it changes nothing."""
    page = page_of(request, notices_of(request.user))
    notices = with_letters_as_they_are(page.object_list)
    rows = [(notice, notice_text(notice), notice_url(notice)) for notice in notices]
    context = {"page": page, "rows": rows, "query": query_without_page(request)}
    return render(request, "approvals/notices/list.html", context)


@require_POST
def notices_read(request: HttpRequest) -> HttpResponse:
    """All of it is read."""
    mark_notices_read(user=request.user)
    return redirect_303("approvals:notices")
