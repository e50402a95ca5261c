"""Search as people search: a number, part of a name, an INN, an invoice, an amount as it is written.

Everything compares normalised columns (`people.search`), on either database; on PostgreSQL trigram indexes
serve them (the migration `search_indexes`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Case, IntegerField, Model, Q, QuerySet, Value, When

from approvals.models import PaymentRequest, PaymentRequestQuerySet
from counterparties.models import Company, Contact
from documents.models import Document
from people.fields import MoneyField
from people.models import User
from people.search import normalise, padded, words

# More words than that are somebody's pasted letter.
MOST_WORDS = 10
# A word of so many companies or contacts narrows nothing: then the database joins instead of listing keys.
MOST_KEYS = 500
BIGGEST_NUMBER = 18
_GROUPED = re.compile(r"(?<!\S)[0-9]{1,3}(?: [0-9]{3})+(?:[.,][0-9]{1,2})?(?!\S)")
_LIKE_AMOUNT = re.compile(r"[0-9][0-9.,]*")
_SIGNS = re.compile(r"₽|(?<![^\W\d_])(?:руб\.?|р\.)(?!\w)|(?<!\w)(?:rub|usd|eur)(?!\w)")
# 'Счёт № 643' asks for the number, not for the word.
_NUMBER_OF = re.compile(
    r"\b(?:счет[а-я]{0,2}|сч\.?|заявк[а-я]|invoice|request) ?(?=[№#]|no\. ?[0-9])"
)
_NUMBER_SIGN = re.compile(r"[№#]|\bno\.(?= ?[0-9])")
# Letters that look alike in both alphabets: an invoice is 'К-1' whichever keyboard wrote it.
_ALIKE = str.maketrans("abcehkmoptxy", "авсенкмортху")
_NOT_OF_A_KEY = re.compile(r"[\s№#]+")


@dataclass(frozen=True)
class Term:
    """A word that was asked for, or an amount in groups ('49 050'), and what else it may be.

    `amount` is from - to (exclusive): kopecks that were not typed are any.
    """

    words: tuple[str, ...]
    number: int | None
    invoice: str
    amount: tuple[Decimal, Decimal] | None


def search_text(payment_request: PaymentRequest) -> str:
    """What `PaymentRequest.search` holds: the words of its invoice, purpose, justification and basis."""
    it = payment_request
    return padded(f"{it.invoice_number} {it.purpose} {it.justification} {it.basis}")


def company_key(company: Company) -> str:
    """What requests are sorted by when they are sorted by their company."""
    return company.search[:100]


def invoice_key(number: str) -> str:
    """An invoice's number as it is compared: 'К-1101', 'к-1101' and the Latin 'K-1101' are one."""
    return _NOT_OF_A_KEY.sub("", normalise(number)).translate(_ALIKE)[:60]


def terms_of(q: str) -> list[Term]:
    """What a person asks for, word by word; an amount in groups is one word."""
    text = _NUMBER_SIGN.sub(" ", _NUMBER_OF.sub(" ", _SIGNS.sub(" ", normalise(q))))
    text = " ".join(text.split())
    terms, rest = [], text
    for group in _GROUPED.findall(text):
        rest = rest.replace(group, " ", 1)
        terms.append(Term(tuple(words(group)), None, invoice_key(group), _amount(group)))
    terms += [_term(word) for word in words(rest)]
    return terms[:MOST_WORDS]


def condition_of(q: str) -> Q:
    """Of requests that fit every word of `q`, whatever its order; none for no word.

    Asks for the companies and contacts of each word, so make it once for all that is asked with it.
    """
    condition = Q()
    for term in terms_of(q):
        condition &= _fits(term)
    return condition


def find_requests(requests: PaymentRequestQuerySet, q: str) -> PaymentRequestQuerySet:
    """Those of the requests that fit every word of `q`; all of them for no word."""
    return requests.filter(condition_of(q))


