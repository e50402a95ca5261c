"""Reading the directory of banks: all that is in it, and nothing of a file that is not whole."""

from __future__ import annotations

import io
import re
import struct
import zipfile
from datetime import date

import pytest

from counterparties import ed807
from counterparties.tests import banks
from counterparties.tests.banks import DAY, Participant

SBER = Participant()
VTB = Participant("044525187", "БАНК ВТБ (ПАО)")
GOOD = banks.ed807(SBER, VTB)


def read(content: bytes) -> ed807.Directory:
    return ed807.read(io.BytesIO(content))


def only(participant: Participant) -> ed807.Entry:
    [entry] = read(banks.ed807(participant)).entries
    return entry


def test_a_bank_is_read_with_its_town_and_account() -> None:
    directory = read(banks.ed807(SBER, version=2))

    [entry] = directory.entries
    assert (directory.business_date, directory.version) == (DAY, 2)
    assert (entry.bik, entry.name, entry.town) == ("044525225", 'ПАО "СБЕРБАНК"', "г. Москва")
    assert entry.correspondent_account == "30101810400000000225"
    assert not entry.is_closed
    assert entry.licence_withdrawn_on is None


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("encoding", ["windows-1251", "WINDOWS-1251", "utf-8"])
@pytest.mark.parametrize("prefix", ["", "ed:"])
def test_what_it_is_packed_and_written_in_makes_no_difference(
    packed: bool, encoding: str, prefix: str
) -> None:
    content = banks.ed807(SBER, VTB, encoding=encoding, prefix=prefix)

    entries = read(banks.zipped(content) if packed else content).entries

    assert [entry.name for entry in entries] == [SBER.name, VTB.name]


def test_the_correspondent_account_is_the_banks_own_or_the_treasurys() -> None:
    single = ("40102810445370000059", "UTRA", "ACAC")
    own = banks.correspondent_account("017003983")
    treasury = Participant("017003983", "УФК по Тульской области", kind="52", accounts=[single])
    left = Participant(accounts=[(SBER.correspondent_account, "CRSA", "ACDL")])

    assert only(treasury).correspondent_account == single[0]
    treasury.accounts = [single, (own, "CRSA", "ACAC")]
    assert only(treasury).correspondent_account == own
    treasury.accounts = [single, (own, "CRSA", "ACDL")]
    assert only(treasury).correspondent_account == single[0]
    assert only(left).correspondent_account == ""


def test_a_closed_bank_and_a_withdrawn_licence_are_told() -> None:
    withdrawn = ("URRS", "2021-11-19")

    assert only(Participant(status="PSDL", more={"DateOut": "2026-11-20"})).closed_on == date(
        2026, 11, 20
    )
    assert only(Participant(status="PSDL")).is_closed
    assert only(Participant(more={"DateOut": "2026-11-24"})).is_closed
    assert not only(Participant(more={"DateOut": "2026-11-25"})).is_closed
    for bank in (Participant(restriction=withdrawn), Participant(account_restriction=withdrawn)):
        assert only(bank).licence_withdrawn_on == date(2021, 11, 19)
    assert only(Participant(restriction=("CLRS", "2021-11-19"))).licence_withdrawn_on is None


@pytest.mark.parametrize(
    ("kind", "place", "town"),
    [("г", "Москва", "г. Москва"), ("пгт", "Янтарный", "пгт Янтарный"), ("г.", "Орёл", "г. Орёл")],
)
def test_a_town_is_named_as_payment_orders_do(kind: str, place: str, town: str) -> None:
    assert only(Participant(town=place, more={"Tnp": kind})).town == town


