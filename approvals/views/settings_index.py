"""The page of settings: where everything is that administrators look after, and what state it is in."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from approvals import policies
from approvals.first_steps import first_steps
from approvals.papers import KINDS
from approvals.views.http import require_safe
from audit.refusals import refuse_if
from counterparties.selectors import bank_count, bank_directory
from documents import press, templates
from documents.models import TemplateFormat


@require_safe
def settings_index(request: HttpRequest) -> HttpResponse:
    """For administrators alone."""
    refuse_if(policies.why_not_administer(request.user))
    newest = templates.newest_of_each(TemplateFormat.HTML)
    changed = [version for version in newest.values() if not version.is_original]
    steps = first_steps()
    context = {
        # Until all of it is done.
        "steps": steps if not all(step.is_done for step in steps) else [],
        "sender": settings.DEFAULT_FROM_EMAIL,
        "time_zone": settings.TIME_ZONE,
        "language": settings.LANGUAGE_CODE,
        "kinds": len(KINDS),
        "changed": len(changed),
        "is_ready": press.is_ready(),
        "directory": bank_directory(),
        "banks": bank_count(),
        "banks_daily": "counterparties.download_banks" in settings.CELERY_BEAT_SCHEDULE,
        "lookup": _lookup(),
    }
    return render(request, "approvals/settings/index.html", context)


def _lookup() -> str:
    """Who is asked for requisites: 'dadata', 'other' or nobody."""
    if settings.DADATA_TOKEN:
        return "dadata"
    return "other" if settings.LOOKUP_PROVIDER else ""
