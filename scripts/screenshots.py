"""`make screenshots`: the README's pictures, of the demo company on an installation of its own."""

import io
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from PIL import Image  # noqa: E402
from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402

from tests.stack.browser import launch_options  # noqa: E402
from tests.stack.program import Program, embedded  # noqa: E402
from tests.visitors import Visitor  # noqa: E402

FOLDER = ROOT / "docs" / "screenshots"
DESK = {"width": 1280, "height": 1000}
PHONE = {"width": 390, "height": 844}
LIMIT = 200_000  # bytes

CONTACTS_PAGE = (
    "from documents.services import token_for; from notifications.models import Letter; "
    "print(token_for(Letter.objects.filter(language='ru').latest('created_at').share_link))"
)


def save(page: Page, name: str) -> None:
    """Write what is shown, with as few colours as it needs."""
    page.evaluate("() => document.fonts.ready")
    picture = Image.open(io.BytesIO(page.screenshot()))
    path = FOLDER / f"{name}.png"
    picture.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
    size = path.stat().st_size
    print(f"{path.relative_to(ROOT)}  {size // 1000} kB")
    if size > LIMIT:
        raise SystemExit(f"{path} is too large")


def shoot(browser: Browser, program: Program) -> None:
    """Every picture of the README."""

    def visit(username: str = "", *, phone: bool = False, **options: Any) -> Page:
        options = {"viewport": PHONE if phone else DESK, "device_scale_factor": 2, **options}
        return Visitor(browser, program.base_url, username, **options).page

    accountant = visit("accountant")
    accountant.goto("/")
    save(accountant, "dashboard")
    accountant.goto("/requests/")
    save(accountant, "registry")
    accountant.goto("/calendar/")
    save(accountant, "calendar")
    accountant.goto("/registers/")
    accountant.locator("[data-testid=next-register]").click()
    save(accountant, "register")
    dark = visit("accountant", color_scheme="dark")
    dark.goto("/")
    save(dark, "dashboard-dark")
    supervisor = visit("supervisor")
    supervisor.goto("/tasks/")
    save(supervisor, "tasks")
    on_phone = visit("supervisor", phone=True)
    on_phone.goto("/tasks/")
    save(on_phone, "tasks-phone")
    token = program.manage("shell", "-v", "0", "-c", CONTACTS_PAGE).split()[-1]
    contact = visit(viewport={"width": 820, "height": 900})
    contact.goto(f"/s/{token}/")
    save(contact, "contact-page")


def main() -> None:
    """Bring the program up, go round with a browser, take it down."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, ROOT / "scripts" / "messages.py"], check=True)
    with (
        tempfile.TemporaryDirectory(prefix="signoff-pictures-") as folder,
        embedded(Path(folder)) as program,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(**launch_options())
        shoot(browser, program)
        browser.close()


if __name__ == "__main__":
    main()
