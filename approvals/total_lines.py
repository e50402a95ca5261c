"""The SQL of the running totals: what a row counts for, and the triggers that write it down.

A trigger adds lines for what a row counted for before, with the sign turned, and for what it counts for
now. Nothing that writes requests, tasks or payments can forget it, the version of the program before this one
neither. Triggers read under the locks that the writer has anyway, and an insert waits for nobody.

Django rebuilds a table on SQLite for most changes and silently drops its triggers: put `RunningTotals()` last
in every later migration that touches one of the three tables (a test fails otherwise).
"""

# ruff: noqa: S608 - nothing but names of this module stands in its SQL

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

LINES, REQUESTS = "approvals_totalline", "approvals_paymentrequest"
TASKS, PAYMENTS = "approvals_approvaltask", "approvals_payment"

KEY = ("department_id", "stage", "day_on", "payer_id", "currency")
MONEY = ("amount", "amount_left")
WHOLE = ("count", "seconds_to_approve", "seconds_to_pay")
VALUES = ("count", *MONEY, "seconds_to_approve", "seconds_to_pay")
# Of a request: what its lines are made of, and of that what the lines of its payments are made of.
COUNTED = (
    "author_department_id", "status", "planned_on", "payer_id", "currency", "amount", "paid_amount",
    "submitted_at", "approved_at", "closed_at",
)  # fmt: skip
OF_PAYMENTS = ("author_department_id", "payer_id", "currency")
# Of a payment.
PAID = ("payment_request_id", "paid_on", "amount")
# SQL that stands for NULL where keys are compared.
SAME_KEY = (
    "coalesce(department_id, 0), stage, coalesce(day_on, '0001-01-01'),"
    " coalesce(payer_id, 0), currency"
)


def summed(lines: str, *, folded: bool = False) -> str:
    """INSERT of one line a key; `lines` is a SELECT of lines, and what comes to nothing is left out."""
    columns = ", ".join((*KEY, *VALUES))
    return (
        f"INSERT INTO {LINES} ({columns}, is_folded)"
        f" SELECT {columns}, {str(folded).lower()} FROM ({_sums(lines)}) sums"
    )


def _sums(lines: str) -> str:
    values = {v: f"round(sum({v}), 2)" if v in MONEY else f"sum({v})" for v in VALUES}
    return (
        f"SELECT {', '.join(KEY)}, {', '.join(f'{sql} AS {name}' for name, sql in values.items())}"
        f" FROM ({lines}) lines GROUP BY {', '.join(KEY)}"
        f" HAVING {' OR '.join(f'{value} <> 0' for value in values.values())}"
    )


def everything(vendor: str) -> str:
    """SELECT of what all rows count for."""
    rows = f"SELECT {REQUESTS}.*, 1 AS times FROM {REQUESTS}"
    return f"{_stages(rows)} UNION ALL {_closings(rows, vendor)} UNION ALL {_payments(rows)}"


def differences(vendor: str) -> str:
    """SELECT of what all rows count for, and of all lines with the sign turned: together, nothing."""
    turned = ", ".join(f"-{value}" for value in VALUES)
    return f"{everything(vendor)} UNION ALL SELECT {', '.join(KEY)}, {turned} FROM {LINES}"


def compared(vendor: str) -> str:
    """SELECT of a row for each key whose lines are not what its rows count for."""
    return _sums(differences(vendor))


# --- Folding --------------------------------------------------------------------------------------------

_FRESH = f"({SAME_KEY}) IN (SELECT {SAME_KEY} FROM {LINES} WHERE NOT is_folded)"
FOLD = (
    f"WITH gone AS (DELETE FROM {LINES} WHERE {_FRESH} RETURNING {', '.join((*KEY, *VALUES))}),"
    f" folded AS ({summed('SELECT * FROM gone', folded=True)})"
    " SELECT count(*) FROM gone"
)
# SQLite has no DELETE in a WITH, and one writer at a time: `id` tells what was there.
FOLD_IN = summed(f"SELECT * FROM {LINES} WHERE {_FRESH}", folded=True)
FOLD_OUT = f"DELETE FROM {LINES} WHERE id <= %s AND {_FRESH}"


