"""`make check`: every check runs, and the ones that failed are named at the end."""

import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = Path(sys.executable).parent

# An installation as production would be; nothing of it is reached, for these checks need no connection.
PRODUCTION = {
    "ENV_FILE": "",
    "DEMO": "0",
    "SECRET_KEY": "only-for-checks-" + "0123456789abcdefghijklmnopqrstuvwxyz" * 2,
    "PUBLIC_URL": "https://signoff.example",
    "DATABASE_URL": "postgres://signoff@127.0.0.1:1/signoff",
    "BROKER_URL": "redis://127.0.0.1:1/0",
    "EMAIL_URL": "smtp://127.0.0.1:1",
    "S3_ENDPOINT_URL": "https://s3.example",
    "S3_BUCKET": "signoff",
    "S3_ACCESS_KEY": "key",
    "S3_SECRET_KEY": "secret",
}

SLOW = ("types", "djlint", "secrets")

# The values that docker-compose.yml insists on.
COMPOSE = {
    "SECRET_KEY": "only-for-checks",
    "PUBLIC_URL": "https://signoff.example",
    "EMAIL_URL": "smtp://mail.example",
    "SERVICES_PASSWORD": "only-for-checks",
}


def tracked(*patterns: str) -> list[str]:
    """The files under version control that match."""
    listed = subprocess.run(
        ["git", "ls-files", "--", *patterns], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [name for name in listed.stdout.splitlines() if (ROOT / name).exists()]


def compose() -> str:
    """Docker Compose itself: its package's own script hides the exit status."""
    found = next(SCRIPTS.parent.glob("lib/python*/site-packages/compose/docker-compose"))
    return str(found)


def checks(data_dir: str) -> dict[str, tuple[list[str], dict[str, str]]]:
    """Name -> command line and what its environment has on top."""
    python = sys.executable
    # Programs that lint with Django's settings need no production; SQLite is enough to compare models.
    demo = {"ENV_FILE": "", "DEMO": "1", "DATA_DIR": data_dir}
    production = PRODUCTION | {"DATA_DIR": data_dir}
    # Jinja2 is another language: papers, and the hot parts of pages.
    templates = tracked("templates/*.html", ":!templates/papers", ":!templates/hot")
    manage = [python, "-W", "error", "manage.py"]
    return {
        "ruff": (["ruff", "check", "--quiet", "."], {}),
        "format": (["ruff", "format", "--quiet", "--check", "."], {}),
        "djade": (["djade", "--check", "--target-version", "5.2", *templates], {}),
        "djlint": (["djlint", "--lint", "--quiet", *templates], {}),
        "imports": (["lint-imports", "--no-cache"], demo),
        "types": (["mypy"], demo),
        "migrations": ([*manage, "makemigrations", "--check", "--dry-run"], demo),
        "deployment": ([*manage, "check", "--deploy", "--fail-level", "WARNING"], production),
        "compose": (
            [compose(), "--file", "docker-compose.yml", "config", "--quiet"],
            COMPOSE,
        ),
        "dockerfile": (["hadolint", "Dockerfile"], {}),
        "secrets": ([python, "scripts/find_secrets.py"], {}),
    }


# These wait for registries, so they begin first and are heard last.
ASKING = {"pip-audit": "python", "npm-audit": "node"}


def ask(of: str) -> subprocess.Popen[str]:
    """Begin to ask a registry for known flaws; it has a time limit of its own."""
    command = [sys.executable, "scripts/known_flaws.py", of]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def run(command: list[str], env: dict[str, str]) -> tuple[bool, float, str]:
    """Whether it is content, the seconds that it took, and what it said."""
    started = time.monotonic()
    program = SCRIPTS / command[0]
    done = subprocess.run(
        [str(program) if program.exists() else command[0], *command[1:]],
        cwd=ROOT,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode == 0, time.monotonic() - started, done.stdout + done.stderr


def main() -> int:
    """Run all, as many at a time as there are cores; 1 when any failed."""
    failed = []
    asking = {name: ask(of) for name, of in ASKING.items()}
    with (
        tempfile.TemporaryDirectory(prefix="signoff-check-") as data_dir,
        ThreadPoolExecutor(os.cpu_count()) as pool,
    ):
        # The longest first, so that all end together.
        listed = sorted(checks(data_dir).items(), key=lambda check: check[0] not in SLOW)
        running = {pool.submit(run, *check): name for name, check in listed}
        for future in as_completed(running):
            name, (is_content, seconds, said) = running[future], future.result()
            print(f"{name:<12} {'ok' if is_content else 'failed':<7} {seconds:5.1f} s", flush=True)
            if not is_content:
                failed.append(name)
                print(said, flush=True)
    for name, process in asking.items():
        said = process.communicate()[0].strip()
        verdict = {0: "ok", os.EX_TEMPFAIL: said}.get(process.returncode, "failed")
        print(f"{name:<12} {verdict}", flush=True)
        if verdict == "failed":
            failed.append(name)
            print(said, flush=True)
    if failed:
        print(f"Failed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
