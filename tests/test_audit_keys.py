"""AUDIT_KEY is changed: old rows stay proved, and whoever has the old key can write nothing more."""

import io
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from audit import checkpoints, keys, seals, services, verification
from audit.testing import triggers_off
from counterparties.models import Company, CompanyEvent
from people.models import User
from tests.test_audit import NOW, company, tell

pytestmark = pytest.mark.django_db


@pytest.fixture
def subject(db: None) -> Company:
    """A company with two events and a checkpoint, all under the first key."""
    made = company()
    tell(made, number=1)
    tell(made, number=2)
    checkpoints.write(NOW)
    return made


def change_key(settings: Any, new: str) -> None:
    settings.AUDIT_KEY_FALLBACKS = [settings.AUDIT_KEY, *settings.AUDIT_KEY_FALLBACKS]
    settings.AUDIT_KEY = new


def seal(**options: Any) -> None:
    call_command("seal_audit", verbosity=0, stdout=io.StringIO(), **options)


def found() -> list[str]:
    return list(verification.problems())


def test_a_lost_key_proves_nothing(subject: Company, settings: Any) -> None:
    settings.AUDIT_KEY = "another"

    assert len(found()) == 3  # two events and the checkpoint
    with pytest.raises(CommandError):
        seal()


def test_old_rows_stay_proved_and_are_to_be_sealed(subject: Company, settings: Any) -> None:
    change_key(settings, "the second")
    tell(subject, number=3)

    [problem] = found()
    assert problem.startswith("counterparties_companyevent: 2 events are proved by an older key")

    seal()
    assert found() == []
    tell(subject, number=4)
    tell(company("Астра"))
    assert found() == []


def test_the_key_is_changed_again_and_again(subject: Company, settings: Any) -> None:
    for number, key in enumerate(("the second", "the third", "the fourth")):
        change_key(settings, key)
        tell(subject, number=number)
        assert len(found()) == 1
        seal()
        tell(subject, number=number)
        assert found() == []


def test_nothing_that_the_old_key_writes_after_the_seal_counts(
    subject: Company, settings: Any
) -> None:
    old = settings.AUDIT_KEY
    change_key(settings, "the second")
    seal()

    settings.AUDIT_KEY, new = old, settings.AUDIT_KEY  # somebody who got hold of the old key
    tell(subject, number=3)
    settings.AUDIT_KEY = new

    [problem] = found()
    assert "1 events are proved by an older key" in problem
    assert problem.endswith(f"subject {subject.pk}, event 3")
    with pytest.raises(CommandError):
        seal()
    seal(again=True)  # a worker that nobody had restarted, say
    assert found() == []


def test_a_row_that_is_put_in_before_the_seal_shows(subject: Company, settings: Any) -> None:
    change_key(settings, "the second")
    seal()
    with triggers_off(connection):
        CompanyEvent.objects.filter(subject=subject, seq=2).delete()
        Company.objects.filter(pk=subject.pk).update(
            audit_seq=1, audit_hash=CompanyEvent.objects.get(subject=subject).hash
        )
    checkpoints.write(NOW.replace(year=2027))  # even where the checkpoint was made to agree

    [problem] = found()
    assert "not those that were sealed" in problem


def test_a_changed_seal_is_none(subject: Company, settings: Any) -> None:
    change_key(settings, "the second")
    seal()
    assert seals.read() is not None
    for content in (b"{}", b"no json", b'{"said": "{}", "proof": "0"}'):
        default_storage.delete(seals.name())
        default_storage.save(seals.name(), ContentFile(content))
        assert seals.read() is None
        assert found()


def test_a_checkpoint_of_the_old_key_is_not_believed_after_the_seal(
    subject: Company, settings: Any
) -> None:
    old = settings.AUDIT_KEY
    change_key(settings, "the second")
    seal()
    settings.AUDIT_KEY, new = old, settings.AUDIT_KEY
    checkpoints.write(NOW.replace(year=2099))
    settings.AUDIT_KEY = new

    [problem] = found()
    assert problem.endswith(checkpoints.OLD_KEY)


def test_the_command_says_that_it_sealed(subject: Company, capsys) -> None:
    call_command("seal_audit")

    assert seals.name() in capsys.readouterr().out
    assert services.verify() == []


def test_a_fingerprint_tells_keys_apart_and_nothing_else() -> None:
    assert len({keys.fingerprint("a"), keys.fingerprint("b")}) == 2
    assert len(keys.fingerprint("a")) == 12


def test_people_stay_logged_in_when_the_secret_key_is_changed(
    client: Client, settings: Any
) -> None:
    client.force_login(User.objects.create_user("somebody"))
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "n" * 60
    assert client.get("/me/").status_code == 200

    settings.SECRET_KEY_FALLBACKS = []
    settings.SECRET_KEY = "o" * 60
    assert client.get("/me/").status_code == 302