# --- What a row counts for ------------------------------------------------------------------------------
# Each takes a SELECT of requests' rows, with how many `times` (1 or -1) a row counts.


def _stages(rows: str) -> str:
    waits = (
        f"EXISTS (SELECT 1 FROM {TASKS} t"
        " WHERE t.payment_request_id = r.id AND t.decision = '' AND t.kind = 'accept')"
    )
    planned = "r.status IN ('on_approval', 'approved')"
    return (
        "SELECT r.author_department_id AS department_id,"
        f" CASE WHEN r.status = 'on_approval' AND {waits} THEN 'accepting' ELSE r.status END AS stage,"
        f" CASE WHEN {planned} THEN r.planned_on END AS day_on,"
        f" CASE WHEN {planned} THEN r.payer_id END AS payer_id, r.currency AS currency,"
        " r.times AS count, r.times * r.amount AS amount,"
        " r.times * (r.amount - r.paid_amount) AS amount_left,"
        f" 0 AS seconds_to_approve, 0 AS seconds_to_pay FROM ({rows}) r"
    )


def _closings(rows: str, vendor: str) -> str:
    def seconds(first: str, last: str) -> str:
        # Of whole seconds each, so that both databases reckon alike.
        if vendor == "postgresql":
            return " - ".join(f"floor(extract(epoch FROM r.{at}))" for at in (last, first))
        return " - ".join(f"CAST(strftime('%s', r.{at}) AS INTEGER)" for at in (last, first))

    # As a migration or a trigger runs it there is no parameter, so '%' stands for itself.
    day = (
        "CAST(r.closed_at AT TIME ZONE 'UTC' AS date)"
        if vendor == "postgresql"
        else "date(r.closed_at)"
    )
    return (
        f"SELECT r.author_department_id, 'closing', {day}, NULL, '', r.times, 0, 0,"
        f" r.times * ({seconds('submitted_at', 'approved_at')}),"
        f" r.times * ({seconds('approved_at', 'closed_at')}) FROM ({rows}) r WHERE r.status = 'paid'"
    )


def _payments(rows: str) -> str:
    """Of the payments that the rows have: a request once a day, however often it was paid."""
    return (
        "SELECT r.author_department_id AS department_id, 'payment' AS stage, p.paid_on AS day_on,"
        " r.payer_id AS payer_id, r.currency AS currency, r.times AS count,"
        " r.times * sum(p.amount) AS amount, 0 AS amount_left, 0 AS seconds_to_approve, 0 AS seconds_to_pay"
        f" FROM ({rows}) r JOIN {PAYMENTS} p ON p.payment_request_id = r.id"
        " GROUP BY r.id, r.author_department_id, p.paid_on, r.payer_id, r.currency, r.times"
    )


def _payment(payment: str, times: int, *, others: str) -> str:
    """Of payments' rows; `others` says of `q` which payments make the request count for its day already."""
    another = (
        f"EXISTS (SELECT 1 FROM {PAYMENTS} q WHERE q.payment_request_id = p.payment_request_id"
        f" AND q.paid_on = p.paid_on AND {others})"
    )
    return (
        "SELECT r.author_department_id AS department_id, 'payment' AS stage, p.paid_on AS day_on,"
        " r.payer_id AS payer_id, r.currency AS currency,"
        f" CASE WHEN {another} THEN 0 ELSE {times} END AS count, {times} * p.amount AS amount,"
        " 0 AS amount_left, 0 AS seconds_to_approve, 0 AS seconds_to_pay"
        f" FROM ({payment}) p JOIN {REQUESTS} r ON r.id = p.payment_request_id"
    )


def _acceptance(key: str, times: int) -> str:
    """Of the request that begins (or, turned, ends) to wait for its acceptance."""
    return " UNION ALL ".join(
        f"SELECT r.author_department_id AS department_id, '{stage}' AS stage,"
        " r.planned_on AS day_on, r.payer_id AS payer_id, r.currency AS currency,"
        f" {sign} AS count, {sign} * r.amount AS amount,"
        f" {sign} * (r.amount - r.paid_amount) AS amount_left,"
        " 0 AS seconds_to_approve, 0 AS seconds_to_pay"
        f" FROM {REQUESTS} r WHERE r.id = {key} AND r.status = 'on_approval'"
        for stage, sign in (("on_approval", -times), ("accepting", times))
    )


