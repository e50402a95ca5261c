"""Stands between the program and a server, and does to their talk what networks do.

It refuses, cuts, delays and shortens; and it stops the talk at a moment that a test names by words that pass
there, so that a process can be killed exactly then and the product needs no hook for it.
"""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from tests.stack.processes import free_port

PIECE = 64 * 1024
# No answer yet: the server asks for the rest of what is said.
CONTINUE = b"HTTP/1.1 100 "
Fate = Literal["hold", "hold answer", "cut", "cut answer", "shorten", "instead", "delay"]


@dataclass
class Rule:
    """What becomes of a connection on which the program says all of `words`, for the next `times`.

    hold: what it says does not arrive. hold answer: the server has done it, and the program does not hear.
    cut, cut answer: the same, and the connection ends there. shorten: only `size` bytes of the answer come,
    then the end. instead: `answer` comes in the server's place. delay: the answer comes `seconds` later.
    """

    words: tuple[bytes, ...]
    fate: Fate
    times: int = 1
    size: int = 0
    answer: bytes = b""
    seconds: float = 0
    reached: threading.Event = field(default_factory=threading.Event)
    let_go: threading.Event = field(default_factory=threading.Event)
    is_dropped: bool = False

    def wait(self, timeout: float = 30) -> None:
        """Return when it has happened; AssertionError when it does not."""
        assert self.reached.wait(timeout), f"nobody said {self.words!r}"

    def release(self) -> None:
        """Let those who are held go on."""
        self.let_go.set()

    def drop(self) -> None:
        """What is held never arrives: its connection ends."""
        self.is_dropped = True
        self.let_go.set()


class Connection:
    """One connection of the program, and the one to the server that goes with it."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self.client = client
        self.server = server
        self.rule: Rule | None = None
        self.closed = threading.Event()

    def close(self, *, rudely: bool = False) -> None:
        """End both sides; rudely is a reset, as after a crash of the other side."""
        self.closed.set()
        for side in (self.client, self.server):
            try:
                if rudely:
                    side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                side.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            side.close()

    def hold(self, rule: Rule) -> bool:
        """Wait until it is let go; False when one of the two went away meanwhile."""
        rule.reached.set()
        while not rule.let_go.wait(0.02):
            if self.closed.is_set() or _has_gone(self.client):
                return False
        return not (rule.is_dropped or self.closed.is_set())


class Proxy:
    """Listens on a port of its own for what is meant for `target`, another port of this machine."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = free_port()
        self._rules: list[Rule] = []
        self._connections: set[Connection] = set()
        self._listener: socket.socket | None = None
        self._lock = threading.Lock()

    def accept(self) -> None:
        """Take connections from now on, if it does not already."""
        if self._listener is not None:
            return
        listener = socket.create_server(("127.0.0.1", self.port), backlog=128)
        self._listener = listener
        threading.Thread(target=self._serve, args=[listener], daemon=True).start()

    def refuse(self) -> None:
        """As a server that is down: whoever is connected is cut off, nobody else gets in."""
        if self._listener is not None:
            # Closing alone does not wake the thread that accepts.
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        self.cut()

    def cut(self) -> None:
        """End the connections that there are."""
        for connection in list(self._connections):
            connection.close(rudely=True)

    def rule(self, *words: bytes, fate: Fate = "hold", **options: int | float | bytes) -> Rule:
        """From now on, see `Rule`."""
        made = Rule(words, fate, **options)  # type: ignore[arg-type]
        with self._lock:
            self._rules.append(made)
        return made

    def forget(self) -> None:
        """No rule any more; whoever is held goes on."""
        with self._lock:
            rules, self._rules = self._rules, []
        for rule in rules:
            rule.release()

    def _serve(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _address = listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self.target), timeout=5)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            connection = Connection(client, server)
            self._connections.add(connection)
            for pump in (self._ask, self._answer):
                threading.Thread(target=self._run, args=[pump, connection], daemon=True).start()

    def _run(self, pump: object, connection: Connection) -> None:
        try:
            pump(connection)  # type: ignore[operator]
        except OSError:
            pass
        finally:
            connection.close()
            self._connections.discard(connection)

    def _ask(self, connection: Connection) -> None:
        """What the program says, on its way to the server."""
        while said := connection.client.recv(PIECE):
            rule = self._rule_for(said)
            if rule is not None:
                if rule.fate == "hold" and not connection.hold(rule):
                    return
                if rule.fate == "cut":
                    rule.reached.set()
                    connection.close(rudely=True)
                    return
                if rule.fate == "instead":
                    rule.reached.set()
                    self._say_instead(connection, said, rule)
                    return
                if rule.fate != "hold":
                    connection.rule = rule
            connection.server.sendall(said)

    def _answer(self, connection: Connection) -> None:
        """What the server answers, on its way to the program."""
        while said := connection.server.recv(PIECE):
            rule = connection.rule
            if rule is not None and not said.startswith(CONTINUE):
                if rule.fate == "hold answer" and not connection.hold(rule):
                    return
                rule.reached.set()
                if rule.fate == "cut answer":
                    connection.close(rudely=True)
                    return
                if rule.fate == "shorten":
                    connection.client.sendall(said[: rule.size])
                    return
                if rule.fate == "delay":
                    time.sleep(rule.seconds)
                connection.rule = None
            connection.client.sendall(said)

    def _say_instead(self, connection: Connection, said: bytes, rule: Rule) -> None:
        """Take the whole request, for whoever still sends does not listen; then answer."""
        while select.select([connection.client], [], [], 0.1)[0]:
            if not connection.client.recv(PIECE):
                return
        connection.client.sendall(rule.answer)

    def _rule_for(self, said: bytes) -> Rule | None:
        with self._lock:
            for rule in self._rules:
                if rule.times and all(word in said for word in rule.words):
                    rule.times -= 1
                    return rule
        return None


@contextmanager
def proxied(target: int) -> Iterator[Proxy]:
    """A proxy that takes connections until the block ends."""
    proxy = Proxy(target)
    proxy.accept()
    try:
        yield proxy
    finally:
        proxy.forget()
        proxy.refuse()


def _has_gone(side: socket.socket) -> bool:
    """Whether the other end was closed: something is to be read, and it is nothing."""
    try:
        if not select.select([side], [], [], 0)[0]:
            return False
        return side.recv(1, socket.MSG_PEEK) == b""
    except (OSError, ValueError):
        return True
