"""Notices: the bell's sentences, their e-mails, the morning digest."""

from __future__ import annotations

import email.policy
from collections.abc import Callable
from datetime import date, datetime, timedelta
from email import message_from_bytes
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.core import mail
from django.utils import timezone, translation

from notifications import delivery, presenters, reasons, services, tasks
from notifications.models import Letter, LetterState, Notice, NoticeKind, NoticeMail
from notifications.notice_mail import render_digest, render_notice
from notifications.schedule import next_morning
from outbox import services as outbox
from people.models import User
from people.working_days import is_working_day

MOSCOW = ZoneInfo("Europe/Moscow")
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=MOSCOW)
FACTS: dict[str, Any] = {
    "request_id": 7,
    "number": 7,
    "url": "/requests/7/",
    "company": "ООО «Канцверба»",
    "amount": "49050.00",
    "currency": "RUB",
    "purpose": "Оплата по счёту № 643 за бумагу",
    "pay_by": "2026-11-25",
}


@pytest.fixture
def notify(author: User) -> Callable[..., Notice]:
    def make(kind: str = NoticeKind.TASK, *, user: User | None = None, **facts: Any) -> Notice:
        digest, now = facts.pop("digest", False), facts.pop("now", None)
        return services.notify(
            user=user or author, kind=kind, context=FACTS | facts, now=now, digest=digest
        )

    return make


SENTENCES = [
    (
        "task",
        {},
        "На согласование: 49 050,00 ₽, ООО «Канцверба», оплатить до 25.11.2026",
        "For approval: RUB 49,050.00, ООО «Канцверба», pay by 25 Nov 2026",
    ),
    (
        "approved",
        {},
        "Согласовано: ООО «Канцверба», 49 050,00 ₽. Примите заявку, и она уйдёт в оплату",
        "Approved: ООО «Канцверба», RUB 49,050.00. Accept it and it goes to payment",
    ),
    (
        "approved",
        {"acceptance": False},
        "Согласовано: ООО «Канцверба», 49 050,00 ₽",
        "Approved: ООО «Канцверба», RUB 49,050.00",
    ),
    (
        "returned",
        {"reason": "Нет договора"},
        "Возвращено на доработку: ООО «Канцверба», 49 050,00 ₽. «Нет договора»",
        "Returned for changes: ООО «Канцверба», RUB 49,050.00. “Нет договора”",
    ),
    (
        "refused",
        {"reason": "Дорого"},
        "Отклонено: ООО «Канцверба», 49 050,00 ₽. «Дорого»",
        "Rejected: ООО «Канцверба», RUB 49,050.00. “Дорого”",
    ),
    (
        "accepted",
        {},
        "К оплате: ООО «Канцверба», 49 050,00 ₽, до 25.11.2026",
        "To pay: ООО «Канцверба», RUB 49,050.00, by 25 Nov 2026",
    ),
    (
        "paid",
        {"payment_order_number": "373", "letter_state": "queued"},
        "Оплачено: ООО «Канцверба», 49 050,00 ₽, п/п № 373. Письмо контакту: в очереди",
        "Paid: ООО «Канцверба», RUB 49,050.00, payment order No. 373. Letter to the contact: queued",
    ),
    (
        "paid",
        {"payment_order_number": "373", "letter_state": "none"},
        "Оплачено: ООО «Канцверба», 49 050,00 ₽, п/п № 373",
        "Paid: ООО «Канцверба», RUB 49,050.00, payment order No. 373",
    ),
    (
        "letter_failed",
        {"contact": "Носова Елена Юрьевна", "reason": "550 user unknown"},
        "Письмо не доставлено: Носова Елена Юрьевна, ООО «Канцверба». 550 user unknown",
        "Letter not delivered: Носова Елена Юрьевна, ООО «Канцверба». 550 user unknown",
    ),
    (
        "letter_failed",
        {"contact": "Носова Елена Юрьевна", "reason": reasons.NO_ANSWER},
        "Письмо не доставлено: Носова Елена Юрьевна, ООО «Канцверба». Почтовый сервер не ответил",
        "Letter not delivered: Носова Елена Юрьевна, ООО «Канцверба». The mail server did not answer",
    ),
    (
        "no_letter",
        {},
        "Письмо не уйдёт: у ООО «Канцверба» не выбран контакт с почтой",
        "No letter will go: ООО «Канцверба» has no contact with an e-mail address",
    ),
]


