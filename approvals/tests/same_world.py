"""The world that most tests start from: built by the services once, put back as rows for every further test.

The services ask and write some two hundred times for it, which for two thousand tests is minutes.
"""

from __future__ import annotations

import pickle
from typing import Any, TypeAlias, cast

from django.apps import apps
from django.db import IntegrityError, models, transaction

from approvals.tests.builders import World, build_world

Rows: TypeAlias = list[tuple[type[models.Model], list[models.Model]]]

_kept: list[bytes] = []


def same_world() -> World:
    """A world of one's own, its rows with the keys that they had when they were built."""
    if _kept:
        world, rows = cast(tuple[World, Rows], pickle.loads(_kept[0]))
        try:
            with transaction.atomic():
                for model, instances in rows:
                    model._base_manager.bulk_create(instances)
        except IntegrityError:  # the test has made rows of its own with these keys
            return build_world()
        return world
    before = _keys()
    world = build_world()
    added = {model: keys - before[model] for model, keys in _keys().items()}
    if not any(before[model] for model, keys in added.items() if keys):
        rows = [
            (model, list(model._base_manager.filter(pk__in=keys)))
            for model, keys in added.items()
            if keys
        ]
        _kept.append(pickle.dumps((world, rows)))
    return world


def _keys() -> dict[type[models.Model], set[Any]]:
    """What is in each table."""
    return {
        model: set(model._base_manager.values_list("pk", flat=True))
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy
    }
