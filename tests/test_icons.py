"""Icons: every name that a template asks for is in the list that the sprite is cut from."""

import re
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)


def test_every_icon_that_templates_name_is_listed_once_and_in_order() -> None:
    listed = (ROOT / "scripts" / "icons.txt").read_text(encoding="utf-8").split()
    named = set()
    for page in (ROOT / "templates").rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        named |= set(re.findall(r"{% icon ['\"]([a-z0-9-]+)['\"]", text))
        named |= set(re.findall(r"\bicon(?:_name)?=['\"]([a-z0-9-]+)['\"]", text))
    assert listed == sorted(set(listed))
    assert named - set(listed) == set()
