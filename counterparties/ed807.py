"""The Bank of Russia's directory of banks, as its electronic message ED807 has it.

`read` takes the whole message (XML, or a ZIP file with it alone) and returns a `Directory`, or
raises `Unreadable` and returns nothing at all: a directory of which a part is missing would close
the banks of that part. The file comes from outside, so it is not believed: sizes are limited
whatever a header says, there is no DTD and so no entity, nothing is unpacked to a disk.

Sources: schema cbr_ed807_v2024.2.0 (UFEBS) and the full files of the directory. Restriction URRS
is a withdrawn licence, account types CRSA and UTRA are a bank's correspondent account and the
Treasury's single one.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import IO
from xml.parsers import expat

from counterparties import requisites

MEGABYTE = 2**20
MAX_XML = 16 * MEGABYTE  # a full directory has 0.7
MAX_ZIP = 4 * MEGABYTE  # and 0.1 packed
CHUNK = 64 * 1024
MAX_DEPTH = 8
NAME_LENGTH = 160

_NAMESPACE = "urn:cbr-ru:ed:v2.0"
_ROOT, _ENTRY = f"{_NAMESPACE} ED807", f"{_NAMESPACE} BICDirectoryEntry"
_PARTICIPANT, _RESTRICTION = f"{_NAMESPACE} ParticipantInfo", f"{_NAMESPACE} RstrList"
_ACCOUNT, _ACCOUNT_RESTRICTION = f"{_NAMESPACE} Accounts", f"{_NAMESPACE} AccRstrList"
_ENCODINGS = {"windows-1251", "cp1251", "utf-8"}
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_BIK, _NUMBER = re.compile(r"[0-9]{9}"), re.compile(r"[0-9]{5}[0-9A-Z][0-9]{14}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LICENCE_WITHDRAWN = "URRS"
_CORRESPONDENT_TYPES = ("CRSA", "UTRA")  # in the order of choice


class Unreadable(Exception):
    """The file is no whole ED807; the text says, in English and for the operator, what is wrong."""


@dataclass
class Entry:
    """A participant. `accounts` are those in use: number -> type (CRSA, UTRA, TRSA, BANA, …)."""

    bik: str
    name: str = ""
    town: str = ""
    participant_type: str = ""
    is_closed: bool = False
    closed_on: date | None = None
    licence_withdrawn_on: date | None = None
    accounts: dict[str, str] = field(default_factory=dict)

    @property
    def correspondent_account(self) -> str:
        """For field 15 of a payment order; empty where there is none."""
        for wanted in _CORRESPONDENT_TYPES:
            for number, kind in self.accounts.items():
                if kind == wanted:
                    return number
        return ""


@dataclass
class Directory:
    """All participants on a business day; `version` counts the day's issues."""

    business_date: date
    version: int
    entries: list[Entry]


def read(file: IO[bytes]) -> Directory:
    """Read a seekable binary file from where it stands."""
    start = file.tell()
    is_zip = file.read(4) == b"PK\x03\x04"
    file.seek(start)
    reader = _Reader()
    for chunk in _unzipped(file) if is_zip else _limited(file, MAX_XML):
        reader.feed(chunk)
    return reader.finish()


def _limited(file: IO[bytes], limit: int) -> Iterator[bytes]:
    size = 0
    while chunk := file.read(CHUNK):
        size += len(chunk)
        if size > limit:
            raise Unreadable(f"it has more than {limit // MEGABYTE} MB")
        yield chunk


def _unzipped(file: IO[bytes]) -> Iterator[bytes]:
    """The bytes of the only member; what its header says of its size is checked, not believed."""
    start = file.tell()
    size = file.seek(0, 2) - start
    file.seek(start)
    if size > MAX_ZIP:
        raise Unreadable(f"the ZIP file has more than {MAX_ZIP // MEGABYTE} MB")
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            if len(members) != 1 or members[0].is_dir():
                raise Unreadable("the ZIP file must hold one file and nothing else")
            [member] = members
            if member.compress_type not in _METHODS or member.flag_bits & 0x1:
                raise Unreadable("the ZIP file is packed in a way that is not taken")
            if member.file_size > MAX_XML:
                raise Unreadable(f"the packed file has more than {MAX_XML // MEGABYTE} MB")
            with archive.open(member) as unpacked:
                yield from _limited(unpacked, MAX_XML)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        raise Unreadable(f"the ZIP file is damaged ({error})") from error


