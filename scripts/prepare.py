"""Make an installation ready to serve: translations, tables, storage, static files, and a demo's story.

Everything here may run again and again; what is up to date already is left alone, so that a start is quick.
"""

import fcntl
import hashlib
import io
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django  # noqa: E402
import messages  # noqa: E402
from django.conf import settings  # noqa: E402
from django.contrib.auth import get_user_model  # noqa: E402
from django.core.management import call_command  # noqa: E402


def collect_static() -> None:
    """Collect and compress, when a source is not what it was the last time."""
    lines = [(ROOT / "requirements.txt").read_text()]  # packages bring static files as well
    for folder in settings.STATICFILES_DIRS:
        for path in sorted(Path(folder).rglob("*")):
            stat = path.stat()
            lines.append(f"{path} {stat.st_size} {stat.st_mtime_ns}")
    fingerprint = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    stamp = settings.STATIC_ROOT.with_name("static.fingerprint")
    stamp.parent.mkdir(exist_ok=True)
    with stamp.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # two programs may start together
        file.seek(0)
        if file.read() != fingerprint or not settings.STATIC_ROOT.exists():
            call_command("collectstatic", interactive=False, clear=True, verbosity=0)
            file.truncate(0)
            file.write(fingerprint)


def load_demo() -> None:
    """The demo company's story on the first start, and its accounts on every start."""
    stamp = settings.DATA_DIR / "demo-loaded"
    if not stamp.exists():
        print("Loading the demo company, once…", flush=True)
        call_command("demo", stdout=io.StringIO())
        stamp.touch()
    print("Demo accounts (password: demo):")
    for user in get_user_model().objects.filter(is_demo=True, is_active=True).order_by("pk"):
        print(f"  {user.username:<12} {user.full_name}, {user.position}")


def main() -> None:
    """All of it, in order."""
    messages.main()
    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    call_command("ensure_storage", verbosity=0)
    collect_static()
    if settings.DEMO:
        load_demo()
    else:
        call_command("welcome")


if __name__ == "__main__":
    main()
