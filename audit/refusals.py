"""How a service says no. The view turns each into its answer; the reason is text for the person."""

from __future__ import annotations

from collections.abc import Mapping


class Refused(Exception):
    """The decision was not taken and nothing was written."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Forbidden(Refused):
    """This person may see it and may not do this (403)."""


class Conflict(Refused):
    """Its state does not allow this (any more): the reason says who decided what, and when (409)."""


class Invalid(Refused):
    """What was given does not fit: `errors` maps a field's name, or "__all__", to messages (422)."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        super().__init__(" ".join(message for messages in errors.values() for message in messages))
        self.errors = dict(errors)


def refuse_if(refusal: Refused | None) -> None:
    """Raise what a policy answered, if it answered anything."""
    if refusal is not None:
        raise refusal
