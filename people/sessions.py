"""The session engine: Django's own in the database, told apart by person, its keys hashed.

The cookie holds a random key and the row its SHA-256, so whoever reads the database (a dump, a back-up)
cannot take anybody's session over. A session ends when nothing was asked for a while (its `expire_date`),
or at a fixed time after log-in; `people.middleware.SessionMiddleware` sees to both.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from django.contrib.sessions.backends import db
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from people.models import Session, User
from people.prepared import prepared

# What a session remembers of itself; the row repeats it for the list of one's own sessions.
STARTED, SEEN, AGENT, ADDRESS = "_started_at", "_seen_at", "_agent", "_address"
LONGEST_AGENT = 300


def hashed(key: str | None) -> str:
    """What the row of a session is found by."""
    return hashlib.sha256((key or "").encode()).hexdigest()


def begin(request: HttpRequest, *, now: datetime) -> None:
    """Note who logs in from where; called when the session has become a person's."""
    request.session[STARTED] = request.session[SEEN] = now.isoformat()
    request.session[AGENT] = request.headers.get("User-Agent", "")[:LONGEST_AGENT]
    request.session[ADDRESS] = str(request.META.get("REMOTE_ADDR", ""))


def moment_of(session: Any, name: str) -> datetime | None:
    """STARTED or SEEN of a session, if it has one."""
    text = session.get(name)
    return datetime.fromisoformat(text) if text else None


@prepared
def _row(key_hash: str, now: datetime) -> QuerySet[Session]:
    rows = Session.objects.filter(session_key=key_hash, expire_date__gt=now)
    return rows.select_related("user")


class SessionStore(db.SessionStore):
    """Django's, where a row is found by its key's hash and says whose session it is.

    `person` is whoever logged in, read in the same query; None until the row was read, and for a visitor.
    """

    person: User | None = None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def _get_session_from_db(self) -> Session | None:
        found = _row.first(hashed(self.session_key), timezone.now())
        if found is None:
            self._session_key = None
        self.person = found.user if found is not None else None
        return found

    def exists(self, session_key: str) -> bool:
        return self.model.objects.filter(session_key=hashed(session_key)).exists()

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        user_id = data.get("_auth_user_id")
        return Session(
            session_key=hashed(self._get_or_create_session_key()),  # type: ignore[attr-defined]
            session_data=self.encode(data),
            expire_date=self.get_expiry_date(),
            user_id=int(user_id) if user_id else None,
            started_at=moment_of(data, STARTED),
            seen_at=moment_of(data, SEEN),
            agent=data.get(AGENT, ""),
            address=data.get(ADDRESS, ""),
        )

    def delete(self, session_key: str | None = None) -> None:
        key = session_key if session_key is not None else self.session_key
        if key is not None:
            self.model.objects.filter(session_key=hashed(key)).delete()
