"""What becomes of each request: who asks, for whom, how much, and when it goes how far."""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass
from datetime import UTC, timedelta
from functools import lru_cache
from itertools import accumulate
from random import Random

from approvals.services.filing import CLOSING_KINDS
from approvals.states import PaymentTerms, Status
from demo.volume import words
from demo.volume.clock import A_DAY, moment
from demo.volume.payees import Parties, Party
from demo.volume.size import Size
from demo.volume.staff import Manager, Staff
from people.working_days import is_working_day

HOUR = 3600
# Moscow's offices: from nine to six, in UTC.
OPENING, WORKING_DAY = 6, 9 * HOUR
FORM = 10 * 60
# Requests of the last stretch are on their way, the more the newer; what is older has ended.
LAST_STRETCH = 0.12
# Of those that ended: what was not paid. And of those on their way: how far they are.
ENDED = ((0.018, "refused"), (0.030, "cancelled"), (0.040, "abandoned"))
OPEN = ((0.10, "draft"), (0.15, "returned"), (0.35, "asked"), (0.50, "to accept"), (0.58, "part"))
IN_TWO_PAYMENTS = 0.04
URGENT = 0.03
THE_LARGEST = 0.12
DOLLARS = 0.4
TERMS = PaymentTerms.values
CLOSED = 0.5


@dataclass(slots=True)
class Fate:
    """A request's life. Sums in kopecks (cents); days and moments as in `clock`, None: not (yet)."""

    number: int
    author: Manager
    payee: Party
    payer: Party
    accountant: int
    category: int
    currency: str
    amount: int
    goods: str
    terms: str
    urgent: bool
    created: int
    pay_by: int
    stage: Status
    submitted: int | None = None
    asked_back: int | None = None
    refused: int | None = None
    cancelled: int | None = None
    approved: int | None = None
    accepted: int | None = None
    payments: tuple[tuple[int, int], ...] = ()
    closed_by: str = ""
    closing_came: int | None = None

    @property
    def paid(self) -> int:
        return sum(amount for amount, _at in self.payments)


class Fates:
    """Draws them; those of one stretch of numbers are the same whoever draws them."""

    def __init__(self, size: Size, staff: Staff, parties: Parties) -> None:
        self.size = size
        self.staff = staff
        self.parties = parties
        self.days = _working_days(size)
        self.now = moment(size.now)
        self.weights = _weights(len(parties.payees))

    def draw(self, numbers: range) -> list[Fate]:
        """Of these requests, in their order."""
        chance = self.size.chance("requests", numbers.start)
        return [self._draw(number, chance) for number in numbers]

    def _draw(self, number: int, chance: Random) -> Fate:
        roll = chance.random
        payee = self.parties.payees[bisect(self.weights, roll() * self.weights[-1])]
        created = self._created(number)
        fate = Fate(
            number=number,
            author=self.staff.managers[int(roll() * len(self.staff.managers))],
            payee=payee,
            payer=self.parties.payers[int(roll() ** 2 * len(self.parties.payers))],
            accountant=self.staff.accountants[int(roll() * len(self.staff.accountants))],
            category=self.staff.categories[int(roll() * len(self.staff.categories))],
            currency="USD" if "USD" in payee.accounts and roll() < DOLLARS else "RUB",
            amount=int(chance.lognormvariate(15.5, 1.4)) + 10_000,
            goods=words.GOODS[int(roll() * len(words.GOODS))],
            terms=TERMS[int(roll() * len(TERMS))],
            urgent=roll() < URGENT,
            created=created,
            pay_by=created // A_DAY + 3 + int(roll() * 25),
            stage=Status.DRAFT,
        )
        self._live(fate, chance)
        return fate

    def _created(self, number: int) -> int:
        """Spread evenly over the working hours of all days, in the order of their numbers."""
        place = (number - 0.5) / self.size.requests * len(self.days)
        at = self.days[int(place)] + int(place % 1 * WORKING_DAY)
        return min(at, self.now - HOUR)

    def _live(self, fate: Fate, chance: Random) -> None:
        how = self._how_far(fate, chance)
        if how == "draft":
            return
        now = self.now
        fate.submitted = at = min(fate.created + FORM, now)
        fate.stage = Status.ON_APPROVAL
        if how == "asked":
            return
        at = min(at + int(HOUR * (1 + chance.random() * 30)), now)
        if how in ("returned", "abandoned"):
            fate.asked_back, fate.stage = at, Status.DRAFT
        elif how == "refused":
            fate.refused, fate.stage = at, Status.REFUSED
        elif how == "cancelled":
            fate.cancelled, fate.stage = at, Status.CANCELLED
        else:
            fate.approved = at
            if how != "to accept":
                self._accept_and_pay(fate, how, at, chance)

    def _accept_and_pay(self, fate: Fate, how: str, at: int, chance: Random) -> None:
        now = self.now
        fate.accepted = at = min(at + int(HOUR * (0.2 + chance.random() * 5)), now)
        fate.stage = Status.APPROVED
        if how == "to pay":
            return
        last = min(at + int(A_DAY * (0.5 + chance.random() * 9)), now)
        parts = 2 if chance.random() < IN_TWO_PAYMENTS else 1
        if how == "part" or parts == 2:
            part = max(fate.amount * (20 + int(chance.random() * 60)) // 100, 1)
            fate.payments = ((part, at + (last - at) // 2),)
        if how == "paid":
            fate.payments = (*fate.payments, (fate.amount - fate.paid, last))
            fate.stage = Status.PAID
            self._close(fate, last, chance)

    def _close(self, fate: Fate, paid: int, chance: Random) -> None:
        """The supplier's paper comes some weeks after the money, and of some never."""
        came = paid + int(A_DAY * (1 + chance.random() * 40))
        if came < self.now and chance.random() < CLOSED:
            fate.closed_by = CLOSING_KINDS[fate.number % len(CLOSING_KINDS)]
            fate.closing_came = came

    def _how_far(self, fate: Fate, chance: Random) -> str:
        newest = fate.number / self.size.requests - (1 - LAST_STRETCH)
        on_its_way = chance.random() < newest / LAST_STRETCH
        is_fresh = self.now - fate.created < 12 * A_DAY
        roll = chance.random()
        if on_its_way or (is_fresh and chance.random() < 0.9):
            return _picked(OPEN, roll, "to pay")
        return _picked(ENDED, roll, "paid")


def _picked(steps: tuple[tuple[float, str], ...], roll: float, else_: str) -> str:
    return next((name for limit, name in steps if roll < limit), else_)


def _weights(count: int) -> list[float]:
    """Running weights: the first company has THE_LARGEST share, the others by Zipf's law."""
    others = [1 / (rank + 20) for rank in range(1, count)]
    first = sum(others) * THE_LARGEST / (1 - THE_LARGEST) if others else 1.0
    return list(accumulate([first, *others]))


@lru_cache(maxsize=1)
def _working_days(size: Size) -> list[int]:
    """The openings of the working days of the years before `now`'s day."""
    end = size.now.astimezone(UTC).replace(hour=OPENING, minute=0, second=0, microsecond=0)
    days = [end - timedelta(age) for age in range(365 * size.years, 0, -1)]
    return [moment(day) for day in days if is_working_day(day.date())]
