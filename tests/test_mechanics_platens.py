"""Pressure, level platens and springs on a block whose strains are known by hand; MPa and µm."""

import numpy as np
import pytest
from conftest import uniform
from mpi4py import MPI

import meshes
from mechanics import CRACK_MODELS, KINEMATICS, SPLITS, AlternateMinimiser, Medium, Solid, Support
from mechanics.history.balance import Balance

E, NU, P = 1000.0, 0.3, 4.0
TALL, WIDE = 1.5, 2.0
M = E * (1 - NU) / ((1 + NU) * (1 - 2 * NU))
SIDES = {"bottom": Support((1,)), "left": Support((0,)), "right": Support((0,))}  # it cannot strain sideways
GAP = 1e7  # MPa/µm: a spring that gives way by 1e-4 of what the block does


def top(solid: Solid) -> np.ndarray:
    """Vertical displacement of the nodes of the upper side."""
    x = solid.state.u.function_space.tabulate_dof_coordinates()
    return solid.state.u.x.array.reshape(-1, 2)[np.isclose(x[:, 1], TALL), 1]


def minimised(solid: Solid, load: float = 0.0) -> None:
    solid.load(load)
    assert AlternateMinimiser(solid).minimise().converged


@pytest.mark.parametrize("level", [False, True])
def test_pressure_on_a_uniform_block_strains_it_by_hooke(make_solid, block, level):
    """To round-off and the linear solver: the exact solution is linear, and a uniform strain has nothing to level."""
    solid = make_solid(block, uniform(toughness=1e6), supports=SIDES | {"top": Support(pressure=P, level=level)})
    minimised(solid)
    assert top(solid) == pytest.approx(-P * TALL / M, rel=1e-8)
    pressures, volumes = solid.platens.pressing()
    assert pressures @ volumes == pytest.approx(2 * solid.energies().elastic, rel=1e-8)  # Clapeyron


def columns(level: bool) -> Solid:
    """A soft and a stiff half side by side, without Poisson's effect: two columns that do not know each other."""
    domain = meshes.build(meshes.Stack(WIDE, 0.5, 0.5, 0.5, fine=0.25, coarse=0.25), MPI.COMM_SELF)
    body = domain.mesh
    cells = np.arange(body.topology.index_map(2).size_local, dtype=np.int32)
    middle = body.geometry.x[body.geometry.dofmap[cells], 0].mean(axis=1)
    regions = {"soft": cells[middle < WIDE / 2], "stiff": cells[middle >= WIDE / 2]}
    media = {"soft": Medium(E, 0.0, 1e6), "stiff": Medium(3 * E, 0.0, 1e6)}
    supports = SIDES | {"top": Support(pressure=P, level=level)}
    model = CRACK_MODELS["AT1"], SPLITS["none"], 0.2, meshes.row_height(body), KINEMATICS["plane strain"]
    return Solid(body, regions, domain.boundaries, media, supports, *model)


def test_a_level_platen_strains_soft_and_stiff_alike():
    """Mean modulus 2 E; the mesh does not follow the border between the halves, so their shares are known to 10 %, and
    the platen is level to 1 / LEVEL."""
    solid = columns(level=True)
    minimised(solid)
    moved = top(solid)
    assert np.ptp(moved) < 2e-3 * abs(moved.mean())
    assert moved.mean() == pytest.approx(-P * TALL / (2 * E), rel=0.1)


def test_without_a_platen_the_soft_half_gives_way():
    solid = columns(level=False)
    minimised(solid)
    assert np.ptp(top(solid)) > 0.5 * P * TALL / E  # 2/3 if they did not hold each other


@pytest.mark.parametrize("split", ["none", "volumetric-deviatoric", "no-tension"])
def test_broken_faces_under_pressure_carry_it_and_do_not_interpenetrate(make_solid, block, split):
    """A layer that is wholly broken. What is closed is as stiff as ever (no-tension), or at least in volume
    (volumetric-deviatoric: K in the place of M); without a split there would be no layer left (k = 1e-6)."""
    supports = SIDES | {"top": Support(pressure=P, level=True)}
    solid = make_solid(block, uniform(toughness=1e6), supports=supports, split=SPLITS[split])
    solid.state.d.x.array[np.abs(damage_height(solid) - TALL / 2) < 0.26] = 1
    minimised(solid)
    bulk = E / (3 * (1 - 2 * NU))
    closing = {
        "none": 1e-3 * TALL,
        "volumetric-deviatoric": P * (1 / bulk - 1 / M) * TALL,
        "no-tension": 1e-3 * P * TALL / M,
    }
    further = -top(solid).mean() - P * TALL / M
    if split == "none":
        assert further > closing[split]  # it would
    else:
        assert -1e-9 < further <= closing[split]


def damage_height(solid: Solid) -> np.ndarray:
    return solid.state.d.function_space.tabulate_dof_coordinates()[:, 1]


def test_a_stiff_spring_holds_the_gap_to_which_the_pressure_has_pressed(make_solid, block):
    """Then shrinkage takes the pressure off: 3 K ε* of a block that is held all round."""
    shrinkage = -1e-3
    held = Support(pressure=P, spring=GAP, level=True)
    solid = make_solid(block, uniform(toughness=1e6, shrinkage=shrinkage), supports=SIDES | {"top": held})
    minimised(solid)
    gap = top(solid).mean()
    assert gap == pytest.approx(-P * TALL / M, rel=1e-8)  # as without the spring, which waits
    solid.seat()
    minimised(solid, 1.0)
    assert top(solid) == pytest.approx(gap, rel=1e-3)
    pull = GAP * (top(solid).mean() - gap) * -1 - P  # what the spring and the pressure do to the block, upward
    assert pull == pytest.approx(E / (1 - 2 * NU) * abs(shrinkage) - P, rel=1e-3)


def test_constant_pressure_lets_the_block_follow(make_solid, block):
    """It shrinks by ε* (1 + ν) / (1 - ν) of a layer that cannot shrink sideways, and stays under the same stress."""
    shrinkage = -1e-3
    media = uniform(toughness=1e6, shrinkage=shrinkage)
    solid = make_solid(block, media, supports=SIDES | {"top": Support(pressure=P, level=True)})
    minimised(solid)
    pressed = top(solid).mean()
    balance = Balance(solid)
    before = solid.energies().elastic
    minimised(solid, 1.0)
    balance.step()
    assert top(solid).mean() - pressed == pytest.approx(shrinkage * TALL * (1 + NU) / (1 - NU), rel=1e-6)
    # V13: what shrinkage and pressure did is what it holds more. Forces are linear in the charge: exact.
    assert solid.energies().elastic - before == pytest.approx(balance.work, rel=1e-6)


def test_pressure_makes_soft_stuff_flow_before_any_charge(make_solid, block):
    """Confined: yield at σy (1 - ν) / (1 - 2ν); well above it some flow is left after `seat`."""
    media = uniform(toughness=1e6, yield_stress=1.0, hardening=100.0)
    solid = make_solid(block, media, supports=SIDES | {"top": Support(pressure=2 * P, level=True)})
    minimised(solid)
    assert solid.seat() > 0
    assert solid.state.plastic[1].x.array.min() > 0
