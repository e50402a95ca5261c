"""The whole story into an empty installation, or nothing of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.core.management.color import no_style
from django.db import connection, transaction
from django.utils import timezone

from approvals.models import PaymentRequest
from approvals.services import without_papers
from counterparties.models import Company
from demo import aftermath
from demo.days import Days
from demo.organisation import Cast, build
from demo.plan import older_months, the_thirty
from demo.story import load as read_story
from demo.walk import Walk
from outbox import services as outbox
from people.models import User

COMPANY_WITHOUT_FOLDER = "c5"


@dataclass(frozen=True)
class Loaded:
    """What was made; `pks` are the requests' keys by the numbers that the story gives them."""

    cast: Cast
    days: Days
    pks: dict[int, int]


def is_loaded() -> bool:
    return User.objects.filter(is_demo=True).exists()


def is_in_use() -> bool:
    """Whether there is work in this installation that a made-up firm should not be mixed with."""
    return Company.objects.exists() or PaymentRequest.objects.exists()


def load(*, now: datetime) -> Loaded:
    """Tell the story up to `now` (aware). Raises fonts.FontsMissing."""
    story = read_story()
    days = Days(now, timezone.get_default_timezone())
    with outbox.without_waking():
        # One transaction, files being received inside it too: half a story would never be told to its end,
        # and nobody else works here yet.
        with transaction.atomic():
            cast = build(story, days)
            walk = Walk(story, cast)
            _start_numbers_at_one()
            walk.all(the_thirty(story, days))
            # Half of all papers, and few look at them: a first start should not wait for those.
            with without_papers():
                walk.all(older_months(story, days))
            aftermath.send_letters(story.letters, walk.pks, days)
            aftermath.settle_notices(days)
            aftermath.draw_up_order(cast.people["accountant"], days)
            aftermath.draw_up_register(cast.people["accountant"], days)
        # What is not done if this is interrupted is found by the sweeper.
        aftermath.file_everything()
        aftermath.leave_papers_to_the_worker(now)
        lost = cast.companies[COMPANY_WITHOUT_FOLDER].folder
        if lost is not None:
            aftermath.lose_folder(lost, days)
    return Loaded(cast, days, walk.pks)


def _start_numbers_at_one() -> None:
    """Requests of an attempt that was rolled back have used numbers up; the story's are 1 to 30."""
    columns = [{"table": PaymentRequest._meta.db_table, "column": "id"}]
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_by_name_sql(no_style(), columns):
            cursor.execute(statement)
