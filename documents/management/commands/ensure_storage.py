"""Make sure that there is a storage and that it keeps what it is given."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from documents import storage, trial


class Command(BaseCommand):
    help = (
        "Make the bucket (or the folder) if there is none, and see that it keeps what it is given."
    )

    requires_system_checks: list[str] = []  # it runs before anything else is in order

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            storage.store().prepare()
            with trial.kept():
                pass
        except (storage.StorageError, trial.TrialFailed) as error:
            raise CommandError(f"The storage does not work: {error}") from error
        if options["verbosity"]:
            self.stdout.write("The storage is in order.")
