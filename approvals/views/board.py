"""The board: a column for each stage, with its first cards; more of them come as one scrolls."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.template.loader import get_template
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals import board as board_of
from approvals import policies, selectors
from approvals.board import STAGES, Asked, Column, steps_of
from approvals.forms import BoardForm
from approvals.models import PaymentRequest, Stage
from approvals.presenters import ACCEPTING
from approvals.states import Status
from approvals.views.http import require_safe, vary_on_htmx
from approvals.views.inbox import undoable_of
from approvals.views.rows import RequestRow, request_rows
from people.formats import date_short, money, whole
from people.models import User


@dataclass(frozen=True)
class Card:
    """A request on the board; `to` names the columns that this person may move it to, by commas."""

    row: RequestRow
    day: str
    to: str
    has_steps: bool
    may_move: bool
    is_moved: bool


@dataclass(frozen=True)
class ShownColumn:
    """A column, ready to show: `more` is the query of what follows its last card, "" where nothing does."""

    stage: str
    label: str
    count: str
    sums: list[str]
    cards: list[Card]
    more: str
    is_begun: bool
    empty: str


@dataclass(frozen=True)
class View:
    """What the address asks for."""

    asked: Asked
    moved: int | None
    begin: dict[str, str]
    form: BoardForm

    def query(self, **more: Any) -> str:
        """The filter's query, with something more."""
        payer = self.asked.payer
        given = {"mine": "on" if self.asked.is_mine else "", "payer": payer.pk if payer else ""}
        return urlencode({name: value for name, value in {**given, **more}.items() if value})


@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """All columns, the first cards of each."""
    return render_board(request)


@require_safe
@vary_on_htmx
def board_column(request: HttpRequest, stage: str) -> HttpResponse:
    """The cards of one column that follow a place: for htmx as one scrolls, else as the whole board."""
    if stage not in STAGES:
        raise Http404
    view, place = asked_by(request.GET), request.GET.get("after", "")
    if "HX-Request" not in request.headers:
        return redirect(f"{reverse('approvals:board')}?{view.query(**{stage: place})}#{stage}")
    board_ = board_of.Board(request.user, view.asked, now=timezone.now())
    column = board_.column(Stage(stage), place, first=view.moved)
    shown = _columns(request.user, [column], view)[0]
    part = get_template("board_cards.html", using="hot")
    return HttpResponse(part.render({"column": shown, "query": view.query()}, request))


def render_board(
    request: HttpRequest,
    *,
    status: int = 200,
    reason: str = "",
    about: PaymentRequest | None = None,
    is_incomplete: bool = False,
) -> HttpResponse:
    """The board as it is now; `reason` says above it why not, `about` which request, shown on top.

    `is_incomplete` says that it is a draft to be completed first.
    """
    view = asked_by(request.GET if request.method != "POST" else back_of(request))
    if about is not None:
        view = dataclasses.replace(view, moved=about.pk)
    user = request.user
    board_ = board_of.Board(user, view.asked, now=timezone.now())
    columns = board_.columns(view.begin, first=view.moved)
    context = {
        "view": view,
        "columns": _columns(user, columns, view),
        "all_query": View(Asked(False, view.asked.payer), None, {}, view.form).query(),
        "mine_query": View(Asked(True, view.asked.payer), None, {}, view.form).query(),
        "may_create": policies.why_not_create(user) is None,
        "undoable": undoable_of(user),
        "reason": reason,
        "incomplete": about if is_incomplete else None,
    }
    return render(request, "approvals/board/page.html", context, status=status)


def asked_by(query: QueryDict) -> View:
    form = BoardForm(query)
    form.is_valid()  # what cannot be read is as if it were not there
    moved = query.get("moved", "")
    is_key = moved.isascii() and moved.isdecimal() and len(moved) < 19
    begin = {stage.value: place for stage in STAGES if (place := query.get(stage, ""))}
    return View(form.asked(), int(moved) if is_key else None, begin, form)


def back_of(request: HttpRequest) -> QueryDict:
    """The query of the board that a form was sent from."""
    return QueryDict(request.POST.get("back", "")[:200])


def _columns(user: User, columns: Iterable[Column], view: View) -> list[ShownColumn]:
    labels, empties = _labels(), _empties(view.asked)
    today = timezone.localdate()
    with_acceptance = selectors.organisation_settings().acceptance_step
    shown = []
    for column in columns:
        cards = [
            _card(it, row, user, with_acceptance=with_acceptance, moved=view.moved)
            for it, row in zip(column.rows, request_rows(column.rows, today=today), strict=True)
        ]
        moved = {"moved": view.moved} if view.moved else {}
        shown.append(
            ShownColumn(
                stage=column.stage.value,
                label=labels[column.stage],
                count=_count(column),
                sums=[money(it.amount, it.currency) for it in column.totals or []],
                cards=cards,
                more=view.query(**moved, after=column.after) if column.after else "",
                is_begun=column.stage.value in view.begin,
                empty=empties[column.stage],
            )
        )
    return shown


def _count(column: Column) -> str:
    if column.count is None:
        return _("more than %(number)s") % {"number": whole(board_of.COUNTED)}
    return whole(column.count)


def _card(
    it: Any, row: RequestRow, user: User, *, with_acceptance: bool, moved: int | None
) -> Card:
    task = it.open_tasks[0] if it.open_tasks else None
    steps = steps_of(it, task, user, with_acceptance=with_acceptance)
    allowed = [step for step in steps if step.refusal is None]
    return Card(
        row=row,
        day=_day(it, row),
        to=" ".join(sorted({step.to.value for step in allowed if step.to})),
        has_steps=bool(steps),
        may_move=bool(allowed),
        is_moved=it.pk == moved,
    )


def _day(it: PaymentRequest, row: RequestRow) -> str:
    """By when it is wanted; of what is approved, for when it is planned; of what was paid, when."""
    if it.status == Status.PAID and it.closed_at:
        return _("paid %(day)s") % {"day": date_short(timezone.localdate(it.closed_at))}
    if it.status == Status.APPROVED and it.planned_on != it.pay_by:
        days = {"planned": date_short(it.planned_on), "pay_by": row.pay_by}
        return _("planned for %(planned)s, pay by %(pay_by)s") % days
    return _("pay by %(day)s") % {"day": row.pay_by}


def _labels() -> dict[Stage, str]:
    return {
        Stage.DRAFT: _("Drafts"),
        Stage.ON_APPROVAL: str(Status.ON_APPROVAL.label),
        Stage.ACCEPTING: str(ACCEPTING),
        Stage.APPROVED: _("To pay"),
        Stage.PAID: _("Paid in the last 30 days"),
    }


def _empties(asked: Asked) -> dict[Stage, str]:
    """What an empty column says: how something comes to stand in it."""
    if asked:
        return dict.fromkeys(STAGES, _("Nothing with this filter."))
    return {
        Stage.DRAFT: _("No drafts. A request begins with an invoice."),
        Stage.ON_APPROVAL: _("Nobody has to decide now. Drafts come here when they are sent."),
        Stage.ACCEPTING: _("Nothing to accept. What is approved comes here first."),
        Stage.APPROVED: _("Nothing to pay. What is approved and accepted comes here."),
        Stage.PAID: _("Nothing was paid in the last 30 days. Older payments are in the registry."),
    }