@pytest.mark.parametrize(("kind", "facts", "russian", "english"), SENTENCES)
def test_bell_says_what_was_agreed(
    notify: Callable[..., Notice], kind: str, facts: dict[str, Any], russian: str, english: str
) -> None:
    notice = notify(kind, **facts)

    with translation.override("ru"):
        assert presenters.notice_text(notice).replace("\u00a0", " ") == russian
    with translation.override("en"):
        assert presenters.notice_text(notice) == english
    assert presenters.notice_url(notice) == "/requests/7/"


def test_every_kind_has_its_sentence() -> None:
    # What is told of one's own log-in has a sentence for each occasion.
    assert set(presenters.NOTICES) == set(NoticeKind) - {NoticeKind.SECURITY}
    assert presenters.SECURITY


def test_percent_signs_in_reasons_are_just_signs(notify: Callable[..., Notice]) -> None:
    notice = notify("refused", reason="100% дорого %(x)s")

    assert "«100% дорого %(x)s»" in presenters.notice_text(notice)


def test_notice_goes_by_mail_in_its_reader_s_language(
    notify: Callable[..., Notice], author: User, settings
) -> None:
    settings.PUBLIC_URL = "https://pay.example.com"
    author.language = "en"
    author.save()
    notice = notify("returned", reason="Line one\nline two")

    tasks.deliver_notice(notice.pk)
    tasks.deliver_notice(notice.pk)

    (sent,) = mail.outbox
    message = message_from_bytes(sent.message().as_bytes(), policy=email.policy.default)
    assert message["To"].addresses[0].addr_spec == "author@listbereg.example"
    assert message["Subject"] == (
        "Returned for changes: ООО «Канцверба», RUB 49,050.00. “Line one line two”"
    )
    assert message["Content-Language"] == "en"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"].startswith(f"<notice-{notice.pk}-")
    assert message["Message-ID"].endswith("@pay.example.com>")
    text = message.get_body(("plain",)).get_content()
    for line in (
        "Counterparty: ООО «Канцверба»",
        "Amount: RUB 49,050.00",
        "Purpose: Оплата по счёту № 643 за бумагу",
        "Pay by: 25 Nov 2026",
        "Open request 7: https://pay.example.com/requests/7/",
    ):
        assert line in text
    assert text.count("https://") == 1
    html = BeautifulSoup(message.get_body(("html",)).get_content(), "html.parser")
    assert [a["href"] for a in html.select("a")] == ["https://pay.example.com/requests/7/"]
    assert not html.select("img, script, link")
    notice.refresh_from_db()
    assert notice.mail == NoticeMail.SENT
    assert notice.next_try_at is None


def test_reasons_are_escaped(notify: Callable[..., Notice]) -> None:
    notice = notify("refused", reason="<script>x</script>", company="<b>&</b>")

    words = render_notice(notice, "ru")

    assert "<script" not in words.html
    assert "<b>" not in words.html
    assert "<script>x</script>" in words.text


def test_a_long_reason_is_cut_in_the_subject_alone(notify: Callable[..., Notice]) -> None:
    words = render_notice(notify("returned", reason="очень долго " * 100), "ru")

    assert len(words.subject) <= 200
    assert words.subject.endswith("…")
    assert words.text.count("очень долго") == 100


def test_a_person_without_an_address_has_the_bell_alone(
    notify: Callable[..., Notice], author: User
) -> None:
    author.email = ""
    author.save()

    notice = notify()

    assert notice.mail == NoticeMail.NONE
    assert notice.next_try_at is None
    tasks.deliver_notice(notice.pk)
    assert not mail.outbox


