"""A file in a form that need not be chosen again after a mistake elsewhere in the form.

    class RequestForm(UploadMixin, forms.Form):
        invoice = DocumentField(label=_("invoice"))

        def clean(self):
            cleaned = super().clean()           # first: this is what receives the files
            if not self.uploads["invoice"]: ...

    form = RequestForm(request.POST or None, request.FILES or None, user=request.user)
    if form.is_valid():
        services.create_request(..., invoice=form.uploads["invoice"])    # documents.models.Upload | None

`uploads` has each file field's Upload, chosen now or carried along; it is None where there is neither.
Rendering the field (`{{ form.invoice }}`) is all that a template does: beside the file input it carries the
reference (`invoice_ref`) and names the file that is kept. It works without JavaScript.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from documents import services, sniffing
from documents.models import Upload
from people.models import User


def file_attrs() -> dict[str, Any]:
    """What tells a browser which files are taken, and a script which are too large to send."""
    limit = settings.MAX_UPLOAD_MB
    return {
        "accept": sniffing.ACCEPT,
        "data-max-bytes": limit * 1024 * 1024,
        "data-too-big": _("Over %(limit)s MB.") % {"limit": limit},
    }


class UploadInput(forms.FileInput):
    """A file input, and the reference to a file that was received before."""

    upload: Upload | None = None

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        attrs = {**file_attrs(), **(attrs or {})}
        if self.upload:
            # The browser need not ask for what is here already.
            attrs.pop("required", None)
        context = {
            "input": super().render(name, value, attrs, renderer),
            "ref_name": ref_name(name),
            "upload": self.upload,
        }
        return render_to_string("documents/_file_input.html", context)

    def use_required_attribute(self, initial: Any) -> bool:
        return super().use_required_attribute(initial) and self.upload is None


class DocumentField(forms.FileField):
    """One file; what may be in it is judged when it is received."""

    widget = UploadInput

    def __init__(
        self,
        *,
        required: bool = False,
        label: str | Promise | None = None,
        help_text: str | Promise = "",
    ) -> None:
        super().__init__(
            required=required,
            label=label or gettext_lazy("file"),
            help_text=help_text,
            allow_empty_file=True,
        )


class UploadMixin(forms.BaseForm):
    """Receives the files of a form's DocumentFields and carries them along (see the module's docstring)."""

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.uploads: dict[str, Upload | None] = {}
        self._lost: set[str] = set()
        for name, field in self.fields.items():
            if isinstance(field, DocumentField):
                self._keep(name, self._carried(name))

    def clean(self) -> dict[str, Any]:
        """Receive what was chosen; a new file takes the place of one that was carried along."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for name in self.uploads:
            file = cleaned.get(name)
            if isinstance(file, UploadedFile):
                self._receive(name, file)
            elif name in self._lost and not self.has_error(name, "required"):
                self.add_error(name, _("This file is no longer waiting: choose it again."))
        return cleaned

    def _receive(self, name: str, file: UploadedFile) -> None:
        self._keep(name, None)
        try:
            self._keep(name, services.receive_upload(file=file, user=self.user))
        except ValidationError as error:
            self.add_error(name, error)

    def _carried(self, name: str) -> Upload | None:
        ref = self.data.get(ref_name(self.add_prefix(name))) if self.is_bound else None
        if not ref:
            return None
        upload = services.find_upload(ref=str(ref), user=self.user)
        if upload is None:
            self._lost.add(name)
        return upload

    def _keep(self, name: str, upload: Upload | None) -> None:
        self.uploads[name] = upload
        widget = self.fields[name].widget
        if isinstance(widget, UploadInput):
            widget.upload = upload
        # A FileField without a new file answers its initial value, so 'required' is content with it.
        self.initial[name] = upload


def ref_name(name: str) -> str:
    """The name of the hidden field that goes with the file input `name`."""
    return f"{name}_ref"
