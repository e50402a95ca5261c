"""The story's papers: one-page PDF files, made on the spot with fpdf2 and PT Sans.

They are papers of Russian firms, so their words are Russian whatever language the program speaks.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from fpdf import FPDF
from fpdf.drawing_primitives import DeviceGray
from fpdf.enums import TextMode, XPos, YPos
from fpdf.fonts import TTFFont

from approvals.vat import NO_VAT
from demo.fonts import font_file
from demo.story import Account, Bank, Company
from people.formats import NBSP, date_long, date_short, money

FONT = "PT Sans"
MARGIN = 18
WIDTH = 210 - 2 * MARGIN
LINE = 5.2


@dataclass(frozen=True)
class Side:
    """A payer or a payee, and the account that the money leaves or comes to."""

    company: Company
    account: Account
    bank: Bank


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


def invoice(
    *, number: str, day: date, seller: Side, buyer: Company, what: str, to_pay: Sum
) -> bytes:
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
            ("Поставщик", _requisites(seller.company)),
            ("Покупатель", _requisites(buyer)),
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


def agreement(
    *, title: str, day: date, seller: Side, buyer: Company, what: str, to_pay: Sum
) -> bytes:
    """A contract or an act, on one page."""
    sheet = _Sheet(day)
    sheet.title(f"{title} от {date_long(day, 'ru')}")
    sheet.table(
        [
            ("Поставщик", _requisites(seller.company)),
            ("Покупатель", _requisites(buyer)),
            ("Предмет", what),
        ]
    )
    sheet.sums([("Сумма", _roubles(to_pay.amount)), to_pay.vat_line])
    sheet.signatures([f"За {seller.company.name}", f"За {buyer.name}"])
    return sheet.bytes()


def _requisites(company: Company) -> str:
    kpp = f", КПП {company.kpp}" if company.kpp else ""
    return f"{company.name}, ИНН {company.inn}{kpp}, {company.legal_address}"


def _roubles(amount: Decimal) -> str:
    return money(amount, "RUB", "ru")


class _Sheet:
    """A page that is filled from top to bottom."""

    def __init__(self, day: date) -> None:
        self.pdf = FPDF(format="A4")
        self.pdf.set_creation_date(datetime(day.year, day.month, day.day, 10).astimezone())
        self.pdf.set_margin(MARGIN)
        self.pdf.add_font(FONT, fname=font_file())
        for font in self.pdf.fonts.values():
            # The outlines are left as they are, so their boxes need no measuring: half of a paper's time.
            if isinstance(font, TTFFont):
                font.ttfont.recalcBBoxes = False
        self.pdf.add_page()

    def bytes(self) -> bytes:
        return bytes(self.pdf.output())

    def title(self, text: str) -> None:
        with self._font(14, bold=True):
            self._line(text, height=8)
        self.pdf.ln(2)

    def small(self, text: str) -> None:
        with self._font(8, grey=True):
            self._line(text)

    def table(self, rows: Iterable[tuple[str, str]]) -> None:
        """Names on the left, what they stand for on the right, a hair line below each."""
        for name, value in rows:
            top = self.pdf.get_y()
            with self._font(8, grey=True):
                self.pdf.cell(38, LINE, name)
            self.pdf.set_xy(MARGIN + 38, top)
            with self._font(10):
                self._line(value, width=WIDTH - 38)
            self._rule()
        self.pdf.ln(4)

    def row(self, what: str, amount: str, *, bold: bool = False) -> None:
        top = self.pdf.get_y()
        with self._font(10, bold=bold):
            self._line(what, width=WIDTH - 40)
            bottom = self.pdf.get_y()
            self.pdf.set_xy(MARGIN + WIDTH - 40, top)
            self.pdf.cell(40, LINE, amount, align="R")
        self.pdf.set_xy(MARGIN, bottom)
        self._rule()

    def sums(self, rows: Iterable[tuple[str, str]], *, bold: bool = False) -> None:
        with self._font(10, bold=bold):
            for name, value in rows:
                self.pdf.cell(WIDTH - 40, LINE + 1, name, align="R")
                self.pdf.cell(40, LINE + 1, value, align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.pdf.ln(1)

    def signatures(self, names: list[str]) -> None:
        self.pdf.ln(10)
        for name in names:
            with self._font(10):
                self._line(f"{name} ____________________")
            self.pdf.ln(4)

    def _font(
        self, size: int, *, bold: bool = False, grey: bool = False
    ) -> AbstractContextManager[None]:
        """Bold by an outline in the same colour: a second font would double the time a paper takes."""
        looks: dict[str, Any] = {"font_family": FONT, "font_size_pt": size}
        if bold:
            looks |= {"text_mode": TextMode.FILL_STROKE, "line_width": 0.12}
        if grey:
            looks["text_color"] = DeviceGray(0.45)
        return self.pdf.local_context(**looks)

    def _line(self, text: str, *, width: float = WIDTH, height: float = LINE) -> None:
        # Looking for places to break a line takes long, and most need none.
        if self.pdf.get_string_width(text) < width - 2 * self.pdf.c_margin:
            self.pdf.cell(width, height, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        else:
            self.pdf.multi_cell(width, height, text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _rule(self) -> None:
        bottom = self.pdf.get_y() + 0.6
        with self.pdf.local_context(draw_color=DeviceGray(0.8)):
            self.pdf.line(MARGIN, bottom, MARGIN + WIDTH, bottom)
        self.pdf.set_y(bottom + 0.6)
