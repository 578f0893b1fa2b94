"""The root of a function of one number."""

from collections.abc import Callable


def bisect(function: Callable[[float], float], low: float, high: float) -> float:
    """By bisection, down to neighbouring numbers; the function changes sign once."""
    rising = function(high) > 0
    while True:
        middle = (low + high) / 2
        if not low < middle < high:
            return middle
        low, high = (low, middle) if (function(middle) > 0) == rising else (middle, high)
