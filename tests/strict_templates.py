"""An undefined variable in one of our own templates is an error in tests, not an empty string."""

import sys
from pathlib import Path

OURS = Path(__file__).resolve().parent.parent / "templates"


class UndefinedIsAnError(str):
    """What Django puts in for an undefined variable (`string_if_invalid`), which it fills by `%`.

    Django's own pages (the admin) lean on undefined variables being empty, so they are let be; which page is
    being rendered stands in the context of the caller. `{% if undefined %}` never comes here.
    """

    def __contains__(self, part: object) -> bool:
        """Django asks for '%s' before it fills anything in."""
        return True

    def __mod__(self, variable: object) -> str:
        """Raise for our pages."""
        context = sys._getframe(1).f_locals.get("context")
        template = getattr(context, "template", None)
        origin = getattr(template, "origin", None)
        if (
            template is not None
            and origin is not None
            and Path(str(origin.name)).is_relative_to(OURS)
        ):
            raise AssertionError(f"undefined variable {variable!s} in {template.name}")
        return ""
