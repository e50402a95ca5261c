"""The web server's entry point."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.conf import settings

from config import garbage
from config.celery import get_ready
from config.proxies import behind_proxies

application = behind_proxies(get_wsgi_application(), settings.TRUSTED_PROXIES)
# Now, for the first form that is sent would wait for it.
get_ready()
garbage.settle()