def _row(record: str, columns: Iterable[str], times: int = 1) -> str:
    named = ", ".join(f"{record}.{column} AS {column}" for column in ("id", *columns))
    return f"SELECT {named}, {times} AS times"


# --- When it is written down ----------------------------------------------------------------------------

BOTH = " UNION ALL ".join([_row("OLD", COUNTED, -1), _row("NEW", COUNTED)])
PAYMENT_CHANGED = " UNION ALL ".join(
    _payment(_row(record, PAID), times, others="q.id <> p.id")
    for record, times in (("OLD", -1), ("NEW", 1))
)
PAYMENT_GONE = _payment(_row("OLD", PAID), -1, others="q.id <> p.id")


def _of_request(rows: str, vendor: str) -> str:
    return summed(f"{_stages(rows)} UNION ALL {_closings(rows, vendor)}")


def _whole_request(rows: str, vendor: str) -> str:
    return summed(
        f"{_stages(rows)} UNION ALL {_closings(rows, vendor)} UNION ALL {_payments(rows)}"
    )


def _changed(columns: Iterable[str], vendor: str) -> str:
    differs = "IS DISTINCT FROM" if vendor == "postgresql" else "IS NOT"
    return " OR ".join(f"OLD.{column} {differs} NEW.{column}" for column in columns)


def _is_acceptance(record: str) -> str:
    return f"({record}.kind = 'accept' AND {record}.decision = '')"


OF_REQUEST = "payment_request_id = NEW.id"
SAME_REQUEST = "OLD.payment_request_id = NEW.payment_request_id"
CAME = f"{_is_acceptance('NEW')} AND NOT ({_is_acceptance('OLD')} AND {SAME_REQUEST})"
WENT = f"{_is_acceptance('OLD')} AND NOT ({_is_acceptance('NEW')} AND {SAME_REQUEST})"


def _triggers(vendor: str) -> dict[str, tuple[str, str, str, str]]:
    """Name -> table, event, condition (or empty), and the statement that is run."""
    is_postgresql = vendor == "postgresql"
    # A statement's rows at once where that is possible: a COPY of a thousand writes a few lines.
    requests = "SELECT added.*, 1 AS times FROM added" if is_postgresql else _row("NEW", COUNTED)
    payments = "SELECT * FROM added" if is_postgresql else _row("NEW", PAID)
    return {
        "request_added": (REQUESTS, "AFTER INSERT", "", _whole_request(requests, vendor)),
        "request_changed": (
            REQUESTS,
            f"AFTER UPDATE OF {', '.join(COUNTED)}",
            _changed(COUNTED, vendor),
            _of_request(BOTH, vendor),
        ),
        "request_payments": (
            REQUESTS,
            f"AFTER UPDATE OF {', '.join(OF_PAYMENTS)}",
            _changed(OF_PAYMENTS, vendor),
            summed(_payments(BOTH)),
        ),
        "request_gone": (
            REQUESTS,
            "AFTER DELETE",
            "",
            _whole_request(_row("OLD", COUNTED, -1), vendor),
        ),
        # Nothing to add up: a task says of which department its request is (approvals.models.access).
        "request_moved": (
            REQUESTS,
            "AFTER UPDATE OF author_department_id",
            _changed(["author_department_id"], vendor),
            f"UPDATE {TASKS} SET department_id = NEW.author_department_id WHERE {OF_REQUEST}",
        ),
        "task_added": (
            TASKS,
            "AFTER INSERT",
            _is_acceptance("NEW"),
            summed(_acceptance("NEW.payment_request_id", 1)),
        ),
        "task_came": (
            TASKS,
            "AFTER UPDATE OF kind, decision, payment_request_id",
            CAME,
            summed(_acceptance("NEW.payment_request_id", 1)),
        ),
        "task_went": (
            TASKS,
            "AFTER UPDATE OF kind, decision, payment_request_id",
            WENT,
            summed(_acceptance("OLD.payment_request_id", -1)),
        ),
        "task_gone": (
            TASKS,
            "AFTER DELETE",
            _is_acceptance("OLD"),
            summed(_acceptance("OLD.payment_request_id", -1)),
        ),
        "payment_added": (
            PAYMENTS,
            "AFTER INSERT",
            "",
            summed(_payment(payments, 1, others="q.id < p.id")),
        ),
        "payment_changed": (
            PAYMENTS,
            f"AFTER UPDATE OF {', '.join(PAID)}",
            _changed(PAID, vendor),
            summed(PAYMENT_CHANGED),
        ),
        # Before, so that of two rows that one statement deletes the second sees the first one gone.
        "payment_gone": (PAYMENTS, "BEFORE DELETE", "", summed(PAYMENT_GONE)),
    }