def best_first(requests: QuerySet[PaymentRequest], q: str) -> QuerySet[PaymentRequest, Any]:
    """In the order of a search: that number, invoice, amount, whole words, parts; the newest first."""
    terms = terms_of(q)
    numbers = [term.number for term in terms if term.number is not None]
    invoices = ({term.invoice for term in terms} | {invoice_key(q)}) - {""}
    amounts = Q()
    for term in terms:
        if term.amount is not None:
            amounts |= _costs(term.amount)
    ranks = [When(pk__in=numbers, then=Value(0)), When(invoice_key__in=invoices, then=Value(1))]
    if amounts:
        ranks.append(When(amounts, then=Value(2)))
    whole = Q()
    for word in {word for term in terms for word in term.words}:
        whole &= (
            Q(search__contains=f" {word} ")
            | Q(company_key__contains=f" {word} ")
            | Q(company_key__startswith=f"{word} ")
        )
    if whole:
        ranks.append(When(whole, then=Value(3)))
    rank = Case(*ranks, default=Value(4), output_field=IntegerField())
    return requests.order_by(rank, "-created_at", "-pk")


def find_companies(q: str) -> QuerySet[Company]:
    """Companies of these words; the one of this very INN first."""
    found = Company.objects.all()
    for word in words(q):
        found = found.filter(search__contains=word)
    exact = Case(
        When(inn="".join(words(q)), then=Value(0)), default=Value(1), output_field=IntegerField()
    )
    return found.order_by(exact, "search", "pk")


def find_contacts(q: str) -> QuerySet[Contact]:
    """Contacts of these words (name, position, address, telephone), or of a company of this name."""
    found = Contact.objects.select_related("company")
    for word in words(q):
        found = found.filter(Q(search__contains=word) | Q(company__search__contains=word))
    own = Q(search__contains=(words(q) or [""])[0])
    theirs = Case(When(own, then=Value(0)), default=Value(1), output_field=IntegerField())
    return found.order_by(theirs, "full_name", "pk")


def find_documents(q: str, user: User) -> QuerySet[Document]:
    """Documents of requests that the person may see, by their names; the newest first."""
    visible = PaymentRequest.objects.visible_to(user)
    found = Document.objects.filter(folder__payment_request__in=visible)
    for word in words(q):
        found = found.filter(search__contains=word)
    return found.select_related("folder__payment_request__company").order_by("-pk")


def _term(word: str) -> Term:
    is_number = word.isascii() and word.isdecimal() and len(word) <= BIGGEST_NUMBER
    return Term((word,), int(word) if is_number else None, invoice_key(word), _amount(word))


def _amount(text: str) -> tuple[Decimal, Decimal] | None:
    if not _LIKE_AMOUNT.fullmatch(text.replace(" ", "")):
        return None
    try:
        value = MoneyField(allow_zero=True).clean(text)
    except ValidationError:
        return None
    step = Decimal("0.01") if re.search(r"[.,][0-9]{1,2}$", text) else Decimal(1)
    return value, value + step


def _costs(amount: tuple[Decimal, Decimal]) -> Q:
    return Q(amount__gte=amount[0], amount__lt=amount[1])


def _fits(term: Term) -> Q:
    text = Q()
    for word in term.words:
        text &= _mentions(word)
    fits = text | Q(invoice_key=term.invoice) if term.invoice else text
    if term.number is not None:
        fits |= Q(pk=term.number)
    if term.amount is not None:
        fits |= _costs(term.amount)
    return fits


def _mentions(word: str) -> Q:
    """In the request's own words, or of a company or contact with this word; a short one is a whole word."""
    own = Q(search__contains=word if len(word) > 2 else f" {word} ")
    return own | _of(Company, "company", word) | _of(Contact, "contact", word)


def _of(model: type[Model], name: str, word: str) -> Q:
    """Of few rows by their keys, which an index finds; of many by a join.

    A few digits are a number of their own: every INN has them somewhere.
    """
    if word.isdecimal() and len(word) < 5:
        alone = Q(search__contains=f" {word} ") | Q(search__startswith=f"{word} ")
        rows = model._default_manager.filter(alone | Q(search__endswith=f" {word}"))
        return Q(**{f"{name}__in": list(rows.values_list("pk", flat=True)[:MOST_KEYS])})
    rows = model._default_manager.filter(search__contains=word)
    keys = list(rows.values_list("pk", flat=True)[: MOST_KEYS + 1])
    if len(keys) > MOST_KEYS:
        return Q(**{f"{name}__search__contains": word})
    return Q(**{f"{name}__in": keys}) if keys else Q()
