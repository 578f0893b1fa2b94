"""Where the time goes: seconds and calls by what is done. Kept for all of a process, since it costs next to nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter


@dataclass
class Spent:
    seconds: float = 0.0
    calls: int = 0


SPENT: dict[str, Spent] = {}


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Adds to what has been spent on it; what is timed inside counts for both."""
    start = perf_counter()
    try:
        yield
    finally:
        spent = SPENT.setdefault(what, Spent())
        spent.seconds += perf_counter() - start
        spent.calls += 1
