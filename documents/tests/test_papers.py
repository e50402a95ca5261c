"""Papers of our own: promised, printed, filed; killed between any two steps, without pango, with a fault."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import RequestFactory
from django.utils import timezone, translation

from documents import downloads, papers, press, printing, reasons, selectors, storage, tasks
from documents.models import Document, DocumentKind, DocumentState, Folder, Paper
from documents.press import Printed, Template
from documents.tests.builders import content_of, ready_folder
from outbox import services as outbox
from tests.pdfs import A4, Pdf

pytestmark = pytest.mark.django_db

SOURCE = """<html><body>
<p>{{ _("INN") }} {{ payer }}</p>
{% if codes.page %}<img src="asset:page" style="width: 30mm"><p>{{ page_url }}</p>{% endif %}
</body></html>"""
CSS = "@page { size: A4 } body { font: 11pt 'PT Sans' }"


class Killed(BaseException):
    """Nothing catches it: the worker is gone."""


@pytest.fixture(autouse=True)
def template(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A small template in place of the original; a test may break it."""
    sources = [SOURCE]
    monkeypatch.setattr(
        printing, "current_template", lambda kind: Template(kind, sources[-1], CSS, 7)
    )
    return sources


def promised(folder: Folder | None = None, **changes: Any) -> Document:
    draft = {
        "kind": DocumentKind.APPROVAL_SHEET,
        "template": "approval_sheet",
        "language": "ru",
        "title": "Лист согласования",
        "file_name": "Лист согласования к заявке № 7.pdf",
        "values": {
            "payer": "ООО «Лиственный берег»",
            "codes": {"page": "{url}"},
            "page_url": "{url}",
        },
        "page_path": "/sheets/{token}/",
        **changes,
    }
    return papers.draw_up(folder=folder or ready_folder(), draft=papers.Draft(**draft), actor=None)


def after(document: Document) -> Document:
    """The row as it is now."""
    return Document.objects.select_related("folder", "paper").get(pk=document.pk)


def work(document: Document) -> Document:
    tasks.make_paper(document.pk)
    tasks.file_document(document.pk)
    return after(document)


def due_again(document: Document) -> None:
    """As if the time of the next try had come, and the lease of whoever died had passed."""
    Document.objects.filter(pk=document.pk).update(
        next_try_at=timezone.now(), claimed_at=timezone.now() - outbox.LEASE
    )


def test_a_paper_is_printed_and_filed_like_any_document() -> None:
    document = promised()
    assert document.state == DocumentState.MAKING
    assert not document.has_bytes

    made = work(document)

    assert (made.state, made.incoming_key) == (DocumentState.STORED, "")
    pdf = Pdf(content_of(made.key))
    assert len(pdf.content) == made.size
    assert "ИНН ООО «Лиственный берег»" in pdf.text
    assert pdf.metadata["/Title"] == "Лист согласования"
    assert pdf.sizes == {A4}
    assert pdf.faults() == []
    assert (made.paper.pages, made.paper.template_version) == (1, 7)


def test_its_code_leads_to_its_own_page_and_the_token_is_kept_nowhere() -> None:
    made = work(promised())

    [code] = Pdf(content_of(made.key)).codes()

    start, _slash, token = code.decode().rstrip("/").rpartition("/")
    assert start.endswith("/sheets")
    assert papers.find_paper(token) == made.paper
    assert papers.find_paper(token[::-1]) is None
    assert token not in str(made.paper.values)
    assert token not in (made.paper.salt, made.paper.token_sha256)


def test_words_follow_the_paper_and_not_whoever_prints_it() -> None:
    document = promised(language="en")
    with translation.override("ru"):
        made = work(document)

    assert "INN ООО «Лиственный берег»" in Pdf(content_of(made.key)).text


def test_running_twice_makes_one_file() -> None:
    document = promised()
    first = work(document)

    again = work(document)
    tasks.make_paper(document.pk)

    assert (again.sha256, again.stored_at) == (first.sha256, first.stored_at)
    assert _keys(again.folder) == ["Лист согласования к заявке № 7.pdf"]


