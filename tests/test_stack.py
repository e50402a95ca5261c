"""The test servers are what they claim to be, and the program runs on them."""

import pytest
from botocore.exceptions import ClientError
from playwright.sync_api import Page, expect

from tests.stack.program import FullStack, s3_client


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
