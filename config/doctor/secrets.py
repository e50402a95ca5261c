"""Keys, passwords and log-ins that somebody could guess."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from config.doctor.findings import Finding, fault, ok, warning
from people.models import User

KEYS = ("SECRET_KEY", "AUDIT_KEY", "SHARE_LINK_KEY", "SECOND_FACTOR_KEY")
SHORTEST_KEY, FEWEST_LETTERS = 32, 12
SHORTEST_PASSWORD = 8
# What examples, images and tutorials have.
KNOWN_TO_ALL = {
    *(
        "12345678",
        "123456789",
        "1234567890",
        "admin",
        "changeme",
        "minioadmin",
        "minio123",
        "password",
    ),
    *("postgres", "qwerty123", "secret", "signoff", "signoff-secret", "rustfsadmin"),
}
# "How keys are changed without breaking what they protect" is a section of docs/operations.md.
HOW_TO_CHANGE = "docs/operations.md, 'Keys'"


def guessable() -> Iterator[Finding]:
    """Long, random, and one for each purpose."""
    values = {name: str(getattr(settings, name)) for name in KEYS}
    findings = []
    for name, value in values.items():
        if is_weak(value):
            findings.append(
                fault(
                    _("%(name)s can be guessed.") % {"name": name},
                    _("Change it to a long random text; how: %(where)s") % {"where": HOW_TO_CHANGE},
                )
            )
    if len(set(values.values())) < len(values):
        findings.append(
            fault(
                _("One key serves two purposes: who learns one has the other."),
                _("Give each a value of its own; how: %(where)s") % {"where": HOW_TO_CHANGE},
            )
        )
    findings += [_of_password(name, value) for name, value in _passwords() if _is_poor(value)]
    findings += _of_env_file()
    yield from findings or [ok(_("Long, and none that everybody knows."))]


def is_weak(key: str) -> bool:
    """Short, of few letters, or an example's."""
    few = len(set(key)) < FEWEST_LETTERS
    return len(key) < SHORTEST_KEY or few or key.startswith("django-insecure-")


def _passwords() -> Iterator[tuple[str, str]]:
    """What the parts let us in with, by the setting that holds it; none where none is needed."""
    database = settings.DATABASES["default"]
    if database.get("PASSWORD"):
        yield "DATABASE_URL", str(database["PASSWORD"])
    if broker := urlsplit(settings.CELERY_BROKER_URL).password:
        yield "BROKER_URL", unquote(broker)
    if settings.USES_S3:
        yield "S3_SECRET_KEY", str(settings.STORAGES["default"]["OPTIONS"]["secret_key"])


def _is_poor(password: str) -> bool:
    return len(password) < SHORTEST_PASSWORD or password.lower() in KNOWN_TO_ALL


def _of_password(name: str, value: str) -> Finding:
    text = (
        _("The password in %(name)s is one that everybody knows.")
        if value.lower() in KNOWN_TO_ALL
        else _("The password in %(name)s is very short.")
    ) % {"name": name}
    return warning(text, _("Change it there and at the part itself."))


def _of_env_file() -> Iterator[Finding]:
    path = settings.BASE_DIR / ".env"
    if path.is_file() and path.stat().st_mode & 0o004:
        yield warning(_("Everybody on this machine can read .env."), f"chmod o= {path}")


def people() -> Iterator[Finding]:
    """Somebody can administer, and nobody logs in with a password that is written in the README."""
    demo = User.objects.filter(is_demo=True, is_active=True).count()
    if demo and not settings.DEMO:
        yield fault(
            ngettext(
                "%(number)s demo log-in works here, and its password is known to all.",
                "%(number)s demo log-ins work here, and their password is known to all.",
                demo,
            )
            % {"number": demo},
            _("Switch them off in the admin, or begin with an empty database."),
        )
    elif not User.objects.filter(is_administrator=True, is_active=True).exists():
        yield warning(
            _("There is no administrator."),
            "python manage.py welcome, python manage.py createsuperuser",
        )
    else:
        yield ok(_("There is an administrator."))
    if settings.DEMO:
        yield warning(
            _("DEMO=1: this installation is for trying out."),
            _("For real work set DEMO=0 and name the parts in .env."),
        )
