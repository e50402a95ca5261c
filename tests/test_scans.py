"""The scans of `make check`: a planted key is found, a known flaw is told, silence is no verdict."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from scripts import find_secrets, known_flaws

# In pieces, so that no scan takes this file for a leak.
PLANTED = {
    "config/a.py": f"AWS = '{'AK' + 'IA'}{'Z' * 12}QRST'",
    "docs/b.md": f"-----BEGIN RSA {'PRIVATE'} KEY-----\nMIIEpAIBAAKCAQEA0Z3VS5JJcds3xfnygWyF8PbnGy0A",
    "tests/c.py": f"https://bot:{'Xq9vPz27Lm'}@git.firm.ru/x",
    "people/d.py": f"db_password = '{'correct-horse-battery'}'",
}


def test_planted_keys_are_found_and_not_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, text in {**PLANTED, "tests/e.py": "password = 'made-up-for-tests'"}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"{text}\n")
    monkeypatch.setattr(find_secrets, "ROOT", tmp_path)
    monkeypatch.setattr(find_secrets, "tracked", lambda: [*PLANTED, "tests/e.py"])

    assert find_secrets.main() == 1
    told = capsys.readouterr().out
    assert {line.partition(":")[0] for line in told.splitlines()} == {*PLANTED}
    assert "horse" not in told
    assert "AKIA" not in told


FLAW = {"id": "PYSEC-2026-1", "fix_versions": ["5.2.99"]}
ASKED = {"dependencies": [{"name": "django", "version": "5.2.1", "vulns": [FLAW]}]}
UNKNOWN = {"dependencies": [{"name": "django", "skip_reason": "not found"}]}
NPM_FLAW = {"vulnerabilities": {"bad": {"severity": "high", "range": "<1"}}}


@pytest.mark.parametrize(
    ("of", "told", "status", "said"),
    [
        ("python", ASKED, 1, "django 5.2.1: PYSEC-2026-1, mended in 5.2.99"),
        ("python", {"dependencies": [{"name": "django", "version": "5", "vulns": []}]}, 0, ""),
        ("python", UNKNOWN, os.EX_TEMPFAIL, "not asked"),
        ("node", NPM_FLAW, 1, "bad: high, <1"),
        ("node", {"vulnerabilities": {}}, 0, ""),
        ("node", {"message": "405 Method Not Allowed"}, os.EX_TEMPFAIL, "not asked: 405"),
    ],
)
def test_known_flaws(
    of: str,
    told: Any,
    status: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(known_flaws, "answer", lambda _command: told)
    monkeypatch.setattr(known_flaws.shutil, "which", lambda *_, **__: "npm")

    assert known_flaws.main(of) == status
    assert said in capsys.readouterr().out


def test_a_program_that_hangs_or_is_not_there_is_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_flaws, "PATIENCE", 0.05)

    for command in (["sleep", "5"], ["no-such-program"], ["true"]):
        with pytest.raises(known_flaws.NotAsked):
            known_flaws.answer(command)
