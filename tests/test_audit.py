"""Chains of events: written once, and any tampering shows.

The room itself has no table, so companies and their events stand in for all that is audited.
"""

import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.models import F

from audit import services
from audit.operations import (
    AppendOnlyTriggers,
    create_statements,
    drop_statements,
    missing_triggers,
)
from audit.testing import triggers_off
from counterparties.models import Company, CompanyEvent
from people.models import User

NOW = datetime(2026, 10, 5, 9, 0, tzinfo=UTC)
TABLE = CompanyEvent._meta.db_table


def company(name: str = "Ромашка") -> Company:
    return Company.objects.create(name=name, created_at=NOW)


def tell(subject: Company, kind: str = "company.edited", **data: object) -> CompanyEvent:
    with transaction.atomic():
        return services.append(
            subject=subject, event_model=CompanyEvent, kind=kind, actor=None, now=NOW, data=data
        )


@pytest.fixture
def chain(db: None) -> Company:
    """A company with five events, between two others with some of their own."""
    before, subject, after = company("Астра"), company(), company("Ясень")
    for number in range(5):
        tell(subject, number=number, name="Ромашка «ё»", sum="49050.00")
        tell(before)
        tell(after)
    return subject


def tamper(change: Callable[[], object]) -> list[str]:
    """What is found after somebody with the database's password did this."""
    assert services.verify() == []
    with triggers_off(connection):
        change()
    return services.verify()


def event(chain: Company, seq: int) -> CompanyEvent:
    return CompanyEvent.objects.get(subject=chain, seq=seq)


def rows(chain: Company, seq: int):
    return CompanyEvent.objects.filter(subject=chain, seq=seq)


class TestWriting:
    def test_an_event_is_the_new_head(self, chain: Company) -> None:
        actor = User.objects.create_user("manager", full_name="Кравцова Анна Сергеевна")
        form_key = uuid.uuid4()

        event = services.append(
            subject=chain,
            event_model=CompanyEvent,
            kind="company.renamed",
            actor=actor,
            now=NOW,
            data={"was": "Ромашка", "is": "Роза", "accounts": [1, 2], "own": False, "none": None},
            form_key=form_key,
        )

        chain.refresh_from_db()
        assert (event.seq, event.previous_hash) == (6, rows(chain, 5).get().hash)
        assert (chain.audit_seq, chain.audit_hash) == (event.seq, event.hash)
        assert services.verify() == []
        again = {"subject": chain, "actor": actor, "form_key": form_key}
        assert services.repeated(CompanyEvent, kind="company.renamed", **again)
        assert not services.repeated(CompanyEvent, kind="company.edited", **again)
        assert not services.repeated(
            CompanyEvent, kind="company.renamed", **{**again, "form_key": None}
        )

    def test_only_the_head_of_the_subject_is_saved(self, chain: Company) -> None:
        chain.name = "not saved"
        tell(chain)

        assert Company.objects.get(pk=chain.pk).name == "Ромашка"

    def test_a_writer_without_the_lock_cannot_fork_the_chain(self, chain: Company) -> None:
        stale = Company.objects.get(pk=chain.pk)
        tell(chain)

        with pytest.raises(IntegrityError), transaction.atomic():
            tell(stale)

    @pytest.mark.parametrize("data", [{"sum": 1.5}, {"a": [{"b": 0.1}]}, {1: "a"}])
    def test_facts_that_two_databases_would_write_differently_are_refused(
        self, chain: Company, data: dict
    ) -> None:
        with pytest.raises(TypeError):
            services.append(
                subject=chain, event_model=CompanyEvent, kind="k", actor=None, now=NOW, data=data
            )

    def test_the_hash_depends_on_the_installations_key(self, chain: Company, settings) -> None:
        settings.AUDIT_KEY = "another"

        assert len(services.verify()) == 15


