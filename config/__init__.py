"""Settings, addresses and entry points: what joins the rooms into one program."""

from config import garbage

garbage.begin()

from config.celery import app as celery_app  # noqa: E402

__all__ = ["celery_app"]
