"""The daily checkpoint shows what was cut off, even where the database was made to agree with itself."""

import gzip
from datetime import UTC, datetime

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection

from audit import checkpoints, services
from audit.tasks import checkpoint
from audit.testing import triggers_off
from counterparties.models import Company, CompanyEvent
from tests.test_audit import NOW, company, tell

pytestmark = pytest.mark.django_db


def test_whole_chains_agree_also_after_they_grew() -> None:
    subject = company()
    tell(subject)
    key = checkpoints.write(NOW)
    tell(subject)

    assert checkpoints.newest() == key
    assert list(checkpoints.problems(key)) == []
    call_command("verify_audit", verbosity=0)


def test_a_tail_cut_off_together_with_the_head_shows() -> None:
    subject = company()
    first = tell(subject)
    second = tell(subject)
    key = checkpoints.write(NOW)
    with triggers_off(connection):
        CompanyEvent.objects.filter(pk=second.pk).delete()
    Company.objects.filter(pk=subject.pk).update(audit_seq=1, audit_hash=first.hash)

    assert services.verify() == []
    assert len(list(checkpoints.problems(key))) == 1
    with pytest.raises(SystemExit):
        call_command("verify_audit", verbosity=0)


def test_a_changed_checkpoint_is_not_believed() -> None:
    tell(company())
    key = checkpoints.write(NOW)
    with default_storage.open(key) as file:
        text = gzip.decompress(file.read())
    default_storage.delete(key)
    default_storage.save(key, ContentFile(gzip.compress(text.replace(b" 1 ", b" 2 "))))

    [problem] = checkpoints.problems(key)
    assert "changed" in problem


def test_the_newest_is_compared_and_none_is_no_fault() -> None:
    assert checkpoints.newest() is None
    checkpoints.write(datetime(2026, 10, 6, tzinfo=UTC))
    later = checkpoints.write(datetime(2026, 10, 7, tzinfo=UTC))
    assert checkpoints.newest() == later
    checkpoint()
    assert checkpoints.newest() != later
