"""A table out of an XLSX or CSV file that anybody may have made: small, flat, and without formulas."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from approvals.imports.columns import Column, column_of

MEGABYTE = 1024 * 1024
MOST_BYTES, MOST_UNPACKED = 2 * MEGABYTE, 20 * MEGABYTE
MOST_ROWS, MOST_COLUMNS, LONGEST_CELL = 500, 50, 1000
# A sheet may begin a million lines below its headings.
LAST_LINE = 20_000
# Whatever is larger has lost digits in the spreadsheet: it keeps fifteen.
EXACT = 10**15
# What Excel runs when it opens a CSV; nobody's name or number begins so, a telephone may with a plus.
FORMULA = ("=", "@")


@dataclass(frozen=True)
class Row:
    """A line of the table: its number in the file, what stands under each known heading, what is wrong."""

    number: int
    cells: dict[str, str]
    faults: dict[str, str]


def read(file: IO[bytes], name: str, columns: tuple[Column, ...]) -> list[Row]:
    """The rows under the headings, empty ones left out. Raises ValidationError with words for people.

    Headings may stand in any order, in either language; unknown ones are passed over.
    """
    file.seek(0, 2)
    if file.tell() > MOST_BYTES:
        raise ValidationError(_("The file is too large: 2 MB at most."))
    file.seek(0)
    head = file.read(4)
    file.seek(0)
    if head == b"PK\x03\x04":
        lines = _xlsx(file)
    elif name.lower().endswith((".csv", ".txt")):
        lines = _csv(file)
    else:
        raise ValidationError(_("Neither XLSX nor CSV."))
    return _rows(lines, columns)


def _rows(lines: Iterator[list[Any]], columns: tuple[Column, ...]) -> list[Row]:
    headings = next(lines, [])
    places = {at: column_of(str(heading or ""), columns) for at, heading in enumerate(headings)}
    found = [column for column in places.values() if column]
    if len(set(found)) < len(found):
        raise ValidationError(_("Two columns have the same heading."))
    if missing := [column.title for column in columns if column.is_needed and column not in found]:
        text = _("The first row must have the headings, these too: %(names)s.")
        raise ValidationError(text % {"names": ", ".join(map(str, missing))})
    rows: list[Row] = []
    for number, line in enumerate(lines, start=2):
        if not any(str(cell or "").strip() for cell in line):
            if number > LAST_LINE:
                raise ValidationError(_("Too many rows: %(most)s at most.") % {"most": MOST_ROWS})
            continue
        if len(rows) >= MOST_ROWS:
            raise ValidationError(_("Too many rows: %(most)s at most.") % {"most": MOST_ROWS})
        rows.append(_row(number, line, places))
    if not rows:
        raise ValidationError(_("There is nothing below the headings."))
    return rows


def _row(number: int, line: list[Any], places: dict[int, Column | None]) -> Row:
    cells: dict[str, str] = {}
    faults: dict[str, str] = {}
    for at, column in places.items():
        if column is None:
            continue
        value = line[at] if at < len(line) else None
        try:
            cells[column.name] = _text(value, column)
        except ValidationError as error:
            cells[column.name] = ""
            faults[column.name] = error.messages[0]
    return Row(number, cells, faults)


def _text(value: Any, column: Column) -> str:
    """A cell as one line; a number that the spreadsheet made of digits gets its leading zeros back."""
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, int | float):
        if abs(value) >= EXACT or value != int(value):
            raise ValidationError(
                _("The spreadsheet holds this as a number and has lost digits: make it text.")
            )
        digits = str(int(value))
        return digits.zfill(next((size for size in column.digits if size >= len(digits)), 0))
    text = " ".join(str(value).replace("\x00", "").split())
    if text.startswith(FORMULA):
        raise ValidationError(_("A formula: put its value there."))
    if len(text) > LONGEST_CELL:
        raise ValidationError(_("Too long."))
    return text


def _csv(file: IO[bytes]) -> Iterator[list[Any]]:
    content = file.read()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("cp1251")
        except UnicodeDecodeError as error:
            raise ValidationError(_("The file is neither in UTF-8 nor in windows-1251.")) from error
    first = text.partition("\n")[0]
    delimiter = max(";,\t", key=first.count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for line in lines:
            _few_columns(len(line))
            yield line
    except csv.Error as error:
        raise ValidationError(_("The file cannot be read as a table.")) from error


def _xlsx(file: IO[bytes]) -> Iterator[list[Any]]:
    # Only this page needs it, and it brings megabytes to every process.
    from openpyxl import load_workbook

    try:
        with zipfile.ZipFile(file) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
        if unpacked > MOST_UNPACKED:
            raise ValidationError(_("The file unpacks to too much: 20 MB at most."))
        file.seek(0)
        book = load_workbook(file, read_only=True, keep_links=False)
        try:
            sheet = book.worksheets[0]
            # What the sheet says of its own size may be anything.
            sheet.reset_dimensions()
            for line in sheet.iter_rows():
                _few_columns(len(line))
                yield [cell.value for cell in line]
        finally:
            book.close()
    except ValidationError:
        raise
    # A broken or hostile workbook raises whatever its parsers raise.
    except Exception as error:
        raise ValidationError(_("The file cannot be read as a table.")) from error


def _few_columns(number: int) -> None:
    if number > MOST_COLUMNS:
        raise ValidationError(_("Too many columns: %(most)s at most.") % {"most": MOST_COLUMNS})
