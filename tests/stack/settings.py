"""The one settings file; a page that names a variable which is not there is a fault, not an empty place."""

from config.settings import *  # noqa: F403
from config.settings import TEMPLATES
from tests.strict_templates import UndefinedIsAnError

TEMPLATES[0]["OPTIONS"]["string_if_invalid"] = UndefinedIsAnError("%s")
