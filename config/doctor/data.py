"""The database: reached, of a kind that will do, with all tables, and with the right time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from config.doctor.findings import Finding, fault, ok, warning, words_of
from config.health import unapplied_migrations

OLDEST_POSTGRES = 15
SQLITE_NOW = "SELECT (julianday('now') - 2440587.5) * 86400.0"  # Unix time, with fractions
APART, FAR_APART = timedelta(seconds=2), timedelta(seconds=30)


def database() -> Iterator[Finding]:
    """It answers, and is what the program needs."""
    try:
        began = time.monotonic()
        if connection.vendor == "postgresql":
            _connect_once()
        connection.ensure_connection()
        took = round((time.monotonic() - began) * 1000)
    except (DatabaseError, psycopg.Error) as error:
        yield fault(
            _("It does not answer, or does not let us in: %(words)s") % {"words": words_of(error)},
            _(
                "See that it runs and that DATABASE_URL names its host, database, name and password."
            ),
        )
        return
    if connection.vendor == "postgresql":
        yield from _postgres(took)
    else:
        yield from _sqlite()


def _connect_once() -> None:
    """Without the pool, which would say only that it had to wait."""
    wrapper: Any = connection
    psycopg.connect(**wrapper.get_connection_params()).close()


def _postgres(took: int) -> Iterator[Finding]:
    wrapper: Any = connection
    version = wrapper.pg_version // 10_000
    said = {"version": version, "ms": took}
    if version < OLDEST_POSTGRES:
        yield fault(
            _("PostgreSQL %(version)s is too old.") % said,
            _("Take PostgreSQL %(version)s or newer.") % {"version": OLDEST_POSTGRES},
        )
    elif (encoding := _one("SHOW server_encoding")) != "UTF8":
        yield fault(
            _("The database is in %(encoding)s.") % {"encoding": encoding},
            _("Make it anew with ENCODING 'UTF8'."),
        )
    else:
        yield ok(_("PostgreSQL %(version)s answers within %(ms)s ms.") % said)


def _sqlite() -> Iterator[Finding]:
    if (said := _one("PRAGMA quick_check(1)")) != "ok":
        yield fault(
            _("The file of the database is damaged: %(words)s") % {"words": said},
            _("Stop the program and restore the newest back-up."),
        )
    elif settings.DEMO:
        yield ok(_("SQLite, in order."))
    else:
        yield warning(
            _("SQLite: one writer at a time."),
            _("Fine for a small office; `manage.py move_to` moves it to PostgreSQL."),
        )


def migrations() -> Iterator[Finding]:
    """The tables are those of this program, neither older nor newer."""
    if missing := unapplied_migrations():
        number = len(missing)
        yield fault(
            ngettext(
                "%(number)s migration is not applied: %(names)s",
                "%(number)s migrations are not applied: %(names)s",
                number,
            )
            % {"number": number, "names": ", ".join(missing[:3]) + ("…" if number > 3 else "")},
            "STATEMENT_TIMEOUT=0 python manage.py migrate",
        )
        return
    loader = MigrationLoader(connection)
    rooms = {app for app in settings.INSTALLED_APPS if (settings.BASE_DIR / app).is_dir()}
    newer = sorted(
        f"{app}.{name}"
        for app, name in set(loader.applied_migrations) - set(loader.disk_migrations)
        if app in rooms
    )
    if newer:
        yield warning(
            _("The database is newer than this program: %(names)s")
            % {"names": ", ".join(newer[:5])},
            _("Update the program, here too."),
        )
    else:
        yield ok(_("All applied."))


def clock() -> Iterator[Finding]:
    """Machine and database agree on the time, and on what the organisation's zone is."""
    zone = ZoneInfo(settings.TIME_ZONE)
    before = datetime.now(UTC)
    there = _now_of_the_database()
    apart = abs(there - (before + (datetime.now(UTC) - before) / 2))
    if apart > APART:
        text = _("The clocks of this machine and of the database are %(seconds)s s apart.") % {
            "seconds": round(apart.total_seconds())
        }
        advice = _("Set both by NTP (timedatectl, chrony).")
        yield fault(text, advice) if apart > FAR_APART else warning(text, advice)
        return
    if connection.vendor == "postgresql":
        try:
            local = _one("SELECT now() AT TIME ZONE %s - now() AT TIME ZONE 'UTC'", zone.key)
        except DatabaseError:
            yield fault(
                _("The database does not know the time zone %(zone)s.") % {"zone": zone.key},
                _("Install its tzdata, or set TIME_ZONE to another name."),
            )
            return
        if local != before.astimezone(zone).utcoffset():
            yield fault(
                _("This machine and the database disagree on what time it is in %(zone)s.")
                % {"zone": zone.key},
                _("Update the older tzdata of the two."),
            )
            return
    now = timezone.localtime()
    yield ok(
        _("It is %(time)s in %(zone)s, here and in the database.")
        % {"time": f"{now:%d.%m.%Y %H:%M}", "zone": zone.key}
    )


def _now_of_the_database() -> datetime:
    if connection.vendor == "postgresql":
        moment: datetime = _one("SELECT clock_timestamp()")
        return moment.astimezone(UTC)
    return datetime.fromtimestamp(float(_one(SQLITE_NOW)), UTC)


def _one(sql: str, *values: str) -> Any:
    """The one value of a query's one row."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchone()[0]