@pytest.mark.parametrize("kept", [0, 3, 60, 300, len(GOOD) // 2, len(GOOD) - 8, len(GOOD) - 1])
def test_a_cut_file_is_refused(kept: int) -> None:
    packed = banks.zipped(GOOD)

    with pytest.raises(ed807.Unreadable):
        read(GOOD[:kept])
    with pytest.raises(ed807.Unreadable):
        read(packed[: len(packed) * kept // len(GOOD)])


def changed(old: str, new: str) -> bytes:
    assert old.encode("cp1251") in GOOD
    return GOOD.replace(old.encode("cp1251"), new.encode("cp1251"), 1)


DTD = '<!DOCTYPE ED807 [<!ENTITY a "Банк">]>'
BOMB = '<!DOCTYPE ED807 [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
FILE = '<!DOCTYPE ED807 [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
OUTSIDE = '<!DOCTYPE ED807 SYSTEM "http://127.0.0.1:9/a.dtd">'
CORRUPTIONS = {
    "dtd": changed("<ED807", f"{DTD}<ED807"),
    "entity bomb": changed("<ED807", f"{BOMB}<ED807").replace(b"NameP=", b'x="&b;" NameP='),
    "file entity": changed("<ED807", f"{FILE}<ED807"),
    "outside dtd": changed("<ED807", f"{OUTSIDE}<ED807"),
    "unknown entity": changed("БАНК ВТБ", "&bank;"),
    "another message": GOOD.replace(b"ED807", b"ED808"),
    "another namespace": changed("urn:cbr-ru:ed:v2.0", "urn:cbr-ru:ed:v1.0"),
    "no namespace": changed(' xmlns="urn:cbr-ru:ed:v2.0"', ""),
    "changes only": banks.ed807(SBER, InfoTypeCode="SIRR"),
    "no kind of message": banks.ed807(SBER, InfoTypeCode=""),
    "no day": banks.ed807(SBER, BusinessDay=""),
    "no such day": banks.ed807(SBER, BusinessDay="2026-02-30"),
    "day in another format": banks.ed807(SBER, BusinessDay="20261124"),
    "version": banks.ed807(SBER, DirectoryVersion="-1"),
    "no banks": banks.ed807(),
    "a bank twice": banks.ed807(SBER, SBER),
    "a short bik": changed("044525187", "04452518"),
    "a bik of zeros": changed("044525187", "000000000"),
    "a change": changed('BIC="044525187"', 'BIC="044525187" ChangeType="ADDD"'),
    "no participant": changed("ParticipantInfo", "Participant").replace(
        b"</ParticipantInfo>", b"</Participant>", 1
    ),
    "two participants": changed(
        "</ParticipantInfo>",
        '</ParticipantInfo><ParticipantInfo NameP="Б" PtType="20" ParticipantStatus="PSAC"/>',
    ),
    "no name": changed("БАНК ВТБ (ПАО)", " "),
    "a long name": changed("БАНК ВТБ (ПАО)", "Б" * 161),
    "no type": changed(' PtType="20"', ""),
    "no status": changed(' ParticipantStatus="PSAC"', ""),
    "another status": changed("PSAC", "PSXX"),
    "a letter in an account": changed("30101810400000000225", "3010181040000000022Щ"),
    "a digit of an account": changed("30101810400000000225", "30101810500000000225"),
    "no status of an account": changed(' AccountStatus="ACAC"', ""),
    "no day of a restriction": changed(
        "</ParticipantInfo>", '<RstrList Rstr="URRS"/></ParticipantInfo>'
    ),
    "a day out that is none": changed("DateIn=", 'DateOut="вчера" DateIn='),
    "wrong nesting": changed("</ParticipantInfo>", ""),
    "an attribute twice": changed("NameP=", 'NameP="Б" NameP='),
    "too deep": changed("</ED807>", "<a>" * 9 + "</a>" * 9 + "</ED807>"),
    "something behind": GOOD + b"<a/>",
    "a zero byte": changed("БАНК ВТБ", "БАНК\0ВТБ"),
    "no such letter": changed("БАНК ВТБ", "БАНК ВТБ").replace("ВТБ".encode("cp1251"), b"\x98", 1),
    "koi8-r": GOOD.replace(b"windows-1251", b"koi8-r", 1),
    "no such encoding": GOOD.replace(b"windows-1251", b"windows-9999", 1),
    "utf-16": '<?xml version="1.0" encoding="utf-16"?><ED807/>'.encode("utf-16"),
    "utf-8 that is not": GOOD.replace(b"windows-1251", b"utf-8", 1),
    "html": b"<!doctype html><html><body>DDoS-Guard</body></html>",
    "nothing": b"",
    "noise": bytes(range(256)) * 8,
    "a zip in a zip": banks.zipped(banks.zipped(GOOD)),
    "two members": banks.zipped(GOOD, **{"another.xml": GOOD}),
    "no member": b"PK\x05\x06" + bytes(18),
    "a folder": banks.zipped(b"", name="folder/"),
    "bzip2": b"",
}


def packed_with(method: int) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        archive.writestr("a.xml", GOOD)
    return packed.getvalue()


CORRUPTIONS |= {
    "bzip2": packed_with(zipfile.ZIP_BZIP2),
    "lzma": packed_with(zipfile.ZIP_LZMA),
}


@pytest.mark.parametrize("content", CORRUPTIONS.values(), ids=CORRUPTIONS.keys())
def test_what_is_wrong_is_refused(content: bytes) -> None:
    with pytest.raises(ed807.Unreadable):
        read(content)


def test_every_byte_of_a_zip_is_checked() -> None:
    packed = bytearray(banks.zipped(GOOD))
    packed[len(packed) // 2] ^= 0x55

    with pytest.raises(ed807.Unreadable):
        read(bytes(packed))


def test_a_locked_zip_is_refused() -> None:
    packed = bytearray(banks.zipped(GOOD))
    for header, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        packed[packed.index(header) + at] |= 1

    with pytest.raises(ed807.Unreadable):
        read(bytes(packed))


def bomb(megabytes: int) -> bytes:
    return banks.zipped(b'<?xml version="1.0"?>' + b" " * (megabytes * ed807.MEGABYTE))


def test_a_zip_bomb_is_refused_by_what_it_says_of_itself() -> None:
    with pytest.raises(ed807.Unreadable, match="more than 16 MB"):
        read(bomb(17))


def test_a_zip_bomb_that_lies_of_its_size_is_refused() -> None:
    packed = bytearray(bomb(17))
    for header, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        start = packed.index(header) + at
        packed[start : start + 4] = struct.pack("<I", 1000)

    with pytest.raises(ed807.Unreadable):
        read(bytes(packed))


def test_files_that_are_too_large_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ed807, "MAX_XML", len(GOOD) - 1)
    monkeypatch.setattr(ed807, "MEGABYTE", 1)
    with pytest.raises(ed807.Unreadable, match="more than"):
        read(GOOD)
    monkeypatch.setattr(ed807, "MAX_ZIP", 100)
    with pytest.raises(ed807.Unreadable, match="more than 100"):
        read(banks.zipped(GOOD))


def test_elements_that_it_does_not_know_are_passed_over() -> None:
    content = changed(
        "</ParticipantInfo>",
        '</ParticipantInfo><SWBICS SWBIC="SABRRUMMXXX" DefaultSWBIC="1"/><New a="1"><New/></New>',
    )

    assert len(read(content).entries) == 2


def test_letters_given_by_number_are_letters() -> None:
    content = re.sub(rb"\xc1\xc0\xcd\xca", b"&#1041;&#1040;&#1053;&#1050;", GOOD, count=1)

    assert "БАНК" in " ".join(entry.name for entry in read(content).entries)
