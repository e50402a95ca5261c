"""A task belongs to the request that woke it."""

from collections.abc import Iterator

import pytest
from celery import Task

from config.celery import app
from outbox import trace

seen: list[str] = []


@pytest.fixture
def task() -> Iterator[Task]:
    """A task that says whose it is."""

    @app.task(name="test.whose", shared=False)
    def whose() -> None:
        seen.append(trace.current())

    seen.clear()
    yield whose
    app.tasks.pop("test.whose")


def test_it_follows_the_id_in_its_headers(task: Task) -> None:
    with trace.following("the-page"):
        task.apply(headers={trace.HEADER: "the-request"})

        assert seen == ["the-request"]
        assert trace.current() == "the-page"


def test_a_task_of_the_schedulers_begins_anew(task: Task) -> None:
    result = task.apply()

    assert seen == [result.id]
    assert trace.current() == ""
