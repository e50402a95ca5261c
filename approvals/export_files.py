"""Tables as files, row by row: XLSX with typed cells, CSV as a Russian or an English Excel opens it.

XlsxWriter keeps one row in memory and writes it to the disk. What a person typed is text in both and stays
text: no program takes it for a formula (OWASP's 'CSV injection').
"""

from __future__ import annotations

import csv
import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Protocol, TypeAlias

from django.utils.translation import gettext as _
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from people.formats import date_short, is_russian

Value: TypeAlias = str | int | Decimal | datetime.date | None

CONTENT_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
# What spreadsheets read as the beginning of a formula, or skip before one.
RISKY = ("=", "+", "-", "@", "\t", "\r")
# XML knows no control characters, and a cell no more than so many.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
LONGEST_CELL = 32_767
LAST_ROW = 1_048_576


@dataclass(frozen=True)
class Heading:
    """A column of the file: its name and its width in characters."""

    name: str
    width: int = 14


@dataclass(frozen=True)
class Preface:
    """What stands above the table: a title, lines of (name, text), sums of (name, amount, number of rows)."""

    title: str
    lines: Sequence[tuple[str, str]]
    sums: Sequence[tuple[str, Decimal, str]]


class TableFile(Protocol):
    """A file that is being written."""

    def add(self, row: Sequence[Value]) -> None:
        """One row, with a value for each heading."""

    def close(self) -> None:
        """Nothing more follows."""


def table_file(
    file_format: str, path: Path, headings: Sequence[Heading], preface: Preface
) -> TableFile:
    """A new file of this format at `path`, its headings written."""
    make = XlsxFile if file_format == "xlsx" else CsvFile
    return make(path, headings, preface)


def is_risky(text: str) -> bool:
    """Whether a spreadsheet might take a text for a formula."""
    return text.lstrip(" ").startswith(RISKY)


class XlsxFile:
    """A workbook: the preface, the table with a filter, on further sheets what one cannot hold."""

    def __init__(self, path: Path, headings: Sequence[Heading], preface: Preface) -> None:
        options = {"constant_memory": True, "tmpdir": str(path.parent)}
        self._book = Workbook(str(path), options)
        self._headings = headings
        self._bold = self._book.add_format({"bold": True})
        self._title = self._book.add_format({"bold": True, "font_size": 14})
        self._head = self._book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
        self._money = self._book.add_format({"num_format": "#,##0.00"})
        self._sum = self._book.add_format({"num_format": "#,##0.00", "bold": True})
        # As the apostrophe that a person types: it stays text when somebody edits the cell.
        self._literal = self._book.add_format({"quote_prefix": True})
        self._day = self._book.add_format({"num_format": "dd.mm.yyyy"})
        self._sheets = 0
        self._start_sheet(preface)

    def add(self, row: Sequence[Value]) -> None:
        if self._row >= LAST_ROW:
            self._end_sheet()
            self._start_sheet(None)
        sheet, at = self._sheet, self._row
        for column, value in enumerate(row):
            if value is None or value == "":
                continue
            if isinstance(value, str):
                text = _clean(value)
                sheet.write_string(at, column, text, self._literal if is_risky(text) else None)
            elif isinstance(value, datetime.date):
                sheet.write_datetime(at, column, value, self._day)
            elif isinstance(value, Decimal):
                sheet.write_number(at, column, value, self._money)
            else:
                sheet.write_number(at, column, value)
        self._row += 1

    def close(self) -> None:
        self._end_sheet()
        self._book.close()

    def _start_sheet(self, preface: Preface | None) -> None:
        self._sheets += 1
        name = _("Requests")
        name = name if self._sheets == 1 else f"{name} {self._sheets}"
        self._sheet: Worksheet = self._book.add_worksheet(name)
        for column, heading in enumerate(self._headings):
            self._sheet.set_column(column, column, heading.width)
        self._row = 0
        if preface is not None:
            self._write_preface(preface)
        for column, heading in enumerate(self._headings):
            self._sheet.write_string(self._row, column, heading.name, self._head)
        self._first = self._row
        self._row += 1
        self._sheet.freeze_panes(self._row, 0)

    def _write_preface(self, preface: Preface) -> None:
        self._sheet.write_string(0, 0, preface.title, self._title)
        self._row = 1
        for name, text in preface.lines:
            self._sheet.write_string(self._row, 0, name)
            text = _clean(text)
            self._sheet.write_string(self._row, 1, text, self._literal if is_risky(text) else None)
            self._row += 1
        for name, amount, count in preface.sums:
            self._sheet.write_string(self._row, 0, name, self._bold)
            self._sheet.write_number(self._row, 1, amount, self._sum)
            self._sheet.write_string(self._row, 2, count)
            self._row += 1
        self._row += 1

    def _end_sheet(self) -> None:
        if self._headings and self._row > self._first + 1:
            last = len(self._headings) - 1
            self._sheet.autofilter(self._first, 0, self._row - 1, last)


class CsvFile:
    """A table alone, in UTF-8 with a mark, divided by ';': what a double click opens in a Russian Excel."""

    def __init__(self, path: Path, headings: Sequence[Heading], _preface: Preface) -> None:
        # Closed by close(): rows come one by one.
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._file, delimiter=";")
        self._writer.writerow([_guarded(heading.name) for heading in headings])
        self._point = "," if is_russian(None) else "."

    def add(self, row: Sequence[Value]) -> None:
        self._writer.writerow([self._text(value) for value in row])

    def close(self) -> None:
        self._file.close()

    def _text(self, value: Value) -> str:
        if value is None:
            return ""
        if isinstance(value, str):
            return _guarded(_clean(value))
        if isinstance(value, datetime.date):
            return date_short(value)
        if isinstance(value, Decimal):
            return f"{value:.2f}".replace(".", self._point)
        return str(value)


def _guarded(text: str) -> str:
    return f"'{text}" if is_risky(text) else text


def _clean(text: str) -> str:
    return _CONTROL.sub("", text)[:LONGEST_CELL]
