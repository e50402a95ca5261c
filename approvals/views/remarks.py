"""Remarks about a request as pages show them, and whom one may mention."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from approvals import policies
from approvals.audience import mentionable
from approvals.mentions import Part, parts_of
from approvals.models import Event, PaymentRequest
from people.models import User

# Whom the field offers; whoever has a longer list of colleagues types the name.
MOST_OFFERED = 200


@dataclass(frozen=True)
class Remark:
    """A comment, ready for the template."""

    who: str
    at: datetime.datetime
    parts: list[Part]
    is_mine: bool


def remarks_of(events: Iterable[Event], user: User) -> list[Remark]:
    """The comments among a request's events (their actors loaded), oldest first: one query for the names."""
    said = sorted(
        (event for event in events if event.kind == "comment.added"), key=lambda event: event.seq
    )
    keys = {key for event in said for key in event.data["mentions"]}
    people = User.objects.in_bulk(keys) if keys else {}
    return [
        Remark(
            event.actor.short_name if event.actor else _("the system"),
            event.at,
            parts_of(
                event.data["text"],
                [people[key] for key in event.data["mentions"] if key in people],
            ),
            event.actor_id == user.pk,
        )
        for event in said
    ]


def comment_context(it: PaymentRequest, events: Iterable[Event], user: User) -> dict[str, Any]:
    """What `_comments.html` shows: the remarks, whom one may mention, and whether one watches."""
    may_comment = policies.why_not_comment(it, user) is None
    return {
        "remarks": remarks_of(events, user),
        "may_comment": may_comment,
        "may_mention": mentionable(it, besides=user, most=MOST_OFFERED) if may_comment else [],
        "is_watched": it.watches.filter(user=user).exists(),
    }
