"""Papers on trial: what a template makes of a real request, before anybody relies on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import translation

from approvals import papers
from approvals.models import PaymentRequest
from documents import press, printing

# Where a paper has a page of its own, the trial shows an address that leads nowhere.
NOWHERE = "/sheets/0/"


@dataclass(frozen=True)
class Trial:
    """The request that a template is tried on, and the language of the paper."""

    payment_request: PaymentRequest
    language: str


def print_trial(template: press.Template, trial: Trial) -> press.Printed:
    """The paper as it would be today; nothing is kept. Raises press.TemplateFault, press.PressMissing."""
    values, assets = _values(template.kind, trial)
    with translation.override(trial.language):
        title = str(papers.KINDS[template.kind].label)
    return press.print_pdf(
        template,
        values=values,
        language=trial.language,
        title=title,
        assets=assets,
    )


def fill_trial(kind: str, docx: bytes, trial: Trial) -> bytes:
    """The same with a DOCX template. Raises press.TemplateFault, press.PressMissing."""
    values, _assets = _values(kind, trial)
    return press.fill_docx(docx, values=values, language=trial.language)


def _values(kind: str, trial: Trial) -> tuple[dict[str, Any], dict[str, bytes]]:
    values = papers.values_for(kind, trial.payment_request, trial.language)
    return printing.filled_out(values, url=settings.PUBLIC_URL + NOWHERE)
