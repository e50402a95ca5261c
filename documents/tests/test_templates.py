"""Versions of templates: saved one after another, gone back to, and which of them is in force."""

from __future__ import annotations

import io
import uuid
from typing import Any

import pytest
from django.db import IntegrityError

from audit.refusals import Conflict, Invalid
from documents import originals, templates
from documents.models import TemplateVersion
from documents.templates import current_docx, current_template, newest_docx
from documents.tests.docx_files import docx
from people.models import User

pytestmark = pytest.mark.django_db

KIND = "payment_request"
WORD = docx("{{ number }}")


@pytest.fixture
def author() -> User:
    return User.objects.create_user("admin", full_name="Ершов Никита Юрьевич")


def save(author: User, source: str = "<p>1</p>", **changes: Any) -> TemplateVersion:
    based_on = templates.newest_number(KIND)
    fields = {"css": "p { color: red }", "note": "", "based_on": based_on, **changes}
    return templates.save_html(kind=KIND, source=source, author=author, **fields)


def save_docx(author: User, name: str = "Заявка.docx") -> TemplateVersion:
    return templates.save_docx(kind=KIND, content=WORD, name=name, note="", author=author)


def test_without_versions_the_original_is_in_force() -> None:
    template = current_template(KIND)

    assert template == originals.original(KIND)
    assert template.version is None
    assert templates.newest_number(KIND) == 0


def test_the_newest_version_is_in_force(author: User) -> None:
    save(author, "<p>1</p>")
    second = save(author, "<p>2</p>", note="Крупнее")

    template = current_template(KIND)

    assert (template.source, template.css, template.version) == (
        "<p>2</p>",
        "p { color: red }",
        2,
    )
    assert [v.number for v in templates.versions_of(KIND)] == [2, 1]
    assert (second.author, second.note) == (author, "Крупнее")
    assert current_template("approval_sheet").version is None


def test_back_to_a_version_is_a_version(author: User) -> None:
    first = save(author, "<p>1</p>")
    save(author, "<p>2</p>")

    third = templates.go_back(version=first, author=author)

    assert (third.number, third.repeats, third.source) == (3, 1, "<p>1</p>")
    assert current_template(KIND).version == 3


def test_back_to_the_original_is_a_version(author: User) -> None:
    save(author)

    version = templates.go_back_to_original(kind=KIND, template_format="html", author=author)

    assert (version.number, version.is_original) == (2, True)
    assert current_template(KIND) == originals.original(KIND)
    assert save(author, "<p>3</p>").number == 3
    assert current_template(KIND).source == "<p>3</p>"


def test_somebody_else_was_quicker(author: User) -> None:
    save(author)

    with pytest.raises(Conflict) as caught:
        save(author, "<p>2</p>", based_on=0)

    assert "Ершов\u00a0Н.\u00a0Ю." in caught.value.reason
    assert templates.newest_number(KIND) == 1


def test_the_same_form_twice_saves_once(author: User) -> None:
    key = uuid.uuid4()
    first = save(author, form_key=key)

    assert save(author, form_key=key, based_on=0) == first
    assert TemplateVersion.objects.count() == 1


def test_a_number_is_given_once(author: User) -> None:
    version = save(author)
    version.pk = None

    with pytest.raises(IntegrityError):
        version.save(force_insert=True)


def test_a_docx_template_is_another_matter(author: User) -> None:
    assert current_docx(KIND) is None
    save(author)
    assert current_docx(KIND) is None

    version = save_docx(author)

    assert (version.number, bytes(version.docx or b"")) == (1, WORD)
    assert current_docx(KIND) == version
    assert current_template(KIND).version == 1


def test_a_docx_template_is_taken_away_and_back(author: User) -> None:
    first = save_docx(author)
    templates.go_back_to_original(kind=KIND, template_format="docx", author=author)

    assert current_docx(KIND) is None
    assert newest_docx(KIND) == first  # for what was promised before

    back = templates.go_back(version=first, author=author)
    assert current_docx(KIND) == back
    assert (back.number, bytes(back.docx or b""), back.docx_name) == (3, WORD, "Заявка.docx")


@pytest.mark.parametrize(
    "content",
    [b"", b"%PDF-1.7", WORD[: len(WORD) // 2], WORD + b"x" * templates.LARGEST_DOCX],
    ids=["empty", "pdf", "cut", "large"],
)
def test_what_is_not_a_docx_is_refused_at_its_field(content: bytes) -> None:
    with pytest.raises(Invalid) as caught:
        templates.docx_of(io.BytesIO(content))

    assert list(caught.value.errors) == ["file"]


def test_a_docx_is_taken() -> None:
    assert templates.docx_of(io.BytesIO(WORD)) == WORD
