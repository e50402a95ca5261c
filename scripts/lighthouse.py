"""`make lighthouse`: what Lighthouse says of the five pages that are open all day, of the demo company.

100 for accessibility and best practices, at least 95 for performance, on a desk as Lighthouse imagines it;
`--mobile` for its slow phone, which is told and held to nothing. Reports are in build/lighthouse/.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from assets import npm  # noqa: E402
from playwright.sync_api import Browser, sync_playwright  # noqa: E402
from screenshots import CONTACTS_PAGE  # noqa: E402

from tests.stack.browser import FLAGS, launch_options  # noqa: E402
from tests.stack.program import embedded  # noqa: E402
from tests.visitors import Visitor  # noqa: E402

HERE = ROOT / "scripts" / "lighthouse"
REPORTS = ROOT / "build" / "lighthouse"
BARS = {"performance": 95, "accessibility": 100, "best-practices": 100}


def cookies_of(browser: Browser, base_url: str, username: str) -> str:
    """A session, as a browser sends it."""
    visitor = Visitor(browser, base_url, username)
    cookies = visitor.context.cookies()
    visitor.context.close()
    return "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in cookies)


def scores(name: str, url: str, cookies: str, *options: str) -> dict[str, int]:
    """Category -> 0..100; the whole report is kept."""
    browser = launch_options()
    report = REPORTS / f"{name}.json"
    command = [str(HERE / "node_modules" / ".bin" / "lighthouse"), url, "--quiet", "--output=json"]
    command += [f"--output-path={report}", f"--only-categories={','.join(BARS)}", *options]
    command.append(f"--chrome-flags={' '.join([*FLAGS, '--headless=shell'])}")
    if cookies:
        command.append(f"--extra-headers={json.dumps({'Cookie': cookies})}")
    env = {**browser.get("env", os.environ), "CHROME_PATH": browser["executable_path"]}
    subprocess.run(command, env=env, check=True)
    found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    return {name: round((part["score"] or 0) * 100) for name, part in found["categories"].items()}


def main() -> None:
    """Bring the program up, look at it, say what is below its bar."""
    is_mobile = "--mobile" in sys.argv
    REPORTS.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        [*npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=HERE, check=True
    )
    below = []
    with (
        tempfile.TemporaryDirectory(prefix="signoff-lighthouse-") as folder,
        embedded(Path(folder)) as program,
    ):
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(**launch_options())
            accountant = cookies_of(browser, program.base_url, "accountant")
            supervisor = cookies_of(browser, program.base_url, "supervisor")
            browser.close()
        token = program.manage("shell", "-v", "0", "-c", CONTACTS_PAGE).split()[-1]
        pages = (
            ("dashboard", "/", accountant),
            ("registry", "/requests/", accountant),
            ("inbox", "/tasks/", supervisor),
            ("card", "/requests/1/", accountant),
            ("contact", f"/s/{token}/", ""),
        )
        for name, path, cookies in pages:
            options = () if is_mobile else ("--preset=desktop",)
            found = scores(name, program.base_url + path, cookies, *options)
            print(name, found, flush=True)
            below += [name for part, bar in BARS.items() if found[part] < bar]
    if below and not is_mobile:
        raise SystemExit(f"Below the bar: {', '.join(sorted(set(below)))}")


if __name__ == "__main__":
    main()
