"""The story's papers: one-page PDF files, made on the spot with fpdf2 and PT Sans.

They are papers of Russian firms, so their words are Russian whatever language the program speaks.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from people.formats import NBSP, date_long, date_short, money

from .fonts import BOLD, REGULAR, font_file
from .story import Account, Bank, Company
from .texts import NO_VAT

FONT = "PT Sans"
MARGIN = 18
WIDTH = 210 - 2 * MARGIN
LINE = 5.2
GREY = 110


@dataclass(frozen=True)
class Side:
    """A payer or a payee, and the account that the money leaves or comes to."""

    company: Company
    account: Account
    bank: Bank

    @property
    def requisites(self) -> str:
        kpp = f", КПП {self.company.kpp}" if self.company.kpp else ""
        return f"{self.company.name}, ИНН {self.company.inn}{kpp}, {self.company.legal_address}"


@dataclass(frozen=True)
class Sum:
    """What is paid, in roubles, with the VAT inside it (None: no VAT)."""

    amount: Decimal
    vat_rate: str
    vat_amount: Decimal | None

    @property
    def vat_line(self) -> tuple[str, str]:
        if self.vat_rate == NO_VAT or self.vat_amount is None:
            return "Без налога (НДС)", "—"
        return f"В том числе НДС {self.vat_rate}{NBSP}%", _roubles(self.vat_amount)


def invoice(*, number: str, day: date, seller: Side, buyer: Company, what: str, to_pay: Sum) -> bytes:
    """Счёт на оплату."""
    sheet = _Sheet(day)
    sheet.table(
        [
            ("Банк получателя", seller.bank.bank_name),
            ("БИК", seller.bank.bik),
            ("Корр. счёт", seller.bank.correspondent_account),
            ("Получатель", seller.company.full_name),
            ("ИНН / КПП", f"{seller.company.inn} / {seller.company.kpp or '—'}"),
            ("Расчётный счёт", seller.account.number),
        ]
    )
    sheet.title(f"Счёт на оплату №{NBSP}{number} от {date_long(day, 'ru')}")
    sheet.table(
        [
            ("Поставщик", seller.requisites),
            ("Покупатель", f"{buyer.name}, ИНН {buyer.inn}, КПП {buyer.kpp}, {buyer.legal_address}"),
        ]
    )
    sheet.row("Товары (работы, услуги)", "Сумма", bold=True)
    sheet.row(f"1. Оплата за {what}", _roubles(to_pay.amount))
    sheet.sums([("Итого", _roubles(to_pay.amount)), to_pay.vat_line])
    sheet.sums([("Всего к оплате", _roubles(to_pay.amount))], bold=True)
    sheet.signatures(["Руководитель", "Бухгалтер"])
    return sheet.bytes()


def payment_order(
    *, number: str, day: date, payer: Side, payee: Side, amount: Decimal, purpose: str
) -> bytes:
    """Платёжное поручение, form 0401060 in its essentials."""
    sheet = _Sheet(day)
    sheet.small("Форма 0401060. Вид платежа: электронно")
    sheet.title(f"Платёжное поручение №{NBSP}{number} от {date_short(day, 'ru')}")
    sheet.sums([("Сумма", _roubles(amount))], bold=True)
    for name, side in (("Плательщик", payer), ("Получатель", payee)):
        sheet.table(
            [
                (name, side.company.full_name),
                ("ИНН / КПП", f"{side.company.inn} / {side.company.kpp or '—'}"),
                ("Расчётный счёт", side.account.number),
                ("Банк", side.bank.bank_name),
                ("БИК", side.bank.bik),
                ("Корр. счёт", side.bank.correspondent_account),
            ]
        )
    sheet.table([("Вид операции", "01"), ("Очерёдность", "5"), ("Назначение платежа", purpose)])
    sheet.small(f"Исполнено банком плательщика {date_short(day, 'ru')}")
    return sheet.bytes()


def agreement(*, title: str, day: date, seller: Side, buyer: Company, what: str, to_pay: Sum) -> bytes:
    """A contract or an act, on one page."""
    sheet = _Sheet(day)
    sheet.title(f"{title} от {date_long(day, 'ru')}")
    sheet.table(
        [
            ("Поставщик", seller.requisites),
            ("Покупатель", f"{buyer.name}, ИНН {buyer.inn}, КПП {buyer.kpp}, {buyer.legal_address}"),
            ("Предмет", what),
        ]
    )
    sheet.sums([("Сумма", _roubles(to_pay.amount)), to_pay.vat_line])
    sheet.signatures([f"За {seller.company.name}", f"За {buyer.name}"])
    return sheet.bytes()


def _roubles(amount: Decimal) -> str:
    return money(amount, "RUB", "ru")


class _Sheet:
    """A page that is filled from top to bottom."""

    def __init__(self, day: date) -> None:
        self.pdf = FPDF(format="A4")
        self.pdf.set_creation_date(datetime(day.year, day.month, day.day, 10).astimezone())
        self.pdf.set_margin(MARGIN)
        self.pdf.add_font(FONT, fname=font_file(REGULAR))
        self.pdf.add_font(FONT, style="B", fname=font_file(BOLD))
        self.pdf.add_page()

    def bytes(self) -> bytes:
        return bytes(self.pdf.output())

    def title(self, text: str) -> None:
        self.pdf.set_font(FONT, "B", 14)
        self._line(text, height=8)
        self.pdf.ln(2)

    def small(self, text: str) -> None:
        self.pdf.set_font(FONT, size=8)
        self.pdf.set_text_color(GREY)
        self._line(text)
        self.pdf.set_text_color(0)

    def table(self, rows: Iterable[tuple[str, str]]) -> None:
        """Names on the left, what they stand for on the right, a hair line below each."""
        for name, value in rows:
            top = self.pdf.get_y()
            self.pdf.set_font(FONT, size=8)
            self.pdf.set_text_color(GREY)
            self.pdf.cell(38, LINE, name)
            self.pdf.set_text_color(0)
            self.pdf.set_font(FONT, size=10)
            self.pdf.set_xy(MARGIN + 38, top)
            self._line(value, width=WIDTH - 38)
            self._rule()
        self.pdf.ln(4)

    def row(self, what: str, amount: str, *, bold: bool = False) -> None:
        self.pdf.set_font(FONT, "B" if bold else "", 10)
        top = self.pdf.get_y()
        self._line(what, width=WIDTH - 40)
        bottom = self.pdf.get_y()
        self.pdf.set_xy(MARGIN + WIDTH - 40, top)
        self.pdf.cell(40, LINE, amount, align="R")
        self.pdf.set_xy(MARGIN, bottom)
        self._rule()

    def sums(self, rows: Iterable[tuple[str, str]], *, bold: bool = False) -> None:
        self.pdf.set_font(FONT, "B" if bold else "", 10)
        for name, value in rows:
            self.pdf.cell(WIDTH - 40, LINE + 1, name, align="R")
            self.pdf.cell(40, LINE + 1, value, align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.pdf.ln(1)

    def signatures(self, names: list[str]) -> None:
        self.pdf.ln(10)
        self.pdf.set_font(FONT, size=10)
        for name in names:
            self._line(f"{name} ____________________")
            self.pdf.ln(4)

    def _line(self, text: str, *, width: float = WIDTH, height: float = LINE) -> None:
        self.pdf.multi_cell(
            width, height, text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT
        )

    def _rule(self) -> None:
        self.pdf.set_draw_color(200)
        bottom = self.pdf.get_y() + 0.6
        self.pdf.line(MARGIN, bottom, MARGIN + WIDTH, bottom)
        self.pdf.set_y(bottom + 0.6)