MOMENTS: dict[str, list[tuple[Any, str]]] = {
    "printing": [(printing, "print_paper")],
    "uploading": [(storage.FolderStore, "put"), (storage.S3Store, "put")],
    "recording": [(outbox, "next_step")],
    "filing": [(storage.FolderStore, "copy"), (storage.S3Store, "copy")],
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_between_any_two_steps_it_is_made_all_the_same(
    moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_args: object, **_kwargs: object) -> None:
        raise Killed

    document = promised()
    with monkeypatch.context() as patch:
        for owner, name in MOMENTS[moment]:
            patch.setattr(owner, name, die)
        with pytest.raises(Killed):
            work(document)
    # Whoever died still holds it: nobody else takes it before its lease is over.
    assert after(document).state in (DocumentState.MAKING, DocumentState.RECEIVED)
    work(document)
    assert after(document).state != DocumentState.STORED
    due_again(document)

    made = work(document)

    assert made.state == DocumentState.STORED
    assert Pdf(content_of(made.key)).faults() == []
    assert _keys(made.folder) == ["Лист согласования к заявке № 7.pdf"]


def test_a_claim_that_was_lost_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two printed it at once: the one whose lease had passed takes its file away again."""
    document = promised()
    whole = printing.print_paper

    def slowly(paper: Paper) -> Any:
        result = whole(paper)
        due_again(document)
        if not is_second:
            is_second.append(True)
            tasks.make_paper(document.pk)
        return result

    is_second: list[bool] = []
    monkeypatch.setattr(printing, "print_paper", slowly)

    tasks.make_paper(document.pk)

    kept = after(document)
    assert kept.state == DocumentState.RECEIVED
    assert Pdf(content_of(kept.incoming_key)).faults() == []
    incoming = [key for key in _incoming() if not key.endswith(".folder")]
    assert incoming == [kept.incoming_key]


def test_without_pango_it_waits_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    document = promised()
    with monkeypatch.context() as patch:
        patch.setattr(press, "print_pdf", _missing)
        for _time in range(outbox.MAX_ATTEMPTS + 2):
            due_again(document)
            tasks.make_paper(document.pk)
    waiting = after(document)
    assert waiting.state == DocumentState.MAKING
    assert selectors.waits_for_press(waiting)
    assert "make system" in selectors.fault_reason(waiting)
    assert not selectors.may_come_soon(waiting)
    assert waiting.next_try_at is not None
    due_again(document)

    assert work(document).state == DocumentState.STORED


def test_where_nothing_can_be_printed_the_sweeper_tries_each_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    woken: list[int] = []
    monkeypatch.setattr(press, "is_ready", lambda: False)
    monkeypatch.setattr(
        outbox,
        "wake",
        lambda task, pk, **_options: woken.append(pk) if "paper" in task.name else None,
    )
    first, second = promised(), promised()
    Document.objects.filter(pk=first.pk).update(last_error=reasons.PRESS_MISSING)
    woken.clear()

    tasks.sweep()
    assert woken == [second.pk]

    monkeypatch.setattr(press, "is_ready", lambda: True)
    woken.clear()
    tasks.sweep()
    assert woken == [first.pk, second.pk]


def test_a_broken_template_is_a_reason_and_a_button(template: list[str]) -> None:
    template.append("<html><body>\n\n{{ nobody.knows.this }}</body></html>")
    document = promised()

    broken = work(document)

    assert (broken.state, broken.next_try_at) == (DocumentState.FAULT, None)
    assert selectors.paper_fault(broken) == "Такого поля нет. (строка 3) nobody"
    assert not selectors.may_come_soon(broken)
    template.pop()
    assert papers.make_again(document=broken)
    made = work(document)
    assert (made.state, made.last_error, made.paper.fault) == (DocumentState.STORED, "", {})
    assert not papers.make_again(document=made)


def test_a_storage_that_is_silent_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*_args: object, **_kwargs: object) -> None:
        raise storage.StorageError("no answer")

    document = promised()
    with monkeypatch.context() as patch:
        patch.setattr(storage.FolderStore, "put", silent)
        patch.setattr(storage.S3Store, "put", silent)
        tasks.make_paper(document.pk)
    kept = after(document)
    assert (kept.state, kept.last_error) == (DocumentState.MAKING, reasons.STORAGE_SILENT)
    assert kept.next_try_at is not None
    assert kept.next_try_at > timezone.now() + timedelta(seconds=20)
    due_again(document)

    assert work(document).state == DocumentState.STORED


def test_what_is_taken_back_in_time_is_never_made() -> None:
    folder, now = ready_folder(), timezone.now()
    kept = promised(folder)
    Document.objects.filter(pk=kept.pk).update(uploaded_at=now - timedelta(minutes=1))
    made = work(promised(folder))
    promised(folder)

    papers.take_back(folder=folder, since=now)

    left = Document.objects.filter(folder=folder).values_list("pk", flat=True)
    assert set(left) == {kept.pk, made.pk}
    assert Paper.objects.count() == 2


def test_a_paper_that_is_not_made_yet_cannot_be_downloaded() -> None:
    document = promised()

    answer = downloads.response(RequestFactory().get("/"), after(document))

    assert answer.status_code == 404


def test_two_papers_of_one_name_both_stay() -> None:
    folder = ready_folder()
    names = [promised(folder).stored_name for _time in range(2)]

    assert names == [
        "Лист согласования к заявке № 7.pdf",
        "Лист согласования к заявке № 7 (2).pdf",
    ]


def _missing(*_args: object, **_kwargs: object) -> Printed:
    raise press.PressMissing("no pango")


def _keys(folder: Folder) -> list[str]:
    return sorted(Document.objects.filter(folder=folder).values_list("stored_name", flat=True))


def _incoming() -> list[str]:
    return list(storage.store().incoming_before(timezone.now() + timedelta(days=1)))
