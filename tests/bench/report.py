"""What was measured, as a table, as JSON, and against the bars."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class PageResult:
    """One page for one role. Times in milliseconds, `cpu_*` for one request; `bare_cpu` is the floor's.

    `sql_ms` is how long its statements take by themselves.
    """

    role: str
    name: str
    rate: float
    p50: float
    p95: float
    cpu_server: float
    cpu_database: float
    queries: int
    size: int
    sql_ms: float
    bare_cpu: float

    @property
    def cpu(self) -> float:
        return self.cpu_server + self.cpu_database

    @property
    def ratio(self) -> float:
        """How many times the floor."""
        return self.cpu / self.bare_cpu if self.bare_cpu else 0.0


@dataclass
class SizeResult:
    """All of one size; `figures` are single numbers by their names."""

    rows: int
    pages: list[PageResult] = field(default_factory=list)
    figures: dict[str, float] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def page(self, role: str, name: str) -> PageResult | None:
        return next((p for p in self.pages if (p.role, p.name) == (role, name)), None)

    @classmethod
    def of(cls, said: dict[str, Any]) -> SizeResult:
        """From its JSON."""
        return cls(**{**said, "pages": [PageResult(**page) for page in said["pages"]]})

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


# Name of a figure -> (bar, whether more is better, its unit).
BARS: dict[str, tuple[float, bool, str]] = {
    "list, 8 clients": (120, True, "/s"),
    "create with its form": (100, True, "/s"),
    "decide, 8 clients": (150, True, "/s"),
    "letters, one worker": (40, True, "/s"),
    "cold start of web": (3, False, "s"),
    "idle memory": (350, False, "MB"),
    "race: yes": (25, True, ""),
    "race: 409": (175, True, ""),
    "race: 409 naming the winner": (175, True, ""),
    "totals that differ after it": (0, False, ""),
}
PAGE_CPU = 25.0
GROWTH = 1.3


def missed(results: list[SizeResult]) -> list[str]:
    """The bars that were not reached, each as a line."""
    lines = [line for result in results for line in _missed_figures(result)]
    smallest = min(results, key=lambda result: result.rows)
    for result in results:
        for page in result.pages:
            if not (page.name.startswith("list: ") or page.name == "dashboard"):
                continue
            where = f"{result.rows:,} {page.role}, {page.name}"
            if page.cpu > PAGE_CPU:
                lines.append(f"{where}: {page.cpu:.1f} ms of CPU, at most {PAGE_CPU:g}")
            before = smallest.page(page.role, page.name)
            if result is not smallest and before and page.cpu > GROWTH * before.cpu:
                times = page.cpu / before.cpu
                lines.append(f"{where}: {times:.2f} × that of {smallest.rows:,}, at most {GROWTH}")
    return lines


def _missed_figures(result: SizeResult) -> list[str]:
    lines = [f"{result.rows:,}: {fault}" for fault in result.faults]
    for name, value in result.figures.items():
        bar, more, unit = BARS.get(name, (None, True, ""))
        if bar is not None and (value < bar if more else value > bar):
            word = "at least" if more else "at most"
            lines.append(f"{result.rows:,} {name}: {value:.1f} {unit}, {word} {bar:g}")
    return lines


# Milliseconds, unless they say otherwise: of the clock, then of processors; the page over the bare function.
COLUMNS = ("/s", "p50", "p95", "server", "db", "queries", "KB", "SQL", "bare", "page/bare")


def _row(role: str, page: str, *cells: str) -> None:
    print(
        f"{role:<12}{page:<18}"
        + "".join(f"{cell:>{len(COLUMNS[n]) + 4}}" for n, cell in enumerate(cells))
    )


def print_size(result: SizeResult) -> None:
    print(f"\n{result.rows:,} requests\n")
    _row("role", "page", *COLUMNS)
    for p in result.pages:
        times = (p.p50, p.p95, p.cpu_server, p.cpu_database, p.sql_ms, p.bare_cpu, p.ratio)
        p50, p95, server, database, sql, bare, ratio = (f"{it:.1f}" for it in times)
        size = f"{p.size / 1024:.0f}"
        _row(
            *(p.role, p.name, f"{p.rate:.0f}", p50, p95, server, database, str(p.queries), size),
            *(sql, bare, ratio),
        )
    print()
    for name, value in result.figures.items():
        bar, more, unit = BARS.get(name, (None, True, ""))
        wanted = "" if bar is None else f"   (bar: {'≥' if more else '≤'} {bar:g})"
        print(f"{name:<32}{value:>9.1f} {unit}{wanted}")


def print_growth(results: list[SizeResult]) -> None:
    """Each page's processor time at the larger sizes over that at the smallest."""
    small, *larger = sorted(results, key=lambda result: result.rows)
    if not larger:
        return
    print("\nCPU of a page over its CPU at", f"{small.rows:,}\n")
    print(f"{'role':<11}{'page':<18}" + "".join(f"{result.rows:>12,}" for result in larger))
    for page in small.pages:
        cells = [result.page(page.role, page.name) for result in larger]
        times = [f"{it.cpu / page.cpu:.2f}" if it and page.cpu else "–" for it in cells]
        print(f"{page.role:<11}{page.name:<18}" + "".join(f"{it:>12}" for it in times))


def save(results: list[SizeResult], folder: Path) -> None:
    for result in results:
        text = json.dumps(result.as_json(), ensure_ascii=False, indent=1)
        (folder / f"{result.rows}.json").write_text(text + "\n", encoding="utf-8")
