from django.db import migrations, models

from approvals.total_lines import RunningTotals


class Migration(migrations.Migration):
    """Whoever writes requests waits while the lines of all rows are added up."""

    dependencies = [
        ("approvals", "0017_registry_indexes"),
        ("counterparties", "0006_fill_search"),
        ("people", "0003_append_only_events"),
    ]

    operations = [
        migrations.CreateModel(
            name="TotalLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "department",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=models.DO_NOTHING,
                        related_name="+",
                        to="people.department",
                    ),
                ),
                ("stage", models.CharField(max_length=12)),
                ("day_on", models.DateField(null=True)),
                (
                    "payer",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=models.DO_NOTHING,
                        related_name="+",
                        to="counterparties.company",
                    ),
                ),
                ("currency", models.CharField(max_length=3)),
                ("count", models.BigIntegerField()),
                ("amount", models.DecimalField(decimal_places=2, max_digits=24)),
                ("amount_left", models.DecimalField(decimal_places=2, max_digits=24)),
                ("seconds_to_approve", models.BigIntegerField()),
                ("seconds_to_pay", models.BigIntegerField()),
                ("is_folded", models.BooleanField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["stage", "day_on"], name="totalline_stage_day"),
                    models.Index(
                        fields=["id"],
                        name="totalline_fresh",
                        condition=models.Q(("is_folded", False)),
                    ),
                ],
            },
        ),
        RunningTotals(filled=True),
    ]
