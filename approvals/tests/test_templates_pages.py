"""Settings and templates: what an administrator edits, tries, goes back from, and writes in Word."""

from __future__ import annotations

import io
import re
from typing import Any

import pypdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from approvals.models import PaymentRequest
from approvals.papers import KINDS
from approvals.tests import builders
from approvals.tests.builders import World
from approvals.tests.pages import handle, handles, logged_in
from approvals.views.template_words import snippet_of
from counterparties.models import BankDirectory
from documents import originals
from documents.models import Document, DocumentState, TemplateVersion
from documents.tests.docx_files import docx, text_of, with_relation
from tests.neighbour import Page
from tests.worker import work

pytestmark = pytest.mark.once

EDITOR = "/settings/templates/payment_request/"
SIMPLE = "<html><body>\n<p>Заявка {{ number }}</p>\n<p>{{ payee.name }}</p></body></html>"


@pytest.fixture
def client(world: World) -> Client:
    return logged_in(world.admin)


@pytest.fixture
def payment_request(world: World) -> PaymentRequest:
    return builders.on_approval(world)


def save(client: Client, source: str = SIMPLE, **fields: Any) -> HttpResponse:
    data = {"source": source, "css": "p { font-size: 12pt }", "based_on": "0", **fields}
    return client.post(EDITOR, data)


def page_of(response: HttpResponse) -> Page:
    return Page(response.status_code, response.content.decode())


def pdf_text(response: Any) -> str:
    assert response["Content-Type"] == "application/pdf"
    reader = pypdf.PdfReader(io.BytesIO(response.content))
    return "\n".join(page.extract_text() for page in reader.pages)


