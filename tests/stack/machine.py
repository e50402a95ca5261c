"""A machine on which an operator follows docs/operations.md: the commands printed there are run."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.stack.program import ROOT, SCRIPTS

UNITS = ("web", "worker", "beat")
# What stands for systemd: it does to the unit that was installed what the document has it do.
SYSTEMCTL = """
#!{python}
import os, pathlib, shlex, signal, subprocess, sys, time
root = pathlib.Path({root!r})
etc = root.parent / "etc"
verb, units = sys.argv[1], [name.removeprefix("signoff@") for name in sys.argv[2:] if name[0] != "-"]
began = time.time()
if verb in ("stop", "restart"):
    for unit in units:
        pid = int((root / unit).read_text())
        number, deadline = signal.SIGTERM, time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                break
            number = 0
            time.sleep(0.05)
if verb in ("start", "restart", "enable"):
    def read(path):
        return dict(line.split("=", 1) for line in path.read_text().splitlines() if "=" in line)

    says = read(etc / "signoff@.service")
    env = read(pathlib.Path(says["EnvironmentFile"]))
    env |= dict([says["Environment"].split("=", 1)], PYTHONWARNINGS=os.environ["PYTHONWARNINGS"])
    for unit in units:
        command = says["ExecStart"].replace("%i", unit).replace("$$", "$")
        started = subprocess.Popen(
            shlex.split(command), env=env, cwd=says["WorkingDirectory"], start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=(root / (unit + ".log")).open("ab"), stderr=subprocess.STDOUT,
        )
        (root / unit).write_text(str(started.pid))
with (root / "log").open("a") as log:
    print(began, verb, *units, file=log)
"""


def blocks() -> dict[str, str]:
    """Name -> commands of each ```sh NAME block of the document."""
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    return {
        name: textwrap.dedent(code)
        for name, code in re.findall(r"^```sh (\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    }


@dataclass
class Machine:
    """A folder that stands for a machine's own; `settings` are what the operator fills in."""

    root: Path
    settings: dict[str, str]

    def __post_init__(self) -> None:
        self.env = {
            "PATH": f"{self.root / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.root),
            "LANG": "C.UTF-8",
            "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
        }
        for name in ("bin", "units", "opt", "backups", "etc"):
            (self.root / name).mkdir(parents=True)
        systemctl = SYSTEMCTL.format(python=sys.executable, root=str(self.root / "units"))
        for name, text in {"systemctl": systemctl, "chown": "#!/bin/sh\n"}.items():
            program = self.root / "bin" / name
            program.write_text(text.lstrip())
            program.chmod(0o755)

    def take(self, version: str) -> Path:
        """The program's files, as a release has them; what pip and npm fetch is there already."""
        folder = self.root / "opt" / version
        listed = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
        )
        for name in filter(None, listed.stdout.split("\0")):
            if (ROOT / name).is_file() and not name.startswith(("docs/adr", "docs/scr", "tests/")):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, folder / name)
        shutil.copytree(ROOT / "build" / "assets", folder / "build" / "assets")
        (folder / ".venv").mkdir()
        for name in ("bin", "lib", "pyvenv.cfg"):
            (folder / ".venv" / name).symlink_to(SCRIPTS.parent / name)
        for stamp in (".venv/.made", ".venv/.runtime", "build/.assets"):
            (folder / stamp).touch()
        unit = folder / "docs" / "signoff@.service"
        unit.write_text(self._here(unit.read_text(encoding="utf-8")), encoding="utf-8")
        return folder

    def follow(self, block: str) -> str:
        """Run a block of the document with this machine's folders and settings; what it printed."""
        code = self._here(blocks()[block])
        for name, value in self.settings.items():
            code, count = re.subn(rf"^{name}=.*$", f"{name}={value}", code, flags=re.MULTILINE)
            assert count or block != "install", f"the document does not say {name}"
        return self.run(code.replace("createsuperuser", "createsuperuser --noinput"))

    def _here(self, text: str) -> str:
        """The text with this machine's own folders."""
        for folder, here in {
            "/opt/signoff": "opt",
            "/var/lib/signoff": "data",
            "/var/backups/signoff": "backups",
            "/etc/systemd/system": "etc",
        }.items():
            text = text.replace(folder, str(self.root / here))
        return text

    def run(self, code: str) -> str:
        """Run a shell's lines in the version that is current, if any, with its environment activated.

        The first line that fails ends them.
        """
        current = self.root / "opt" / "current"
        if current.exists():
            code = f". .venv/bin/activate\n{code}"
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", code],
            cwd=current if current.exists() else self.root,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{code}\n{done.stdout[-4000:]}{self.logs()}"
        return done.stdout

    def manage(self, *arguments: str) -> str:
        """Run a management command of the version that is current."""
        return self.run(f"python manage.py {' '.join(arguments)}")

    def when(self, verb: str) -> float:
        """The moment at which systemctl was told this last."""
        lines = (self.root / "units" / "log").read_text().splitlines()
        return max(float(line.split()[0]) for line in lines if line.split()[1] == verb)

    def logs(self) -> str:
        """The end of what the units have said."""
        return "\n".join(
            path.read_text(errors="replace")[-1500:] for path in self.root.glob("units/*.log")
        )

    def power_off(self) -> None:
        """End all that was started on it, at once and without a word."""
        for unit in UNITS:
            path = self.root / "units" / unit
            if path.exists():
                with suppress(ProcessLookupError):
                    os.killpg(int(path.read_text()), signal.SIGKILL)
