"""What a day of the calendar names first, what was paid in a month, and whose people have to accept what."""

from django.conf import settings
from django.db import migrations, models

from approvals.migrations._indexes import AddIndexMeanwhile


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("approvals", "0019_task_department"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddIndexMeanwhile(
            model_name="approvaltask",
            index=models.Index(
                condition=models.Q(("decision", ""), ("kind", "accept")),
                fields=["assignee", "payment_request"],
                name="task_to_accept",
            ),
        ),
        AddIndexMeanwhile(
            model_name="paymentrequest",
            index=models.Index(
                condition=models.Q(("status__in", ["approved", "on_approval"])),
                fields=["planned_on", "status", "id"],
                name="request_open_day",
            ),
        ),
        AddIndexMeanwhile(
            model_name="paymentrequest",
            index=models.Index(
                condition=models.Q(("status__in", ["approved", "on_approval"])),
                fields=["author_department", "planned_on", "status", "id"],
                name="request_department_day",
            ),
        ),
        AddIndexMeanwhile(
            model_name="paymentrequest",
            index=models.Index(
                condition=models.Q(("status", "paid")),
                fields=["closed_at"],
                name="request_closed",
            ),
        ),
    ]
