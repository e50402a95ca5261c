"""`python scripts/start.py web`: become one process of the Procfile, as systemd or any other keeper wants it.

The commands of this interpreter's environment come first, and `.env` counts for what the line itself says
(PORT, WEB_WORKERS, …) as it does for the program.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from config.env import read_env_file  # noqa: E402


def commands() -> dict[str, str]:
    """Name -> command line of the Procfile."""
    lines = (ROOT / "Procfile").read_text(encoding="utf-8").splitlines()
    return {name: command.strip() for name, _, command in (line.partition(":") for line in lines)}


def main() -> None:
    """Replace this process by the named one."""
    known = commands()
    if len(sys.argv) != 2 or sys.argv[1] not in known:
        sys.exit(f"One of these: {', '.join(known)}")
    os.chdir(ROOT)
    read_env_file(ROOT)
    # The version's own folder, not a link to it that may lead to the next version tomorrow.
    scripts = Path(sys.executable).parent.resolve()
    path = f"{scripts}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    command = known[sys.argv[1]]
    # A line that begins with an assignment is for the shell alone; any other one takes the shell's place.
    line = command if "=" in command.split()[0] else f"exec {command}"
    os.execvpe("/bin/sh", ["/bin/sh", "-c", line], {**os.environ, "PATH": path})  # noqa: S606 - the Procfile's


if __name__ == "__main__":
    main()
