"""Loading the directory of banks: all of it or nothing, from a file or from the Bank of Russia."""

from __future__ import annotations

import http.server
import io
import threading
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from counterparties import bank_directory
from counterparties.models import Bank, BankDirectory
from counterparties.tasks import download_banks
from counterparties.tests import banks
from counterparties.tests.banks import DAY, Participant
from counterparties.tests.test_ed807 import CORRUPTIONS, bomb

pytestmark = pytest.mark.django_db

SAMPLES = settings.BASE_DIR.parent / "shared" / "samples" / "ed807"
NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
SBER = Participant()
VTB = Participant("044525187", "БАНК ВТБ (ПАО)")
ALFA = Participant("044525593", 'АО "АЛЬФА-БАНК"')


def everything() -> list[dict[str, Any]]:
    """All rows as they are."""
    return [*Bank.objects.order_by("pk").values(), *BankDirectory.objects.values()]


def load_file(path: Path, *options: str) -> str:
    out = io.StringIO()
    call_command("load_banks", str(path), *options, stdout=out)
    return out.getvalue().strip()


def test_it_says_what_was_added_changed_and_closed() -> None:
    first = banks.load(SBER, VTB)
    renamed = Participant(VTB.bik, 'АО "НОВОЕ ИМЯ"')
    second = banks.load(renamed, ALFA, day=DAY + timedelta(days=1))

    assert (first.total, first.added, first.changed, first.closed) == (2, 2, 0, 0)
    assert (second.total, second.added, second.changed, second.closed) == (2, 1, 1, 1)
    assert Bank.objects.get(pk=SBER.bik).closed_on == DAY + timedelta(days=1)
    assert Bank.objects.get(pk=VTB.bik).name == 'АО "НОВОЕ ИМЯ"'
    row = BankDirectory.objects.get()
    assert (row.business_date, row.added, row.changed, row.closed) == (
        second.business_date,
        1,
        1,
        1,
    )


def test_the_same_again_changes_nothing() -> None:
    banks.load(SBER, VTB, Participant(ALFA.bik, status="PSDL"))
    before = everything()

    again = banks.load(SBER, VTB, Participant(ALFA.bik, status="PSDL"))

    assert (again.added, again.changed, again.closed) == (0, 0, 0)
    assert "nothing has changed" in str(again)
    assert everything() == before


def test_a_bank_stays_closed_since_it_closed_and_may_come_back() -> None:
    for days, participants in ((0, [SBER, VTB]), (1, [SBER]), (2, [SBER])):
        banks.load(*participants, day=DAY + timedelta(days=days))
    assert Bank.objects.get(pk=VTB.bik).closed_on == DAY + timedelta(days=1)

    deleted = Participant(VTB.bik, VTB.name, status="PSDL")
    assert banks.load(SBER, deleted, day=DAY + timedelta(days=3)).changed == 0
    assert Bank.objects.get(pk=VTB.bik).closed_on == DAY + timedelta(days=1)

    assert banks.load(SBER, VTB, day=DAY + timedelta(days=4)).changed == 1
    assert Bank.objects.get(pk=VTB.bik).closed_on is None


def test_an_older_directory_is_taken_only_by_force(tmp_path: Path) -> None:
    banks.load(SBER, VTB)
    older = tmp_path / "older.xml"
    older.write_bytes(banks.ed807(SBER, day=DAY - timedelta(days=1)))
    before = everything()

    with pytest.raises(CommandError, match="2026-11-23"):
        load_file(older)
    assert everything() == before

    assert "0 added, 0 changed, 1 closed" in load_file(older, "--force")
    assert BankDirectory.objects.get().business_date == DAY - timedelta(days=1)


def test_a_later_version_of_the_day_is_taken_and_an_earlier_one_is_not() -> None:
    banks.load(SBER, version=2)

    assert banks.load(SBER, VTB, version=3).added == 1
    with pytest.raises(bank_directory.NotLoaded):
        banks.load(SBER, version=1)


def test_a_day_far_ahead_is_a_mistake() -> None:
    file = io.BytesIO(banks.ed807(SBER, day=date(2027, 11, 24)))

    with pytest.raises(bank_directory.NotLoaded, match="2027"):
        bank_directory.load(file, now=NOW)
    assert everything() == []


