"""What lies outside: the mail server, the address that people use, the directory of banks."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

import httpx
from django.conf import settings
from django.core.mail import get_connection
from django.utils import timezone
from django.utils.translation import gettext as _

from config.doctor.findings import Finding, fault, ok, warning, words_of
from counterparties.selectors import bank_directory
from people.formats import date_short

PATIENCE = 5.0  # seconds
# Where the log-in page leads while nobody exists.
FIRST_START = "/start/"
CERTIFICATE_ENDS_SOON = timedelta(days=14)
DIRECTORY_IS_OLD = timedelta(days=30)


def mail() -> Iterator[Finding]:
    """It lets us in and takes our sender; no letter is sent."""
    if settings.EMAIL_BACKEND.endswith("EmlBackend"):
        text = _("Letters are files under DATA_DIR/mail and go to nobody.")
        yield ok(text) if settings.DEMO else warning(text, _("EMAIL_URL names a mail server."))
        return
    connection: Any = get_connection(timeout=PATIENCE)
    try:
        connection.open()
        sender = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
        connection.connection.ehlo_or_helo_if_needed()
        code, words = connection.connection.mail(sender)
        connection.connection.rset()
    except smtplib.SMTPAuthenticationError as error:
        yield fault(
            _("The mail server refuses our name or password: %(words)s")
            % {"words": words_of(error)},
            _("See to them in EMAIL_URL; how @ and : in them are written is in .env.example."),
        )
    except (smtplib.SMTPException, OSError) as error:
        yield fault(
            _("The mail server does not answer: %(words)s") % {"words": words_of(error)},
            _(
                "See that EMAIL_URL names it, its port and its kind of TLS (smtp+tls://, smtp+ssl://), and"
                " that no firewall is in between."
            ),
        )
    else:
        if code == 250:
            yield ok(_("It takes letters from %(sender)s.") % {"sender": sender})
        else:
            yield fault(
                _("The mail server refuses our sender %(sender)s: %(words)s")
                % {"sender": sender, "words": words.decode(errors="replace")},
                _("Set DEFAULT_FROM_EMAIL to an address that it lets us use."),
            )
    finally:
        connection.close()


def public_url() -> Iterator[Finding]:
    """People reach this program at PUBLIC_URL, as far as that can be seen from here."""
    here = {"url": settings.PUBLIC_URL}
    try:
        alive = httpx.get(f"{settings.PUBLIC_URL}/healthz", timeout=PATIENCE)
        page = httpx.get(f"{settings.PUBLIC_URL}/login/", timeout=PATIENCE)
    except httpx.HTTPError as error:
        yield fault(
            _("%(url)s is not reached from here: %(words)s") % {**here, "words": words_of(error)},
            _(
                "See that the web runs (the line `web` of the Procfile), that the name leads here, and that"
                " the proxy's certificate is good."
            ),
        )
        return
    if alive.status_code != 200 or alive.text != '{"status": "ok"}':
        yield fault(
            _("At %(url)s something else answers (HTTP %(status)s).")
            % {**here, "status": alive.status_code},
            _("See where the proxy leads, and what PUBLIC_URL says."),
        )
    elif page.has_redirect_location and page.headers["Location"].startswith(settings.PUBLIC_URL):
        yield fault(
            _("%(url)s leads back to itself for ever.") % here,
            _("Name the proxy in TRUSTED_PROXIES, and let it pass X-Forwarded-For and -Proto."),
        )
    elif page.status_code != 200 and page.headers.get("Location") != FIRST_START:
        yield fault(
            _("The log-in page answers HTTP %(status)s.") % {"status": page.status_code},
            _("The proxy must pass Host; the log of the web says more."),
        )
    else:
        yield ok(_("%(url)s leads here.") % here)
        yield from _safe_way()


def _safe_way() -> Iterator[Finding]:
    parts = urlsplit(settings.PUBLIC_URL)
    if parts.scheme == "http":
        if parts.hostname not in {"localhost", "127.0.0.1", "::1"}:
            yield warning(
                _("PUBLIC_URL is plain http: passwords can be read on their way."),
                _("Put a proxy that ends TLS in front, and say https."),
            )
        return
    ends = _certificate_ends(parts.hostname or "", parts.port or 443)
    if ends - datetime.now(UTC) < CERTIFICATE_ENDS_SOON:
        yield warning(
            _("The certificate is good until %(day)s only.")
            % {"day": date_short(timezone.localtime(ends).date())},
            _("Renew it."),
        )


def _certificate_ends(host: str, port: int) -> datetime:
    context = ssl.create_default_context()
    with (
        socket.create_connection((host, port), timeout=PATIENCE) as plain,
        context.wrap_socket(plain, server_hostname=host) as secure,
    ):
        certificate: Any = secure.getpeercert()
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC)


def banks() -> Iterator[Finding]:
    """The directory that BIKs are checked against."""
    directory = bank_directory()
    advice = "python manage.py load_banks --download"
    if directory is None:
        yield warning(_("It is empty: no BIK is checked."), f"{advice} (BANKS_DAILY=1)")
        return
    day = date_short(directory.business_date)
    if timezone.localdate() - directory.business_date > DIRECTORY_IS_OLD:
        yield warning(_("It is of %(day)s.") % {"day": day}, f"{advice} (BANKS_DAILY=1)")
    else:
        yield ok(_("It is of %(day)s.") % {"day": day})
