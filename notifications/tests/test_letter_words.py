"""The letter 'paid' says, word for word, what was agreed that it says."""
# ruff: noqa: E501 - the letter's lines are as long as they are

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from html import unescape
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup
from django.utils import translation

from documents.models import Document
from documents.services import token_for
from notifications.models import Letter
from notifications.rendering import name_and_patronymic, render_letter
from people.amount_words import amount_in_words

NBSP = "\u00a0"
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)

RUSSIAN = """\
Здравствуйте, Елена Юрьевна!

Мы оплатили счёт № 643 от 20 ноября 2026 г. Платёжное поручение — во вложении.

Сумма: 49 050,00 ₽ (Сорок девять тысяч пятьдесят рублей 00 копеек)
НДС: в том числе 22 % — 8 845,08 ₽
Дата платежа: 24 ноября 2026 г.
Платёжное поручение: № 373 от 24 ноября 2026 г.
Плательщик: ООО «Лиственный берег», ИНН 7799101010
Получатель: ООО «Канцверба», ИНН 7799201015
Расчётный счёт получателя: оканчивается на 0201, ПАО Сбербанк, г. Москва
Назначение платежа: Оплата по счёту № 643 от 20.11.2026 за бумагу. В том числе НДС 22% - 8845,08 руб.

Посмотреть платёж и документы: {page_url}
Входить и регистрироваться не нужно. Ссылка работает до 22 февраля 2027 г.

Деньги обычно приходят в течение одного рабочего дня. Если платёж не пришёл или что-то не сходится, ответьте на это письмо или позвоните: Кравцова Алина Сергеевна, Менеджер по закупкам, +7 495 000-00-01.

С уважением, Кравцова Алина Сергеевна, ООО «Лиственный берег»

——
Письмо отправлено автоматически, заявка № 7. Вы получили его, потому что указаны контактным лицом ООО «Канцверба» по этой оплате.
По ссылке мы не просим паролей, платежей и личных данных. Мы отмечаем, что документы открыты, чтобы не переспрашивать вас.
Не хотите таких писем — ответьте «не присылать».
"""

ENGLISH = """\
Hello Носова Елена Юрьевна,

We have paid invoice 643 of 20 November 2026. The payment order is attached.

Amount: RUB 49,050.00 (Forty-nine thousand and fifty roubles 00 kopecks)
VAT: RUB 8,845.08 included at 22%
Paid on: 24 November 2026
Payment order: No. 373 of 24 November 2026
Payer: ООО «Лиственный берег», INN 7799101010
Payee: ООО «Канцверба», INN 7799201015
Payee's account: ends in 0201, ПАО Сбербанк, г. Москва
Payment purpose: Оплата по счёту № 643 от 20.11.2026 за бумагу. В том числе НДС 22% - 8845,08 руб.

See the payment and its documents: {page_url}
No sign-in is needed. The link works until 22 February 2027.

The money usually arrives within one working day. If it has not, or anything looks wrong, reply to this letter or call: Кравцова Алина Сергеевна, Менеджер по закупкам, +7 495 000-00-01.

Kind regards, Кравцова Алина Сергеевна, ООО «Лиственный берег»

——
This letter was sent automatically, request 7. You receive it as the contact of ООО «Канцверба» for this invoice.
The link never asks for passwords, payments or personal data. We note that the documents were opened, so as not to ask you again.
To stop these letters, reply “stop”.
"""


def plain(text: str) -> str:
    return text.replace(NBSP, " ")


@pytest.mark.parametrize(
    ("language", "subject", "text"),
    [
        (
            "ru",
            "Оплачен счёт № 643 от 20 ноября 2026 г.: 49 050,00 ₽ — ООО «Лиственный берег»",
            RUSSIAN,
        ),
        (
            "en",
            "Invoice 643 of 20 November 2026 is paid: RUB 49,050.00 — ООО «Лиственный берег»",
            ENGLISH,
        ),
    ],
)
def test_letter_says_what_was_agreed(
    make_letter: Callable[..., Letter], settings, language: str, subject: str, text: str
) -> None:
    letter = make_letter(language=language, now=NOW)
    page_url = f"{settings.PUBLIC_URL}/s/{token_for(letter.share_link)}/"

    # The reader's own language does not matter.
    with translation.override("en" if language == "ru" else "ru"):
        rendered = render_letter(letter, live=True)

    assert plain(rendered.subject) == subject
    assert plain(rendered.text) == text.replace("{page_url}", page_url)


