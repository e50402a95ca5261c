"""What processes have used: processor time and memory of a process and all below it."""

from __future__ import annotations

from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class Cpu:
    """Seconds of processor time so far, by the part of the installation."""

    server: float
    database: float

    def __sub__(self, other: Cpu) -> Cpu:
        return Cpu(self.server - other.server, self.database - other.database)

    @property
    def both(self) -> float:
        return self.server + self.database


def tree(pid: int) -> list[psutil.Process]:
    """The process and all that it has started."""
    root = psutil.Process(pid)
    return [root, *root.children(recursive=True)]


def cpu_of(pid: int) -> float:
    """Seconds of the tree, with those of its members that have ended."""
    total = 0.0
    for process in tree(pid):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
        if process.pid == pid:
            total += times.children_user + times.children_system
    return total


def memory_of(*pids: int) -> int:
    """Bytes of the trees; pages that several processes share are shared out among them."""
    return sum(process.memory_full_info().pss for pid in pids for process in tree(pid))
