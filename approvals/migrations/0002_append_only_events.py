"""Events are written once: triggers refuse to change or delete them."""

from django.db import migrations

from audit.operations import AppendOnlyTriggers


class Migration(migrations.Migration):
    dependencies = [("approvals", "0001_initial")]

    operations = [AppendOnlyTriggers("approvals_event")]
