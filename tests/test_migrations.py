"""A migration is applied while the version before it still serves: what would break that is refused here."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django_migration_linter import MigrationLinter

OURS = [
    "approvals",
    "audit",
    "counterparties",
    "documents",
    "keeping",
    "notifications",
    "outbox",
    "people",
]
# Each with what makes it harmless, or with what its release's notes say to stop first.
KNOWN = {
    "approvals, 0003_pay_days": "before the first release; the one row was made when the company began",
    "approvals, 0014_orders_are_carried_out": "nothing before it wrote a row of this table",
}


@pytest.mark.postgres
@pytest.mark.django_db
def test_the_version_before_can_serve_on_the_tables_of_the_next(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """No column dropped or renamed, none that an INSERT of the old version must fill, no type changed.

    A new column is nullable or has a `db_default`; what is no longer used goes in a later release.
    """
    quiet = ["ok", "ignore", "warning"]
    linter = MigrationLinter(str(settings.BASE_DIR), include_apps=OURS, no_cache=True, quiet=quiet)

    linter.lint_all_migrations()

    said = capsys.readouterr().out
    assert set(re.findall(r"^\((.+)\)\.\.\. ERR", said, re.MULTILINE)) == set(KNOWN), said
    assert linter.nb_total > len(OURS)
