"""Printing a paper: its values made live, their codes drawn, the current template of its kind filled."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
from collections.abc import Mapping
from typing import Any

import segno
from django.conf import settings

from documents import press
from documents.models import Paper
from documents.originals import current_template

URL = "{url}"
# Of all codes, only a bank's (GOST R 56042) may be in another encoding than UTF-8, and says so itself.
WINDOWS_1251 = "ST00011"
QUIET_ZONE = 4  # modules, as the standard of QR codes has it


class KeyLost(Exception):
    """The key that a paper's token was made with is in no setting any more."""


def print_paper(paper: Paper) -> tuple[press.Printed, press.Template]:
    """The paper's PDF, and what it was printed with. Raises press.TemplateFault, press.PressMissing."""
    template = current_template(paper.template)
    values = live(paper.values, url=page_url(paper))
    printed = press.print_pdf(
        template,
        values=values,
        language=paper.language,
        title=paper.title,
        assets=pictures(values),
    )
    return printed, template


def live(values: Any, *, url: str) -> Any:
    """The same values with the address of the paper's page wherever a text is "{url}"."""
    if isinstance(values, dict):
        return {key: live(value, url=url) for key, value in values.items()}
    if isinstance(values, list):
        return [live(value, url=url) for value in values]
    return url if values == URL else values


def pictures(values: Mapping[str, Any]) -> dict[str, bytes]:
    """The QR codes of `values["codes"]` as SVG, by their names."""
    codes = values.get("codes") or {}
    return {name: qr_code(text) for name, text in codes.items() if text}


def qr_code(text: str) -> bytes:
    """A QR code as SVG, with its quiet zone.

    Bytes as they are: Cyrillic would fit into the code's mode for Japanese, which banks' programs misread.
    """
    encoding = "cp1251" if text.startswith(WINDOWS_1251) else "utf-8"
    code = segno.make(text.encode(encoding), error="m", mode="byte", micro=False, boost_error=False)
    drawing = io.BytesIO()
    code.save(drawing, kind="svg", border=QUIET_ZONE, xmldecl=False, svgclass=None, lineclass=None)
    return drawing.getvalue()


def page_url(paper: Paper) -> str:
    """The address of the paper's own page; empty where it has none."""
    if not paper.page_path:
        return ""
    return settings.PUBLIC_URL + paper.page_path.replace("{token}", token_for(paper))


def token_for(paper: Paper) -> str:
    """The token of the paper's page, made again from its id and salt; it is kept nowhere.

    The row's hash says which key it was made with. Raises KeyLost when that key is gone.
    """
    for key in (settings.SHARE_LINK_KEY, *settings.SHARE_LINK_KEY_FALLBACKS):
        token = _made_token(paper, key)
        if paper.token_sha256 in {None, token_hash(token)}:
            return token
    raise KeyLost(f"paper {paper.pk}")


def _made_token(paper: Paper, key: str) -> str:
    said = f"paper:{paper.pk}:{paper.salt}".encode()
    digest = hmac.new(key.encode(), said, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
