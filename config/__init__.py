"""Settings, addresses and entry points: what joins the rooms into one program."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