@pytest.mark.parametrize("language", ["ru", "en"])
def test_html_says_the_same_as_the_text(make_letter: Callable[..., Letter], language: str) -> None:
    rendered = render_letter(make_letter(language=language), live=True)
    words = plain(" ".join(BeautifulSoup(rendered.html, "html.parser").get_text(" ").split()))

    for line in rendered.text.splitlines():
        label, _colon, value = plain(line).partition(": ")
        assert label.replace("——", "") in words
        assert value in words


def test_html_is_safe_to_read_anywhere(make_letter: Callable[..., Letter], settings) -> None:
    letter = make_letter()
    html = render_letter(letter, live=True).html
    soup = BeautifulSoup(html, "html.parser")

    assert len(html.encode()) < 100_000
    assert soup.html is not None
    assert soup.html["lang"] == "ru"
    assert soup.select_one('meta[name="color-scheme"]')["content"] == "light dark"
    assert "prefers-color-scheme: dark" in html
    assert not soup.select("script, img, link, iframe, form, [src], [background]")
    assert "url(" not in html
    links = {a["href"] for a in soup.select("a")}
    assert links == {f"{settings.PUBLIC_URL}/s/{token_for(letter.share_link)}/"}
    assert len(soup.select("a")) == 2
    assert [th["scope"] for th in soup.select("th")] == ["row"] * 8
    assert "white-space:nowrap" in soup.find(string="49\u00a0050,00\u00a0₽").parent["style"]


def test_names_and_purpose_are_escaped(make_letter: Callable[..., Letter]) -> None:
    evil = '<script>alert(1)</script>&"x"'
    rendered = render_letter(
        make_letter(purpose=evil, company=evil, payer=evil, manager=evil, bank_name=evil), live=True
    )

    assert "<script" not in rendered.html
    assert unescape(rendered.html).count(evil) >= 5
    assert evil in rendered.text


def test_staff_see_a_dead_link_and_no_token(letter: Letter) -> None:
    rendered = render_letter(letter, live=False)
    token = token_for(letter.share_link)

    assert "<a " not in rendered.html
    assert "href" not in rendered.html
    for text in rendered:
        assert token not in text
    assert "/s/…/" in rendered.text
    assert token not in str(vars(Letter.objects.get(pk=letter.pk)))


def test_without_an_invoice_number(make_letter: Callable[..., Letter]) -> None:
    russian = render_letter(make_letter(invoice_number="", invoice_date=None), live=True)
    english = render_letter(make_letter(language="en", invoice_number=""), live=True)

    assert plain(russian.subject) == "Оплата 49 050,00 ₽ от ООО «Лиственный берег»"
    assert "Мы перечислили вам 49 050,00 ₽. Платёжное поручение — во вложении." in plain(
        russian.text
    )
    assert english.subject == "Payment of RUB 49,050.00 from ООО «Лиственный берег»"


def test_an_invoice_with_a_number_and_no_date(make_letter: Callable[..., Letter]) -> None:
    rendered = render_letter(make_letter(invoice_date=None), live=True)

    assert plain(rendered.subject).startswith("Оплачен счёт № 643: 49 050,00 ₽")
    assert "Мы оплатили счёт № 643. " in plain(rendered.text)


def test_no_vat(make_letter: Callable[..., Letter]) -> None:
    facts = {"vat_rate": "none", "vat_amount": None}

    assert "НДС: без НДС\n" in render_letter(make_letter(**facts), live=True).text
    assert "VAT: no VAT\n" in render_letter(make_letter(language="en", **facts), live=True).text


def test_several_payments_are_listed(
    make_letter: Callable[..., Letter], make_document: Callable[..., Document]
) -> None:
    payments = [
        {"amount": "30000.00", "paid_on": "2026-11-17", "number": "384"},
        {"amount": "19050.00", "paid_on": "2026-11-24", "number": "387"},
    ]
    letter = make_letter(payments=payments, documents=[make_document(), make_document()])

    text = plain(render_letter(letter, live=True).text)

    assert (
        "Платежи:\n"
        "  30 000,00 ₽ — 17 ноября 2026 г., п/п № 384\n"
        "  19 050,00 ₽ — 24 ноября 2026 г., п/п № 387\n"
    ) in text
    assert "Дата платежа" not in text
    assert "Платёжные поручения — во вложении." in text


