"""Made-up directories of banks, as the Bank of Russia's message ED807 has them."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from xml.sax.saxutils import quoteattr

from counterparties import bank_directory, requisites

DAY = date(2026, 11, 24)


@dataclass
class Participant:
    """A bank with one correspondent account, unless `accounts` (number, type, status) says otherwise."""

    bik: str = "044525225"
    name: str = 'ПАО "СБЕРБАНК"'
    town: str = "Москва"
    kind: str = "20"
    status: str = "PSAC"
    accounts: list[tuple[str, str, str]] | None = None
    restriction: tuple[str, str] | None = None  # of the participant: code, day
    account_restriction: tuple[str, str] | None = None  # of its accounts
    more: dict[str, str] = field(default_factory=dict)

    @property
    def correspondent_account(self) -> str:
        return correspondent_account(self.bik)

    def xml(self, prefix: str = "") -> str:
        facts = {
            "NameP": self.name,
            "CntrCd": "RU",
            "Rgn": "45",
            "Tnp": "г",
            "Nnp": self.town,
            "DateIn": "1991-06-20",
            "PtType": self.kind,
            "Srvcs": "5",
            "XchType": "1",
            "UID": f"{self.bik}0",
            "ParticipantStatus": self.status,
            **self.more,
        }
        accounts = self.accounts
        if accounts is None:
            accounts = [(self.correspondent_account, "CRSA", "ACAC")]
        rows = "".join(
            f"<{prefix}Accounts{attributes(facts_of(*account))}>"
            f"{restricted(prefix, 'AccRstr', self.account_restriction)}</{prefix}Accounts>"
            for account in accounts
        )
        return (
            f'<{prefix}BICDirectoryEntry BIC="{self.bik}"><{prefix}ParticipantInfo{attributes(facts)}>'
            f"{restricted(prefix, 'Rstr', self.restriction)}</{prefix}ParticipantInfo>"
            f"{rows}</{prefix}BICDirectoryEntry>"
        )


def facts_of(number: str, kind: str, status: str) -> dict[str, str]:
    return {
        "Account": number,
        "RegulationAccountType": kind,
        "CK": "99",
        "AccountCBRBIC": "044525000",
        "DateIn": "1991-06-20",
        "AccountStatus": status,
    }


def restricted(prefix: str, name: str, restriction: tuple[str, str] | None) -> str:
    if restriction is None:
        return ""
    code, day = restriction
    return f'<{prefix}{name}List {name}="{code}" {name}Date="{day}"/>'


def attributes(facts: dict[str, str]) -> str:
    return "".join(f" {name}={quoteattr(value)}" for name, value in facts.items())


def correspondent_account(bik: str) -> str:
    """With its key: the BIK's last three digits end it."""
    return requisites.with_key(f"3010181000000000{'0'}{bik[-3:]}", requisites.prefix_a(bik))


def ed807(
    *participants: Participant,
    day: date = DAY,
    version: int = 1,
    encoding: str = "windows-1251",
    prefix: str = "",
    **more: str,
) -> bytes:
    """The message, with `more` attributes of its root (empty: without that attribute)."""
    facts = {
        "EDNo": "1",
        "EDDate": day.isoformat(),
        "EDAuthor": "4583001999",
        "CreationReason": "FCBD",
        "CreationDateTime": f"{day}T18:31:47Z",
        "InfoTypeCode": "FIRR",
        "BusinessDay": day.isoformat(),
        "DirectoryVersion": str(version),
        **more,
    }
    facts = {name: value for name, value in facts.items() if value}
    xmlns = f"xmlns:{prefix.rstrip(':')}" if prefix else "xmlns"
    text = (
        f'<?xml version="1.0" encoding="{encoding}"?>\r\n'
        f'<{prefix}ED807 {xmlns}="urn:cbr-ru:ed:v2.0"{attributes(facts)}>'
        f"{''.join(participant.xml(prefix) for participant in participants)}</{prefix}ED807>"
    )
    return text.encode(encoding)


def zipped(content: bytes, name: str = "20261124_ED807_full.xml", **more: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
        for extra, other in more.items():
            archive.writestr(extra, other)
    return packed.getvalue()


def full_size(count: int = 1700) -> list[Participant]:
    """As many participants as there are, each with some accounts."""
    biks = [f"04{number // 1000 + 10}25{number % 1000:03}" for number in range(50, 50 + count)]
    return [
        Participant(
            bik,
            f'АКЦИОНЕРНОЕ ОБЩЕСТВО КОММЕРЧЕСКИЙ БАНК "ВЫДУМАННЫЙ № {bik}"',
            accounts=[
                (correspondent_account(bik), "CRSA", "ACAC"),
                *((f"4070181000000{bik[-3:]}000{n}", "BANA", "ACAC") for n in range(3)),
            ],
        )
        for bik in biks
    ]


def load(*participants: Participant, **more: Any) -> bank_directory.Outcome:
    """Make it the directory in force."""
    return bank_directory.load(io.BytesIO(ed807(*participants, **more)))
