"""Names: readable, safe everywhere, and not longer than a disk allows."""

import unicodedata
from itertools import islice

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from documents.names import (
    MAX_BYTES,
    candidates,
    folder_component,
    readable,
    safe_component,
    shown_path,
)

# What hypothesis would rarely hit by itself.
HOSTILE = st.lists(
    st.one_of(
        st.text(max_size=8),
        st.sampled_from(
            [
                "../",
                "..\\",
                "\x00",
                "\u202e",
                "\ufeff",
                "CON",
                "nul",
                "COM¹",
                ".",
                " ",
                "ё",
                "е\u0308",
                "(2)",
                "/",
                "😀",
                "\ud800",
            ]
        ),
        st.text(alphabet="Щы", min_size=50, max_size=150),
    ),
    max_size=8,
).map("".join)


@pytest.mark.parametrize(
    ("given_name", "expected"),
    [
        ("Счёт № 643 от 24.11.2026.pdf", "Счёт № 643 от 24.11.2026.pdf"),
        ("../../etc/passwd", "etc-passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("счёт\x00.pdf", "счёт.pdf"),
        ("счёт\u202efdp.exe", "счётfdp.exe"),
        ("CON", "_CON"),
        ("con.pdf", "_con.pdf"),
        ("Конверт.pdf", "Конверт.pdf"),
        ("nul.tar.zip", "_nul.tar.zip"),
        ("Contract.pdf", "Contract.pdf"),
        ("акт. . .", "акт"),
        ("a\nb\tc.txt", "a b c.txt"),
        ("  two  spaces .pdf", "two spaces.pdf"),
        ('ООО "Ромашка": счёт?.pdf', "ООО 'Ромашка'- счёт_.pdf"),
        (".folder", "folder"),
        ("", "file"),
        ("...", "file"),
        ("и\u0306.pdf", "й.pdf"),
    ],
)
def test_a_file_keeps_what_is_harmless_in_its_name(given_name: str, expected: str) -> None:
    assert safe_component(given_name) == expected


def test_a_long_name_is_cut_between_characters_and_keeps_its_extension() -> None:
    cut = safe_component("Щ" * 300 + ".pdf")

    assert cut == "Щ" * 98 + ".pdf"
    assert len(cut.encode()) == MAX_BYTES


def test_a_long_company_keeps_its_inn() -> None:
    cut = folder_component(f"{'Общество ' * 40}(7707083893-770701001)")

    assert cut.startswith("Общество Общество")
    assert cut.endswith(" (7707083893-770701001)")
    assert len(cut.encode()) <= MAX_BYTES


@given(HOSTILE)
def test_a_component_is_safe_whatever_comes(name: str) -> None:
    for component in (safe_component(name), folder_component(name)):
        assert 0 < len(component.encode()) <= MAX_BYTES
        assert not set(component) & set('/\\:*?"<>|')
        assert not component.startswith((".", " "))
        assert not component.endswith((".", " "))
        assert all(unicodedata.category(character)[0] != "C" for character in component)
        stem = component.split(".")[0].rstrip().lower()
        assert stem not in {"con", "prn", "aux", "nul", "com1", "com¹", "lpt9"}


@given(HOSTILE)
def test_a_safe_name_stays_as_it_is(name: str) -> None:
    assume(len(name.encode(errors="replace")) < MAX_BYTES)  # a cut may leave a new 'extension'
    assert safe_component(safe_component(name)) == safe_component(name)


@given(HOSTILE)
def test_numbered_names_differ_and_fit(name: str) -> None:
    first = list(islice(candidates(safe_component(name)), 12))

    assert len(set(first)) == len(first)
    assert all(len(candidate.encode()) <= MAX_BYTES for candidate in first)


def test_numbers_stand_before_the_extension() -> None:
    assert list(islice(candidates("Счёт.pdf"), 3)) == [
        "Счёт.pdf",
        "Счёт (2).pdf",
        "Счёт (3).pdf",
    ]


def test_readable_text_is_one_visible_line() -> None:
    assert readable(" счёт\u202e\x07\r\n №\u00a05 ") == "счёт № 5"


def test_fixed_names_are_shown_in_the_readers_language() -> None:
    shown = shown_path("Companies/ООО «Ромашка» (7707083893)/Payment requests/12")

    assert shown.count(" / ") == 3
    assert "ООО «Ромашка» (7707083893)" in shown


def test_an_abbreviated_name_keeps_its_full_stop() -> None:
    assert (
        folder_component("ИП Малахова Д. П. (529902010747)") == "ИП Малахова Д. П. (529902010747)"
    )
