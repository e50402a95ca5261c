"""Asking whoever knows about an INN or OGRN, and keeping what was answered.

Answers are kept for a day with their time. A fresh one also says where the companies stand that we
know by this INN. A provider is asked between transactions, never inside one.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from audit import services as audit
from counterparties import requisites
from counterparties.lookup import parties as register
from counterparties.lookup.parties import LookupFailed, NotUnderstood, Party, Provider, SwitchedOff
from counterparties.models import Company, CompanyEvent, CompanyKind, RegisterAnswer, RegisterState

logger = logging.getLogger(__name__)

KEPT = timedelta(days=1)
DADATA = "counterparties.lookup.dadata.DaData"
INN_LENGTHS, OGRN_LENGTHS, KPP_LENGTH = (10, 12), (13, 15), 9
# Who stands in the state's register under an INN of ours.
REGISTERED_KINDS = (
    CompanyKind.ORGANISATION,
    CompanyKind.STATE_BODY,
    CompanyKind.SOLE_PROPRIETOR,
)


@dataclass(frozen=True)
class Answer:
    """What is known under `query`, as it was at `at`; no parties: nobody has this number."""

    query: str
    parties: list[Party]
    at: datetime

    def lacks(self, kpp: str) -> bool:
        """Whether the party of this KPP may exist and did not get in: an answer has its limit."""
        is_full = len(self.parties) >= register.MOST_AT_ONCE
        return bool(kpp) and is_full and all(party.kpp != kpp for party in self.parties)

    def best(self, *, kpp: str = "", ogrn: str = "") -> Party | None:
        """The party that was meant, by what else was typed of it."""
        kpp, ogrn = requisites.strip(kpp), requisites.strip(ogrn)
        return register.best_for(self.parties, kpp=kpp, ogrn=ogrn)


def is_on() -> bool:
    """Whether there is anybody to ask."""
    return bool(_source())


def clean_query(value: str) -> str:
    """An INN or an OGRN with fitting check digits. Raises ValidationError with words for people."""
    number = requisites.strip(value)
    persons = requisites.SOLE_PROPRIETOR
    if number.isdecimal() and len(number) in INN_LENGTHS:
        kind = persons if len(number) == 12 else requisites.ORGANISATION
        return requisites.clean_inn(number, kind)
    if number.isdecimal() and len(number) in OGRN_LENGTHS:
        kind = persons if len(number) == 15 else requisites.ORGANISATION
        return requisites.clean_ogrn(number, kind)
    raise ValidationError(
        _("Type an INN (10 or 12 digits) or an OGRN (13 or 15) to look up."), code="length"
    )


def look_up(query: str, *, kpp: str = "", now: datetime | None = None) -> Answer:
    """Who has this INN or OGRN (see clean_query); an answer of the last day is as good as a new one.

    An answer holds so many parties at most (parties.MOST_AT_ONCE): the one of `kpp` is asked for by
    itself when it did not get in. Raises LookupFailed, and has logged why.
    """
    kpp = requisites.strip(kpp)
    return _answer(query, kpp if len(kpp) == KPP_LENGTH else "", now or timezone.now(), anew=False)


def refresh_state(company: Company, *, now: datetime | None = None) -> None:
    """Ask anew where a company stands, whatever was kept. Raises LookupFailed, and has logged why."""
    now = now or timezone.now()
    answer = _answer(company.inn, company.kpp, now, anew=True)
    _write_state(company.pk, answer)


def take_known_state(company: Company, *, now: datetime) -> None:
    """Write what a look-up of the last day said of a company that was just saved (and is locked)."""
    for answer in _kept([company.inn, company.ogrn], now) if company.inn else ():
        if found := [party for party in answer.parties if party.inn == company.inn]:
            _set_state(company, found, answer.at, now)
            return


def forget_state(company: Company) -> None:
    """What was known was about another INN. The caller has the row locked."""
    company.register_state, company.register_invalid = "", False
    company.register_checked_at = None
    company.save(update_fields=["register_state", "register_invalid", "register_checked_at"])


def _source() -> str:
    """A token means DaData; else whatever LOOKUP_PROVIDER names, a dotted path."""
    return DADATA if settings.DADATA_TOKEN else settings.LOOKUP_PROVIDER


def _provider() -> Provider:
    source = _source()
    if not source:
        raise SwitchedOff
    provider: Provider = import_string(source)()
    return provider


def _answer(query: str, kpp: str, now: datetime, *, anew: bool) -> Answer:
    """What is kept or what the provider says, with the party of `kpp` if there is one."""
    kept = None if anew else next(iter(_kept([query], now)), None)
    try:
        answer = kept or _ask(query, now)
        if answer.lacks(kpp):
            answer = _ask(query, now, kpp=kpp, known=answer.parties)
    except LookupFailed as failure:
        logger.warning("lookup.failed", extra={"reason": failure.reason})
        raise
    if answer is not kept:
        _tell_companies(answer)
    return answer


def _kept(queries: list[str], now: datetime) -> list[Answer]:
    """What is kept under these numbers, the newest first."""
    rows = RegisterAnswer.objects.filter(
        source=_source(), query__in=queries, received_at__gt=now - KEPT
    ).order_by("-received_at")
    known = ((row, register.from_json(row.parties)) for row in rows)
    return [Answer(row.query, parties, row.received_at) for row, parties in known if parties]


def _ask(query: str, now: datetime, *, kpp: str = "", known: Iterable[Party] = ()) -> Answer:
    """Ask the provider; keep the answer, with what is `known` already."""
    found = _provider().find(query, kpp=kpp)
    fitting = [party for party in found if query in (party.inn, party.ogrn)]
    if found and not fitting:
        raise NotUnderstood  # somebody else's requisites are worse than none
    answer = Answer(query, list(dict.fromkeys([*known, *fitting])), now)
    if answer.parties:
        # Who is not found today may be registered tomorrow: that is not kept.
        RegisterAnswer.objects.update_or_create(
            source=_source(),
            query=query,
            defaults={"parties": [asdict(p) for p in answer.parties], "received_at": now},
        )
    return answer


def _tell_companies(answer: Answer) -> None:
    """A look-up for one form says where all stand that we know by this INN."""
    inns = {party.inn for party in answer.parties}
    companies = Company.objects.filter(inn__in=inns, kind__in=REGISTERED_KINDS).order_by("pk")
    for company in companies:
        if not answer.lacks(company.kpp):
            _write_state(company.pk, answer)


@transaction.atomic
def _write_state(company_id: int, answer: Answer) -> None:
    company = Company.objects.select_for_update(of=("self",), no_key=True).get(pk=company_id)
    parties = [party for party in answer.parties if party.inn == company.inn]
    _set_state(company, parties, answer.at, answer.at)


def _set_state(company: Company, parties: list[Party], at: datetime, now: datetime) -> None:
    """As the answer of `at` says; a change that people should know of is told in the history."""
    if company.register_checked_at is not None and company.register_checked_at > at:
        return
    party = register.best_for(parties, kpp=company.kpp, ogrn=company.ogrn)
    before = (company.register_state, company.register_invalid)
    if party is not None and party.state:
        company.register_state, company.register_invalid = party.state, party.is_invalid
    company.register_checked_at = at
    company.save(update_fields=["register_state", "register_invalid", "register_checked_at"])
    after = (company.register_state, company.register_invalid)
    if after == before or (before == ("", False) and after == (RegisterState.ACTIVE, False)):
        return
    audit.append(
        subject=company,
        event_model=CompanyEvent,
        kind="company.state_changed",
        actor=None,
        now=now,
        data={
            "state": [before[0], after[0]],
            "invalid": [before[1], after[1]],
        },
    )
