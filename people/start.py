"""The very first person of an installation, and the code by which whoever installed it proves that.

The code is made of the installation's key, so it is printed at the start, kept nowhere, and worth nothing
once anybody exists.
"""

from __future__ import annotations

import base64
import re
import threading

from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac

from people import places, services
from people.models import User

# 100 bits in five groups; letters and digits that no one takes for another.
GROUPS, OF_EACH = 5, 4
_NOT_IN_CODES = re.compile(r"[^A-Z2-7]+")
# Whether somebody exists is asked until somebody does: nobody is ever deleted.
_known = threading.Event()


def somebody_exists() -> bool:
    """Whether the installation has people; a process that has seen one asks the database no more."""
    if not _known.is_set() and User.objects.exists():
        _known.set()
    return _known.is_set()


def forget() -> None:
    """Ask the database again: for tests, whose databases come and go in one process."""
    _known.clear()


def setup_code() -> str:
    """'ABCD-EFGH-…': the same at every start with the same SECRET_KEY."""
    digest = salted_hmac("people.start", "setup code", algorithm="sha256").digest()
    letters = base64.b32encode(digest).decode()
    return "-".join(letters[at : at + OF_EACH] for at in range(0, GROUPS * OF_EACH, OF_EACH))


def is_setup_code(typed: str) -> bool:
    """Whether it is the code, in whichever case and with whatever between its groups."""
    return constant_time_compare(*(_bare(code) for code in (typed, setup_code())))


@transaction.atomic
def make_first(*, username: str, full_name: str, email: str, password: str, language: str) -> User:
    """The first administrator, with a password that the form has checked.

    The caller holds a lock and has seen that nobody exists (`approvals.services.start`).
    """
    person = User.objects.create_user(
        username,
        password,
        full_name=full_name,
        email=email,
        language=language,
        is_administrator=True,
    )
    services.tell(
        person=person,
        kind="person.first",
        actor=person,
        changes=places.changes_between(places.facts_of(User()), places.facts_of(person)),
    )
    return person


def _bare(code: str) -> str:
    return _NOT_IN_CODES.sub("", code.upper())
