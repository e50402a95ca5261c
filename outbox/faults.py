"""What a database's error means for the person who waits: is it for a moment, and may the work be done again?

PostgreSQL says it by SQLSTATE (appendix A of its manual), SQLite by the name of its result code.
"""

from __future__ import annotations

import sqlite3
from enum import Enum, auto

from django.db import DatabaseError, InterfaceError, OperationalError

# The transaction was undone because of another one: done again, it passes.
LOST_A_RACE = {"40001", "40P01"}  # serialization_failure, deadlock_detected
# 08: connection, 53: insufficient resources, 57: operator intervention. Below: no lock in time, a transaction
# idle for too long, a standby that is no primary yet.
PASSING_CLASSES = ("08", "53", "57")
PASSING = {"55P03", "25P03", "25006"} | LOST_A_RACE
FULL = {"53100"}

SQLITE_PASSING = (
    "SQLITE_BUSY",
    "SQLITE_LOCKED",
    "SQLITE_IOERR",
    "SQLITE_CANTOPEN",
    "SQLITE_READONLY",
)
SQLITE_FULL = ("SQLITE_FULL",)


class Fault(Enum):
    """Why the database did not do it, though nothing is wrong with what was asked."""

    AWAY = auto()  # not there, overloaded or too slow: worth another try in a moment
    LOST_A_RACE = auto()  # undone for another transaction's sake: to be done again at once
    FULL = auto()  # its disk is full: somebody must make room


def fault_of(error: BaseException | None) -> Fault | None:
    """The fault behind Django's database error; None for any other error, which is a mistake of ours."""
    if not isinstance(error, DatabaseError | InterfaceError):
        return None
    cause = error.__cause__
    if isinstance(cause, sqlite3.Error):
        return _fault_of_sqlite(getattr(cause, "sqlite_errorname", ""))
    state = getattr(cause, "sqlstate", None)
    if state is None:
        # The connection went, or could not be had in time: the server has said nothing.
        return Fault.AWAY if isinstance(error, OperationalError | InterfaceError) else None
    if state in LOST_A_RACE:
        return Fault.LOST_A_RACE
    if state in FULL:
        return Fault.FULL
    return Fault.AWAY if state in PASSING or state.startswith(PASSING_CLASSES) else None


def _fault_of_sqlite(name: str) -> Fault | None:
    if name.startswith(SQLITE_FULL):
        return Fault.FULL
    return Fault.AWAY if name.startswith(SQLITE_PASSING) else None