class TestTampering:
    def test_a_changed_fact(self, chain: Company) -> None:
        data = {"number": 1, "name": "Ромашка «ё»", "sum": "49050.01"}

        found = tamper(lambda: rows(chain, 2).update(data=data))

        assert found == [
            f"{TABLE}, subject {chain.pk}: event 2 was changed, or not written by this installation"
        ]

    @pytest.mark.parametrize(
        "change",
        [
            {"kind": "company.created"},
            {"at": NOW + timedelta(microseconds=1)},
            {"form_key": uuid.uuid4()},
            {"previous_hash": "0" * 64},
            {"hash": "0" * 64},
        ],
        ids=lambda change: next(iter(change)),
    )
    def test_anything_else_that_is_changed(self, chain: Company, change: dict) -> None:
        found = tamper(lambda: rows(chain, 3).update(**change))

        assert any("event 3" in line for line in found)

    def test_another_actor(self, chain: Company) -> None:
        actor = User.objects.create_user("manager", full_name="Кравцова Анна Сергеевна")

        assert tamper(lambda: rows(chain, 5).update(actor=actor))

    def test_a_missing_row(self, chain: Company) -> None:
        found = tamper(lambda: rows(chain, 3).delete())

        assert f"{TABLE}, subject {chain.pk}: missing, events 3 to 3" in found

    def test_a_missing_row_and_the_rest_renumbered(self, chain: Company) -> None:
        def close_the_gap() -> None:
            rows(chain, 3).delete()
            for seq in (4, 5):
                rows(chain, seq).update(seq=F("seq") - 1)

        assert tamper(close_the_gap)

    def test_the_first_row_missing(self, chain: Company) -> None:
        found = tamper(lambda: rows(chain, 1).delete())

        assert f"{TABLE}, subject {chain.pk}: missing, events 1 to 1" in found

    def test_a_cut_off_end(self, chain: Company) -> None:
        found = tamper(lambda: CompanyEvent.objects.filter(subject=chain, seq__gt=3).delete())

        assert found == [f"{TABLE}, subject {chain.pk}: cut off, events 4 to 5 are missing"]

    def test_all_of_a_chain_gone(self, chain: Company) -> None:
        found = tamper(lambda: CompanyEvent.objects.filter(subject=chain).delete())

        assert found == [f"{TABLE}, subject {chain.pk}: cut off, events 1 to 5 are missing"]

    def test_a_row_put_in_at_the_end(self, chain: Company) -> None:
        def put_in() -> None:
            last = event(chain, 5)
            last.pk, last.seq, last.previous_hash = None, 6, last.hash
            last.save()

        found = tamper(put_in)

        assert any(
            "event 6 was changed, or not written by this installation" in line for line in found
        )
        assert any("1 events after the last that the subject knows" in line for line in found)

    def test_a_row_of_another_chain(self, chain: Company) -> None:
        def move() -> None:
            other = Company.objects.exclude(pk=chain.pk).first()
            rows(chain, 5).delete()
            CompanyEvent.objects.filter(subject=other, seq=5).update(subject=chain)

        assert tamper(move)

    def test_a_head_that_was_moved_back(self, chain: Company) -> None:
        fourth = event(chain, 4)

        found = tamper(
            lambda: Company.objects.filter(pk=chain.pk).update(audit_seq=4, audit_hash=fourth.hash)
        )

        assert found == [
            f"{TABLE}, subject {chain.pk}: 1 events after the last that the subject knows"
        ]

    def test_every_faulty_chain_is_named(self, chain: Company) -> None:
        found = tamper(lambda: CompanyEvent.objects.filter(seq=2).update(kind="other"))

        assert len(found) == 3

    def test_triggers_that_are_gone(self, chain: Company) -> None:
        with connection.cursor() as cursor:
            for statement in drop_statements(connection.vendor, TABLE):
                cursor.execute(statement)

        found = services.verify()

        assert len(found) == len(missing_triggers(connection, TABLE)) > 0
        assert all("trigger" in line for line in found)

    def test_the_command_says_it_and_fails(self, chain: Company, capsys) -> None:
        call_command("verify_audit")
        assert "whole" in capsys.readouterr().out
        with triggers_off(connection):
            rows(chain, 2).update(kind="other")

        with pytest.raises(SystemExit) as end:
            call_command("verify_audit")

        assert end.value.code == 1
        assert "event 2" in capsys.readouterr().out

    def test_more_chains_than_one_stretch(self, chain: Company, monkeypatch) -> None:
        monkeypatch.setattr(services, "BATCH", 2)
        last = company("Последняя")
        tell(last)
        company("Без событий")

        assert services.verify() == []
        assert len(tamper(lambda: rows(last, 1).update(kind="other"))) == 1


class TestTriggers:
    def test_every_table_of_events_has_them_after_all_migrations(self, db: None) -> None:
        assert len(services.event_models()) >= 2
        for model in services.event_models():
            assert missing_triggers(connection, model._meta.db_table) == []

    def test_an_update_is_refused(self, chain: Company) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            rows(chain, 1).update(kind="other")

    def test_a_delete_is_refused(self, chain: Company) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            rows(chain, 1).delete()

    def test_a_save_is_refused(self, chain: Company) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            event(chain, 1).save()

    @pytest.mark.postgres
    def test_a_truncate_is_refused(self, chain: Company) -> None:
        connection.check_constraints()  # what is deferred would refuse it too
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {TABLE}")

    @pytest.mark.sqlite_only
    @pytest.mark.parametrize("conflict", ["the key", "the number in the chain"])
    def test_a_replace_is_refused(self, chain: Company, conflict: str) -> None:
        row = event(chain, 1)
        if conflict == "the number in the chain":
            row.pk = 10_000
        columns = ", ".join(field.column for field in CompanyEvent._meta.fields)
        values = [
            field.get_db_prep_save(getattr(row, field.attname), connection)
            for field in CompanyEvent._meta.fields
        ]
        marks = ", ".join(["%s"] * len(values))

        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"INSERT OR REPLACE INTO {TABLE} ({columns}) VALUES ({marks})", values)

    def test_they_can_be_made_twice(self, chain: Company) -> None:
        with connection.cursor() as cursor:
            for statement in create_statements(connection.vendor, TABLE):
                cursor.execute(statement)

        assert missing_triggers(connection, TABLE) == []

    def test_the_operation_goes_both_ways(self, transactional_db: None) -> None:
        operation = AppendOnlyTriggers(TABLE)
        again = AppendOnlyTriggers(TABLE, again=True)
        for run, missing in [
            (operation.database_backwards, True),
            (operation.database_forwards, False),
            (again.database_backwards, False),
        ]:
            with connection.schema_editor() as editor:
                run("counterparties", editor, None, None)
            assert bool(missing_triggers(connection, TABLE)) is missing


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_a_flush_between_tests_goes_through_its_door(turn: int) -> None:
    assert not CompanyEvent.objects.exists()
    tell(company())

    assert missing_triggers(connection, TABLE) == []
    assert services.verify() == []


def test_nothing_but_tests_uses_the_door() -> None:
    users = [
        path.relative_to(settings.BASE_DIR)
        for path in Path(settings.BASE_DIR).glob("[a-z]*/**/*.py")
        if re.search(r"audit(\.| import )testing", path.read_text(encoding="utf-8"))
    ]

    assert [path for path in users if "tests" not in path.parts] == []
