"""Search as people search: by number, name, INN, invoice, amount, purpose and contact, the exact first."""

from __future__ import annotations

from decimal import Decimal
from urllib.parse import urlencode

import pytest

from approvals import search_window
from approvals.models import PaymentRequest, access
from approvals.search import invoice_key, terms_of
from approvals.tests.builders import World, draft
from counterparties.models import Company
from counterparties.services import add_contact, update_contact
from tests.neighbour import Page, Person


def registry(q: str, name: str = "manager", **query: str) -> list[int]:
    """The registry's rows, in their order."""
    page = Person(name).get("/requests/?" + urlencode({"q": q, **query}))
    return [int(row["pk"]) for row in page.all("registry-row")]


def everything(q: str, name: str = "manager") -> Page:
    return Person(name).get("/search/?" + urlencode({"q": q}))


def pks(page: Page, kind: str) -> list[int]:
    return [int(thing["pk"]) for thing in page.all(f"search-{kind}")]


@pytest.mark.parametrize(
    "q",
    [
        "№ {pk}",
        "№{pk}",
        "{pk}",
        "# {pk}",
        "канцверба",
        "КАНЦВЕРБА",
        "бумага верба",
        "верба цветная бумага",
        "7799201015",
        "К-1101/5",
        "к-1101/5",
        "K-1101/5",
        "счёт № К-1101/5",
        "49 050",
        "49\u00a0050,00",
        "49050",
        "49050,00",
        "49050.00",
        "49 050,00 ₽",
        "49 050 руб.",
        "RUB 49,050.00",
        "елочная мишура",
        "Ёлочная",
        "мишура: ёлочная!",
        "Носова",
        "носова елена",
        "nosova@kancverba",
        "договору 18",
        "договору (№ 18)",
    ],
)
def test_what_people_type_finds_the_request(world: World, q: str) -> None:
    made = draft(
        world,
        purpose="Оплата за цветную бумагу по договору № 18. НДС не облагается.",
        justification="Бумага цветная и ёлочная мишура",
        invoice_number="К-1101/5",
    )
    draft(
        world,
        amount=Decimal("49050.40") if "0,00" in q or "0.00" in q else Decimal("77"),
        company=world.other_company,
        bank_account=world.other_account,
        contact=world.other_contact,
        purpose="Оплата за связь. НДС не облагается.",
        invoice_number="44-182",
    )

    assert registry(q.format(pk=made.pk)) == [made.pk]


@pytest.mark.parametrize(
    "q", ["бумага телесвязь", "49 051", "49050,01", "7799201016", "ёлка", "к-110/5"]
)
def test_what_does_not_fit_is_not_found(world: World, q: str) -> None:
    draft(world, justification="бумага", invoice_number="К-1101/5")

    assert registry(q) == []


def test_no_word_is_no_condition(world: World) -> None:
    made = draft(world)

    for q in ("", " ", "№", "«»", "...", "\u00a0"):
        assert registry(q) == [made.pk]


def test_the_exact_comes_first(world: World) -> None:
    """Of what holds the same digits: the number, the invoice, the amount, then the rest."""
    amount = draft(world, amount=Decimal(1), invoice_number="1")
    invoice = draft(world, amount=Decimal(2), invoice_number="2")
    mention = draft(world, amount=Decimal(3), invoice_number="3")
    number = draft(world, amount=Decimal(4), invoice_number="4")
    digits = number.pk
    PaymentRequest.objects.filter(pk=amount.pk).update(amount=Decimal(digits))
    PaymentRequest.objects.filter(pk=invoice.pk).update(invoice_key=invoice_key(str(digits)))
    PaymentRequest.objects.filter(pk=mention.pk).update(search=f" договор {digits} ")

    assert registry(f"№ {digits}") == [number.pk, invoice.pk, amount.pk, mention.pk]
    assert registry(str(digits), sort="number") == sorted(
        [number.pk, invoice.pk, amount.pk, mention.pk]
    )


