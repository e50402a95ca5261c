"""Queries whose SQL is made once and run with other values: to make it takes Django longer than to run it.

    @prepared
    def open_tasks_of(person: int) -> QuerySet[ApprovalTask]:
        return ApprovalTask.objects.filter(assignee=person, decision="").order_by("pk")

    open_tasks_of(user.pk)  # a list, by the SQL that the first call of this process made

The function is called with marks in place of its positional arguments; where a mark stands among the SQL's
parameters, the values of later calls go. So it may do nothing with them but hand them to the ORM. What
shapes the statement (an order, a limit, which conditions there are) is given by keyword: of each set of them
one statement is made. Rows come as from the query set itself: instances, their ties, tuples.
"""

from __future__ import annotations

import copy
import datetime
import functools
import uuid
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Generic, ParamSpec, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import QuerySet

P = ParamSpec("P")
Row = TypeVar("Row")

# Of one function: whatever was not used for longest is made again.
MOST_SHAPES = 300
_FIRST_INT = 2_109_000_000
_FIRST_DAY = datetime.date(7977, 1, 1)


class CannotPrepare(TypeError):
    """A value that does not reach the database as it is given."""


def _marks(kinds: tuple[type, ...], first: int = 0) -> list[Any]:
    return [_mark(kind, number) for number, kind in enumerate(kinds, first)]


def _mark(kind: type, number: int) -> Any:
    """A value of this kind that no statement has by itself."""
    day = _FIRST_DAY + datetime.timedelta(days=number)
    if kind is int:
        return _FIRST_INT + number
    if kind is str:
        return f"\ue000mark {number}\ue001"
    if kind is datetime.date:
        return day
    if kind is datetime.datetime:
        return datetime.datetime(day.year, day.month, day.day, tzinfo=datetime.UTC)
    if kind is uuid.UUID:
        return uuid.UUID(int=_FIRST_INT + number)
    raise CannotPrepare(f"{kind.__name__} is no kind of value that is put in")


class _Statement:
    """One compiled query set, and where its values go."""

    def __init__(self, queryset: QuerySet[Any], marks: list[Any]) -> None:
        self.queryset = queryset
        self.alias = queryset.db
        self.compiler = queryset.query.get_compiler(using=self.alias)
        self.sql, parameters = self.compiler.as_sql()
        self.parameters = list(parameters)
        self.slots: list[tuple[int, int, type]] = []
        places = {self._as_sent(mark): number for number, mark in enumerate(marks)}
        for at, parameter in enumerate(self.parameters):
            number = places.get(parameter) if isinstance(parameter, Hashable) else None
            if number is not None:
                self.slots.append((at, number, type(parameter)))
        self.has_all = {number for _at, number, _kind in self.slots} == set(range(len(marks)))

    def _as_sent(self, value: Any) -> Any:
        """As this database's driver is handed it."""
        ops = connections[self.alias].ops
        if isinstance(value, datetime.datetime):
            return ops.adapt_datetimefield_value(value)
        if isinstance(value, datetime.date):
            return ops.adapt_datefield_value(value)
        if (
            isinstance(value, uuid.UUID)
            and not connections[self.alias].features.has_native_uuid_field
        ):
            return value.hex
        return value

    def filled_in(self, values: tuple[Any, ...]) -> tuple[Any, ...]:
        """The parameters of the SQL."""
        parameters = self.parameters.copy()
        for at, number, kind in self.slots:
            value = self._as_sent(values[number])
            # psycopg is told which integer it is by a type of its own.
            parameters[at] = kind(value) if isinstance(value, int) else value
        return tuple(parameters)

    def rows(self, values: tuple[Any, ...]) -> list[Any]:
        sent = self.sql, self.filled_in(values)
        compiler = copy.copy(self.compiler)
        compiler.connection = connections[self.alias]
        compiler.as_sql = lambda: sent
        # Not by `copy`: a query set that is copied or pickled is read first.
        queryset = self.queryset.__class__.__new__(self.queryset.__class__)
        queryset.__dict__.update(
            self.queryset.__dict__, _query=_Bound(self.queryset.query, compiler)
        )
        return list(queryset)


class _Bound:
    """A query that has been compiled already."""

    def __init__(self, query: Any, compiler: Any) -> None:
        self._query, self._compiler = query, compiler

    def __getattr__(self, name: str) -> Any:
        return getattr(self._query, name)

    def get_compiler(self, using: str | None = None, **_options: Any) -> Any:
        return self._compiler


class prepared(Generic[P, Row]):
    """See the module. Raises CannotPrepare where a positional value does not reach the database as given."""

    def __init__(self, build: Callable[P, QuerySet[Any, Row]]) -> None:
        self.build = build
        self._statements: OrderedDict[Hashable, _Statement | None] = OrderedDict()
        functools.update_wrapper(self, build)

    def __call__(self, *args: P.args, **shape: P.kwargs) -> list[Row]:
        statement = self._kept(args, shape)
        return [] if statement is None else statement.rows(args)

    def first(self, *args: P.args, **shape: P.kwargs) -> Row | None:
        """The first row of the answer, which is for this meant to be a short one."""
        return next(iter(self(*args, **shape)), None)

    def statement(self, *args: P.args, **shape: P.kwargs) -> tuple[str, tuple[Any, ...]] | None:
        """The SQL and its parameters, for one that stands within another; None for nothing."""
        statement = self._kept(args, shape)
        return None if statement is None else (statement.sql, statement.filled_in(args))

    def _kept(self, args: tuple[Any, ...], shape: dict[str, Any]) -> _Statement | None:
        kinds = tuple(type(value) for value in args)
        key = (kinds, tuple(sorted(shape.items())))
        try:
            statement = self._statements[key]
            self._statements.move_to_end(key)
        except KeyError:
            statement = self._statements[key] = self._made(kinds, shape)
            while len(self._statements) > MOST_SHAPES:
                self._statements.popitem(last=False)
        return statement

    def _made(self, kinds: tuple[type, ...], shape: dict[str, Any]) -> _Statement | None:
        build: Any = self.build

        def made(marks: list[Any]) -> _Statement:
            return _Statement(build(*marks, **shape), marks)

        try:
            statement = made(_marks(kinds))
        except EmptyResultSet:
            return None
        if not statement.has_all:
            # Not asked for in this shape, or changed on its way? What is changed differs with the mark.
            other = made(_marks(kinds, len(kinds)))
            marked = {at for at, _number, _kind in statement.slots}
            for at, pair in enumerate(zip(statement.parameters, other.parameters, strict=True)):
                if at not in marked and pair[0] != pair[1]:
                    raise CannotPrepare("a value does not reach the database as it is given")
        return statement