def word_file(*paragraphs: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("Заявка.docx", docx(*paragraphs))


# --- Settings -------------------------------------------------------------------------------------------


def test_settings_say_what_state_things_are_in(client: Client, settings: Settings) -> None:
    page = client.get("/settings/")

    assert handle(page, "banks")["data-date"] == ""
    assert handle(page, "press")["data-ready"] == "yes"
    assert handle(page, "templates")["data-changed"] == "0"
    assert handle(page, "lookup")["data-provider"] == "other"

    today = timezone.localdate()
    BankDirectory.objects.create(business_date=today, version=1, loaded_at=timezone.now())
    settings.LOOKUP_PROVIDER = ""
    page = client.get("/settings/")
    assert handle(page, "banks")["data-date"] == today.isoformat()
    assert handle(page, "lookup")["data-provider"] == "none"


@pytest.mark.usefixtures("no_pango")
def test_without_pango_settings_say_what_to_type(
    client: Client, payment_request: PaymentRequest
) -> None:
    page = client.get("/settings/")
    assert handle(page, "press")["data-ready"] == "no"
    assert "make system" in page.content.decode()

    answer = save(client)
    assert answer.status_code == 422
    assert "make system" in answer.content.decode()
    assert TemplateVersion.objects.count() == 0
    assert client.get(f"{EDITOR}preview/").status_code == 503


def test_every_kind_is_listed_with_whose_template_it_has(client: Client) -> None:
    assert save(client).status_code == 303

    rows = handles(client.get("/settings/templates/"), "template")

    assert {row["data-kind"]: row["data-version"] for row in rows} == {
        **dict.fromkeys(KINDS, "0"),
        "payment_request": "1",
    }


# --- The editor -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_the_editor_starts_with_the_original_and_its_fields(client: Client, kind: str) -> None:
    page = page_of(client.get(f"/settings/templates/{kind}/"))

    original = originals.original(kind)
    assert page.value_of("source") == original.source
    assert page.value_of("css") == original.css
    paths = {field.path for field in KINDS[kind].fields}
    assert paths <= set(re.findall(r"<code>([^<]+)</code>", page.html))


def test_what_is_saved_is_in_force_and_told(client: Client, world: World) -> None:
    payment_request = builders.on_approval(world)

    answer = save(client, note="Проще", request=payment_request.pk)

    assert (answer.status_code, answer["Location"]) == (303, EDITOR)
    page = client.get(EDITOR)
    assert [v["data-number"] for v in handles(page, "template-version")] == ["1"]
    for told in ("Проще", world.admin.short_name):
        assert told in page.content.decode()
    assert "Заявка" in pdf_text(client.get(f"{EDITOR}preview/"))
    version = TemplateVersion.objects.get()
    assert (version.source, version.author) == (SIMPLE, world.admin)


def test_lines_are_counted_as_they_are_seen(client: Client) -> None:
    save(client, SIMPLE.replace("\n", "\r\n"))

    assert TemplateVersion.objects.get().source == SIMPLE


def test_a_broken_template_names_its_line_and_keeps_what_was_typed(client: Client) -> None:
    broken = "<p>\n\n{% if number %}\n</p>"

    answer = save(client, broken, css="p { color: red }", note="Так надо")

    assert answer.status_code == 422
    fault = handle(answer, "template-fault")
    assert (fault["data-part"], fault["data-line"]) == ("source", "3")
    page = page_of(answer)
    assert page.value_of("source") == broken
    assert page.value_of("css") == "p { color: red }"
    assert page.value_of("note") == "Так надо"
    assert page.faults() == {"source"}
    assert TemplateVersion.objects.count() == 0


@pytest.mark.usefixtures("payment_request")
def test_an_unknown_field_is_found_before_it_is_saved(client: Client) -> None:
    answer = save(client, "<p>\n{{ amuont }}</p>")

    assert answer.status_code == 422
    assert handle(answer, "template-fault")["data-line"] == "2"
    text = answer.content.decode()
    assert "amuont" in text
    assert "Возможно: amount" in text


@pytest.mark.usefixtures("payment_request")
def test_an_address_in_the_css_is_found_at_its_line(client: Client) -> None:
    answer = save(client, css="p { }\n@font-face { font-family: a; src: url(http://127.0.0.1/a) }")

    fault = handle(answer, "template-fault")
    assert (fault["data-part"], fault["data-line"]) == ("css", "2")
    assert page_of(answer).faults() == {"css"}


@pytest.mark.usefixtures("payment_request")
def test_css_that_is_not_understood_is_saved_and_remarked(client: Client) -> None:
    save(client, css="p { colour: red }")

    assert "colour" in client.get(EDITOR).content.decode()
    assert TemplateVersion.objects.count() == 1


def test_without_a_change_nothing_is_saved(client: Client) -> None:
    original = originals.original("payment_request")

    answer = save(client, original.source, css=original.css)

    assert answer.status_code == 303
    assert TemplateVersion.objects.count() == 0


def test_two_who_edit_do_not_overwrite_one_another(client: Client) -> None:
    save(client)
    other = SIMPLE.replace("Заявка", "Прошение")

    late = save(client, other)

    assert late.status_code == 409
    page = page_of(late)
    assert page.value_of("source") == other
    assert TemplateVersion.objects.count() == 1
    assert save(client, other, based_on=page.value_of("based_on")).status_code == 303
    assert TemplateVersion.objects.count() == 2


def test_the_same_form_sent_twice_saves_once(client: Client) -> None:
    key = page_of(client.get(EDITOR)).value_of("form_key")

    assert [save(client, form_key=key).status_code for _time in range(2)] == [303, 303]
    assert TemplateVersion.objects.count() == 1


def test_too_much_text_is_refused_at_its_field(client: Client) -> None:
    answer = save(client, "я" * 100_001)

    assert answer.status_code == 422
    assert page_of(answer).faults() == {"source"}


def test_a_kind_that_there_is_not_is_not_found(client: Client) -> None:
    for path in ("", "preview/", "versions/1/", "docx/"):
        assert client.get(f"/settings/templates/nothing/{path}").status_code == 404
    for number in ("1", "9" * 30, "x", ""):
        assert client.post(f"{EDITOR}restore/", {"number": number}).status_code == 404
    assert client.post(f"{EDITOR}restore/", {"number": "0", "format": "x"}).status_code == 404
    assert client.get(f"{EDITOR}versions/1/").status_code == 404
    assert client.get(f"{EDITOR}preview/?version=x").status_code == 404


# --- The preview ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", ["ru", "en"])
def test_every_original_is_previewed_on_a_real_request(
    client: Client, world: World, kind: str, language: str
) -> None:
    payment_request = builders.paid(world)

    answer = client.get(
        f"/settings/templates/{kind}/preview/",
        {"request": payment_request.pk, "language": language},
    )

    assert answer.status_code == 200
    assert len(pdf_text(answer)) > 200
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["X-Frame-Options"] == "SAMEORIGIN"


def test_what_is_typed_is_previewed_and_not_saved(client: Client, world: World) -> None:
    first, second = builders.draft(world), builders.draft(world)
    typed = {"source": SIMPLE, "css": "", "request": first.pk, "language": "en"}

    answer = client.post(f"{EDITOR}preview/", typed)

    assert f"Заявка {first.pk}" in pdf_text(answer)
    newest = client.post(f"{EDITOR}preview/", {**typed, "request": ""})
    assert f"Заявка {second.pk}" in pdf_text(newest)
    assert TemplateVersion.objects.count() == 0


@pytest.mark.usefixtures("payment_request")
def test_a_fault_stands_where_the_preview_would(client: Client) -> None:
    answer = client.post(f"{EDITOR}preview/", {"source": "\n{{ amuont }}", "css": ""})

    assert answer.status_code == 422
    assert handle(answer, "template-fault")["data-line"] == "2"


def test_a_preview_without_a_request_says_so(client: Client) -> None:
    assert client.get(f"{EDITOR}preview/").status_code == 200
    assert client.get(f"{EDITOR}preview/?request=987").status_code == 422
    assert client.get(f"{EDITOR}preview/?request=x").status_code == 422
    assert client.get(f"{EDITOR}preview/?language=xx").status_code == 422


# --- Versions ---------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("payment_request")
def test_an_earlier_version_is_compared_shown_and_gone_back_to(client: Client) -> None:
    save(client)
    save(client, SIMPLE.replace("Заявка", "Прошение"), based_on="1")

    page = client.get(f"{EDITOR}versions/1/")
    assert '<span class="old">− &lt;p&gt;Прошение' in page.content.decode()
    assert '<span class="new">+ &lt;p&gt;Заявка' in page.content.decode()
    assert "Заявка" in pdf_text(client.get(f"{EDITOR}preview/?version=1"))

    answer = client.post(f"{EDITOR}restore/", {"format": "html", "number": "1"})

    assert (answer.status_code, answer["Location"]) == (303, EDITOR)
    assert page_of(client.get(EDITOR)).value_of("source") == SIMPLE
    numbers = [v["data-number"] for v in handles(client.get(EDITOR), "template-version")]
    assert numbers == ["3", "2", "1"]


def test_back_to_the_original(client: Client) -> None:
    save(client)

    client.post(f"{EDITOR}restore/", {"format": "html", "number": "0"})

    original = originals.original("payment_request")
    assert page_of(client.get(EDITOR)).value_of("source") == original.source
    assert handles(client.get(EDITOR), "template-version")[0]["data-number"] == "2"
    assert client.get(f"{EDITOR}versions/2/").status_code == 200


def test_a_new_version_prints_what_is_drawn_up_from_now_on(client: Client, world: World) -> None:
    save(client)

    payment_request = builders.on_approval(world)
    work()

    paper = Document.objects.get(folder=payment_request.folder, kind="payment_request")
    assert paper.state == DocumentState.STORED
    assert paper.paper.template_version == 1
    text = pdf_text_of(client.get(f"/documents/{paper.pk}/"))
    assert f"Заявка {payment_request.pk}" in text


def pdf_text_of(response: Any) -> str:
    content = b"".join(response.streaming_content)
    return pypdf.PdfReader(io.BytesIO(content)).pages[0].extract_text()


# --- Written in Word --------------------------------------------------------------------------------------


def test_a_docx_template_is_tried_and_handed_back(client: Client, world: World) -> None:
    payment_request = builders.on_approval(world)
    template = word_file("Заявка {{ number }}", "{{ payee.name }}")

    answer = client.post(f"{EDITOR}docx/", {"file": template, "note": "Первая"})

    assert (answer.status_code, answer["Location"]) == (303, EDITOR)
    assert handle(client.get(EDITOR), "docx")["data-version"] == "1"
    trial = client.get(f"{EDITOR}docx/trial/")
    assert "attachment" in trial["Content-Disposition"]
    assert text_of(trial.content) == [f"Заявка {payment_request.pk}", world.company.name]
    own = client.get(f"{EDITOR}docx/")
    assert text_of(own.content) == ["Заявка {{ number }}", "{{ payee.name }}"]


@pytest.mark.usefixtures("payment_request")
@pytest.mark.parametrize(
    "content",
    [
        docx("{{ amuont }}"),
        docx("{% if %}"),
        with_relation(docx("x"), "attachedTemplate", "http://127.0.0.1/x.dotm"),
        b"%PDF-1.7",
        b"",
    ],
    ids=["field", "syntax", "outside", "pdf", "empty"],
)
def test_a_bad_docx_template_is_refused_at_its_field(client: Client, content: bytes) -> None:
    file = SimpleUploadedFile("x.docx", content)

    answer = client.post(f"{EDITOR}docx/", {"file": file})

    assert answer.status_code == 422
    assert "file" in page_of(answer).faults()
    assert TemplateVersion.objects.count() == 0


def test_a_docx_is_filed_beside_the_pdf(client: Client, world: World) -> None:
    client.post(f"{EDITOR}docx/", {"file": word_file("Заявка {{ number }}", "{{ payee.name }}")})

    payment_request = builders.on_approval(world)
    work()

    made = Document.objects.filter(folder=payment_request.folder, kind="payment_request")
    printed, filled = made.order_by("pk")
    assert {printed.state, filled.state} == {DocumentState.STORED}
    assert printed.original_name.removesuffix(".pdf") == filled.original_name.removesuffix(".docx")
    assert (filled.paper.version, filled.paper.template_version) == (1, 1)
    content = b"".join(client.get(f"/documents/{filled.pk}/").streaming_content)
    assert text_of(content) == [f"Заявка {payment_request.pk}", world.company.name]


def test_a_docx_that_cannot_be_made_is_a_row_with_its_reason(client: Client, world: World) -> None:
    """It was fine for the request that it was tried on; the PDF is made all the same."""
    template = word_file("{{ 1 / (urgent_reason|length) }}")
    urgent = builders.on_approval(world, is_urgent=True, urgent_reason="Так надо")
    client.post(f"{EDITOR}docx/", {"file": template, "request": urgent.pk})
    assert TemplateVersion.objects.count() == 1

    payment_request = builders.on_approval(world)
    work()

    papers = Document.objects.filter(folder=payment_request.folder, kind="payment_request")
    assert [document.state for document in papers.order_by("pk")] == ["stored", "fault"]
    card = client.get(payment_request.get_absolute_url()).content.decode()
    assert "ZeroDivisionError" in card


def test_a_docx_template_is_taken_away_and_back(client: Client, world: World) -> None:
    client.post(f"{EDITOR}docx/", {"file": word_file("{{ number }}")})

    client.post(f"{EDITOR}restore/", {"format": "docx", "number": "0"})

    assert handle(client.get(EDITOR), "docx")["data-version"] == "0"
    assert client.get(f"{EDITOR}docx/").status_code == 404
    assert client.get(f"{EDITOR}docx/trial/").status_code == 404
    assert client.get(f"{EDITOR}docx/?version=1").status_code == 200
    assert client.get(f"{EDITOR}docx/?version=2").status_code == 404
    payment_request = builders.on_approval(world)
    assert Document.objects.filter(folder=payment_request.folder, paper__isnull=False).count() == 1

    client.post(f"{EDITOR}restore/", {"format": "docx", "number": "1"})
    assert handle(client.get(EDITOR), "docx")["data-version"] == "3"


# --- Words ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "snippet"),
    [
        ("number", "{{ number }}"),
        ("payer.inn", "{{ payer.inn }}"),
        ("documents[].name", "{% for document in documents %}{{ document.name }}{% endfor %}"),
        (
            "groups[].lines[].payee",
            "{% for group in groups %}{% for line in group.lines %}{{ line.payee }}{% endfor %}{% endfor %}",
        ),
        ("groups[].payer.name", "{% for group in groups %}{{ group.payer.name }}{% endfor %}"),
    ],
)
def test_a_field_is_inserted_as_it_is_written(path: str, snippet: str) -> None:
    assert snippet_of(path) == snippet
