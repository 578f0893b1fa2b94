"""The work done on a body, of which one step is exact where force is proportional to load."""

import numpy as np
import pytest
from conftest import WALLS, uniform

from mechanics import AlternateMinimiser, Support
from mechanics.history.balance import Balance


@pytest.mark.parametrize(
    ("shrinkage", "lift"), [(-0.01, 0.0), (0.0, 0.02), (-0.01, 0.02)], ids=["shrunk", "pulled", "both"]
)
def test_work_on_an_elastic_body_is_what_it_stores(make_solid, block, shrinkage, lift):
    """To round-off and the linear solver's 1e-11 of the energy."""
    pulled = Support((0, 1), motion=lambda load, x: np.vstack([0 * x[0], 0 * x[0] + lift * load]))
    media = uniform(shrinkage=shrinkage, toughness=1e6)
    solid = make_solid(block, media, supports=WALLS | {"top": pulled, "left": Support()})
    minimiser, balance = AlternateMinimiser(solid), Balance(solid)
    for load in (0.4, 1.0):
        solid.load(load)
        assert minimiser.minimise().converged
        balance.step()
    assert balance.work == pytest.approx(solid.energies().elastic, rel=1e-9)
