"""When Python looks for garbage: not while it starts, and never among what a start has made to stay."""

import gc

# Objects made since the last look. A page makes some ten thousand that all go by themselves.
WHILE_STARTING = 100_000
WHILE_WORKING = 20_000


def begin() -> None:
    """Before the imports: a start makes a million objects that stay; to look through them takes its time."""
    gc.set_threshold(WHILE_STARTING)


def settle() -> None:
    """After them: what is there now is looked through no more.

    Forked processes go on sharing its pages, and a look for garbage costs what a page has made alone.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(WHILE_WORKING)
