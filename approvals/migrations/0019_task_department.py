"""A task says of which department its request is: what is seen outside of one's own is found by index.

Until the tasks that were there before are filled, they say nothing, and are looked at one by one.
"""

import django.db.models.deletion
from django.db import migrations, models

from approvals.migrations._indexes import AddFieldOnce, AddIndexMeanwhile, RemoveIndexMeanwhile
from approvals.total_lines import RunningTotals

BATCH = 20_000


def fill(apps, schema_editor):
    PaymentRequest = apps.get_model("approvals", "PaymentRequest")
    ApprovalTask = apps.get_model("approvals", "ApprovalTask")
    requests = PaymentRequest.objects.filter(pk=models.OuterRef("payment_request_id"))
    department = models.Subquery(requests.values("author_department_id"))
    newest = ApprovalTask.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    for start in range(0, newest + 1, BATCH):
        some = ApprovalTask.objects.filter(pk__gte=start, pk__lt=start + BATCH, department=None)
        some.update(department_id=department)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("approvals", "0018_running_totals"),
        ("people", "0003_append_only_events"),
    ]

    operations = [
        AddFieldOnce(
            model_name="approvaltask",
            name="department",
            field=models.ForeignKey(
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="people.department",
            ),
        ),
        RunningTotals(),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
        AddIndexMeanwhile(
            model_name="approvaltask",
            index=models.Index(
                fields=["assignee", "department", "payment_request"], name="task_of_assignee"
            ),
        ),
        AddIndexMeanwhile(
            model_name="approvaltask",
            index=models.Index(
                fields=["decided_by", "department", "payment_request"], name="task_of_decider"
            ),
        ),
        AddIndexMeanwhile(
            model_name="paymentrequest",
            index=models.Index(
                fields=["author", "author_department", "id"], name="request_author_elsewhere"
            ),
        ),
        RemoveIndexMeanwhile(model_name="approvaltask", name="task_assignee"),
        RemoveIndexMeanwhile(model_name="approvaltask", name="task_decided_by"),
    ]
