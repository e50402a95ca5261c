"""`@name` in a text: which log-in names it mentions, and how the text is read with people's own names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from people.models import User

# What a log-in name may hold; an address (a@b.example) mentions nobody.
MENTION = re.compile(r"(?<![\w.@+-])@(\w[\w.@+-]*)")
# Not a name's end, but the sentence's.
AFTER = ".-+@"


@dataclass(frozen=True)
class Part:
    """A piece of a remark; `is_mention` when it is somebody's name."""

    text: str
    is_mention: bool = False


def mentioned_names(text: str) -> set[str]:
    """What stands after each @, without the sentence's own full stop."""
    return {name for match in MENTION.findall(text) if (name := match.rstrip(AFTER))}


def parts_of(text: str, people: Iterable[User]) -> list[Part]:
    """The text cut at the mentions of these people; every other @ stays as it was typed."""
    names = {person.username: person.short_name for person in people}
    parts, end = [], 0
    for match in MENTION.finditer(text):
        username = match[1].rstrip(AFTER)
        if username in names:
            parts += [Part(text[end : match.start()]), Part(f"@{names[username]}", is_mention=True)]
            end = match.start(1) + len(username)
    parts.append(Part(text[end:]))
    return [part for part in parts if part.text]


def with_names(text: str, people: Iterable[User]) -> str:
    """The text as it is read: '@Белозёров П. А.' for '@supervisor'."""
    return "".join(part.text for part in parts_of(text, people))
