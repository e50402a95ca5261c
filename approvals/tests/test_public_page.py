"""The contact's page: what it shows, to whom, and what it leaves behind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from approvals import services
from approvals.models import PaymentRequest
from approvals.tests.builders import World, draft, paid, upload
from approvals.tests.pages import handle, handles, logged_in
from documents.models import Document, LinkVisit
from documents.services import token_for
from notifications.models import Letter
from notifications.selectors import with_read


@dataclass
class Sent:
    """A paid request, its letter, and the address in it."""

    payment_request: PaymentRequest
    letter: Letter
    url: str

    def visits(self) -> list[tuple[str, bool]]:
        found = LinkVisit.objects.filter(link=self.letter.share_link)
        return list(found.values_list("what", "by_staff"))

    def document(self, kind: str) -> str:
        document = Document.objects.get(folder=self.payment_request.folder, kind=kind)
        return f"{self.url}documents/{document.pk}/"


@pytest.fixture
def sent(world: World) -> Sent:
    payment_request = paid(world)
    letter = Letter.objects.get()
    return Sent(payment_request, letter, f"/s/{token_for(letter.share_link)}/")


def test_shows_this_payment_and_its_documents(sent: Sent) -> None:
    response = Client().get(sent.url)

    page = response.content.decode()
    assert response.status_code == 200
    assert handle(response, "public-payment")["data-status"] == "paid"
    assert [d["data-kind"] for d in handles(response, "document")] == ["invoice", "payment_order"]
    assert "49\u00a0050,00\u00a0₽" in page
    assert "ООО «Лиственный берег»" in page
    assert "Белозёров" not in page  # never who decided


def test_sets_no_cookie_and_tells_nobody(sent: Sent) -> None:
    for path in (sent.url, sent.document("invoice"), "/s/nobody-made-this/"):
        response = Client(headers={"accept-language": "en"}).get(path)
        list(response)  # to its end; closing it would close the database as well

        assert not response.cookies
        assert response["Referrer-Policy"] == "no-referrer"
        assert "noindex" in response["X-Robots-Tag"]
        assert "no-store" in response["Cache-Control"]


def test_leaves_the_cookie_of_an_ended_session_alone(sent: Sent) -> None:
    client = Client()
    client.cookies["sessionid"] = "ended" * 6

    assert not client.get(sent.url).cookies


def test_speaks_the_letter_language(sent: Sent) -> None:
    Letter.objects.update(language="en")

    response = Client(headers={"accept-language": "ru"}).get(sent.url)

    assert response["Content-Language"] == "en"
    assert "RUB 49,050.00" in response.content.decode()


def test_a_visit_makes_the_letter_followed(sent: Sent) -> None:
    assert with_read(Letter.objects.all()).get().read_state == "none"

    Client().get(sent.url)
    download = Client().get(sent.document("payment_order"))

    assert b"".join(download.streaming_content).startswith(b"%PDF")
    assert with_read(Letter.objects.all()).get().read_state == "followed"
    assert sent.visits() == [("page", False), ("download", False)]


def test_a_look_by_one_of_us_does_not_count(world: World, sent: Sent) -> None:
    logged_in(world.manager).get(sent.url)

    assert with_read(Letter.objects.all()).get().read_state == "none"
    assert sent.visits() == [("page", True)]


def test_head_and_later_parts_of_a_file_are_no_visits(sent: Sent) -> None:
    Client().head(sent.url)
    Client().head(sent.document("invoice"))
    part = Client().get(sent.document("invoice"), headers={"range": "bytes=10-20"})
    list(part)

    assert part.status_code == 206
    assert sent.visits() == []


def test_other_documents_are_not_there(world: World, sent: Sent) -> None:
    contract = services.add_document(
        payment_request_id=sent.payment_request.pk,
        actor=world.accountant,
        upload=upload(world.accountant, "Договор.pdf"),
        kind="contract",
    )
    other = draft(world).folder.documents.get()

    for document in (contract, other):
        assert Client().get(f"{sent.url}documents/{document.pk}/").status_code == 404
    assert Client().get(f"{sent.url}documents/{10**30}/").status_code == 404


def test_a_revoked_link_is_gone(world: World, sent: Sent) -> None:
    services.revoke_letter_link(letter_id=sent.letter.pk, actor=world.manager)

    response = Client().get(sent.url)

    assert response.status_code == 410
    assert Client().get(sent.document("invoice")).status_code == 410
    assert "49" not in response.content.decode().partition("<main>")[2]
    assert sent.visits() == []


def test_an_old_link_is_gone(sent: Sent) -> None:
    with time_machine.travel(timezone.now() + timedelta(days=91)):
        assert Client().get(sent.url).status_code == 410
    with time_machine.travel(timezone.now() + timedelta(days=89)):
        assert Client().get(sent.url).status_code == 200


def test_an_unknown_link_is_404(db: None) -> None:
    assert Client().get("/s/nobody-made-this/").status_code == 404


def test_nothing_can_be_posted(sent: Sent) -> None:
    assert Client().post(sent.url).status_code == 405


def test_too_many_visits_wait(sent: Sent) -> None:
    with time_machine.travel(timezone.now(), tick=False):
        answers = [Client().get(sent.url).status_code for _visit in range(61)]

    assert answers[-1] == 429
    assert set(answers[:-1]) == {200}
