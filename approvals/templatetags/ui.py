"""What templates are built with: icons, controls that look right, keys against double clicks."""

from __future__ import annotations

import re
import uuid
from functools import lru_cache
from typing import Any

from django import forms, template
from django.forms import BoundField
from django.forms.utils import flatatt
from django.template.loader import get_template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from documents.forms import file_attrs

register = template.Library()

# The first mark that fits: later browsers carry the marks of older ones as well.
_BROWSERS = (
    ("YaBrowser", "Yandex"),
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


@register.simple_tag(takes_context=True)
def hot(context: template.Context, name: str, **given: Any) -> SafeString:
    """A part of the page made by Jinja2 (see approvals.hot): from what is given, and who asks."""
    request = context.get("request")
    part = get_template(name, using="hot")
    return mark_safe(part.render({"user": context.get("user"), **given}, request))  # noqa: S308 - escaped there


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """An outline icon of the sprite; decoration unless it has a label of its own."""
    return _icon(name, str(label))


@lru_cache(maxsize=1000)
def _icon(name: str, label: str) -> SafeString:
    use = format_html('<use href="{}#{}"></use>', static("vendor/icons.svg"), name)
    if label:
        return format_html('<svg class="icon" role="img" aria-label="{}">{}</svg>', label, use)
    return format_html('<svg class="icon" aria-hidden="true" focusable="false">{}</svg>', use)


@register.simple_tag
def form_key(value: uuid.UUID | str | None = None) -> SafeString:
    """The hidden key that makes the second of two clicks harmless; a fresh one unless given."""
    return format_html('<input type="hidden" name="form_key" value="{}">', value or uuid.uuid4())


@register.simple_tag(name="file_attrs")
def attributes_of_files() -> SafeString:
    """What a bare file input needs to know of the limits."""
    return flatatt(file_attrs())


@register.filter
def control(field: BoundField) -> SafeString:
    """The field's widget with the look of its type."""
    widget = field.field.widget
    if isinstance(widget, forms.CheckboxInput):
        look = "form-check-input"
    elif isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
        look = ""
    elif isinstance(widget, forms.Select):
        look = "form-select"
    else:
        look = "form-control"
    own = str(widget.attrs.get("class", ""))
    invalid = "is-invalid" if field.errors else ""
    classes = " ".join(part for part in (look, own, invalid) if part)
    return field.as_widget(attrs={"class": classes} if classes else None)


@register.filter
def is_checkbox(field: BoundField) -> bool:
    """A box to tick stands before its label."""
    return isinstance(field.field.widget, forms.CheckboxInput)


@register.filter
def dialled(phone: str) -> str:
    """'+7 495 000-00-01, доб. 12' -> '+74950000001': what `tel:` takes."""
    return re.sub(r"[^+0-9]", "", re.split(r"[^+0-9()\s.-]", phone.strip())[0])


@register.filter
def fours(number: str) -> str:
    """A long number in groups of four, kept on one line."""
    return "\u00a0".join(number[start : start + 4] for start in range(0, len(number), 4))


@register.filter
def browser(agent: str) -> str:
    """A User-Agent header in two words: 'Firefox, Windows'. What nobody knows stays as it is, cut short."""
    name = next((name for mark, name in _BROWSERS if mark in agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    return ", ".join(filter(None, (name, system))) or agent[:60] or gettext("unknown browser")
