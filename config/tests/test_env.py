"""Reading the environment: what production insists on, and what a demo makes up."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config.env import Environment, made_up_key, read_env_file

ROOT = Path(__file__).resolve().parents[2]
PRODUCTION = {
    "SECRET_KEY": "k" * 60,
    "PUBLIC_URL": "https://pay.example.com",
    "DATABASE_URL": "postgres://signoff@127.0.0.1:1/signoff",
    "BROKER_URL": "redis://127.0.0.1:1/0",
    "EMAIL_URL": "smtp://127.0.0.1:1",
    "S3_ENDPOINT_URL": "http://127.0.0.1:1",
    "S3_BUCKET": "signoff",
    "S3_ACCESS_KEY": "key",
    "S3_SECRET_KEY": "secret",
}


ADDRESS = "from config.settings import PUBLIC_URL; print(PUBLIC_URL)"


def start(tmp_path: Path, code: str = ADDRESS, **env: str) -> subprocess.CompletedProcess[str]:
    """Load the settings in a process of their own, with this environment and no other."""
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "ENV_FILE": "", "DATA_DIR": str(tmp_path), **env},
        capture_output=True,
        text=True,
        check=False,
    )


def test_production_starts_when_all_is_set(tmp_path: Path) -> None:
    assert start(tmp_path, **PRODUCTION).stdout == "https://pay.example.com\n"


def test_production_names_all_that_is_missing_in_one_line(tmp_path: Path) -> None:
    answer = start(tmp_path)

    assert answer.returncode == 1
    assert answer.stderr.count("\n") == 1
    for name in (
        "SECRET_KEY",
        "PUBLIC_URL",
        "DATABASE_URL",
        "BROKER_URL",
        "EMAIL_URL",
        "S3_ENDPOINT_URL",
    ):
        assert f"{name} is not set" in answer.stderr


def test_storage_is_named_part_by_part(tmp_path: Path) -> None:
    answer = start(tmp_path, **(PRODUCTION | {"S3_BUCKET": "", "S3_SECRET_KEY": ""}))

    assert answer.stderr.startswith(
        "Signoff cannot start: S3_BUCKET is not set; S3_SECRET_KEY is not set"
    )


def test_demo_needs_nothing_and_keeps_its_key_to_itself(tmp_path: Path) -> None:
    assert start(tmp_path, DEMO="1", PORT="8123").stdout == "http://127.0.0.1:8123\n"
    key = tmp_path / "secret_key"
    assert key.stat().st_mode & 0o777 == 0o600
    before = key.read_text()
    start(tmp_path, DEMO="1")
    assert key.read_text() == before


def test_made_up_key_is_made_once(tmp_path: Path) -> None:
    assert made_up_key(tmp_path / "key") == made_up_key(tmp_path / "key")
    assert list(tmp_path.iterdir()) == [tmp_path / "key"]


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from a file\n")
    env = Environment({"SECRET_KEY_FILE": str(tmp_path / "secret")})

    assert env.text("SECRET_KEY") == "from a file"


def test_wrong_values_are_named(tmp_path: Path) -> None:
    wrong = {
        "DEMO": "perhaps",
        "MAX_UPLOAD_MB": "many",
        "TIME_ZONE": "Mars/Base",
        "LANGUAGE_CODE": "xx",
        "DATABASE_URL": "mysql://x/y",
        "EMAIL_URL": "pigeon://x",
        "PUBLIC_URL": "pay.example.com",
        "TRUSTED_PROXIES": "10.0.0.0/8, the-balancer",
    }
    answer = start(tmp_path, **(PRODUCTION | wrong))

    assert answer.returncode == 1
    assert answer.stderr.count("\n") == 1
    assert all(f"{name} " in answer.stderr for name in wrong)


def test_env_file_fills_in_and_never_overrides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("FROM_FILE=file\nFROM_BOTH=file\n")
    monkeypatch.delenv("ENV_FILE")
    monkeypatch.setenv("FROM_BOTH", "environment")
    monkeypatch.setenv("FROM_FILE", "")
    monkeypatch.delenv("FROM_FILE")

    read_env_file(tmp_path)

    assert os.environ["FROM_FILE"] == "file"
    assert os.environ["FROM_BOTH"] == "environment"


@pytest.mark.parametrize("url", ["suggestions.dadata.ru", "ftp://a.example", "http://a.example/?x"])
def test_a_service_is_named_by_a_web_address(url: str) -> None:
    env = Environment({"DADATA_URL": url})

    assert env.service_address("DADATA_URL", "https://a.example/b") == "https://a.example/b"
    assert env.problems == ["DADATA_URL must look like https://service.example.com/path"]


def test_a_service_may_have_a_path() -> None:
    env = Environment({"DADATA_URL": "http://127.0.0.1:8080/rs/", "EMPTY": ""})

    assert env.service_address("DADATA_URL", "https://a.example") == "http://127.0.0.1:8080/rs"
    assert env.service_address("EMPTY", "https://a.example/b") == "https://a.example/b"
    assert env.problems == []


KEYS = """
from config import settings as s
print(*[len(s.SECRET_KEY_FALLBACKS), s.AUDIT_KEY, s.SHARE_LINK_KEY], sep="\\n")
print(",".join(s.AUDIT_KEY_FALLBACKS), ",".join(s.SHARE_LINK_KEY_FALLBACKS), sep="\\n")
"""


def keys(tmp_path: Path, **env: str) -> tuple[str, str, list[str], list[str]]:
    """The audit key, the key of links, and what each was before, under this environment."""
    answer = start(tmp_path, KEYS, **(PRODUCTION | env))
    assert answer.returncode == 0, answer.stderr
    _count, audit, links, older_audit, older_links = answer.stdout.split("\n")[:5]
    return (
        audit,
        links,
        *(list(filter(None, text.split(","))) for text in (older_audit, older_links)),
    )


def test_a_new_secret_key_keeps_what_was_made_from_the_old_one(tmp_path: Path) -> None:
    audit, links, older_audit, older_links = keys(tmp_path)
    assert (older_audit, older_links) == ([], [])

    fallbacks = PRODUCTION["SECRET_KEY"]
    changed = keys(tmp_path, SECRET_KEY="n" * 60, SECRET_KEY_FALLBACKS=fallbacks)

    assert changed[2:] == ([audit], [links])
    assert not {audit, links} & {changed[0], changed[1]}


def test_a_key_of_its_own_keeps_the_made_one_and_those_that_are_named(tmp_path: Path) -> None:
    audit, links, _older_audit, _older_links = keys(tmp_path)

    own = keys(tmp_path, AUDIT_KEY="own", AUDIT_KEY_FALLBACKS="second, first")

    assert own == ("own", links, ["second", "first", audit], [])
