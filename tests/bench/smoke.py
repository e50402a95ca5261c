"""What a noisy machine can still say: ratios to the bare function of the same run, and counts."""

from __future__ import annotations

from tests.bench.report import SizeResult

# A page's processor time over that of its statements behind a bare function: templates, forms, middleware.
MOST_TIMES = 25.0
MOST_QUERIES = 40
# One decision against one page: what a transaction of a few statements may cost.
RACE = {"race: yes": 25, "race: 409": 175, "race: 409 naming the winner": 175}
WORK = {**RACE, "totals that differ after it": 0}


def missed(result: SizeResult) -> list[str]:
    """What is wrong, each as a line."""
    lines = list(result.faults)
    for page in result.pages:
        where = f"{page.role}, {page.name}"
        if page.ratio > MOST_TIMES:
            lines.append(f"{where}: {page.ratio:.1f} × the bare function, at most {MOST_TIMES:g}")
        if page.queries > MOST_QUERIES:
            lines.append(f"{where}: {page.queries} queries, at most {MOST_QUERIES}")
    for name, expected in WORK.items():
        if result.figures[name] != expected:
            lines.append(f"{name}: {result.figures[name]:.0f}, not {expected}")
    return lines
