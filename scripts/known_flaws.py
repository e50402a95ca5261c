"""Whether a flaw is known of a package that is installed: `pip-audit` and `npm audit` ask the registries.

Exit status: 0 nothing is known, 1 something is (printed), 75 nobody could be asked (no network, a registry
that does not answer such questions, no npm, time is up): that says nothing and fails nothing.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 25  # seconds for each of the two
# A registry that does not know this one knows none of ours.
FIRST = "django"


class NotAsked(Exception):
    """Nobody answered; why."""


def answer(command: list[str]) -> Any:
    """What the program prints, read as JSON."""
    try:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=PATIENCE
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotAsked(type(error).__name__) from error
    try:
        return json.loads(done.stdout)
    except ValueError as error:
        raise NotAsked((done.stderr.strip().splitlines() or ["no answer"])[-1]) from error


def of_python() -> list[str]:
    """A line for each known flaw of what requirements.txt pins."""
    pinned = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory(prefix="signoff-audit-") as folder:
        first = Path(folder) / "first.txt"
        lines = [line for line in pinned.splitlines() if line.lower().startswith(f"{FIRST}==")]
        first.write_text("\n".join(lines), encoding="utf-8")
        known = [row for row in pip_audit(first) if "skip_reason" not in row]
    if not known:
        raise NotAsked("the registry does not tell of flaws")
    rows = pip_audit(ROOT / "requirements.txt")
    return [
        f"{row['name']} {row['version']}: {flaw['id']}, mended in {', '.join(flaw['fix_versions'])}"
        for row in rows
        for flaw in row.get("vulns", [])
    ]


def pip_audit(requirements: Path) -> list[dict[str, Any]]:
    """pip-audit's rows: name, version, vulns; or name and skip_reason."""
    program = str(Path(sys.executable).parent / "pip-audit")
    options = ["--disable-pip", "--no-deps", "--progress-spinner=off", "--timeout=5"]
    told = answer([program, *options, "--format=json", "--requirement", str(requirements)])
    return list(told["dependencies"])


def of_node() -> list[str]:
    """A line for each package of package-lock.json with a known flaw."""
    beside = os.pathsep.join([os.environ.get("PATH", ""), str(Path(sys.executable).parent)])
    npm = shutil.which("npm", path=beside)
    if npm is None:
        raise NotAsked("no npm here")
    told = answer([npm, "audit", "--package-lock-only", "--json", "--no-update-notifier"])
    if "vulnerabilities" not in told:
        raise NotAsked(str(told.get("message", "no answer")).partition(" - ")[0])
    return [
        f"{name}: {flaw['severity']}, {flaw['range']}"
        for name, flaw in told["vulnerabilities"].items()
    ]


def main(of: str) -> int:
    """Ask for 'python' or 'node'."""
    try:
        flaws = {"python": of_python, "node": of_node}[of]()
    except NotAsked as error:
        print(f"not asked: {error}")
        return os.EX_TEMPFAIL
    print("\n".join(flaws))
    return 1 if flaws else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
