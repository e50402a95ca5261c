"""The test servers are what they claim to be, and the program runs on them."""

import re
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from playwright.sync_api import Page, expect

from tests.stack.program import FullStack, procfile, s3_client


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
