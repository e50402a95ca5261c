"""Processes that make rows and hand them over as text; they know no database.

A process makes every n-th stretch and waits until the one before it was taken, so neither memory nor time is
spent on what nobody takes yet. When whoever takes them is gone, it ends by itself.
"""

from __future__ import annotations

import gc
import multiprocessing
import pickle
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

import django

if TYPE_CHECKING:
    from demo.volume.making import World

ENDING = 10  # seconds


@contextmanager
def makers(world: World, stretches: Sequence[range], count: int) -> Iterator[Iterator[list[bytes]]]:
    """The text of every stretch, table by table, in their order, made by `count` processes."""
    context = multiprocessing.get_context("spawn")
    told, processes, ends = pickle.dumps(world), [], []
    try:
        for first in range(count):
            end, other = context.Pipe(duplex=False)
            process = context.Process(
                target=_make, args=(told, stretches[first::count], other), daemon=True
            )
            process.start()
            # Held by its process alone, so that the pipe ends with it.
            other.close()
            processes.append(process)
            ends.append(end)
        yield (_received(ends[place % count]) for place in range(len(stretches)))
    finally:
        for end in ends:
            end.close()
        for process in processes:
            process.join(ENDING)
            process.kill()
            process.join()


def _received(end: Connection) -> list[bytes]:
    """Raises EOFError when the process has died."""
    return [end.recv_bytes() for _table in range(end.recv())]


def _make(told: bytes, stretches: Sequence[range], end: Connection) -> None:
    # Ctrl-C is for the process that takes the rows; this one ends with it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    django.setup()
    # Rows hold no circles, and looking for some among so many takes a third of the time.
    gc.disable()
    world: World = pickle.loads(told)  # noqa: S301 - our own, from the process that began this one
    try:
        for text in world.made(stretches):
            end.send(len(text))
            for part in text:
                end.send_bytes(part)
    except BrokenPipeError:
        return  # nobody wants them any more
