"""docs/security.md keeps its word: every requirement has its row, and every test that it names exists."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# Levels 1 and 2 of OWASP ASVS 5.0.0: section -> numbers.
LEVEL_2 = """
1.1 1-2    1.2 1-9    1.3 1-11   1.4 1-3    1.5 1-2
2.1 1-3    2.2 1-3    2.3 1-4    2.4 1-1
3.2 1-2    3.3 1-4    3.4 1-6    3.5 1-5    3.7 1-2
4.1 1-3    4.2 1-1    4.3 1-2    4.4 1-4
5.1 1-1    5.2 1-3    5.3 1-2    5.4 1-3
6.1 1-3    6.2 1-12   6.3 1-4    6.4 1-4    6.5 1-5    6.6 1-3    6.8 1-4
7.1 1-3    7.2 1-4    7.3 1-2    7.4 1-5    7.5 1-2    7.6 1-2
8.1 1-2    8.2 1-3    8.3 1-1    8.4 1-1
9.1 1-3    9.2 1-4
10.1 1-2   10.2 1-2   10.3 1-4   10.4 1-11  10.5 1-5   10.6 1-2   10.7 1-3
11.1 1-2   11.2 1-3   11.3 1-3   11.4 1-4   11.5 1-1   11.6 1-1
12.1 1-3   12.2 1-2   12.3 1-4
13.1 1-1   13.2 1-5   13.3 1-2   13.4 1-5
14.1 1-2   14.2 1-4   14.3 1-3
15.1 1-3   15.2 1-3   15.3 1-7
16.1 1-1   16.2 1-5   16.3 1-4   16.4 1-3   16.5 1-3
17.1 1-1   17.2 1-4   17.3 1-2
"""
ROW = re.compile(r"^\| (\d+\.\d+\.\d+)(?:–(\d+\.\d+\.\d+))? \| (.+) \| (.+) \| (.+) \|$", re.M)


@cache
def document() -> str:
    return (ROOT / "docs" / "security.md").read_text(encoding="utf-8")


def required() -> list[str]:
    words = LEVEL_2.split()
    return [
        f"{section}.{number}"
        for section, numbers in zip(words[::2], words[1::2], strict=True)
        for number in range(1, int(numbers.partition("-")[2]) + 1)
    ]


def test_every_requirement_of_level_2_has_its_row() -> None:
    asked = required()
    assert len(asked) == 253

    answered: list[str] = []
    for first, last, *_cells in ROW.findall(document()):
        begin = asked.index(first)
        answered += asked[begin : asked.index(last or first) + 1]

    assert answered == asked


def test_what_has_no_test_is_not_here_or_a_gap() -> None:
    bare = [
        number
        for number, _last, _what, how, tests in ROW.findall(document())
        if tests == "–" and not how.startswith(("Not here: ", "**Gap:** "))
    ]

    assert bare == []


def test_every_test_that_is_named_exists() -> None:
    named = set(re.findall(r"`([\w/]+\.py)::(\w+)`", document()))
    assert len(named) > 100

    assert [f"{path}::{name}" for path, name in sorted(named) if name not in names_in(path)] == []


@cache
def names_in(path: str) -> set[str]:
    """The names of a file's test functions."""
    module = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in module.body if isinstance(node, ast.FunctionDef)}


def test_every_file_that_is_named_exists() -> None:
    named = set(re.findall(r"`((?:[\w-]+/)+[\w.-]+\.\w+)`", document()))

    assert [path for path in sorted(named) if not (ROOT / path).is_file()] == []