class _Reader:
    """Collects entries while expat reads."""

    def __init__(self) -> None:
        self.business_date: date | None = None
        self.version = 1
        self.entries: dict[str, Entry] = {}
        self.path: list[str] = []
        self.entry: Entry | None = None
        self.account = ""
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.XmlDeclHandler = self._declaration
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end

    def feed(self, chunk: bytes, *, is_last: bool = False) -> None:
        try:
            self.parser.Parse(chunk, is_last)
        except (expat.ExpatError, LookupError, ValueError) as error:
            raise Unreadable(f"it is no whole XML ({error})") from error

    def finish(self) -> Directory:
        self.feed(b"", is_last=True)
        if self.business_date is None or not self.entries:
            raise Unreadable("no banks are in it")
        return Directory(self.business_date, self.version, list(self.entries.values()))

    # --- What expat tells -----------------------------------------------------------------

    def _declaration(self, version: str, encoding: str | None, standalone: int) -> None:
        if (encoding or "utf-8").lower() not in _ENCODINGS:
            raise Unreadable(f"its encoding is {encoding}, not windows-1251")

    def _doctype(self, name: str, system: str | None, public: str | None, internal: bool) -> None:
        raise Unreadable("it has a DTD, which no directory has")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self.path.append(tag)
        if len(self.path) == 1:
            self._message(tag, attributes)
        elif len(self.path) > MAX_DEPTH:
            raise Unreadable("its elements lie too deep in one another")
        elif self.path == [_ROOT, _ENTRY]:
            self._entry(attributes)
        elif self.entry is None or self.path[1] != _ENTRY:
            return
        elif self.path[2:] == [_PARTICIPANT]:
            self._participant(self.entry, attributes)
        elif self.path[2:] == [_PARTICIPANT, _RESTRICTION]:
            self._restriction(self.entry, attributes, "Rstr")
        elif self.path[2:] == [_ACCOUNT]:
            self._account(self.entry, attributes)
        elif (
            self.path[2:] == [_ACCOUNT, _ACCOUNT_RESTRICTION]
            and self.entry.accounts.get(self.account) in _CORRESPONDENT_TYPES
        ):
            self._restriction(self.entry, attributes, "AccRstr")

    def _end(self, tag: str) -> None:
        if self.path == [_ROOT, _ENTRY] and self.entry is not None:
            if not self.entry.name:
                raise Unreadable(f"BIK {self.entry.bik} has no participant")
            self.entries[self.entry.bik] = self.entry
            self.entry = None
        self.path.pop()

    # --- What the elements say ------------------------------------------------------------

    def _message(self, tag: str, attributes: dict[str, str]) -> None:
        if tag != _ROOT:
            raise Unreadable("it is no ED807 of the Bank of Russia")
        # FIRR is the whole directory; a message of changes lacks the banks that did not change.
        if attributes.get("InfoTypeCode") != "FIRR":
            raise Unreadable("it is not the full directory (InfoTypeCode is not FIRR)")
        self.business_date = _day(attributes, "BusinessDay", "the directory")
        version = attributes.get("DirectoryVersion", "1")
        if not (version.isascii() and version.isdigit() and len(version) <= 2):
            raise Unreadable("its DirectoryVersion is no number")
        self.version = int(version)

    def _entry(self, attributes: dict[str, str]) -> None:
        bik = attributes.get("BIC", "")
        if not _BIK.fullmatch(bik) or not bik.strip("0"):
            raise Unreadable(f"{bik!r} is no BIK")
        if bik in self.entries:
            raise Unreadable(f"BIK {bik} stands in it twice")
        if "ChangeType" in attributes:
            raise Unreadable(f"BIK {bik} is a change, not an entry of the full directory")
        self.entry = Entry(bik)

    def _participant(self, entry: Entry, attributes: dict[str, str]) -> None:
        if entry.name:
            raise Unreadable(f"BIK {entry.bik} has two participants")
        entry.name = " ".join(attributes.get("NameP", "").split())
        if not 0 < len(entry.name) <= NAME_LENGTH:
            raise Unreadable(f"BIK {entry.bik} has no name, or one that is too long")
        entry.town = _town(attributes)
        entry.participant_type = attributes.get("PtType", "")
        if not re.fullmatch(r"[0-9]{2}", entry.participant_type):
            raise Unreadable(f"BIK {entry.bik} has no PtType")
        status = attributes.get("ParticipantStatus")
        if status not in ("PSAC", "PSDL"):
            raise Unreadable(f"BIK {entry.bik} has no ParticipantStatus")
        whose = f"BIK {entry.bik}"
        left_on = _day(attributes, "DateOut", whose) if "DateOut" in attributes else None
        entry.is_closed = status == "PSDL" or self._has_come(left_on)
        entry.closed_on = left_on if self._has_come(left_on) else None

    def _restriction(self, entry: Entry, attributes: dict[str, str], name: str) -> None:
        if attributes.get(name) == _LICENCE_WITHDRAWN:
            since = _day(attributes, f"{name}Date", f"BIK {entry.bik}")
            entry.licence_withdrawn_on = min(entry.licence_withdrawn_on or since, since)

    def _account(self, entry: Entry, attributes: dict[str, str]) -> None:
        number, kind = attributes.get("Account", ""), attributes.get("RegulationAccountType", "")
        self.account = number
        if not _NUMBER.fullmatch(number) or not re.fullmatch(r"[A-Z]{4}", kind):
            raise Unreadable(f"BIK {entry.bik} has an account that is none")
        status = attributes.get("AccountStatus")
        if status not in ("ACAC", "ACDL"):
            raise Unreadable(f"BIK {entry.bik} has an account without AccountStatus")
        whose = f"BIK {entry.bik}"
        left_on = _day(attributes, "DateOut", whose) if "DateOut" in attributes else None
        if status == "ACDL" or self._has_come(left_on):
            return
        if kind in _CORRESPONDENT_TYPES and not requisites.key_fits(
            number, requisites.prefix_a(entry.bik)
        ):
            raise Unreadable(f"BIK {entry.bik} has a correspondent account that does not fit it")
        entry.accounts[number] = kind

    def _has_come(self, day: date | None) -> bool:
        return day is not None and self.business_date is not None and day <= self.business_date


def _town(attributes: dict[str, str]) -> str:
    """'г. Москва' of Tnp and Nnp; other kinds of places keep their own abbreviation."""
    town = " ".join(attributes.get("Nnp", "").split())[:60]
    if not town:
        return ""
    kind = attributes.get("Tnp", "").strip().rstrip(".")[:10] or "г"
    return f"{kind}. {town}" if len(kind) == 1 else f"{kind} {town}"


def _day(attributes: dict[str, str], name: str, whose: str) -> date:
    text = attributes.get(name, "")
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise Unreadable(f"{whose} has no {name}, or one that is no date")
