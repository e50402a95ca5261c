"""What the commands of this room have in common: their arguments, and failures in one line."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.management.base import CommandError
from django.db import OperationalError

from documents.storage import StorageError
from keeping.failures import Refusal


def at_least_one(text: str) -> int:
    """A whole number from 1 on."""
    if not text.isdigit() or not int(text):
        raise ArgumentTypeError(f"{text} is no number from 1 on")
    return int(text)


def zero_or_more(text: str) -> int:
    """A whole number from 0 on."""
    if not text.isdigit():
        raise ArgumentTypeError(f"{text} is no number from 0 on")
    return int(text)


def folder(text: str) -> Path:
    """A folder, there or not yet."""
    return Path(text).expanduser().absolute()


@contextmanager
def failures_in_one_line() -> Iterator[None]:
    """What a procedure refused, and servers that do not answer, without a traceback."""
    try:
        yield
    except Refusal as error:
        raise CommandError(str(error)) from error
    except StorageError as error:
        raise CommandError(
            f"The storage does not answer as it should: {error}. Run it again."
        ) from error
    except OperationalError as error:
        raise CommandError(
            f"The database does not answer as it should: {error}. Run it again."
        ) from error
    except OSError as error:
        raise CommandError(f"{error.filename or 'A file'}: {error.strerror or error}") from error
