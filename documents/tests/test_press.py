"""The press: what it makes, its limits, how it dies and comes back, and how it is without pango."""

from __future__ import annotations

import io
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import pikepdf
import pypdf
import pytest
from django.conf import settings
from django.utils import translation

from documents import press, reasons
from documents.press import Limits, PressMissing, Printed, Template, TemplateFault, faults, pool

ROOT = Path(settings.BASE_DIR)
PAGE = "<!DOCTYPE html><html><body>{}</body></html>"
CSS = "@page { size: A4; margin: 20mm } body { font: 10pt 'PT Sans' }"
FOREVER = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"


def printed(
    source: str, *, css: str = CSS, limits: Limits = press.LIMITS, **values: Any
) -> Printed:
    return press.print_pdf(
        Template("payment_request", PAGE.format(source), css),
        values=values,
        language="ru",
        title="Заявка на оплату № 643",
        author="ООО «Ромашка»",
        limits=limits,
    )


def text(made: Printed) -> str:
    reader = pypdf.PdfReader(io.BytesIO(made.pdf))
    return "\n".join(page.extract_text() for page in reader.pages)


def fault(source: str, **options: Any) -> TemplateFault:
    with pytest.raises(TemplateFault) as caught:
        printed(source, **options)
    return caught.value


def until(condition: Callable[[], bool], *, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def run_python(code: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=ROOT,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


# --- What it makes ------------------------------------------------------------------------------------


def test_every_letter_of_a_paper_is_there_and_comes_from_one_embedded_font() -> None:
    letters = "Заявка № 643 «Ромашка» — прописью 49\u00a0050,00 ₽, 22\u00a0%, ёЁ, Payment €"

    made = printed("<p>{{ words }}</p><p><b>{{ words }}</b></p>", words=letters)

    plain = text(made).replace("\u00a0", " ")
    assert plain.split("\n")[:2] == [letters.replace("\u00a0", " ")] * 2
    fonts = embedded_fonts(made.pdf)
    assert {name.split("+")[1] for name in fonts} == {"PT-Sans", "PT-Sans-Bold"}
    assert all(fonts.values())


def embedded_fonts(pdf: bytes) -> dict[str, bool]:
    """Name of each font -> whether its file is inside."""
    found = {}
    with pikepdf.open(io.BytesIO(pdf)) as document:
        for page in document.pages:
            for font in page.Resources.Font.values():
                descriptor = font.DescendantFonts[0].FontDescriptor
                found[str(font.BaseFont)] = any(
                    key in descriptor for key in ("/FontFile", "/FontFile2", "/FontFile3")
                )
    return found


def test_a_font_that_is_not_ours_is_not_taken_from_the_machine() -> None:
    made = printed("<p>Сумма</p>", css="body { font-family: 'DejaVu Sans', monospace }")

    assert {name.split("+")[1] for name in embedded_fonts(made.pdf)} == {"PT-Sans"}


def test_the_file_claims_pdf_a_and_says_what_it_is() -> None:
    made = printed("<p>Сумма</p>")

    with pikepdf.open(io.BytesIO(made.pdf)) as document:
        with document.open_metadata() as metadata:
            assert metadata.pdfa_status == "3U"
            assert metadata["dc:title"] == "Заявка на оплату № 643"
            assert metadata["dc:creator"] == ["ООО «Ромашка»"]
        assert document.Root.OutputIntents[0].S == "/GTS_PDFA1"
        assert document.Root.Lang == "ru"
        width, height = (float(side) for side in document.pages[0].MediaBox[2:])
    assert (round(width), round(height)) == (595, 842)  # A4 in points
    assert made.pages == 1


def test_values_are_escaped_and_texts_are_translated() -> None:
    made = printed(
        "{{ name }}<p>{{ _('payment request') }}</p>"
        "{{ ngettext('%(number)s request', '%(number)s requests', 5)|format(number=5) }}",
        name="<b>ООО</b>",
    )

    assert text(made).split("\n") == ["<b>ООО</b>", "заявка на оплату", "5 заявок"]


def test_pictures_come_as_assets_and_a_missing_one_is_noted() -> None:
    square = (
        b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path d="M0 0h9v9z"/></svg>'
    )
    template = Template("x", PAGE.format('<img src="asset:qr"><img src="asset:logo">'), CSS)

    made = press.print_pdf(template, values={}, language="en", title="x", assets={"qr": square})

    assert [note for note in made.notes if "asset:qr" in note] == []
    assert [note for note in made.notes if "asset:logo" in note]


def test_css_that_is_not_understood_is_noted_with_its_line() -> None:
    made = printed("x", css="p { color: red }\np { colour: red }")

    assert [note for note in made.notes if "colour" in note and "2:" in note]


def test_only_plain_values_go_through() -> None:
    with pytest.raises(TypeError):
        printed("{{ amount }}", amount=Decimal("1.00"))


# --- Faults -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "reason", "line"),
    [
        ("a\n{% if %}", faults.SYNTAX, 2),
        ("a\n{% for x in y %}", faults.SYNTAX, 2),
        ("a\nb\n{{ payment.ammount }}", faults.UNKNOWN_FIELD, 3),
        ("{{ nothing }}", faults.UNKNOWN_FIELD, 1),
        ("\n{{ 1 / 0 }}", faults.VALUES, 2),
        ("\n{% include 'other.html' %}", faults.INCLUDE, 2),
        (
            "\n{% macro m() %}\n{{ m.no }}{{ 1/0 }}{% endmacro %}\n{{ m() }}",
            faults.UNKNOWN_FIELD,
            3,
        ),
    ],
)
def test_a_broken_template_names_its_line(source: str, reason: str, line: int) -> None:
    found = fault(source, payment={"amount": "1"})

    assert (found.reason, found.line, found.part) == (reason, line, "source")


def test_an_unknown_field_is_named() -> None:
    assert fault("{{ payment.ammount }}", payment={"amount": "1"}).detail == "ammount"


def test_a_field_comes_before_a_method_of_its_name() -> None:
    assert text(printed("{{ payment.items }}", payment={"items": "три"})) == "три"


def test_a_check_reads_without_filling_in() -> None:
    notes = press.check(Template("x", "{{ whatever }}", "p { colour: red }"))
    assert len(notes) == 1

    with pytest.raises(TemplateFault) as caught:
        press.check(Template("x", "a\n{{ }", ""))
    assert (caught.value.reason, caught.value.line) == (faults.SYNTAX, 2)


def test_every_reason_is_translated() -> None:
    every = [getattr(faults, name) for name in dir(faults) if name.isupper()]
    with translation.override("ru"):
        assert [reason for reason in every if reasons.shown(reason) == reason] == []


# --- Limits -------------------------------------------------------------------------------------------


def test_a_job_over_its_time_is_killed_and_the_next_one_is_done() -> None:
    printed("warm")
    started = time.monotonic()

    assert fault(FOREVER, limits=Limits(seconds=0.5)).reason == faults.TIME

    assert time.monotonic() - started < 5
    assert text(printed("next")) == "next"


def test_the_clock_counts_where_the_processor_rests() -> None:
    """As a machine does that gives the press no time: here it is stopped."""
    printed("warm")
    [one] = pool.presses()
    os.kill(one.process.pid, signal.SIGSTOP)

    assert fault("x", limits=Limits(clock=0.5)).reason == faults.TIME

    assert not is_alive(one.process.pid)


def test_time_in_c_code_counts_as_well() -> None:
    assert fault("{{ 9 ** (9 ** 9) }}", limits=Limits(seconds=0.5)).reason == faults.TIME


def test_a_job_over_its_memory_fails_and_the_next_one_is_done() -> None:
    found = fault("{% set a = 'x' * 10 ** 9 %}{{ a|length }}", limits=Limits(memory=600 * 1024**2))

    assert found.reason == faults.MEMORY
    assert text(printed("next")) == "next"


def test_pages_and_size_are_limited() -> None:
    pages = "{% for i in range(n) %}<p style='break-after: page'>x</p>{% endfor %}"

    assert printed(pages, n=5, limits=Limits(pages=5)).pages == 5
    assert fault(pages, n=6, limits=Limits(pages=5)).reason == faults.PAGES
    assert fault("x", limits=Limits(size=1000)).reason == faults.SIZE
    assert fault("{{ 'x' * 5000000 }}").reason == faults.SIZE


# --- Death and coming back ----------------------------------------------------------------------------


def test_a_press_that_was_killed_is_replaced() -> None:
    printed("warm")
    [old] = pool.presses()
    os.kill(old.process.pid, signal.SIGKILL)
    until(lambda: not is_alive(old.process.pid))

    assert text(printed("again")) == "again"
    assert old.process.pid not in [new.process.pid for new in pool.presses()]


def test_a_press_that_is_killed_at_work_does_the_job_at_the_second_attempt() -> None:
    pool.end()
    printed("warm")
    [old] = pool.presses()
    slow = "{% for i in range(99999) %}{% for j in range(99) %}{% endfor %}{% endfor %}done"
    used = cpu_seconds(old.process.pid)

    with ThreadPoolExecutor(1) as threads:
        made = threads.submit(printed, slow)
        until(lambda: cpu_seconds(old.process.pid) > used)
        os.kill(old.process.pid, signal.SIGKILL)

    assert text(made.result()) == "done"


def cpu_seconds(pid: int) -> int:
    """What a process has used so far, in ticks."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def test_presses_leave_nothing_behind() -> None:
    printed("x")
    [one] = pool.presses()
    folder, pid = Path(one.folder), one.process.pid
    assert folder.is_dir()

    pool.end()

    assert not folder.exists()
    assert not is_alive(pid)


@pytest.mark.parametrize("source", ["x", FOREVER], ids=["idle", "busy"])
def test_a_press_does_not_outlive_its_program(source: str) -> None:
    code = f"""
        import os, signal, threading, time
        from documents import press
        from documents.press import pool
        limits = press.Limits(seconds=3)
        template = press.Template("x", "warm", "")
        press.print_pdf(template, values={{}}, language="en", title="x")
        print(pool.presses()[0].process.pid, pool.presses()[0].folder, flush=True)
        job = dict(values={{}}, language="en", title="x", limits=limits)
        template = press.Template("x", {source!r}, "")
        threading.Thread(target=press.print_pdf, args=[template], kwargs=job).start()
        time.sleep(0.3)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    pid, folder = run_python(code).stdout.split()

    until(lambda: not is_alive(int(pid)))
    if source == FOREVER:  # killed by its timer, wherever it was
        shutil.rmtree(folder)
    assert not Path(folder).exists()


def test_a_fork_has_presses_of_its_own_and_does_not_keep_its_parents_alive() -> None:
    code = """
        import os, signal, sys
        from documents import press
        from documents.press import pool
        def made():
            template = press.Template("x", "x", "")
            return press.print_pdf(template, values={}, language="en", title="x").pages
        made()
        first = pool.presses()[0].process.pid
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            assert pool.presses() == []
            assert made() == 1
            assert pool.presses()[0].process.pid != first
            os.read(reading, 1)
            pool.end()
            os._exit(0)
        assert made() == 1 and pool.presses()[0].process.pid == first
        # The fork still lives when the parent lets go of its press: the press must see that.
        press_process = pool.presses()[0].process
        pool.presses()[0].let_go()
        press_process.wait(20)
        os.write(writing, b"x")
        assert os.waitpid(child, 0)[1] == 0
        print("good")
    """
    done = run_python(code)

    assert done.stdout == "good\n", done.stderr


def test_threads_share_a_few_presses_and_each_gets_its_own_document() -> None:
    with ThreadPoolExecutor(6) as threads:
        made = threads.map(lambda number: text(printed("№ {{ n }}", n=number)), range(18))

    assert list(made) == [f"№ {number}" for number in range(18)]
    assert len(pool.presses()) <= pool.SIZE


# --- Without pango ------------------------------------------------------------------------------------


@pytest.mark.usefixtures("no_pango")
def test_without_pango_documents_wait_until_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not press.is_ready()
    with pytest.raises(PressMissing):
        printed("x")
    assert pool.presses() == []

    monkeypatch.delenv("LD_LIBRARY_PATH")
    press.is_ready.forget()

    assert press.is_ready()
    assert text(printed("x")) == "x"


@pytest.mark.usefixtures("no_pango")
def test_make_says_in_a_line_what_to_type() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/pango.py"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "PDF files need pango, and this machine lacks it (pango, pangoft2). Type: make system"
    ]


def test_web_and_worker_load_nothing_of_the_press() -> None:
    code = """
        import sys
        import config.wsgi, config.urls
        from config.celery import app
        app.loader.import_default_modules()
        assert any(name.startswith("documents.") for name in app.tasks), sorted(app.tasks)
        from documents import press
        assert press.is_ready()
        theirs = {"weasyprint", "jinja2.sandbox", "docxtpl", "docx", "lxml"}  # pages use jinja2 itself
        print(sorted(theirs & set(sys.modules)))
    """
    done = run_python(code, DJANGO_SETTINGS_MODULE="tests.settings")

    assert done.stdout == "[]\n", done.stderr
