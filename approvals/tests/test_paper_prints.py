"""What is printed: each paper's text against the request's facts, in both languages; fonts, pages, codes."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone, translation

from approvals import services
from approvals.models import PaymentRequest
from approvals.papers import KINDS, values_for
from approvals.papers.register import register_values
from approvals.registers import day_of
from approvals.tests import builders
from approvals.tests.builders import World
from documents import press
from documents.printing import filled_out
from documents.templates import current_template
from people.amount_words import amount_in_words
from people.formats import date_long, date_short, money
from tests.pdfs import A4, Pdf

pytestmark = pytest.mark.once

LANGUAGES = ("ru", "en")
URL = "https://signoff.example/sheets/0123456789abcdefghijklmnopqrstuvwxyz_-ABCDEF"
LANDSCAPE = (297.0, 210.0)

# What banks take at most, and the longest of what people type.
LONG_NAME = "Общество с ограниченной ответственностью «" + "Производственное объединение " * 4
LONG_NAME = LONG_NAME[:159].rstrip() + "»"
LONG_PURPOSE = (
    "Оплата по счёту № К-1/2026-АБВ от 23.11.2026 за картон гофрированный пятислойный марки П-32 "
    "размером 1200х800 мм с доставкой до склада покупателя по спецификации № 7. "
    "В том числе НДС 22% - 8845,08 руб."
)
LONG_PURPOSE += "." * (210 - len(LONG_PURPOSE))
LONG_REASON = "Приложите спецификацию и согласуйте срок поставки с производством. " * 29


def printed(kind: str, values: dict[str, Any], language: str) -> Pdf:
    values, assets = filled_out(values, url=URL)
    made = press.print_pdf(
        current_template(kind),
        values=values,
        language=language,
        title=kind,
        assets=assets,
    )
    assert made.notes == ()
    pdf = Pdf(made.pdf)
    assert len(pdf.pages) == made.pages
    return pdf


def of(kind: str, payment_request: PaymentRequest, language: str) -> Pdf:
    return printed(kind, values_for(kind, payment_request, language), language)


def folded(text: str) -> str:
    return " ".join(text.split())


def missing(pdf: Pdf, *facts: str) -> list[str]:
    """The facts that the paper's text does not hold; where lines were broken does not matter."""
    text = pdf.text.replace(" ", "")
    return [fact for fact in facts if folded(fact).replace(" ", "") not in text]


