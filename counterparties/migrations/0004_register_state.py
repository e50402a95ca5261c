"""Where companies stand in the state's register, and what look-up services answered."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("counterparties", "0003_bank_directory"),
    ]

    operations = [
        migrations.AddField(
            model_name="company",
            name="register_checked_at",
            field=models.DateTimeField(
                editable=False, null=True, verbose_name="looked up in the register at"
            ),
        ),
        migrations.AddField(
            model_name="company",
            name="register_invalid",
            field=models.BooleanField(
                db_default=False,
                default=False,
                editable=False,
                verbose_name="the register holds its data unreliable",
            ),
        ),
        migrations.AddField(
            model_name="company",
            name="register_state",
            field=models.CharField(
                blank=True,
                choices=[
                    ("active", "Active"),
                    ("liquidating", "Being liquidated"),
                    ("liquidated", "Liquidated"),
                    ("bankrupt", "Bankrupt"),
                    ("reorganizing", "Being reorganised"),
                ],
                db_default="",
                default="",
                editable=False,
                max_length=12,
                verbose_name="state in the register",
            ),
        ),
        migrations.CreateModel(
            name="RegisterAnswer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("source", models.CharField(max_length=200)),
                ("query", models.CharField(max_length=15)),
                ("parties", models.JSONField()),
                ("received_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("source", "query"), name="registeranswer_source_query"
                    )
                ],
            },
        ),
    ]
