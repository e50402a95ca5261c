"""What a look-up brings: a party of the state's register, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from hashlib import sha256
from typing import Any, ClassVar, Protocol

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# A provider gives so many at once; what did not get in is asked for by its KPP.
MOST_AT_ONCE = 20


@dataclass(frozen=True)
class Party:
    """An organisation, a branch of one (the same INN, another KPP) or a sole proprietor.

    `state` is a code of models.RegisterState or ""; `is_invalid`: the tax service holds what the
    register says of it unreliable.
    """

    inn: str
    kpp: str
    ogrn: str
    name: str
    full_name: str
    address: str
    head: str
    head_post: str
    state: str
    is_invalid: bool
    is_person: bool
    is_branch: bool

    @property
    def key(self) -> str:
        """Tells it from other parties of one answer; some branches have no KPP."""
        said = "|".join((self.inn, self.kpp, self.ogrn, self.name, self.address))
        return sha256(said.encode()).hexdigest()[:12]


class Provider(Protocol):
    """Somebody to ask. Raises LookupFailed; an empty list is 'nobody has this number'."""

    def find(self, query: str, *, kpp: str = "") -> list[Party]:
        """At most MOST_AT_ONCE parties with this INN or OGRN, the head office first; with `kpp`,
        those of this KPP."""
        ...


class LookupFailed(Exception):
    """Nobody could be asked. `words` are for people; no secret and nothing of the answer is in it."""

    reason: ClassVar[str] = "failed"
    words: ClassVar[str | Promise] = _("The look-up service is out of order. Try again later.")
    # Whether the next question would meet the same.
    is_general: ClassVar[bool] = True


class SwitchedOff(LookupFailed):
    """No provider is set."""

    reason = "off"
    words = _("Looking up by INN is not switched on here.")


class KeyRefused(LookupFailed):
    reason = "key"
    words = _("The look-up service does not accept our key. Tell the administrator.")


class LimitReached(LookupFailed):
    reason = "limit"
    words = _("Today's limit of the look-up service is used up. It answers again tomorrow.")


class TooMany(LookupFailed):
    reason = "too_many"
    words = _("The look-up service gets too many questions at once. Try again in a minute.")


class TooLong(LookupFailed):
    reason = "too_long"
    words = _("The question is too long for the look-up service. Check the number.")
    is_general = False


class TimedOut(LookupFailed):
    reason = "timeout"
    words = _("The look-up service did not answer in time. Try again later.")


class Unreachable(LookupFailed):
    reason = "unreachable"
    words = _("The look-up service cannot be reached. Try again later.")


class NotUnderstood(LookupFailed):
    """No JSON, or other JSON than we know."""

    reason = "not_understood"
    words = _("The look-up service gave an answer that cannot be read. Tell the administrator.")
    is_general = False


def from_json(rows: Any) -> list[Party] | None:
    """Parties that were kept as JSON; None when another version of the program kept them."""
    names = {field.name for field in fields(Party)}
    if not isinstance(rows, list) or any(set(row) != names for row in rows):
        return None
    return [Party(**row) for row in rows]


def best_for(parties: Sequence[Party], *, kpp: str, ogrn: str) -> Party | None:
    """The party that a company with these requisites is: by KPP, by OGRN, else the head office.

    A person who was a sole proprietor twice has one INN and two OGRNIP: the one in business.
    """
    if not parties:
        return None
    return min(
        parties,
        key=lambda party: (
            not kpp or party.kpp != kpp,
            not ogrn or party.ogrn != ogrn,
            party.is_branch,
            party.state == "liquidated",
        ),
    )
