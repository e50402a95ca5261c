"""Whether this machine has pango, which makes PDF files; `--install` brings it.

Standard library only: it runs before anything is installed.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIBRARIES = ROOT / "documents" / "press" / "libraries.py"

# Package manager -> what has to be typed before (or nothing), and the command that installs.
MANAGERS: dict[str, tuple[list[str], list[str]]] = {
    "apt-get": (
        ["apt-get", "update"],
        [
            *("apt-get", "install", "--yes", "--no-install-recommends"),
            *("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0"),
        ],
    ),
    "dnf": ([], ["dnf", "install", "--assumeyes", "pango", "harfbuzz"]),
    "zypper": (
        [],
        ["zypper", "--non-interactive", "install", "libpango-1_0-0", "libharfbuzz-subset0"],
    ),
    "pacman": ([], ["pacman", "--sync", "--noconfirm", "--needed", "pango", "harfbuzz"]),
    "apk": ([], ["apk", "add", "pango", "harfbuzz-subset"]),
    "brew": ([], ["brew", "install", "pango"]),
}


def missing() -> str:
    """The libraries that are missing, in a line; empty when all are there."""
    asked = subprocess.run(
        [sys.executable, "-I", LIBRARIES], capture_output=True, text=True, check=False
    )
    return asked.stdout.strip() or asked.stderr.strip() if asked.returncode else ""


def install() -> int:
    """Call the package manager, as root where it needs that."""
    name = next((name for name in MANAGERS if shutil.which(name)), None)
    if name is None:
        print("No package manager that is known here: install pango by hand.", file=sys.stderr)
        return 1
    as_root = name != "brew" and os.geteuid() != 0
    if as_root and not shutil.which("sudo"):
        print(f"As root: {' '.join(MANAGERS[name][1])}", file=sys.stderr)
        return 1
    for command in filter(None, MANAGERS[name]):
        full = [*(["sudo"] if as_root else []), *command]
        print(" ".join(full), flush=True)
        if status := subprocess.run(full, check=False).returncode:
            return status
    return 0


def main() -> int:
    """1 when pango is missing (and, with --install, still is)."""
    if "--install" in sys.argv and missing() and (status := install()):
        return status
    if absent := missing():
        print(
            f"PDF files need pango, and this machine lacks it ({absent}). Type: make system",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
