"""The last door of the press, tried from inside: in a process of its own, for it cannot be opened again."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from django.conf import settings


@pytest.mark.parametrize(
    "act",
    [
        "open('/etc/passwd')",
        "open({env!r})",
        "os.open('/etc/passwd', os.O_RDONLY)",
        "open({folder!r} + '/../outside', 'w')",
        "open(sys.prefix + '/written', 'w')",
        "socket.create_connection(('127.0.0.1', 9))",
        "socket.getaddrinfo('localhost', 80)",
        "subprocess.run(['true'])",
        "os.system('true')",
        "os.fork()",
        "os.execv('/bin/true', ['true'])",
        "os.kill(os.getppid(), 0)",
        "ctypes.CDLL('libc.so.6')",
    ],
)
def test_a_shut_door_refuses(act: str, tmp_path: Path) -> None:
    code = f"""
        import ctypes, os, socket, subprocess, sys
        from documents.press import guard
        guard.shut(readable=[sys.prefix, sys.base_prefix], writable={str(tmp_path)!r})
        open({str(tmp_path)!r} + "/mine", "w").close()
        try:
            {act.format(env=str(settings.BASE_DIR / ".env.example"), folder=str(tmp_path))}
        except PermissionError as error:
            print(str(error).startswith("The press"))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout == "True\n", done.stderr
