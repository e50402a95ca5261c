"""People who do what people do, at random, and note what each form was answered."""

from __future__ import annotations

import datetime
import hashlib
import random
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from approvals.tests.builders import PDF, World
from people.models import User
from tests.neighbour import Page, file, number_in
from tests.over_http import HttpPerson, NoAnswer

REFUSED = {403, 404, 409, 422}  # somebody else was first
NO_ANSWER_YET = {502, 503}
# A form is sent again until it is answered; longer than any fault lasts.
PATIENCE = 90.0


@dataclass
class Book:
    """What was accepted (303), by the kind of form: key -> what was sent; and every answer, counted."""

    accepted: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)  # form's key -> SHA-256 of its file
    lock: threading.Lock = field(default_factory=threading.Lock)

    def keys(self, kind: str) -> set[str]:
        """The keys of the accepted forms of this kind."""
        return set(self.accepted.get(kind, {}))

    def note(self, kind: str, key: str, sent: dict[str, Any], page: Page) -> None:
        """What a form was answered in the end."""
        with self.lock:
            if page.status == 303:
                self.accepted.setdefault(kind, {})[key] = {**sent, "location": page.location}
            elif page.status in REFUSED:
                self.refused[f"{kind} {page.status} {sorted(page.faults())}"] += 1
            else:
                self.faults.append(f"{kind} was answered {page.status}")


class Player:
    """One person, whose every step is a draw of their own."""

    def __init__(
        self, name: str, base_url: str, user: User, world: World, book: Book, seed: int
    ) -> None:
        self.name = name
        self.person = HttpPerson(base_url, user=user)
        self.person.http.timeout = 20
        self.world = world
        self.book = book
        self.dice = random.Random(f"{seed} {name}")
        self.stop = threading.Event()
        self.made: list[int] = []

    def play(self) -> None:
        """Until told to stop; whatever surprises is a fault of the book."""
        while not self.stop.is_set():
            try:
                self.step()
            except (NoAnswer, NotThere):
                self.stop.wait(0.3)
            except Exception as error:  # the run goes on, and ends red
                with self.book.lock:
                    self.book.faults.append(f"{self.name}: {error!r}"[:600])
            self.stop.wait(self.dice.uniform(0.1, 0.6))

    def step(self) -> None:
        """Something that this person does."""
        raise NotImplementedError

    def look(self, path: str) -> Page:
        """A page; NotThere when it is not to be had now."""
        page = self.page(path)
        if page.status in NO_ANSWER_YET | REFUSED:
            raise NotThere(path)
        if page.status != 200:
            raise AssertionError(f"GET {path} was answered {page.status}")
        return page

    def page(self, path: str) -> Page:
        """A page, whatever its status."""
        answer = self.person.client.get(path)
        with self.book.lock:
            self.book.answers[f"GET {answer.status_code}"] += 1
        html = answer.content.decode() if "html" in answer.get("Content-Type", "") else "<p></p>"
        return Page(answer.status_code, html, path.partition("?")[0])

    def send(self, kind: str, to: str, form: dict[str, Any], files: dict[str, Any]) -> Page:
        """Send a form until it is answered, always the same one; what came of it goes into the book."""
        key = str(form["form_key"])
        deadline = time.monotonic() + PATIENCE
        if files:
            (_name, content) = next(iter(files.values()))
            with self.book.lock:
                self.book.files[key] = hashlib.sha256(content).hexdigest()
        while True:
            ready = {name: file(*named) for name, named in files.items()}
            try:
                page = self.person.attempt(to, {**form, **ready})
                status: int | str = page.status
            except NoAnswer:
                page, status = None, "none"
            except (AssertionError, KeyError):  # no token: its page is away
                page, status = None, "none"
            with self.book.lock:
                self.book.answers[f"POST {status}"] += 1
            if page is not None and page.status not in NO_ANSWER_YET and not self.is_away(page):
                self.book.note(kind, key, form, page)
                return page
            if time.monotonic() > deadline:
                with self.book.lock:
                    self.book.faults.append(f"{kind} was never answered (last {status})")
                raise NotThere(to)
            time.sleep(0.2)

    @staticmethod
    def is_away(page: Page) -> bool:
        """Whether a form was refused for the storage's sake alone."""
        return page.status == 422 and "Хранилище не приняло файл" in page.text

    def file(self) -> bytes:
        """A document that nobody else has."""
        return PDF + f"% {self.dice.random()} {self.name}\n".encode() * self.dice.randint(1, 3000)


