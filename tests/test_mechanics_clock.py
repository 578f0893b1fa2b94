"""Where the time goes."""

import pytest

from mechanics import clock


@pytest.fixture
def ticking(monkeypatch):
    """A clock that goes on by one whenever it is read."""
    time = iter(range(100))
    monkeypatch.setattr(clock, "perf_counter", lambda: next(time))
    monkeypatch.setattr(clock, "SPENT", {})


def test_what_is_timed_inside_counts_for_both_and_is_no_ones_own_twice(ticking):
    with clock.timed("solve"):  # 0 to 5
        with clock.timed("factor"):  # 1 to 2
            pass
        with clock.timed("factor"):  # 3 to 4
            pass
    with clock.timed("factor"):  # 6 to 7
        pass
    assert {"factor": clock.Spent(3, 3, 3), "solve": clock.Spent(5, 3, 1)} == clock.SPENT


def test_what_fails_is_timed_too(ticking):
    with pytest.raises(ZeroDivisionError), clock.timed("outer"), clock.timed("inner"):
        1 / 0  # noqa: B018
    assert {"inner": clock.Spent(1, 1, 1), "outer": clock.Spent(3, 2, 1)} == clock.SPENT
