"""Processes that make rows and hand them over as text; they know no database.

A process makes every n-th stretch and waits until the one before it was taken, so neither memory nor time is
spent on what nobody takes yet. When whoever takes them is gone, it ends by itself.
"""

from __future__ import annotations

import gc
import multiprocessing
import pickle
import signal
from collections.abc import Iterator
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING

import django

if TYPE_CHECKING:
    from demo.volume.making import World

ENDING = 10  # seconds


class Makers:
    """So many processes, that come up while there is other work to do."""

    def __init__(self, count: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._ends: list[Connection] = []
        self._processes: list[BaseProcess] = []
        for _number in range(count):
            end, other = context.Pipe()
            process = context.Process(target=_make, args=(other,), daemon=True)
            process.start()
            # Held by its process alone, so that the pipe ends with it.
            other.close()
            self._ends.append(end)
            self._processes.append(process)

    def made(self, world: World) -> Iterator[list[bytes]]:
        """The text of every stretch, table by table, in their order. Raises EOFError when a process dies."""
        stretches, count = world.stretches(), len(self._ends)
        told = pickle.dumps(world)
        for first, end in enumerate(self._ends):
            end.send_bytes(told)
            end.send(stretches[first::count])
        for place in range(len(stretches)):
            end = self._ends[place % count]
            yield [end.recv_bytes() for _table in range(end.recv())]

    def end(self) -> None:
        """They are gone after it, whatever they were doing."""
        for end in self._ends:
            end.close()
        for process in self._processes:
            process.join(ENDING)
            process.kill()
            process.join()


def _make(end: Connection) -> None:
    # Ctrl-C is for the process that takes the rows; this one ends with it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    django.setup()
    # Rows hold no circles, and looking for some among so many takes a third of the time.
    gc.disable()
    try:
        world: World = pickle.loads(end.recv_bytes())  # noqa: S301 - our own, from who began this one
        for text in world.made(end.recv()):
            end.send(len(text))
            for part in text:
                end.send_bytes(part)
    except (BrokenPipeError, EOFError):
        return  # nobody wants them any more