def test_a_short_number_is_a_whole_word(world: World) -> None:
    whole = draft(world, justification="договор 77 о поставке", invoice_number="")
    draft(world, justification="договор 1775 о поставке", invoice_number="")

    assert registry("77") == [whole.pk]


@pytest.mark.parametrize(
    ("q", "words", "amounts"),
    [
        ("17", [("17",)], [(Decimal(17), Decimal(18))]),
        ("49 050,5", [("49", "050,5")], [(Decimal("49050.50"), Decimal("49050.51"))]),
        ("1 234 567 руб", [("1", "234", "567")], [(Decimal(1234567), Decimal(1234568))]),
        ("17 200 300", [("17", "200", "300")], [(Decimal(17200300), Decimal(17200301))]),
        ("к-17", [("к-17",)], [None]),
        ("99999999999999999999", [("99999999999999999999",)], [None]),
        ("1,2,3", [("1,2,3",)], [None]),
    ],
)
def test_words_and_amounts(
    q: str, words: list[tuple[str, ...]], amounts: list[tuple[Decimal, Decimal] | None]
) -> None:
    terms = terms_of(q)

    assert [term.words for term in terms] == words
    assert [term.amount for term in terms] == amounts


def test_pasted_letters_are_cut(world: World) -> None:
    made = draft(world, purpose="Оплата " + "а " * 20)

    assert registry("а " * 90) == [made.pk]
    assert len(terms_of("слово " * 100)) == 10


def test_a_contact_is_found_as_it_is_now(world: World) -> None:
    made = draft(world)
    update_contact(contact_id=world.contact.pk, actor=world.manager, full_name="Ежова Алёна")

    assert registry("алена ежова") == [made.pk]
    assert registry("носова елена") == []


def test_one_search_over_everything(world: World) -> None:
    made = draft(world)

    page = everything("канцверба")

    assert pks(page, "request") == [made.pk]
    assert pks(page, "company") == [world.company.pk]
    assert pks(page, "contact") == [world.contact.pk]
    assert [group["kind"] for group in page.all("search-group")] == [
        "requests",
        "companies",
        "contacts",
    ]


def test_documents_and_contacts_by_their_own_words(world: World) -> None:
    made = draft(world)
    other = add_contact(
        company_id=world.company.pk,
        actor=world.manager,
        full_name="Панин Олег Игоревич",
        phone="+7 495 000-01-02",
        language="ru",
    )

    assert pks(everything("панин олег"), "contact") == [other.pk]
    assert pks(everything("74950000102"), "contact") == [other.pk]
    document = made.folder.documents.get()
    assert pks(everything("счет № к-1"), "document") == [document.pk]
    assert everything("счёт").one("search-document").link == f"/documents/{document.pk}/"


def test_nobody_finds_what_they_may_not_see(world: World) -> None:
    draft(world, justification="секретная мишура")
    stranger = "manager2"

    assert everything("мишура", stranger).one("search-empty")
    page = everything("К-1", stranger)
    assert pks(page, "request") == []
    assert pks(page, "document") == []


def test_more_than_a_glance_leads_to_the_list(world: World) -> None:
    for _copy in range(9):
        draft(world, invoice=False)

    page = everything("бумагу")

    assert len(pks(page, "request")) == 8
    assert 'href="/requests/?q=%D0%B1' in page.html


@pytest.mark.parametrize("q", ["", "  ", "\x00", "%", "_", "\\", "'; --", "я" * 1000])
def test_nothing_that_is_typed_breaks_it(world: World, q: str) -> None:
    draft(world)

    everything(q)
    registry(q)


def test_the_search_of_every_page(world: World) -> None:
    page = Person("accountant").get("/calendar/")

    boxes = [e for e in page.root.iter("input") if "data-search" in e.attrib]
    assert [box.get("name") for box in boxes] == ["q"]


