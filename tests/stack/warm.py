"""Management commands of many installations without a start of Python and Django for each.

A process loads the packages that the program stands on, and forks one off for each installation, which sets
Django up with that one's environment; each command is a fork of that. What runs is manage.py, in a process of
its own, with the installation's own settings.

`python -m tests.stack.warm SOCKET` is the first of them; it ends with its standard input.
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
import runpy
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import traceback
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).resolve().parents[2]
# Heavy, and without settings of their own.
PACKAGES = (
    "django.core.management", "django.db.models", "django.forms", "django.views.generic",
    "django.contrib.staticfiles.storage", "django.template.loader", "django.test.client",
    "psycopg", "psycopg_pool", "sqlite3", "celery", "celery.app.base", "kombu.serialization", "redis",
    "boto3", "botocore.client", "s3transfer", "requests", "cryptography.x509", "fido2.webauthn",
    "lxml.etree", "xlsxwriter", "num2words", "segno", "environ", "holidays",
)  # fmt: skip
# Python reads these when it starts, not when they change.
AT_START = ("PYTHONWARNINGS", "PYTHONPATH", "PYTHONUTF8", "LANG", "LC_ALL")
LONGEST = 600
# Installations whose process waits for a further command.
MOST = 4


def run(
    arguments: Sequence[object],
    env: Mapping[str, str],
    *,
    once: bool = False,
    together: bool = False,
) -> subprocess.CompletedProcess[str]:
    """What subprocess.run would say of `python manage.py ARGUMENTS`, or of `python -c CODE`.

    once: no further command is expected in this environment. together: stdout is both streams, as they came.
    """
    said = [str(part) for part in arguments]
    with tempfile.TemporaryDirectory(prefix="signoff-said-") as folder:
        out, err = Path(folder) / "out", Path(folder) / "err"
        err.touch()
        job = {"arguments": said, "env": dict(env), "out": str(out)}
        job["err"] = job["out"] if together else str(err)
        status = _first(env).ask(job, once=once)
        return subprocess.CompletedProcess(said, status, out.read_text(), err.read_text())


class First:
    """The process with the packages, and those with an installation each."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.folder = tempfile.mkdtemp(prefix="signoff-warm-")
        self.path = f"{self.folder}/first"
        self.others: dict[str, tuple[str, socket.socket]] = {}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.stack.warm", self.path],
            cwd=ROOT,
            env={"PATH": env["PATH"], **{name: env[name] for name in AT_START if name in env}},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == b"ready\n"

    def ask(self, job: dict[str, Any], *, once: bool) -> int:
        """The exit status of a command."""
        path = self.path if once else self._one_with(job["env"])
        with _connected(path, job) as answers:
            return int(_read(answers)["status"])

    def end(self) -> None:
        """None of them is left."""
        for _path, line in self.others.values():
            line.close()
        self.process.communicate(timeout=30)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _one_with(self, env: dict[str, str]) -> str:
        """Where the process with this environment listens; it lives as long as the connection to it."""
        key = json.dumps(env, sort_keys=True)
        if key not in self.others:
            while len(self.others) >= MOST:
                self.others.pop(next(iter(self.others)))[1].close()
            path = f"{self.folder}/{uuid.uuid4().hex}"
            line = _connected(self.path, {"env": env, "serve": path})
            _read(line)
            self.others[key] = (path, line)
        return self.others[key][0]


_running: dict[str, First] = {}


def _first(env: Mapping[str, str]) -> First:
    key = json.dumps({name: env.get(name) for name in AT_START})
    if key not in _running:
        _running[key] = First(env)
        atexit.register(_running[key].end)
    return _running[key]


def _connected(path: str, job: dict[str, Any]) -> socket.socket:
    made = socket.socket(socket.AF_UNIX)
    made.settimeout(LONGEST)
    made.connect(path)
    made.sendall(json.dumps(job).encode() + b"\n")
    return made


def _read(line: socket.socket) -> Any:
    with line.makefile("rb") as file:
        said = file.readline()
    assert said, "a command's process was killed"
    return json.loads(said)


# --- The processes themselves --------------------------------------------------------------------------


def serve(path: str, life: int, ready: Any) -> NoReturn:
    """Fork one off for each job that comes to `path`, until the descriptor `life` ends."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(16)
        ready()
        while True:
            found, _w, _x = select.select([listener.fileno(), life], [], [], 1)
            if life in found:
                break
            if listener.fileno() in found:
                line, _address = listener.accept()
                if os.fork() == 0:
                    listener.close()
                    os.close(life)
                    do(line)
                line.close()
            _reap()
    os._exit(0)


def do(line: socket.socket) -> NoReturn:
    """The one job of this process."""
    status = 1
    try:
        job = _read(line)
        os.environ.clear()
        os.environ.update(job["env"])
        if "serve" in job:
            become(job["serve"], line)
        for number, name in ((1, "out"), (2, "err")):
            file = os.open(job[name], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            os.dup2(file, number)
            os.close(file)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        status = command(job["arguments"])
        line.sendall(json.dumps({"status": status}).encode() + b"\n")
    finally:
        os._exit(status)


def become(path: str, line: socket.socket) -> NoReturn:
    """An installation's own process: Django with its settings, and a fork for each command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    importlib.import_module("django").setup()
    serve(path, line.fileno(), lambda: line.sendall(b"{}\n"))


def command(arguments: list[str]) -> int:
    """Run it; its exit status."""
    status: Any = 0
    try:
        if arguments[0] == "-c":
            sys.argv = arguments[:1]
            exec(arguments[1], {"__name__": "__main__"})
        else:
            sys.argv = ["manage.py", *arguments]
            runpy.run_path(str(ROOT / "manage.py"), run_name="__main__")
    except SystemExit as stopped:
        status = stopped.code
        if isinstance(status, str):
            sys.stderr.write(f"{status}\n")
            status = 1
    except BaseException:
        traceback.print_exc()
        status = 1
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    return int(status or 0)


def _reap() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


if __name__ == "__main__":
    for name in PACKAGES:
        importlib.import_module(name)
    serve(sys.argv[1], 0, lambda: os.write(1, b"ready\n"))
