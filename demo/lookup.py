"""The register of a made-up world: the story's companies, and some that nobody has entered yet.

The demo asks it for requisites (LOOKUP_PROVIDER) as an installation with a key asks DaData.
"""

from __future__ import annotations

import json
from typing import Any

from counterparties.lookup.parties import MOST_AT_ONCE, Party
from demo import story


class StoryRegister:
    """Knows whoever stands in `story/companies.jsonl` and `story/register.jsonl`."""

    def find(self, query: str, *, kpp: str = "") -> list[Party]:
        """See counterparties.lookup.parties.Provider."""
        found = [
            party
            for party in everybody()
            if query in (party.inn, party.ogrn) and kpp in ("", party.kpp)
        ]
        return found[:MOST_AT_ONCE]


def everybody() -> list[Party]:
    """All parties, read anew."""
    text = (story.FOLDER / "register.jsonl").read_text(encoding="utf-8")
    newcomers = [_newcomer(json.loads(line)) for line in text.splitlines()]
    return [*(_known(company) for company in story.load().companies.values()), *newcomers]


def _known(company: story.Company) -> Party:
    return Party(
        inn=company.inn,
        kpp=company.kpp,
        ogrn=company.ogrn,
        name=company.name,
        full_name=company.full_name,
        address=company.legal_address,
        head="",
        head_post="",
        state="active",
        is_invalid=False,
        is_person=company.is_person,
        is_branch=False,
    )


def _newcomer(line: dict[str, Any]) -> Party:
    usual = {"kpp": "", "head_post": "", "state": "active", "is_invalid": False, "is_branch": False}
    return Party(**{**usual, "is_person": len(line["inn"]) == 12, **line})
