"""One search over everything that has a page: requests, counterparties, contacts, documents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode

from approvals import search, selectors
from approvals.models import PaymentRequest
from approvals.near_spelling import near_spelling
from approvals.search_window import hits_of
from approvals.views.http import require_safe
from approvals.views.rows import request_rows

# What one looks through at a glance; the rest is in the lists behind.
SHOWN = 8
LONGEST = 200


@dataclass(frozen=True)
class Found:
    """The best of one kind, and whether there are more."""

    rows: list[Any]
    has_more: bool


@require_safe
def search_everything(request: HttpRequest) -> HttpResponse:
    """`?q=`: what of each kind fits, of what this person may see, or what is nearly so spelt."""
    q = request.GET.get("q", "").strip()[:LONGEST]
    found = _found(request, q) if q else {}
    near = near_spelling(q) if found.get("is_empty") else ""
    if near:
        found = _found(request, near)
    context = {"q": q, "query": urlencode({"q": near or q}), "near": near}
    return render(request, "approvals/search.html", context | found)


def _found(request: HttpRequest, q: str) -> dict[str, Any]:
    access = PaymentRequest.objects.access_of(request.user)
    asked = search.Search(q)
    hits = hits_of(request.user, asked, Q(), access=access)
    requests = _best(selectors.for_list(search.best_first(hits.rows(), asked)))
    found = {
        "requests": Found(request_rows(requests.rows), requests.has_more),
        "companies": _best(search.find_companies(q).select_related("folder")),
        "contacts": _best(search.find_contacts(q)),
        "documents": _first(search.find_documents(q, request.user, access, SHOWN + 1)),
    }
    return {"found": found, "is_empty": not any(group.rows for group in found.values())}


def _best(rows: QuerySet[Any]) -> Found:
    return _first(list(rows[: SHOWN + 1]))


def _first(first: list[Any]) -> Found:
    return Found(first[:SHOWN], len(first) > SHOWN)
