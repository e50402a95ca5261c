"""The test servers are what they claim to be, and the program runs on them."""

import re
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from playwright.sync_api import Page, expect

from tests.stack.program import ROOT, FullStack, procfile, s3_client
from tests.test_containers import services


def test_s3_refuses_a_wrong_secret(full_stack: FullStack) -> None:
    stranger = s3_client(full_stack.env | {"S3_SECRET_KEY": "wrong"})

    with pytest.raises(ClientError):
        stranger.list_objects_v2(Bucket=full_stack.bucket)


def test_the_program_is_ready_on_real_servers(page: Page, full_stack: FullStack) -> None:
    answer = page.request.get("/readyz")

    assert answer.status == 200
    assert answer.json() == {"database": "ok", "broker": "ok", "storage": "ok"}


def test_a_demo_account_logs_in_with_a_browser(page: Page) -> None:
    page.goto("/")
    page.locator("[name=username]").fill("manager")
    page.locator("[name=password]").fill("demo")
    page.locator("[name=password]").press("Enter")

    expect(page).to_have_url(page.url.split("/login/")[0].rstrip("/") + "/")


def test_what_runs_is_what_the_procfile_says(full_stack: FullStack) -> None:
    """The program is started by these lines and no others: each is found among the machine's processes."""
    here = f"DATA_DIR={full_stack.data_dir}".encode()
    commands = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if here in (folder / "environ").read_bytes().split(b"\0"):
                words = (folder / "cmdline").read_bytes().decode().split("\0")
                commands.add(" ".join(word.rpartition("/bin/")[2] for word in words if word))
        except (FileNotFoundError, PermissionError, ProcessLookupError):
            continue  # ended meanwhile, or somebody else's

    for name, line in procfile().items():
        if name != "release":
            said = re.sub(r"\$\{(\w+):-(.*?)\}", lambda m: full_stack.env.get(m[1], m[2]), line)
            assert any(command.endswith(said) for command in commands), (name, commands)


def test_both_web_processes_count_together(full_stack: FullStack) -> None:
    """However the pages were shared out between them, whichever is asked tells of all."""
    before = pages_counted(full_stack)
    for _time in range(40):
        with urllib.request.urlopen(f"{full_stack.base_url}/login/", timeout=10) as answer:
            assert answer.status == 200

    assert {pages_counted(full_stack) for _time in range(10)} == {before + 40}
    processes = {path.name for path in (full_stack.data_dir / "metrics").glob("*/*.db")}
    assert len(processes) == 2


def pages_counted(stack: FullStack) -> int:
    """How often the log-in page was answered, by /metrics."""
    told = metrics(stack)
    counted = re.search(r'_count\{method="GET",status="200",view="account_login"\} (\d+)', told)
    return int(counted[1]) if counted else 0


def metrics(stack: FullStack) -> str:
    """What Prometheus would be told."""
    headers = {"Authorization": f"Bearer {stack.env['METRICS_TOKEN']}"}
    asked = urllib.request.Request(f"{stack.base_url}/metrics", headers=headers)
    with urllib.request.urlopen(asked, timeout=10) as answer:
        return str(answer.read().decode())


def test_the_scheduler_and_a_worker_are_seen(full_stack: FullStack) -> None:
    deadline = time.monotonic() + 90
    seen: set[str] = set()
    while seen != {"beat", "worker"}:
        assert time.monotonic() < deadline, full_stack.printed()[-3000:]
        time.sleep(0.5)
        seen = set(re.findall(r'last_seen_seconds\{process="(\w+)"\}', metrics(full_stack)))


def test_docker_sees_that_they_live(full_stack: FullStack) -> None:
    """The commands by which docker-compose.yml asks worker and scheduler, asked of these processes."""
    for name in ("worker", "beat"):
        kind, command = services()[name]["healthcheck"]["test"]
        assert kind == "CMD-SHELL"
        here = command.replace("$$", "$").replace("/data/", f"{full_stack.data_dir}/")
        answer = subprocess.run(
            ["sh", "-c", here], env=full_stack.env, cwd=ROOT, capture_output=True, text=True
        )
        assert answer.returncode == 0, answer.stdout + answer.stderr
