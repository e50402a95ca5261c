"""Every order and filter that the registry offers has an index; so has each reason to see a request."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from approvals.migrations._indexes import AddIndexMeanwhile


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("approvals", "0016_fill_registry_keys"),
        ("counterparties", "0006_fill_search"),
        ("documents", "0006_template_versions"),
        ("people", "0003_append_only_events"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddIndexMeanwhile(
            model_name="approvaltask",
            index=models.Index(fields=["assignee", "payment_request"], name="task_assignee"),
        ),
        AddIndexMeanwhile(
            model_name="approvaltask",
            index=models.Index(fields=["decided_by", "payment_request"], name="task_decided_by"),
        ),
        AddIndexMeanwhile(
            model_name="paymentrequest",
            index=models.Index(fields=["author", "id"], name="request_author"),
        ),
        AddIndexMeanwhile(
            model_name="paymentrequest",
            index=models.Index(fields=["author_department", "id"], name="request_of_department"),
        ),
        AddIndexMeanwhile(
            model_name="paymentrequest",
            index=models.Index(fields=["company_key", "id"], name="request_company_key"),
        ),
        AddIndexMeanwhile(
            model_name="paymentrequest",
            index=models.Index(fields=["currency"], name="request_currency"),
        ),
        AddIndexMeanwhile(
            model_name="paymentrequest",
            index=models.Index(
                condition=models.Q(("has_closing", False), ("status", "paid")),
                fields=["created_at", "id"],
                name="request_not_closed",
            ),
        ),
        AddIndexMeanwhile(
            model_name="paymentrequest",
            index=models.Index(
                condition=models.Q(("status__in", ["draft", "on_approval", "approved"])),
                fields=["id"],
                name="request_open_number",
            ),
        ),
        AddIndexMeanwhile(
            model_name="paymentrequest",
            index=models.Index(
                condition=models.Q(("status__in", ["draft", "on_approval", "approved"])),
                fields=["created_at", "id"],
                name="request_open_created",
            ),
        ),
        AddIndexMeanwhile(
            model_name="paymentrequest",
            index=models.Index(
                condition=models.Q(("status__in", ["draft", "on_approval", "approved"])),
                fields=["pay_by", "id"],
                name="request_open_pay_by",
            ),
        ),
        AddIndexMeanwhile(
            model_name="paymentrequest",
            index=models.Index(
                condition=models.Q(("status__in", ["draft", "on_approval", "approved"])),
                fields=["planned_on", "id"],
                name="request_open_planned",
            ),
        ),
        AddIndexMeanwhile(
            model_name="paymentrequest",
            index=models.Index(
                condition=models.Q(("status__in", ["draft", "on_approval", "approved"])),
                fields=["amount", "id"],
                name="request_open_amount",
            ),
        ),
        AddIndexMeanwhile(
            model_name="paymentrequest",
            index=models.Index(
                condition=models.Q(("status__in", ["draft", "on_approval", "approved"])),
                fields=["company_key", "id"],
                name="request_open_company",
            ),
        ),
        AddIndexMeanwhile(
            model_name="paymentrequest",
            index=models.Index(
                condition=models.Q(("status__in", ["draft", "on_approval", "approved"])),
                fields=["waiting_since", "id"],
                name="request_open_waiting",
            ),
        ),
        migrations.AlterField(
            model_name="approvaltask",
            name="assignee",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="approval_tasks",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="approvaltask",
            name="decided_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="paymentrequest",
            name="author",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="payment_requests",
                to=settings.AUTH_USER_MODEL,
                verbose_name="author",
            ),
        ),
        migrations.AlterField(
            model_name="paymentrequest",
            name="author_department",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="people.department",
                verbose_name="department",
            ),
        ),
    ]
