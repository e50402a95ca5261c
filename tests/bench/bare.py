"""A WSGI function that asks the database what a page asks, and answers next to nothing: the floor under it.

Served by granian like the product. The statements of each path are in the file that BENCH_STATEMENTS names.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from psycopg_pool import ConnectionPool

STATEMENTS: dict[str, list[tuple[str, Any]]] = pickle.loads(
    Path(os.environ["BENCH_STATEMENTS"]).read_bytes()
)
_pool: list[ConnectionPool] = []


def application(
    environ: dict[str, Any], start_response: Callable[[str, list[tuple[str, str]]], object]
) -> Iterable[bytes]:
    """`/page` runs the page's statements and answers how many rows came."""
    if not _pool:
        _pool.append(ConnectionPool(os.environ["DATABASE_URL"], min_size=1, max_size=10, open=True))
    rows = 0
    with _pool[0].connection() as connection, connection.cursor() as cursor:
        for sql, parameters in STATEMENTS.get(environ["PATH_INFO"], ()):
            rows += len(cursor.execute(sql.encode(), parameters).fetchall())
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(rows).encode()]