@pytest.fixture
def rich(world: World) -> PaymentRequest:
    """Everything filled in, returned once, then accepted for the author by an accountant."""
    world.manager.position = "Менеджер по закупкам"
    world.manager.save()
    made = builders.on_approval(
        world,
        justification="Бумага на четвёртый квартал",
        basis="Договор поставки № 18 от 12.03.2026",
        payment_terms="advance",
        is_urgent=True,
        urgent_reason="Цена действует до пятницы",
    )
    services.return_for_changes(
        task_id=builders.open_task(made).pk, actor=world.supervisor, reason="Приложите договор"
    )
    services.submit(payment_request_id=made.pk, actor=world.manager)
    services.approve(
        task_id=builders.open_task(made).pk, actor=world.supervisor, comment="Согласен"
    )
    return services.accept(task_id=builders.open_task(made).pk, actor=world.accountant)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_paper_is_a4_whole_and_claims_what_it_is(
    kind: str, language: str, rich: PaymentRequest
) -> None:
    pdf = of(kind, rich, language)

    assert pdf.faults() == []
    assert pdf.sizes == {LANDSCAPE if kind == "register" else A4}
    assert len(pdf.pages) == 1
    assert "None" not in pdf.text
    if kind != "payment_order":  # a form of the Bank of Russia: Russian whatever we speak
        russian = "ИНН" in pdf.text
        assert russian == (language == "ru")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_payment_request_says_what_is_asked_for(language: str, rich: PaymentRequest) -> None:
    pdf = of("payment_request", rich, language)
    account, invoice = rich.bank_account, rich.invoice_date
    assert account is not None
    assert invoice is not None
    assert rich.payer is not None

    with translation.override(language):
        facts = [
            money(rich.amount, "RUB"),
            amount_in_words(rich.amount, "RUB"),
            money(Decimal("8845.08"), "RUB"),
            date_short(rich.pay_by),
            date_long(invoice),
            str(rich.number),
            translation.gettext("urgent"),
            translation.gettext("advance"),
            translation.gettext("invoice"),
        ]
    assert (
        missing(
            pdf,
            *facts,
            rich.purpose,
            rich.justification,
            rich.basis,
            rich.urgent_reason,
            str(rich.category),
            rich.payer.name,
            rich.payer.inn,
            rich.payer.kpp,
            rich.company.name,
            rich.company.inn,
            rich.company.kpp,
            account.number,
            account.bik,
            account.bank_name,
            account.correspondent_account,
            rich.author.full_name,
            "Менеджер по закупкам",
            "Белозёров Павел Андреевич",
            "Счёт № К-1.pdf",
        )
        == []
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_approval_sheet_tells_every_decision(language: str, rich: PaymentRequest) -> None:
    pdf = of("approval_sheet", rich, language)
    document = rich.folder.documents.get(kind="invoice") if rich.folder else None
    assert document is not None

    words = {
        "ru": [
            "Возвращено на доработку",
            "Согласовано",
            "замещает: Кравцова А. С.",
            "Согласовано к оплате",
        ],
        "en": [
            "Returned for changes",
            "Approved",
            "on behalf of: Кравцова А. С.",
            "Approved for payment",
        ],
    }[language]
    assert (
        missing(
            pdf,
            *words,
            "Приложите договор",
            "Согласен",
            "Белозёров П. А.",
            "Зайцева О. Н.",
            document.sha256,
            rich.audit_hash,
            str(rich.audit_seq),
            URL,
        )
        == []
    )
    assert pdf.codes() == [URL.encode()]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_bank_reads_the_code_of_the_payment_request(
    language: str, rich: PaymentRequest
) -> None:
    [code] = of("payment_request", rich, language).codes()

    assert code.decode().split("|") == [
        "ST00012",
        "Name=ООО «Канцверба»",
        "PersonalAcc=40702810699990000201",
        "BankName=ПАО Сбербанк",
        "BIC=044525225",
        "CorrespAcc=30101810400000000225",
        "Sum=4905000",
        f"Purpose={rich.purpose}",
        "PayeeINN=7799201015",
        "KPP=779901001",
        "PayerINN=7799101010",
    ]


def test_a_request_in_another_currency_has_no_code(rich: PaymentRequest) -> None:
    rich.currency = "USD"

    pdf = of("payment_request", rich, "ru")

    assert pdf.codes() == []
    assert "QR" not in pdf.text
    assert "ГОСТ" not in pdf.text


def test_the_payment_order_is_the_form_whatever_language(rich: PaymentRequest) -> None:
    russian, english = (of("payment_order", rich, language) for language in LANGUAGES)

    assert russian.text == english.text
    assert (
        missing(
            russian,
            "0401060",
            "ПЛАТЕЖНОЕ ПОРУЧЕНИЕ № 1",
            "49050-00",
            "Сорок девять тысяч пятьдесят рублей 00 копеек",
            "ИНН 7799101010",
            "КПП 779901001",
            "ООО «Лиственный берег»",
            "40702810799990000101",
            "ИНН 7799201015",
            "ООО «Канцверба»",
            "40702810699990000201",
            "30101810400000000225",
            "044525225",
            rich.purpose,
            "Поступ. в банк плат.",
            "Списано со сч. плат.",
            "Вид оп. 01",
            "Очер. плат. 5",
            "Назначение платежа",
            "Отметки банка",
            "М.П.",
        )
        == []
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_notice_tells_the_counterparty_what_was_paid(
    language: str, world: World, rich: PaymentRequest
) -> None:
    builders.pay(world, rich, Decimal("50.00"))
    builders.pay(world, rich)
    rich.refresh_from_db()

    pdf = of("payment_notice", rich, language)

    with translation.override(language):
        facts = [money(amount, "RUB") for amount in (rich.amount, Decimal("50.00"))]
        facts += [amount_in_words(rich.amount, "RUB"), date_long(datetime.date.today())]  # noqa: DTZ011
    assert (
        missing(
            pdf,
            *facts,
            "373",
            rich.purpose,
            "ООО «Лиственный берег»",
            "7799101010",
            "ООО «Канцверба»",
            "7799201015",
            "0201",
            rich.author.full_name,
            rich.author.phone,
            rich.author.email,
        )
        == []
    )
    # The whole account is nobody's business but the bank's.
    assert "40702810699990000201" not in pdf.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_register_names_every_payment_of_the_day(
    language: str, world: World, rich: PaymentRequest
) -> None:
    today = timezone.localdate()
    builders.pay(world, rich, Decimal("50.00"))
    left = builders.approved(world, pay_by=today, amount=Decimal("7.25"), purpose="За скрепки")
    with translation.override(language):
        at = timezone.now()
        values = register_values(day_of(today), world.accountant, at=at, version=3)
        sums = [money(Decimal(it), "RUB") for it in ("50.00", "7.25", "57.25")]
        day = date_long(today)

    pdf = printed("register", values, language)

    words = {
        "ru": ["Реестр платежей", "оплачено", "к оплате", "Главный бухгалтер", "версия 3"],
        "en": ["Register of payments", "paid", "to pay", "Chief accountant", "version 3"],
    }[language]
    assert (
        missing(
            pdf,
            *words,
            *sums,
            day,
            "ООО «Лиственный берег»",
            "7799101010",
            "4070 2810 7999 9000 0101",
            "ООО «Канцверба»",
            "7799201015",
            "4070 2810 6999 9000 0201",
            "044525225",
            str(left.pk),
            "За скрепки",
            rich.purpose,
            "№ 373",
            "Зайцева О. Н.",
        )
        == []
    )


def test_a_long_register_repeats_its_heading_on_every_page(
    world: World, rich: PaymentRequest
) -> None:
    day = day_of(rich.planned_on)
    [group] = day.groups
    group.lines *= 60
    with translation.override("ru"):
        values = register_values(day, world.accountant, at=timezone.now(), version=1)

    pdf = printed("register", values, "ru")

    assert len(pdf.pages) > 3
    with_payments = [page for page in pdf.pages if "ООО «Канцверба»" in page]
    assert all("Назначение платежа" in page for page in with_payments)
    [signed] = [page for page in pdf.pages if "Главный бухгалтер" in page]
    assert "К оплате" in signed  # never without the sums that are signed for


def test_a_whole_request_by_one_order_has_no_list_of_payments(rich: PaymentRequest) -> None:
    text = of("payment_notice", rich, "ru").text

    assert "Платёжное поручение №" in text
    assert "Платёжные поручения" not in text


@pytest.mark.parametrize("kind", KINDS)
def test_the_longest_that_can_be_typed_breaks_no_page(kind: str, world: World) -> None:
    """Names of 160, a purpose of 210, texts of thousands, twelve decisions over five rounds."""
    for company in (world.payer, world.company):
        company.name, company.full_name = LONG_NAME, LONG_NAME + " " + LONG_NAME
        company.legal_address = "Россия, " * 60
        company.save()
    made = _five_rounds(
        builders.draft(
            world,
            amount=Decimal("9876543210123.45"),
            purpose=LONG_PURPOSE,
            justification="Длинное объяснение. " * 99,
            basis="Договор " * 37,
            is_urgent=True,
            urgent_reason="Срочно " * 70,
        ),
        world,
    )

    for language in LANGUAGES:
        pdf = of(kind, made, language)
        assert pdf.faults() == []
        pages = {"payment_request": 2, "approval_sheet": 4, "payment_notice": 2}
        assert len(pdf.pages) == pages.get(kind, 1)
        assert missing(pdf, LONG_PURPOSE) == []
        if kind == "approval_sheet":
            whole = pdf.text.replace(" ", "")  # whatever lines and pages it was broken into
            assert whole.count("количество.") == 2 * 9
            assert whole.count("Приложите") == 2 * 29
            assert {"ru": "Круг5", "en": "Round5"}[language] in whole
            assert pdf.codes() == [URL.encode()]
        # Nothing runs out of the page: its right margin stays white.
        for picture in pdf.pictures(scale=2):
            width, height = picture.size
            margin = picture.crop((width - width // 30, 0, width, height)).convert("L")
            assert margin.getextrema() == (255, 255)


def _five_rounds(made: PaymentRequest, world: World) -> PaymentRequest:
    """Ten decisions in four rounds that come back, and two in the one that does not."""
    for number in range(4):
        services.submit(payment_request_id=made.pk, actor=world.manager)
        task = builders.open_task(made)
        if number % 2:
            services.return_for_changes(task_id=task.pk, actor=world.supervisor, reason=LONG_REASON)
            continue
        services.approve(task_id=task.pk, actor=world.supervisor, comment="Срок и количество. " * 9)
        services.accept(task_id=builders.open_task(made).pk, actor=world.accountant)
        services.return_to_author(
            payment_request_id=made.pk, actor=world.accountant, reason="Нет денег"
        )
    services.submit(payment_request_id=made.pk, actor=world.manager)
    services.approve(task_id=builders.open_task(made).pk, actor=world.supervisor)
    return services.accept(task_id=builders.open_task(made).pk, actor=world.manager)
