"""From one machine's own parts to real servers and back, by the command."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from documents import storage
from documents.tests import builders as b
from keeping import moving
from keeping.failures import Refusal
from keeping.moving import environment_of, settings_of
from keeping.objects import Differs
from keeping.tests.installations import Installation, embedded, on_servers


@pytest.mark.services
@pytest.mark.postgres
def test_an_installation_moves_to_real_servers_and_back(
    source: Installation, tmp_path: Path
) -> None:
    before = source.tallies()
    servers = on_servers(tmp_path / "servers")
    new_env = servers.write_env(tmp_path / "new.env")

    said = source.manage("move_to", new_env)

    assert "approvals.paymentrequest" in said
    assert "2 rows, amount 98100.00" in said
    assert said.endswith("Moved. Take new.env as .env and start web, worker and beat.\n")
    assert servers.tallies() == source.tallies() == before

    said = source.manage("move_to", new_env)  # after an interruption, say
    assert "0 files were put" in said
    assert "The rows were there already, the same ones" in said

    work = "from tests.worker import work\nwork()\nfrom people.models import User\n"
    servers.run(work + "User.objects.filter(username='admin').update(full_name='Changed')")
    done = source.try_to("move_to", new_env)
    assert done.returncode == 1
    assert "The target's database is in use" in done.stdout

    home = embedded(tmp_path / "home", with_tables=True)  # migrated beforehand
    servers.manage("move_to", home.write_env(tmp_path / "home.env"))
    assert home.tallies() == servers.tallies()


@pytest.mark.sqlite_only
def test_other_keys_are_refused(source: Installation, empty: Installation, tmp_path: Path) -> None:
    empty.env["SECRET_KEY"] = "n" * 60

    done = source.try_to("move_to", empty.write_env(tmp_path / "new.env"))

    assert done.returncode == 1
    assert "AUDIT_KEY is another one there" in done.stdout
    assert not (empty.data_dir / "db.sqlite3").exists()


@pytest.mark.sqlite_only
def test_onto_itself_is_refused(source: Installation, tmp_path: Path) -> None:
    done = source.try_to("move_to", source.write_env(tmp_path / "new.env"))

    assert done.returncode == 1
    assert "is the one that is in use already" in done.stdout


def test_what_the_new_file_lacks_is_named(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="There is no"):
        settings_of(tmp_path / "nowhere.env")
    (tmp_path / "new.env").write_text(f"DEMO=0\nSECRET_KEY={'k' * 60}\n")
    with pytest.raises(Refusal, match="DATABASE_URL is not set"):
        settings_of(tmp_path / "new.env")


def test_nothing_of_todays_settings_is_in_the_new_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATEMENT_TIMEOUT", "1")
    monkeypatch.setenv("SECRET_KEY_FILE", "/nowhere")
    monkeypatch.setenv("LANG", "C.UTF-8")

    env = environment_of(tmp_path / "new.env")

    assert env["ENV_FILE"] == str(tmp_path / "new.env")
    assert "LANG" in env
    assert not {"STATEMENT_TIMEOUT", "SECRET_KEY_FILE", "SECRET_KEY", "DEMO"} & set(env)


@pytest.mark.django_db
def test_a_file_is_taken_from_where_it_lies_by_now() -> None:
    document = b.promised()
    file = moving.Promised(
        "document", document.incoming_key, document.sha256, document.size, also_at=document.key
    )
    opened = moving._opener(storage.store())
    storage.store().copy(document.incoming_key, document.key)
    storage.store().delete(document.incoming_key)
    with opened(file) as content:
        assert content.read() == b.PDF

    storage.store().put(document.key, io.BytesIO(b"another"))
    with pytest.raises(Differs), opened(file):
        pass
    storage.store().delete(document.key)
    with pytest.raises(FileNotFoundError), opened(file):
        pass