def test_a_directory_that_lost_half_of_its_banks_was_cut() -> None:
    participants = banks.full_size(600)
    banks.load(*participants)
    half = banks.ed807(*participants[:299], day=DAY + timedelta(days=1))
    before = everything()

    with pytest.raises(bank_directory.NotLoaded, match="299 of the 600"):
        bank_directory.load(io.BytesIO(half))
    assert everything() == before
    assert bank_directory.load(io.BytesIO(half), is_forced=True).closed == 301


@pytest.mark.parametrize("name", [*CORRUPTIONS, "bomb"])
def test_a_file_that_is_not_whole_changes_nothing(name: str, tmp_path: Path) -> None:
    banks.load(SBER, ALFA, day=DAY - timedelta(days=1))
    before = everything()
    path = tmp_path / "directory"
    path.write_bytes(bomb(17) if name == "bomb" else CORRUPTIONS[name])

    with pytest.raises(CommandError, match="The directory was not loaded: "):
        load_file(path)

    assert everything() == before


def test_a_cut_file_changes_nothing(tmp_path: Path) -> None:
    banks.load(SBER, day=DAY - timedelta(days=1))
    before = everything()
    content = banks.ed807(*banks.full_size(300))
    path = tmp_path / "cut.xml"

    for tenths in range(10):
        path.write_bytes(content[: len(content) * tenths // 10])
        with pytest.raises(CommandError):
            load_file(path)

    assert everything() == before


def test_a_full_directory_loads_in_seconds(tmp_path: Path) -> None:
    path = tmp_path / "full.zip"
    path.write_bytes(banks.zipped(banks.ed807(*banks.full_size())))

    started = time.monotonic()
    said = load_file(path)
    taken = time.monotonic() - started

    assert said == (
        "Directory of 2026-11-24 (version 1): 1700 banks; 1700 added, 0 changed, 0 closed."
    )
    assert taken < 5
    assert Bank.objects.count() == 1700


def test_what_cannot_be_opened_is_said_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        load_file(tmp_path / "none.xml")
    with pytest.raises(CommandError, match="cannot be read"):
        load_file(tmp_path)


# --- The Bank of Russia's own file ------------------------------------------------------


@pytest.mark.samples
@pytest.mark.parametrize("packed", [False, True])
def test_the_sample_loads_and_twice_changes_nothing(packed: bool, tmp_path: Path) -> None:
    [sample] = SAMPLES.glob("*.xml")
    path = sample
    if packed:
        path = tmp_path / "20230518ED01OSBR.zip"
        path.write_bytes(banks.zipped(sample.read_bytes(), name=sample.name))

    first = load_file(path)
    before = everything()
    second = load_file(path)

    assert first.endswith("59 banks; 59 added, 0 changed, 0 closed.")
    assert second.endswith("59 banks; nothing has changed.")
    assert everything() == before
    treasury = Bank.objects.get(pk="017003983")
    assert treasury.correspondent_account == "40102810445370000059"
    assert treasury.payment_name == "УФК по Тульской области, г. Тула"
    tochka = Bank.objects.get(pk="044525104")
    assert tochka.correspondent_account == "30101810745374525104"
    assert tochka.payment_name == 'ООО "Банк Точка", г. Москва'
    withdrawn = Bank.objects.exclude(licence_withdrawn_on=None)
    assert withdrawn.get(pk="044525569").licence_withdrawn_on == date(2016, 2, 3)
    assert withdrawn.count() == 7
    assert not Bank.objects.exclude(closed_on=None).exists()


@pytest.mark.samples
def test_the_sample_cut_anywhere_changes_nothing() -> None:
    [sample] = SAMPLES.glob("*.xml")
    content = sample.read_bytes()
    banks.load(SBER, day=date(2023, 5, 17))
    before = everything()

    for kept in (*range(0, len(content), 997), len(content) - 1):
        with pytest.raises(bank_directory.NotLoaded):
            bank_directory.load(io.BytesIO(content[:kept]))

    assert everything() == before


# --- Download ---------------------------------------------------------------------------


class Site(http.server.BaseHTTPRequestHandler):
    """Answers by path; what is not there is 404."""

    answers: dict[str, tuple[int, bytes, dict[str, str]]]
    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        status, body, headers = self.answers.get(self.path, (404, b"<html>", {}))
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if status != 599:
            self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Says nothing."""


@pytest.fixture
def site(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Site]]:
    class Here(Site):
        answers: dict[str, tuple[int, bytes, dict[str, str]]] = {}
        asked: list[str] = []

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Here)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    settings.BANKS_URL = f"http://127.0.0.1:{server.server_port}/banks/"
    yield Here
    server.shutdown()
    thread.join()
    server.server_close()


def path_of(day: date) -> str:
    return f"/banks/{day:%Y%m%d}ED01OSBR.zip"


def offer(site: type[Site], day: date, *participants: Participant) -> None:
    content = banks.zipped(banks.ed807(*participants, day=day))
    site.answers[path_of(day)] = (200, content, {})


def test_the_newest_file_is_looked_for_from_tomorrow_ten_days_back(site: type[Site]) -> None:
    offer(site, DAY - timedelta(days=10), SBER)

    outcome = bank_directory.download(now=NOW)

    assert outcome.business_date == DAY - timedelta(days=10)
    assert site.asked == [path_of(DAY - timedelta(days=back)) for back in range(-1, 11)]


def test_tomorrows_file_is_taken_when_it_is_there(site: type[Site]) -> None:
    offer(site, DAY + timedelta(days=1), SBER, VTB)
    offer(site, DAY, SBER)

    assert bank_directory.download(now=NOW).total == 2
    assert len(site.asked) == 1


def test_nothing_older_is_taken(site: type[Site]) -> None:
    offer(site, DAY - timedelta(days=11), SBER)

    with pytest.raises(bank_directory.NotLoaded, match="none of the last 10 days"):
        bank_directory.download(now=NOW)
    assert len(site.asked) == 12


def test_a_page_in_the_files_place_and_a_redirect(site: type[Site]) -> None:
    offer(site, DAY - timedelta(days=1), SBER)
    moved = {"Location": path_of(DAY - timedelta(days=1))}
    site.answers[path_of(DAY + timedelta(days=1))] = (200, b"<html>no such file</html>", {})
    site.answers[path_of(DAY)] = (301, b"", moved)

    assert bank_directory.download(now=NOW).business_date == DAY - timedelta(days=1)


@pytest.mark.parametrize(
    "answer",
    [
        (403, b"DDoS-Guard", {}),
        (500, b"", {}),
        (302, b"", {"Location": "/banks/20261125ED01OSBR.zip"}),
        (302, b"", {"Location": "file:///etc/hostname"}),
        (200, b"PK\x03\x04" + bytes(100), {}),
        (200, b"PK\x03\x04" + bytes(5_000_000), {}),
        (200, b"PK\x03\x04" + bytes(100), {"Content-Length": "200"}),
    ],
    ids=["403", "500", "loop", "file", "damaged", "too big", "cut"],
)
def test_a_download_that_fails_changes_nothing(
    site: type[Site], answer: tuple[int, bytes, dict[str, str]]
) -> None:
    banks.load(SBER, day=DAY - timedelta(days=3))
    before = everything()
    offer(site, DAY, VTB)
    site.answers[path_of(DAY + timedelta(days=1))] = answer

    with pytest.raises(bank_directory.NotLoaded):
        bank_directory.download(now=NOW)

    assert everything() == before


def test_a_site_that_is_not_there_is_said_without_its_address(settings: Any) -> None:
    settings.BANKS_URL = "http://user:secret@127.0.0.1:1/"

    with pytest.raises(CommandError, match=r"not downloaded: .* \(see BANKS_URL\)") as caught:
        call_command("load_banks", "--download")
    assert "secret" not in str(caught.value)


def test_a_site_that_says_nothing_is_given_up(
    site: type[Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bank_directory, "WHOLE_DOWNLOAD", -1)

    with pytest.raises(bank_directory.NotLoaded, match="too slow"):
        bank_directory.download(now=NOW)


def test_the_daily_task_loads_or_leaves_all_as_it_was(
    site: type[Site], caplog: pytest.LogCaptureFixture
) -> None:
    download_banks()
    assert caplog.messages == ["banks.not_loaded"]
    assert everything() == []

    offer(site, datetime.now(UTC).date() - timedelta(days=1), SBER)
    download_banks()
    assert Bank.objects.count() == 1
