"""Several decisions at once: each is taken, or refused, by itself."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from approvals.models import ApprovalTask
from approvals.services.decisions import approve
from audit.refusals import Refused
from people.models import User


@dataclass(frozen=True)
class Outcome:
    """What came of one task: `refusal` says why not, or is None."""

    task: ApprovalTask
    refusal: Refused | None = None


def approve_together(
    *,
    tasks: Iterable[ApprovalTask],
    actor: User,
    form_key: UUID | None = None,
    now: datetime.datetime | None = None,
) -> list[Outcome]:
    """Approve each in a transaction of its own, by the service that guards a single approval.

    What one of them is refused for stops no other. The caller has found the tasks among what the actor sees.
    """
    outcomes = []
    for task in sorted(tasks, key=lambda task: task.pk):
        try:
            approve(task_id=task.pk, actor=actor, form_key=form_key, now=now)
            outcomes.append(Outcome(task))
        except Refused as refusal:
            outcomes.append(Outcome(task, refusal))
    return outcomes
