"""What breaks, one or two at a time, and how it is mended."""

from __future__ import annotations

import random
import signal
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.stack.mailbox import Mailbox
from tests.stack.processes import Service
from tests.stack.proxy import Proxy
from tests.stack.servers import Server


@dataclass
class Chaos:
    """The parts by name; `hits` counts what was done to which."""

    processes: dict[str, Service]
    servers: dict[str, Server]
    smtp: Proxy
    mailbox: Mailbox
    dice: random.Random
    hits: Counter[str] = field(default_factory=Counter)
    stop: threading.Event = field(default_factory=threading.Event)
    faults: list[str] = field(default_factory=list)

    def rage(self) -> None:
        """Break one or two things, wait, mend them, wait; until told to stop."""
        while not self.stop.wait(self.dice.uniform(0.5, 3)):
            names = [*self.processes, *self.servers, "smtp"]
            menders = [
                self.hurt(name) for name in self.dice.sample(names, self.dice.choice([1, 1, 2]))
            ]
            self.stop.wait(self.dice.uniform(0.2, 4))
            for mend in menders:
                self.mend(mend)

    def hurt(self, name: str) -> Callable[[], None]:
        """Break it; how to mend it."""
        if name == "smtp":
            return self.hurt_mail()
        service = self.processes.get(name) or self.servers[name]
        ways = ["kill", "stop", "freeze"]
        if name == "postgres":
            ways = ["stop", "crash"]
        way = self.dice.choice(ways)
        self.hits[f"{name} {way}"] += 1
        if way == "freeze":
            service.freeze()
            return service.thaw
        if way == "crash":
            # Its own word for a crash: no checkpoint, its children end as well, and it recovers.
            assert service.process is not None
            service.process.send_signal(signal.SIGQUIT)
            service.process.wait(timeout=20)
        else:
            getattr(service, way)()
        return service.start

    def hurt_mail(self) -> Callable[[], None]:
        """The mail server is away, refuses for the moment, or takes a letter and hangs up."""
        way = self.dice.choice(["away", "refuses", "drops"])
        self.hits[f"smtp {way}"] += 1
        if way == "away":
            self.smtp.refuse()
        else:
            self.mailbox.answers["DATA"] = "drop" if way == "drops" else "451 Try again later"

        def mend() -> None:
            self.mailbox.answers.clear()
            self.smtp.accept()

        return mend

    def mend(self, mend: Callable[[], None]) -> None:
        """Mend it; what does not come up again is a fault."""
        try:
            mend()
        except Exception as error:
            self.faults.append(f"did not come up again: {error}"[:800])
