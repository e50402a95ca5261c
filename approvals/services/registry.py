"""Keeping how a person looks at the registry: columns, order, filters with a name."""

from __future__ import annotations

import datetime

from django.db import transaction
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals import policies
from approvals.columns import COLUMNS, chosen
from approvals.models import RegistryLook, SavedView
from approvals.registry import SORTS, filter_of, with_moving_days
from audit.refusals import Invalid, refuse_if
from people.models import User

MOST_VIEWS = 30
LONGEST_NAME = 60
LONGEST_QUERY = 2000


@transaction.atomic
def keep_columns(*, actor: User, columns: list[str]) -> RegistryLook:
    """The columns that the person wants to see; none of them brings the usual ones back."""
    known = [code for code in columns if code in COLUMNS]
    codes = [column.code for column in chosen(known)] if known else []
    look, _is_new = RegistryLook.objects.update_or_create(user=actor, defaults={"columns": codes})
    return look


@transaction.atomic
def keep_sort(*, actor: User, sort: str) -> RegistryLook:
    """The order in which the person wants to see requests. Raises Invalid for one that there is not."""
    if sort not in SORTS:
        raise Invalid({"sort": [_("The list is not sorted by this.")]})
    look, _is_new = RegistryLook.objects.update_or_create(user=actor, defaults={"sort": sort})
    return look


@transaction.atomic
def save_view(
    *,
    actor: User,
    name: str,
    query: str,
    is_shared: bool = False,
    days_move: bool = False,
    now: datetime.datetime | None = None,
) -> SavedView:
    """Give a filter a name; the person's view of the same name becomes this one. Raises Invalid.

    With `days_move` its days are kept as distances from today, in the organisation's time zone.
    """
    now = now or timezone.now()
    # NUL is a gap as spaces are: PostgreSQL keeps none.
    name = " ".join(name.replace("\x00", " ").split())
    conditions = QueryDict(query)
    kept = (
        with_moving_days(conditions, timezone.localdate(now))
        if days_move
        else filter_of(conditions).urlencode()
    )
    if not name:
        raise Invalid({"name": [_("Give the view a name.")]})
    if len(name) > LONGEST_NAME:
        raise Invalid({"name": [_("A shorter name: 60 characters at most.")]})
    if len(kept) > LONGEST_QUERY:
        raise Invalid({"name": [_("This filter is too long to be saved.")]})
    others = SavedView.objects.filter(owner=actor).exclude(name=name)
    if others.count() >= MOST_VIEWS:
        raise Invalid({"name": [_("30 views at most: delete one first.")]})
    view, _is_new = SavedView.objects.update_or_create(
        owner=actor,
        name=name,
        defaults={"query": kept, "is_shared": is_shared},
        create_defaults={"query": kept, "is_shared": is_shared, "created_at": now},
    )
    return view


@transaction.atomic
def delete_view(*, view: SavedView, actor: User) -> None:
    """Forget a saved view. Raises Forbidden: it is somebody else's."""
    refuse_if(policies.why_not_delete_view(view, actor))
    view.delete()
