"""Hostile input to every address, form and parameter: no fault of ours, nobody else's data, no markup.

The addresses are those of the access table; the forms and parameters are read off the pages themselves, so
that a new one is tried without being named here. On PostgreSQL, the stricter about what a text may hold.

`FUZZ_TIMES=20` tries twenty times as much, and other things each time.
"""

from __future__ import annotations

import json
import os
import re
import traceback
from typing import Any

import pytest
from django.core.cache import cache
from django.core.signals import got_request_exception
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client
from django.urls import Resolver404, resolve, reverse
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from approvals.models import PaymentRequest
from approvals.tests.builders import PDF, World
from documents.models import Document
from people.models import User
from tests import hostile
from tests.hostile import MARK, Target
from tests.neighbour import body_of, file
from tests.test_access import Ask, asks, client_of, people, rows

__all__ = ["asks", "people"]  # fixtures of the table

pytestmark = [pytest.mark.postgres]

COMMON: dict[str, Any] = {
    "deadline": None,
    "database": None,
    "suppress_health_check": list(HealthCheck),
    # An example that was found is small enough: shrinking it takes longer than reading it.
    "phases": [Phase.explicit, Phase.generate],
}
TIMES = int(os.environ.get("FUZZ_TIMES", "1"))
# The same examples at every run, so that a red run is red again.
settings.register_profile("fuzz", derandomize=TIMES == 1, **COMMON)
PROFILE = settings.get_profile("fuzz")
# Who tries what: those who may do something, and a manager of another department, who may see little.
WHO = ("author", "sup", "acc", "adm", "mgr2", "anon")
# Nobody outside the author's department may ever see these.
SECRET = "тайна-отдела-закупок-7319"

TRACE = re.compile(r"Traceback \(most recent call last\)|File \"/|django\.db\.utils|psycopg")


def limited(examples: int) -> settings:
    return settings(PROFILE, max_examples=examples * TIMES)


class Prey:
    """The product with something in it, and browsers of those who try it."""

    def __init__(self, people: dict[str, User | None], asks: dict[tuple[str, str], Ask]) -> None:
        self.clients = {role: client_of(people[role]) for role in WHO}
        for client in self.clients.values():
            client.raise_request_exception = False
        self.asks = asks
        self.faults: dict[str, str] = {}
        self.raised = ""
        self.sent = 0
        self.targets = self._targets()

    def _targets(self) -> list[Target]:
        """Every row of the table, with the fields that pages and the table send there."""
        known: dict[tuple[str, str], Target] = {}
        for row in rows():
            ask = self.asks.get((row.name, row.what), Ask())
            path = reverse(row.name, args=ask.args)
            target = known.setdefault((row.method, path), Target(row.name, path, row.method))
            target.fields |= {k: str(v) for k, v in ask.data.items() if not isinstance(v, bytes)}
        for _method, path in list(known):
            for role in ("author", "acc"):
                response = self.clients[role].get(path)
                body = body_of(response)
                if "html" in response.get("Content-Type", ""):
                    self._learn(known, body.decode(), path)
        # What the table calls "off" or leaves to the admin is tried too, without forms.
        return sorted(known.values(), key=lambda target: (target.path, target.method))

    def _learn(self, known: dict[tuple[str, str], Target], html: str, path: str) -> None:
        names = {target.name for target in known.values()}
        for method, to, fields in hostile.read(html, path).sends:
            try:
                name = resolve(to).view_name
            except Resolver404:
                continue
            if (method, to) in known:
                known[method, to].fields |= fields
            elif name in names and to.count("/") < 3:  # of lists and the like, one is enough
                known[method, to] = Target(name, to, method, dict(fields))

    def ask(self, role: str, target: Target, path: str = "", **how: Any) -> HttpResponseBase:
        """Send a request; whatever it changed is taken back."""
        client, path = self.clients[role], path or target.path
        cookies = client.cookies.copy()
        cache.clear()
        self.raised = ""
        with transaction.atomic():
            response = self.send(client, target.method, path, how)
            body = body_of(response)
            transaction.set_rollback(True)
        client.cookies = cookies
        self.judge(role, target, response, body, (path, how))
        return response

    def send(self, client: Client, method: str, path: str, how: dict[str, Any]) -> HttpResponseBase:
        """A form, or `raw`: a content type and the bytes of a body, as they are."""
        self.sent += 1
        if "raw" in how:
            content_type, body = how["raw"]
            return client.generic(method, path, body, content_type)
        return (client.get if method == "GET" else client.post)(path, **how)

    def judge(
        self, role: str, target: Target, response: HttpResponseBase, body: bytes, sent: object
    ) -> None:
        """Write down what an answer must not be: a fault once, with what was sent."""
        text = body.decode("utf-8", "replace")
        is_page = "html" in response.get("Content-Type", "")
        outside = role in ("mgr2", "anon") and not target.name.startswith("approvals:public")
        wrong = {
            f"{response.status_code}: {self.raised[-300:]}": response.status_code >= 500,
            "shows its insides": TRACE.search(text),
            "markup went through": is_page and f"<{MARK}" in text,
            "somebody else's data": outside and SECRET in text,
            "a header of more lines": any("\n" in value for _name, value in response.items()),
            "leads away": "evil.example" in response.get("Location", "").partition("?")[0],
        }
        for fault, is_so in wrong.items():
            if is_so:
                about = f"{target.method} {target.name}: {fault}"
                self.faults.setdefault(about, f"as {role}, {sent!r}"[:1500])

    def note(self, sender: object, **_rest: Any) -> None:
        """Keep what was raised in a view."""
        self.raised = traceback.format_exc()


