"""What the menu of every page shows: where one is, how many tasks wait, how much news there is."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from approvals import selectors

SECTIONS = {
    "dashboard": "dashboard",
    "tasks": "tasks",
    "notices": "notices",
    "board": "board",
    "board_move": "board",
    "calendar": "calendar",
    "plan": "calendar",
    "registers": "calendar",
    "register": "calendar",
    "register_new": "calendar",
    "me": "me",
    "companies": "companies",
    "company_new": "companies",
    "company": "companies",
    "company_edit": "companies",
    "account_new": "companies",
    "contact_new": "companies",
    "contact": "companies",
    "contact_edit": "companies",
    "requests": "requests",
    "request_new": "requests",
    "request_several": "requests",
    "request": "requests",
    "request_edit": "requests",
    "letter": "requests",
    "search": "search",
    "registry_filter": "requests",
    "registry_totals": "requests",
    "exports": "requests",
}


def menu(request: HttpRequest) -> dict[str, Any]:
    """One small query, and only when a page with a menu is drawn for a person."""
    match = request.resolver_match
    page = match.url_name or "" if match else ""
    section = SECTIONS.get(page, "")
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"menu_section": section, "menu_page": page}
    counts = SimpleLazyObject(lambda: selectors.menu_counts(user))
    return {
        "menu_section": section,
        "menu_page": page,
        "menu_tasks": SimpleLazyObject(lambda: counts["tasks"]),
        "menu_unread": SimpleLazyObject(lambda: counts["unread"]),
    }