def test_an_address_that_went_away_meanwhile(notify: Callable[..., Notice], author: User) -> None:
    notice = notify()
    author.email = ""
    author.save()

    tasks.deliver_notice(notice.pk)

    notice.refresh_from_db()
    assert notice.mail == NoticeMail.FAILED
    assert notice.last_error == reasons.NO_ADDRESS


def test_a_notice_that_does_not_go_is_tried_again(notify: Callable[..., Notice], settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", 1, 1
    notice = notify()
    now = timezone.now()

    tasks.deliver_notice(notice.pk)
    notice.refresh_from_db()
    assert notice.mail == NoticeMail.QUEUED
    assert notice.last_error == reasons.NO_ANSWER
    for attempt in range(1, outbox.MAX_ATTEMPTS):
        with time_machine.travel(now + attempt * timedelta(hours=3)):
            tasks.deliver_notice(notice.pk)

    notice.refresh_from_db()
    assert notice.mail == NoticeMail.FAILED
    assert notice.next_try_at is None


def test_digest_waits_for_the_morning_and_goes_once(
    notify: Callable[..., Notice], accountant: User, author: User, settings
) -> None:
    settings.PUBLIC_URL = "https://pay.example.com"
    with time_machine.travel(NOON):
        for number, amount, currency, pay_by in (
            (7, "49050.00", "RUB", "2026-11-30"),
            (8, "950.50", "RUB", "2026-11-26"),
            (9, "100.00", "USD", "2026-11-27"),
        ):
            notify(
                "accepted",
                user=accountant,
                digest=True,
                number=number,
                url=f"/requests/{number}/",
                amount=amount,
                currency=currency,
                pay_by=pay_by,
            )
        other = notify("accepted", digest=True)
        tasks.send_digests()
        tasks.send_digest(accountant.pk)
        tasks.deliver_notice(accountant.notices.latest("pk").pk)
        assert not mail.outbox
    nine = datetime(2026, 11, 25, 9, 0, tzinfo=MOSCOW)
    assert {notice.next_try_at for notice in Notice.objects.all()} == {nine}

    with time_machine.travel(nine + timedelta(seconds=1)):
        tasks.deliver_notice(accountant.notices.latest("pk").pk)
        assert not mail.outbox
        tasks.send_digest(accountant.pk)
        tasks.send_digest(accountant.pk)

    (sent,) = mail.outbox
    assert sent.subject.replace("\u00a0", " ") == "К оплате: 3 заявки, 50 000,50 ₽, 100,00 $"
    assert sent.extra_headers["Message-ID"].startswith("<digest-")
    text = str(sent.body).replace("\u00a0", " ")
    order = [text.index(f"https://pay.example.com/requests/{number}/") for number in (8, 9, 7)]
    assert order == sorted(order)
    assert "Всего: 50 000,50 ₽, 100,00 $" in text
    assert not accountant.notices.exclude(mail=NoticeMail.SENT, next_try_at=None).exists()
    other.refresh_from_db()
    assert other.mail == NoticeMail.DIGEST


def test_a_digest_that_does_not_go_stays_a_digest(
    notify: Callable[..., Notice], author: User, settings
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", 1, 1
    notice = notify("accepted", digest=True, now=NOON)

    with time_machine.travel(NOON + timedelta(days=1)):
        tasks.send_digest(author.pk)

    notice.refresh_from_db()
    assert notice.mail == NoticeMail.DIGEST
    assert notice.last_error == reasons.NO_ANSWER
    assert notice.next_try_at == pytest.approx(
        NOON + timedelta(days=1, seconds=30), abs=timedelta(seconds=5)
    )


@pytest.mark.parametrize(
    ("count", "russian", "english"),
    [
        (1, "К оплате: 1 заявка, ", "To pay: 1 request, "),
        (2, "К оплате: 2 заявки, ", "To pay: 2 requests, "),
        (5, "К оплате: 5 заявок, ", "To pay: 5 requests, "),
        (11, "К оплате: 11 заявок, ", "To pay: 11 requests, "),
        (21, "К оплате: 21 заявка, ", "To pay: 21 requests, "),
    ],
)
def test_digest_counts_in_both_languages(
    notify: Callable[..., Notice], count: int, russian: str, english: str
) -> None:
    notices = [notify("accepted", digest=True) for _number in range(count)]

    assert render_digest(notices, "ru").subject.startswith(russian)
    assert render_digest(notices, "en").subject.startswith(english)


def test_digest_of_other_news(notify: Callable[..., Notice]) -> None:
    notices = [notify("accepted", digest=True), notify("no_letter", digest=True)]

    assert render_digest(notices, "ru").subject == "2 уведомления"


def test_digests_of_everybody_are_found(
    notify: Callable[..., Notice], accountant: User, author: User
) -> None:
    notify("accepted", digest=True, now=NOON)
    notify("accepted", user=accountant, digest=True, now=NOON)

    with time_machine.travel(NOON + timedelta(days=1)):
        assert delivery.users_with_digest() == sorted([author.pk, accountant.pk])


@pytest.mark.parametrize(
    ("now", "morning"),
    [
        ("2026-11-24T12:00", "2026-11-25T09:00"),  # Tuesday noon
        ("2026-11-24T08:59", "2026-11-24T09:00"),
        ("2026-11-24T09:00", "2026-11-25T09:00"),
        ("2026-11-27T18:00", "2026-11-30T09:00"),  # Friday
        ("2026-12-30T18:00", "2027-01-11T09:00"),  # 31 December is off, and so are the holidays
        ("2025-10-31T18:00", "2025-11-01T09:00"),  # a working Saturday
    ],
)
def test_next_morning(now: str, morning: str) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=MOSCOW)

    assert next_morning(at.astimezone(ZoneInfo("UTC"))) == datetime.fromisoformat(morning).replace(
        tzinfo=MOSCOW
    )


def test_morning_is_in_the_organisation_s_zone(settings) -> None:
    settings.TIME_ZONE = "Asia/Vladivostok"
    at = datetime(2026, 11, 24, 12, 0, tzinfo=MOSCOW)  # 19:00 in Vladivostok

    assert next_morning(at) == datetime(2026, 11, 25, 9, 0, tzinfo=ZoneInfo("Asia/Vladivostok"))


def test_working_days() -> None:
    assert not is_working_day(date(2026, 1, 9))
    assert is_working_day(date(2027, 2, 20))


def test_letter_states_in_words(letter: Letter) -> None:
    assert presenters.letter_state_text(letter) == "В очереди"
    letter.waiting_for_files = True
    assert presenters.letter_state_text(letter) == "Ждёт платёжное поручение"
    letter.state = LetterState.SENT
    assert presenters.letter_state_text(letter) == "Отправлено"
    letter.state = LetterState.FAILED
    assert presenters.letter_state_text(letter) == "Не отправлено"


def test_letter_problem_in_words(letter: Letter) -> None:
    assert presenters.letter_problem(letter) == ""
    letter.last_error = reasons.NO_ANSWER
    letter.next_try_at = NOON
    assert (
        presenters.letter_problem(letter)
        == "Почтовый сервер не ответил. Следующая попытка 24.11.2026 12:00"
    )
    letter.state, letter.last_error = LetterState.FAILED, "550 user unknown"
    assert presenters.letter_problem(letter) == "550 user unknown. Попытки закончились"


def test_letter_events_in_words(letter: Letter, author: User) -> None:
    Letter.objects.filter(pk=letter.pk).update(state=LetterState.FAILED)
    services.retry_letter(letter_id=letter.pk, actor=author, without_attachment=True)
    letter.events.create(kind="failed", at=NOON, detail=reasons.FILE_FAULT)

    assert {presenters.letter_event_text(event) for event in letter.events.all()} == {
        "В очереди",
        "Отправлено ещё раз вручную, без файла",
        "Не отправлено: Файл письма не сохранён в хранилище. Отправьте письмо без файла",
    }


@pytest.mark.parametrize(
    ("state", "text"),
    [("none", "Нет данных о прочтении"), ("followed", "Переход по ссылке")],
)
def test_read_states_in_words(state: str, text: str) -> None:
    assert presenters.read_state_text(state) == text