@pytest.fixture
def prey(world: World, people: dict[str, User | None], asks: dict[tuple[str, str], Ask]) -> Any:
    PaymentRequest.objects.filter(author=world.manager).update(purpose=f"Оплата {SECRET}")
    for document in Document.objects.all():
        document.original_name = document.stored_name = f"{SECRET} {document.pk}.pdf"
        document.save(update_fields=["original_name", "stored_name"])
    made = Prey(people, asks)
    got_request_exception.connect(made.note)
    yield made
    got_request_exception.disconnect(made.note)


PART = b'--x\r\nContent-Disposition: form-data; name="file"'
BODIES = {
    "not a form": ("application/json", b'{"a": [[[1]]]}'),
    "deep": ("application/json", b"[" * 20_000),
    "of no charset": ("application/x-www-form-urlencoded; charset=nonsense", b"a=%ff%fe"),
    "of another charset": ("application/x-www-form-urlencoded; charset=utf-16", b"\xff\xfea"),
    "broken letters": ("application/x-www-form-urlencoded", b"name=%ff%fe%00&q=\xff\x00"),
    "too many fields": ("application/x-www-form-urlencoded", b"a=1&" * 2_000),
    "no boundary": ("multipart/form-data", b"--x\r\n\r\n--x--"),
    "an empty part": ("multipart/form-data; boundary=x", b"--x\r\n\r\n--x--\r\n"),
    "cut": ("multipart/form-data; boundary=x", PART[:-3]),
    "nested": (
        "multipart/form-data; boundary=x",
        PART + b"\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n--y--\r\n--x--",
    ),
    "bad base64": (
        "multipart/form-data; boundary=x",
        PART + b'; filename="a.pdf"\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!\r\n--x--\r\n',
    ),
    "a name of many kinds": (
        "multipart/form-data; boundary=x",
        PART + b"; filename*=utf-8''%00%ff..%2f\r\n\r\nx\r\n--x--\r\n",
    ),
    "of no type": ("", b"\x00\x01\x02"),
    "xml": ("application/xml", b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'),
}


QUERIES = ["a=1&" * 2_000, "q=" + "%00" * 500, "page=-1&page=x&page=" + "9" * 50, "%", "&&=;="]


def test_hostile_input_finds_no_fault(prey: Prey) -> None:
    """All of it in one, for reading every page for its forms takes as long as the rest."""
    tried = {target.name for target in prey.targets}
    assert tried >= {row.name for row in rows()} - {"admin:index", "account_login"}
    # Of the pages themselves: what the table does not name was found there.
    found = {(target.method, target.path): target for target in prey.targets}
    assert {"sort", "q", "page"} & found["GET", "/requests/"].fields.keys()

    spoilt_forms(prey)
    each_field_in_turn(prey)
    keys_of_nothing_and_of_others(prey)
    bodies_that_are_no_forms(prey)
    files_where_none_are_asked(prey)
    long_queries(prey)
    answers_in_json(prey)

    if prey.faults:
        pytest.fail("\n\n".join(f"{fault}\n{sent}" for fault, sent in prey.faults.items()))


def spoilt_forms(prey: Prey) -> None:
    """Whatever hypothesis makes of a page's form, with headers that are read somewhere."""
    for target in prey.targets:
        spoil(prey, target)


def spoil(prey: Prey, target: Target) -> None:
    """One address, a handful of times."""

    @limited(3 if target.fields else 1)
    @given(role=st.sampled_from(WHO), form=hostile.forms(target.fields), headers=hostile.headers())
    def attack(role: str, form: dict[str, Any], headers: dict[str, str]) -> None:
        prey.ask(role, target, data=form, headers=headers)

    attack()


def each_field_in_turn(prey: Prey) -> None:
    """One field at a time, by somebody who may; each in turn with another evil of the list."""
    turn = 0
    for target in prey.targets:
        for name in sorted(target.fields):
            for _time in range(TIMES):
                turn += 1
                form = {**target.fields, name: hostile.HOSTILE[turn % len(hostile.HOSTILE)]}
                prey.ask(WHO[turn % 4], target, data=form)


def keys_of_nothing_and_of_others(prey: Prey) -> None:
    """Numbers and tokens in addresses."""
    seen = set()
    for target in prey.targets:
        parts = re.split(r"(?<=/)(\d+|[A-Za-z0-9_-]{30,})(?=/)", target.path)
        if len(parts) == 1 or (target.name, target.method) in seen:
            continue
        seen.add((target.name, target.method))
        for place in range(1, len(parts), 2):
            for evil in hostile.KEYS if parts[place].isdigit() else hostile.TEXTS:
                path = "".join([*parts[:place], str(evil), *parts[place + 1 :]])
                for role in ("author", "anon"):
                    prey.ask(role, target, path, data=target.fields)


def bodies_that_are_no_forms(prey: Prey) -> None:
    """Every address gets some of them; all of them are sent a few times."""
    posted = [target for target in prey.targets if target.method == "POST"]
    kinds = [*BODIES.values()]
    for number, target in enumerate(posted):
        for turn in range(number, number + 3):
            content_type, body = kinds[turn % len(kinds)]
            prey.ask(("author", "acc", "anon")[turn % 3], target, raw=(content_type, body))


def files_where_none_are_asked(prey: Prey) -> None:
    """And texts where files are."""
    for target in prey.targets:
        if target.method == "POST":
            texts = dict.fromkeys(("invoice", "file", "payment_order"), "x")
            prey.ask("author", target, data={**target.fields, **texts})
            names = sorted(target.fields) or ["file"]
            files = {name: file("x.pdf", PDF) for name in names}
            prey.ask("acc", target, data={**target.fields, **files})


def long_queries(prey: Prey) -> None:
    """As many and as long as anybody likes."""
    for number, target in enumerate(t for t in prey.targets if t.method == "GET"):
        query = QUERIES[number % len(QUERIES)]
        prey.ask("author", target, f"{target.path}?{query}")


def answers_in_json(prey: Prey) -> None:
    """Whatever says that it is JSON is one, and no page."""
    for target in prey.targets:
        if target.method == "GET":
            response = prey.ask("author", target, headers={"Accept": "application/json"})
            if "json" in response.get("Content-Type", ""):
                json.loads(body_of(response) or b"null")
