"""The Celery application: `celery -A config worker`, `celery -A config beat`."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging, task_postrun, task_prerun, worker_init

from config import garbage
from outbox import trace

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("signoff")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


def get_ready() -> None:
    """Load what waking a task needs, without reaching for the broker."""
    app.amqp.queues  # noqa: B018 - made when it is looked at
    _ = app.connection_for_write().transport_cls


# Celery's own way to stand around a task, its log lines included; Django's signals are not used.
@task_prerun.connect
def follow(task_id: str, task: Any, **_: Any) -> None:
    """What the task does belongs to the request that woke it; a task of the scheduler's begins anew."""
    followed = trace.following((task.request.headers or {}).get(trace.HEADER) or task_id)
    followed.__enter__()
    task.request.followed = followed


@task_postrun.connect
def unfollow(task: Any, **_: Any) -> None:
    """The task and its log lines are done."""
    task.request.followed.__exit__(None, None, None)


@worker_init.connect
def settle(**_: Any) -> None:
    """Before the pool's processes are forked from this one."""
    garbage.settle()


@setup_logging.connect
def keep_our_logging(**_: Any) -> None:
    """Django has set the log up (config.logging); with a receiver here Celery leaves it alone."""
