"""`make screenshots`: the README's pictures, of the demo company on an installation of its own."""

import io
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import pypdfium2  # noqa: E402
from PIL import Image  # noqa: E402
from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402

from tests.stack.browser import launch_options  # noqa: E402
from tests.stack.program import Program, embedded  # noqa: E402
from tests.visitors import Visitor  # noqa: E402

FOLDER = ROOT / "docs" / "screenshots"
DESK = {"width": 1280, "height": 1000}
PHONE = {"width": 390, "height": 844}
LIMIT = 300_000  # bytes

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


def scanned(page: Page) -> bytes:
    """The first page of the invoice that the inbox shows, as a scanner would bring it: a picture (PNG)."""
    link = page.locator("[data-testid=document][data-kind=invoice] a").first
    pdf = page.request.get(link.get_attribute("href") or "").body()
    scan = io.BytesIO()
    pypdfium2.PdfDocument(pdf)[0].render(scale=2).to_pil().save(scan, "PNG")
    return scan.getvalue()


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
    accountant.goto("/board/")
    save(accountant, "board")
    accountant.goto("/registers/")
    accountant.locator("[data-testid=next-register]").click()
    save(accountant, "register")
    accountant.goto("/requests/?status=approved")
    accountant.locator("[data-testid=registry-row] a").first.click()
    accountant.locator("a[href^='/companies/']").last.click()
    save(accountant, "company")
    dark_phone = visit("accountant", phone=True, color_scheme="dark")
    dark_phone.goto("/")
    save(dark_phone, "dashboard-phone")
    supervisor = visit("supervisor", viewport={"width": 1440, "height": 1000})
    supervisor.goto("/tasks/")
    # The tests' browser has no viewer of PDF files: a scan shows what an office's browser shows.
    scan = {"name": "Скан счёта.png", "mimeType": "image/png", "buffer": scanned(supervisor)}
    task = supervisor.locator("[data-testid=task]").first
    number = task.get_attribute("data-request-id")
    author = Visitor(browser, program.base_url, "manager")
    author.page.goto(f"/requests/{number}/")
    author.page.locator("details.add > summary").first.click()
    author.fill(kind="invoice", file=scan)
    author.press(f"/requests/{number}/documents/")
    author.page.get_by_text("Скан счёта.png").first.wait_for()
    supervisor.reload()
    supervisor.get_by_text("Скан счёта.png").first.click()
    supervisor.locator("[data-paper-frame] img").wait_for()
    save(supervisor, "tasks")
    on_phone = visit("supervisor", phone=True)
    on_phone.goto("/tasks/")
    save(on_phone, "tasks-phone")
    on_phone.locator("[data-testid=task] a").first.click()
    on_phone.wait_for_url("**/tasks/?*task=*")
    save(on_phone, "task-phone")
    dark = visit("accountant", color_scheme="dark")
    dark.goto("/requests/?status=approved")
    dark.locator("[data-testid=registry-row] a").first.click()
    filed = ":is([data-testid=document], [data-testid=paper])"
    on_the_way = dark.locator(f"{filed}:not([data-state=stored])")
    for _attempt in range(60):
        if not on_the_way.count():
            break
        dark.wait_for_timeout(500)
        dark.reload()
    save(dark, "card-dark")
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
