from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InstallationConfig(AppConfig):
    """An app for its management commands; it has no tables."""

    name = "config"
    verbose_name = _("Installation")