def test_too_large_files_are_left_to_the_link(
    make_letter: Callable[..., Letter], make_document: Callable[..., Document]
) -> None:
    half = 5 * 1024 * 1024
    fits = make_letter(documents=[make_document(size=half), make_document(size=half)])
    large = make_letter(documents=[make_document(size=half), make_document(size=half + 1)])
    one = make_letter(documents=[make_document(size=2 * half + 1)], language="en")

    assert "во вложении" in render_letter(fits, live=True).text
    text = render_letter(large, live=True).text
    assert "Платёжные поручения не поместились в письмо, скачайте их по ссылке ниже." in text
    assert "во вложении" not in text
    assert (
        "The payment order was too large to attach; please download it from the link below."
        in render_letter(one, live=True).text
    )


def test_without_attachment_says_so(letter: Letter) -> None:
    letter.without_attachment = True
    text = render_letter(letter, live=True).text

    assert "Платёжное поручение к письму не приложено, ищите его по ссылке ниже." in text
    assert "во вложении" not in text


def test_a_manager_without_a_phone_is_not_called(make_letter: Callable[..., Letter]) -> None:
    text = render_letter(make_letter(manager_phone="", manager_position=""), live=True).text

    assert "что-то не сходится, ответьте на это письмо.\n" in text
    assert "позвоните" not in text


def test_subject_is_one_line_whatever_the_names_are(make_letter: Callable[..., Letter]) -> None:
    rendered = render_letter(make_letter(payer="A\r\nBcc: x@y.example\u2028z"), live=True)

    assert rendered.subject.endswith("— A Bcc: x@y.example z")
    assert "\u00a0" in rendered.subject


@pytest.mark.parametrize(
    ("full_name", "name"),
    [
        ("Носова Елена Юрьевна", "Елена Юрьевна"),
        ("Черных Артём Денисович", "Артём Денисович"),
        ("Елена Юрьевна Носова", "Елена Юрьевна"),
        ("Роман Аркадьевич Абрамович", "Роман Аркадьевич"),
        ("Абрамович Роман Аркадьевич", "Роман Аркадьевич"),
        ("Салтыкова-Щедрина Анна-Мария Ильинична", "Анна-Мария Ильинична"),
        ("Лукин Илья Кузьмич", "Илья Кузьмич"),
        ("Отдел Продаж Москва", ""),
        ("Отдел по работе с юрлицами", ""),
        ("Maria Keller", ""),
        ("Носова Елена", ""),
        ("", ""),
    ],
)
def test_name_and_patronymic(full_name: str, name: str) -> None:
    assert name_and_patronymic(full_name) == name


def test_nobody_is_called_by_a_department(make_letter: Callable[..., Letter]) -> None:
    letter = make_letter()
    letter.to_name = "Отдел по работе с юрлицами"

    assert render_letter(letter, live=True).text.startswith("Здравствуйте!\n")


@pytest.mark.parametrize(
    ("language", "amount", "currency", "words"),
    [
        ("ru", "49050.00", "RUB", "Сорок девять тысяч пятьдесят рублей 00 копеек"),
        (
            "ru",
            "174387.21",
            "RUB",
            "Сто семьдесят четыре тысячи триста восемьдесят семь рублей 21 копейка",
        ),
        ("ru", "1000", "RUB", "Одна тысяча рублей 00 копеек"),
        ("ru", "1.01", "RUB", "Один рубль 01 копейка"),
        ("ru", "0.02", "RUB", "Ноль рублей 02 копейки"),
        ("ru", "22.12", "RUB", "Двадцать два рубля 12 копеек"),
        ("ru", "2000000.00", "USD", "Два миллиона долларов США 00 центов"),
        ("ru", "3.05", "CNY", "Три юаня 05 фэней"),
        ("ru", "1.00", "GBP", "Один GBP 00"),
        ("en", "49050.00", "RUB", "Forty-nine thousand and fifty roubles 00 kopecks"),
        ("en", "1.01", "EUR", "One euro 01 euro cent"),
    ],
)
def test_amount_in_words(language: str, amount: str, currency: str, words: str) -> None:
    with translation.override(language):
        assert amount_in_words(amount, currency) == words


def test_page_link_is_on_the_public_address(letter: Letter, settings) -> None:
    settings.PUBLIC_URL = "https://pay.example.com"
    rendered = render_letter(letter, live=True)

    links = {a["href"] for a in BeautifulSoup(rendered.html, "html.parser").select("a")}
    assert {urlsplit(link).hostname for link in links} == {"pay.example.com"}
