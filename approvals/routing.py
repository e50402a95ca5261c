"""Who decides about a person's requests."""

from __future__ import annotations

from people.models import User
from people.selectors import approver_chain


def find_approver(author: User, *, default_approver: User | None) -> User | None:
    """The author's supervisor; else the head of the department, upwards; else the default approver.

    Whoever is inactive, or is the author, is passed over. None where nobody is left: a request is then
    refused, never approved by itself.
    """
    candidates = [
        *approver_chain(author),
        *([default_approver] if default_approver else []),
    ]
    for candidate in candidates:
        if candidate.is_active and candidate.pk != author.pk:
            return candidate
    return None