@pytest.mark.parametrize(
    "q", ["канцвреба", "канверба", "канцвербба", "канцжерба", "Канцвр", "ванцверба"]
)
def test_a_typing_error_finds_what_was_meant(world: World, q: str) -> None:
    """And says so; what is spelt as typed comes without a word."""
    made = draft(world, justification="цветная бумага")

    assert registry(q) == registry(f"{q} бумага") == [made.pk]
    page = everything(q)
    assert pks(page, "request") == [made.pk]
    assert pks(page, "company") == [world.company.pk]
    assert "канцверба" in page.one("near-spelling").text
    assert everything("канцверба").all("near-spelling") == []
    assert everything("бумага").all("near-spelling") == []


@pytest.mark.parametrize("q", ["кан", "1101", "мишура", "кацвреба", "7799201016"])
def test_what_is_too_far_is_not_guessed(world: World, q: str) -> None:
    draft(world)

    assert everything(q).all("near-spelling") == []


def test_a_near_spelling_shows_nobody_more(world: World) -> None:
    draft(world)

    page = everything("канцвреба", "manager2")

    assert pks(page, "request") == []
    assert registry("канцвреба", "manager2") == []


def test_whole_words_come_before_parts(world: World) -> None:
    whole = draft(world, purpose="Оплата за бумагу", invoice_number="")
    part = draft(world, purpose="Оплата за бумагуделательную машину", invoice_number="")

    assert registry("бумагу") == [whole.pk, part.pk]


@pytest.mark.parametrize("name", ["accountant", "supervisor", "manager"])
def test_of_a_common_word_the_newest_are_ranked(
    world: World, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what is asked for itself, however old; and the page says so, and leads to all of it by date."""
    old = draft(world, justification="мишура", amount=Decimal("49050"), invoice_number="77-1")
    made = [
        draft(world, justification="мишура", invoice_number="", amount=Decimal(77))
        for _number in range(8)
    ]
    for limit, value in {"WINDOW": 3, "MOST_RANKED": 3, "FIRST_LOOK": 2, "LOOKED_AT": 5}.items():
        monkeypatch.setattr(search_window, limit, value)
    monkeypatch.setattr(access, "FEW", 2)

    newest = [it.pk for it in made[:-4:-1]]
    assert registry("мишура", name) == newest
    assert registry("мишура 49 050", name) == [old.pk]
    PaymentRequest.objects.filter(pk__in=[it.pk for it in made]).update(search=" мишура 77-1 ")
    assert registry("77-1", name) == [old.pk, *newest]
    page = Person(name).get("/requests/?" + urlencode({"q": "мишура"}))
    link = page.one("ranked-in-part").link
    assert link.endswith("&sort=-created")
    assert len(Person(name).get(f"/requests/{link}").all("registry-row")) == 9


@pytest.mark.parametrize("name", ["accountant", "supervisor", "manager"])
def test_what_is_rare_is_found_however_old(
    world: World, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = draft(world, justification="стеклярус")
    for _number in range(8):
        draft(world)
    for limit, value in {"WINDOW": 3, "MOST_RANKED": 3, "FIRST_LOOK": 2, "LOOKED_AT": 5}.items():
        monkeypatch.setattr(search_window, limit, value)
    monkeypatch.setattr(access, "FEW", 2)

    assert registry("стеклярус", name) == [old.pk]
    assert Person(name).get("/requests/?q=стеклярус").all("ranked-in-part") == []


def test_the_beginning_of_a_word_comes_before_its_middle(world: World) -> None:
    beginning = draft(world, purpose="Оплата за бумагорезку", invoice_number="")
    middle = draft(world, purpose="Оплата за гербумагу", invoice_number="")

    assert registry("бумаг")[:2] == [beginning.pk, middle.pk]


def test_half_of_a_double_name_is_what_was_meant(world: World) -> None:
    Company.objects.filter(pk=world.company.pk).update(search="ооо эталон-агро 7799201015")
    made = draft(world, invoice_number="")

    page = everything("этлаон")
    assert pks(page, "company") == [world.company.pk]
    assert pks(page, "request") == [made.pk]
    assert "«эталон»" in page.one("near-spelling").text
