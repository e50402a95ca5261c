"""The pages that are measured, for whom, and what each asks the database."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from approvals.models import PaymentRequest
from approvals.registry import decides
from people.models import User

ROLES = {"manager": "manager1", "supervisor": "supervisor1", "accountant": "accountant1"}


@dataclass(frozen=True)
class Page:
    """`name` is what its bar is found by."""

    role: str
    name: str
    path: str

    @property
    def key(self) -> str:
        return f"/{self.role}/{self.name}".replace(" ", "-")


def pages_of(role: str, user: User) -> list[Page]:
    """What this person opens every day."""
    visible = PaymentRequest.objects.visible_to(user)
    newest = visible.order_by("-pk")[3]
    registry = reverse("approvals:requests")
    pages = [Page(role, f"list: {name}", f"{registry}?{query}") for name, query in _views(user)]
    search = reverse("approvals:search")
    pages += [
        Page(role, "dashboard", reverse("approvals:dashboard")),
        Page(role, "calendar", reverse("approvals:calendar")),
        Page(role, "board", reverse("approvals:board")),
        Page(role, "inbox", reverse("approvals:tasks")),
        Page(role, "card", newest.get_absolute_url()),
        Page(role, "search: number", f"{search}?q={newest.pk}"),
        Page(role, "search: name", f"{search}?{urlencode({'q': _word(newest.company.name)})}"),
    ]
    return pages


def _views(user: User) -> list[tuple[str, str]]:
    """The registry's ready views (`approvals.views.registry`), as its links ask for them."""
    today = timezone.localdate()
    yesterday = today - datetime.timedelta(days=1)
    views = [("all", "")]
    if decides(user):
        views.append(("to decide", f"status=on_approval&assignee={user.pk}"))
    if user.is_manager:
        views.append(("mine", f"status=on_approval&author={user.pk}"))
    views += [
        ("to pay", f"status=approved&planned_from={today}&planned_to={today}"),
        ("overdue", f"status=on_approval&status=approved&pay_by_to={yesterday}"),
    ]
    if user.sees_everything:
        views.append(("no documents", "status=paid&closing=missing"))
    return views


def _word(name: str) -> str:
    """'вектор' of 'ООО «Вектор-Снаб»'."""
    return name.split("«")[-1].split("-")[0].lower()


def logged_in(user: User) -> Client:
    client = Client(HTTP_HOST="127.0.0.1")
    client.force_login(user, backend="people.auth.PeopleBackend")
    return client


def session_of(client: Client) -> tuple[str, str]:
    """The cookie that a browser would send."""
    name = settings.SESSION_COOKIE_NAME
    return name, client.cookies[name].value


def asked_by(client: Client, path: str) -> list[tuple[str, Any]]:
    """The statements of a page, in their order."""
    found: list[tuple[str, Any]] = []

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        found.append((str(sql), params))
        return execute(sql, params, many, context)

    client.get(path)  # what is asked once for a process is no part of a page
    with connection.execute_wrapper(note):
        response = client.get(path)
    assert response.status_code == 200, (path, response.status_code)
    return found


def readable(statements: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Those that read, which may be repeated as often as one likes."""
    return [
        (sql, _plain(params))
        for sql, params in statements
        if sql.lstrip().startswith(("SELECT", "WITH"))
    ]


def _plain(value: Any) -> Any:
    """Parameters without the product's own classes: another program runs them."""
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value.value if isinstance(value, Enum) else value
