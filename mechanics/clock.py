"""Where the time goes: seconds and calls by what is done. Kept for all of a process, since it costs next to nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter


@dataclass
class Spent:
    seconds: float = 0.0
    own: float = 0.0  # of these what is not timed inside as something else: these add up
    calls: int = 0


SPENT: dict[str, Spent] = {}
_inside: list[float] = []  # seconds timed within each of what is under way


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Adds to what has been spent on it; what is timed inside counts for both."""
    start = perf_counter()
    _inside.append(0.0)
    try:
        yield
    finally:
        seconds = perf_counter() - start
        spent = SPENT.setdefault(what, Spent())
        spent.seconds += seconds
        spent.own += seconds - _inside.pop()
        spent.calls += 1
        if _inside:
            _inside[-1] += seconds