class NotThere(Exception):
    """A page that is not to be had now."""


class Manager(Player):
    """Asks for payments, accepts what was approved, sends again what came back."""

    def step(self) -> None:
        draw = self.dice.random()
        if draw < 0.35:
            self.ask()
        elif draw < 0.75:
            self.accept()
        elif draw < 0.85 and self.made:
            self.comment()
        elif draw < 0.95 and self.made:
            self.submit()
        else:
            self.look("/requests/")

    def ask(self) -> None:
        """A new request, sent or kept as a draft."""
        amount = self.dice.randint(1, 90_000_00)
        day = timezone.localdate() + datetime.timedelta(days=self.dice.randint(1, 9))
        form = {
            "form_key": str(uuid.UUID(int=self.dice.getrandbits(128), version=4)),
            "action": self.dice.choice(["save", "submit", "submit", "submit"]),
            "company": self.world.company.pk,
            "bank_account": self.world.account.pk,
            "contact": self.world.contact.pk,
            "payer": self.world.payer.pk,
            "amount": f"{amount // 100},{amount % 100:02}",
            "currency": "RUB",
            "vat_rate": "22",
            "vat_amount": "",
            "pay_by": day.isoformat(),
            "invoice_number": f"{self.name}-{self.dice.randint(1, 10**6)}",
            "purpose": "Оплата по счёту за бумагу",
            "justification": "Бумага",
        }
        page = self.send("request", "/requests/new/", form, {"invoice": ("Счёт.pdf", self.file())})
        if page.status == 303:
            self.made.append(number_in(page.location))

    def accept(self) -> None:
        """The first task of this kind."""
        decide(self, "accept", "accept")

    def submit(self) -> None:
        """Send a draft of one's own, or one that came back."""
        pk = self.dice.choice(self.made)
        here = f"/requests/{pk}/"
        page = self.look(here)
        if page.one("request-status")["status"] == "draft":
            to = f"{here}submit/"
            self.send("submit", to, page.form(to), {})

    def comment(self) -> None:
        """A word about one's own request."""
        here = f"/requests/{self.dice.choice(self.made)}/"
        to = f"{here}comments/"
        form = self.look(here).form(to)
        self.send("comment", to, {**form, "text": "Когда оплатим?"}, {})


class Supervisor(Player):
    """Decides what waits, mostly kindly."""

    def step(self) -> None:
        how = self.dice.choices(["approve", "return", "refuse"], [0.88, 0.08, 0.04])[0]
        decide(self, "approve", how)


class Accountant(Player):
    """Pays what is approved, in full or in part, and looks at the sums."""

    def step(self) -> None:
        rows = self.look("/requests/?status=approved").all("registry-row")
        if not rows:
            self.look("/")
            return
        here = f"/requests/{self.dice.choice(rows)['pk']}/"
        to = f"{here}payments/"
        page = self.look(here)
        if page.one("request-status")["status"] != "approved":
            return
        form = {**page.form(to), "number": str(self.dice.randint(1, 999_999))}
        if self.dice.random() < 0.2:
            form["amount"] = "0,01"
        self.send("payment", to, form, {"payment_order": ("П-п.pdf", self.file())})


def decide(player: Player, kind: str, how: str) -> None:
    """A task of this kind that is before the person, if there is any."""
    tasks = player.look("/tasks/").all("task", kind=kind)
    if not tasks:
        return
    task = player.dice.choice(tasks)
    to = f"/tasks/{task['task-id']}/{how}/"
    form = player.look(f"/requests/{task['request-id']}/").form(to)
    words = (
        {"reason": "Не тот счёт", "comment": "Не тот счёт"} if how in ("return", "refuse") else {}
    )
    player.send(how, to, {**form, **words}, {})
