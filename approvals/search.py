"""Search as people search: a number, part of a name, an INN, an invoice, an amount as it is written.

Everything compares normalised columns (`people.search`), on either database; on PostgreSQL trigram indexes
serve them (the migration `search_indexes`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Case, F, Func, IntegerField, Model, Q, QuerySet, TextField, Value, When
from django.db.models.lookups import Contains

from approvals.models import PaymentRequest
from approvals.models.access import Access
from counterparties.models import Company, Contact
from documents.models import Document
from people.fields import MoneyField
from people.models import User
from people.search import normalise, padded, words

# More words than that are somebody's pasted letter.
MOST_WORDS = 10
# A word of so many companies or contacts narrows nothing: then the database joins instead of listing keys.
MOST_KEYS = 500
# A name that so many companies share is nobody's.
MOST_NAMED = 20
# Among the documents of so many of the newest requests, those that fit are looked for first.
FOLDERS_LOOKED_THROUGH = 2_000
# Of documents that fit wherever they lie, so many of the newest are asked whose they are.
FITTING = 5_000
# The words of a request, where no index is to be asked for them.
_LOOKED_AT = Func(F("search"), template="(%(expressions)s || '')", output_field=TextField())
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

# Where a word may stand: whose name it is part of, and the word.
Place = tuple[type[Model], str]


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


class Search:
    """What is asked for, and which companies and contacts have its words: asked once for all that follows."""

    def __init__(self, q: str) -> None:
        self.q = q
        self.terms = terms_of(q)
        self._words = list(dict.fromkeys(word for term in self.terms for word in term.words))
        self._keys = _keys_of(self._words)

    def condition(self, *, by_index: bool = True) -> Q:
        """Of requests that fit every word, whatever their order; none for no word.

        Not `by_index` means the same in a form that no index serves, for rows that are looked at anyway.
        """
        condition = Q()
        for term in self.terms:
            condition &= self._fits(term, by_index)
        return condition

    def itself(self) -> Q | None:
        """Of what is asked for itself: that number, invoice or amount; None where none is like one."""
        numbers = [term.number for term in self.terms if term.number is not None]
        itself = Q(invoice_key__in=self._invoices()) | Q(pk__in=numbers)
        for term in self.terms:
            if term.amount is not None:
                itself |= _costs(term.amount)
        return itself if itself else None

    def named_companies(self) -> list[int]:
        """Some companies that have all the words; none where a word is that of many."""
        named = [self._keys.get((Company, word)) for word in self._words]
        if not named or any(keys is None for keys in named):
            return []
        return sorted(set.intersection(*(set(keys or ()) for keys in named)))[:MOST_NAMED]

    def rank(self) -> Case:
        """That number, invoice, amount, a company so named, whole words, their beginnings, parts."""
        numbers = [term.number for term in self.terms if term.number is not None]
        ranks = [
            When(pk__in=numbers, then=Value(0)),
            When(invoice_key__in=self._invoices(), then=Value(1)),
        ]
        amounts = Q()
        for term in self.terms:
            if term.amount is not None:
                amounts |= _costs(term.amount)
        if amounts:
            ranks.append(When(amounts, then=Value(2)))
        if self._words:
            ranks.append(When(company_key__startswith=f"{' '.join(self._words)} ", then=Value(3)))
            for place, (before, after) in enumerate(((" ", " "), (" ", "")), start=4):
                whole = Q()
                for word in self._words:
                    whole &= (
                        Q(search__contains=f"{before}{word}{after}")
                        | Q(company_key__contains=f"{before}{word}{after}")
                        | Q(company_key__startswith=f"{word}{after}")
                    )
                ranks.append(When(whole, then=Value(place)))
        return Case(*ranks, default=Value(6), output_field=IntegerField())

    def _invoices(self) -> set[str]:
        return ({term.invoice for term in self.terms} | {invoice_key(self.q)}) - {""}

    def _fits(self, term: Term, by_index: bool) -> Q:
        text = Q()
        for word in term.words:
            text &= self._mentions(word, by_index)
        fits = text | Q(invoice_key=term.invoice) if term.invoice else text
        if term.number is not None:
            fits |= Q(pk=term.number)
        if term.amount is not None:
            fits |= _costs(term.amount)
        return fits

    def _mentions(self, word: str, by_index: bool) -> Q:
        """In the request's own words, or of a company or contact with this word; a short one is whole.

        Of few companies by their keys, which an index finds; of many by a join.
        """
        part = word if len(word) > 2 else f" {word} "
        own = Q(search__contains=part) if by_index else Q(Contains(_LOOKED_AT, part))
        for model, name in ((Company, "company"), (Contact, "contact")):
            keys = self._keys.get((model, word))
            if keys is None:
                own |= Q(**{f"{name}__search__contains": word})
            elif keys:
                own |= Q(**{f"{name}__in": keys})
        return own


def best_first(requests: QuerySet[PaymentRequest], search: Search) -> QuerySet[PaymentRequest, Any]:
    """In the order of a search (see `Search.rank`), the newest first among equals."""
    return requests.order_by(search.rank(), "-created_at", "-pk")


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


def find_documents(q: str, user: User, access: Access, most: int) -> list[Document]:
    """Up to `most` documents of requests that the person may see, by their names; the newest first.

    Those of the newest requests are looked through; what has too few hits there is rare, and the index of
    words finds it, whosesoever it is (of a word that is common elsewhere the newest FITTING).
    """
    fitting = Document.objects.all()
    for word in words(q):
        fitting = fitting.filter(search__contains=word)
    seen = PaymentRequest.objects.visible_to(user, access).filter(folder__isnull=False)
    newest = seen.order_by("-pk").values_list("folder", flat=True)
    folders = set(newest[:FOLDERS_LOOKED_THROUGH])
    near = fitting.filter(folder__in=folders).order_by("-pk")
    keys = list(near.values_list("pk", flat=True)[:most])
    if len(keys) < most and len(folders) == FOLDERS_LOOKED_THROUGH:
        found = dict(fitting.order_by((F("pk") + 0).desc()).values_list("pk", "folder")[:FITTING])
        theirs = set(seen.filter(folder__in=set(found.values())).values_list("folder", flat=True))
        keys = [key for key, folder in found.items() if folder in theirs][:most]
    rows = Document.objects.filter(pk__in=keys).order_by("-pk")
    return list(rows.select_related("folder__payment_request__company"))


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


def _keys_of(asked: Iterable[str]) -> dict[Place, list[int] | None]:
    """The keys of companies and contacts with each word, in one query; None where they are many."""
    parts: list[QuerySet[Any, Any]] = []
    places: list[Place] = []
    for word in asked:
        for model in (Company, Contact):
            most = MOST_KEYS if _is_small_number(word) else MOST_KEYS + 1
            some: Any = model._default_manager.filter(_has(word)).order_by().values("pk")[:most]
            rows = model._default_manager.filter(pk__in=some).order_by()
            parts.append(rows.values_list(Value(len(places)), "pk"))
            places.append((model, word))
    if not parts:
        return {}
    found: dict[Place, list[int]] = {place: [] for place in places}
    for place, pk in parts[0].union(*parts[1:], all=True):
        found[places[place]].append(pk)
    return {place: keys if len(keys) <= MOST_KEYS else None for place, keys in found.items()}


def _is_small_number(word: str) -> bool:
    """A few digits are a number of their own: every INN has them somewhere."""
    return word.isdecimal() and len(word) < 5


def _has(word: str) -> Q:
    if _is_small_number(word):
        whole = Q(search__contains=f" {word} ") | Q(search__startswith=f"{word} ")
        return whole | Q(search__endswith=f" {word}")
    return Q(search__contains=word)
