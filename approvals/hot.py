"""Jinja2 for the parts of pages where Django's templates are the cost: tables of cells, the menu of pages.

They lie in templates/hot/ and are put into a page by `{% hot "name.html" %}` of `templatetags.ui`.
"""

from __future__ import annotations

from typing import Any

import jinja2
from django.forms.renderers import DjangoTemplates, Jinja2
from django.template.exceptions import TemplateDoesNotExist
from django.templatetags.static import static
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext, npgettext, pgettext

from approvals.templatetags.ui import control, icon
from people.formats import money


class Renderer(Jinja2):
    """Of form fields: Django's own Jinja2 templates, and those of its admin, which has no Jinja2 ones."""

    def get_template(self, template_name: str) -> Any:
        try:
            return super().get_template(template_name)
        except TemplateDoesNotExist:
            return self._others.get_template(template_name)

    @cached_property
    def _others(self) -> DjangoTemplates:
        return DjangoTemplates()


def environment(**options: Any) -> jinja2.Environment:
    """For settings.TEMPLATES; texts are translated in the language of the page, not of the start."""
    made = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=options["loader"],
        auto_reload=options["auto_reload"],
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_callables(  # type: ignore[attr-defined]
        gettext, ngettext, newstyle=False, pgettext=pgettext, npgettext=npgettext
    )
    made.filters["capfirst"] = capfirst
    made.globals.update(control=control, icon=icon, money=money, static=static, url=reverse)
    return made
