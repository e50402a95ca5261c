"""Jinja2 for the parts of pages where Django's templates are the cost: tables of cells, the menu of every page.

They lie in templates/hot/ and are put into a page by `{% hot "name.html" %}` of `templatetags.ui`.
"""

from __future__ import annotations

from typing import Any

import jinja2
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext, ngettext, npgettext, pgettext

from approvals.templatetags.ui import icon


def environment(**options: Any) -> jinja2.Environment:
    """For settings.TEMPLATES; texts are translated in the language of the page, not of the start."""
    made = jinja2.Environment(
        trim_blocks=True,
        lstrip_blocks=True,
        **{**options, "undefined": jinja2.StrictUndefined, "autoescape": True},
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_callables(  # type: ignore[attr-defined]
        gettext, ngettext, newstyle=False, pgettext=pgettext, npgettext=npgettext
    )
    made.globals.update(icon=icon, static=static, url=reverse)
    return made
