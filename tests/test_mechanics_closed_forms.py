"""Closed forms of strip and film against each other, and against Intact where no crack has to run (V4, V5)."""

from dataclasses import replace

import pytest

from mechanics import Medium
from mechanics.closed_forms import (
    Layer,
    Strip,
    clamped_strip,
    film_on_thick_substrate,
    release_after_charging,
    release_in_one_step,
    shrinking_film,
)
from tests.verification.v04_strip import Pair, uniform
from tests.verification.v05_film import sharp_and_free


def test_strip_that_never_yields_is_the_elastic_one():
    pair = Pair(3.0, 0.5)
    stress, release = clamped_strip([pair.below, pair.above])
    assert Strip.bonded(pair.layers, 0.7).stress == pytest.approx(0.7 * stress)
    assert release_in_one_step(pair.layers, 0.7) == pytest.approx(0.49 * release)
    assert release_after_charging(pair.layers, 0.7) == pytest.approx(0.49 * release)


def test_flow_that_goes_on_one_way_while_the_crack_passes_takes_nothing_from_it():
    """The cathode flows in one direction all the time. What an electrolyte has flowed is lost."""
    cathode, both = Pair(4.0, 1.0, None, 100.0).layers, Pair(4.0, 1.0, 20.0, 100.0).layers
    assert release_after_charging(cathode, 1.0) == pytest.approx(release_in_one_step(cathode, 1.0))
    assert release_after_charging(both, 1.0) < 0.9 * release_in_one_step(both, 1.0)


def test_flow_needs_no_small_steps_while_it_goes_one_way():
    layers = Pair(4.0, 1.0, 20.0, 100.0).layers
    by_steps = layers
    for charge in (0.1, 0.4, 0.6, 1.0):
        by_steps = Strip.bonded(by_steps, charge).layers
    at_once = Strip.bonded(layers, 1.0).layers
    assert [layer.p for layer in by_steps] == pytest.approx([layer.p for layer in at_once])


def test_flowing_layers_bonded_and_pulled_apart():
    assert all(check.passed for check in uniform(Pair(4.0, 1.0, 20.0, 100.0)))


@pytest.mark.parametrize("pair", [Pair(4.0, 1.0), Pair(4.0, 1.0, 20.0, 100.0)], ids=lambda pair: pair.name)
def test_sharp_crack_between_clamped_layers(pair):
    assert pair.computed == pytest.approx(pair.exact, rel=1e-3)  # the strip is not infinitely wide


def test_sharp_crack_under_a_film():
    film = sharp_and_free(3.0, 2.0)
    assert film.computed == pytest.approx(film.exact, rel=1e-4)  # nor the film


def test_substrate_that_does_not_give_is_the_limit_of_a_stiff_one():
    film = Medium(1000.0, 0.3, 1.0, shrinkage=-0.02)
    stiff = replace(film, young=1e10, shrinkage=0.0)
    assert shrinking_film([(3.0, stiff), (2.0, film)], 1) == pytest.approx(film_on_thick_substrate(2.0, film))


def test_film_and_substrate_that_shrink_alike_do_not_part():
    film = Medium(1000.0, 0.3, 1.0, shrinkage=-0.02)
    other = Medium(5000.0, 0.3, 1.0, shrinkage=-0.02)
    assert shrinking_film([(3.0, other), (2.0, film)], 1) == pytest.approx(0.0, abs=1e-12)


def test_layer_under_its_own_stress_is_where_it_was():
    """under() inverts σ = M ε - 3K ε* - 2μ π on the yield surface, whichever way it flows."""
    medium = Medium(1000.0, 0.3, 1.0, shrinkage=-0.02, yield_stress=5.0, hardening=50.0)
    for stress in (-60.0, 60.0):
        strain, after = Layer(1.0, medium).under(stress, 1.0)
        m, q = medium, 2 * medium.shear * strain - 3 * medium.shear * after.flowed
        sigma = m.constrained * strain - 3 * m.bulk * m.shrinkage - 2 * m.shear * after.flowed
        assert sigma == pytest.approx(stress)
        assert abs(q) == pytest.approx(m.yield_stress + m.hardening * after.p)
        assert after.p > 0