def create_statements(vendor: str) -> list[str]:
    """SQL that makes the triggers, whatever there was before."""
    statements = drop_statements(vendor)
    for name, (table, event, condition, body) in _triggers(vendor).items():
        when = f" WHEN ({condition})" if condition else ""
        if vendor != "postgresql":
            statements.append(
                f"CREATE TRIGGER {_name(name)} {event} ON {table} FOR EACH ROW{when} BEGIN {body}; END"
            )
            continue
        # Who counts a request again while somebody else moves it, unlikely as it is, waits for them first.
        record = "OLD" if name in ("task_went", "task_gone") else "NEW"
        lock = (
            f"PERFORM 1 FROM {REQUESTS} WHERE id = {record}.payment_request_id FOR NO KEY UPDATE;"
        )
        statements.append(
            f"CREATE OR REPLACE FUNCTION {_name(name)}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"{lock if table == TASKS else ''} {body}; "
            f"RETURN {'OLD' if event.startswith('BEFORE') else 'NULL'}; END $$"
        )
        at_once = name in ("request_added", "payment_added")
        how = "REFERENCING NEW TABLE AS added FOR EACH STATEMENT" if at_once else "FOR EACH ROW"
        statements.append(
            f"CREATE TRIGGER {_name(name)} {event} ON {table} {how}{when}"
            f" EXECUTE FUNCTION {_name(name)}()"
        )
    return statements


def drop_statements(vendor: str) -> list[str]:
    """SQL that takes them away."""
    if vendor != "postgresql":
        return [f"DROP TRIGGER IF EXISTS {_name(name)}" for name in _triggers(vendor)]
    return [
        f"DROP TRIGGER IF EXISTS {_name(name)} ON {table}"
        for name, (table, *_rest) in _triggers(vendor).items()
    ]


def missing_triggers(connection: BaseDatabaseWrapper) -> list[str]:
    """Names of those that should be there and are not, or are switched off."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE tgenabled IN ('O', 'A') AND NOT tgisinternal"
            if connection.vendor == "postgresql"
            else "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        )
        there = {name for (name,) in cursor.fetchall()}
    return [name for it in _triggers(connection.vendor) if (name := _name(it)) not in there]


def _name(trigger: str) -> str:
    return f"approvals_totals_{trigger}"


class RunningTotals(Operation):
    """The triggers, made anew; with `filled` also the lines of the rows that are there already."""

    reversible = True
    reduces_to_sql = True

    def __init__(self, *, filled: bool = False) -> None:
        self.filled = filled

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """The models do not change."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Whoever writes waits until the triggers are made, so the lines are of what is there then."""
        vendor = schema_editor.connection.vendor
        statements = create_statements(vendor)
        if self.filled:
            statements.append(summed(everything(vendor), folded=True))
        for statement in statements:
            schema_editor.execute(statement, params=None)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        vendor = schema_editor.connection.vendor
        for statement in drop_statements(vendor) if self.filled else create_statements(vendor):
            schema_editor.execute(statement, params=None)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [], {"filled": True} if self.filled else {}

    def describe(self) -> str:
        return "Keep running totals"

    @property
    def migration_name_fragment(self) -> str:
        return "running_totals"
