"""Conduction through layers and past cracks, against closed forms, and what of a cathode can still be charged."""

import json
import shutil
from math import cos, log, pi

import numpy as np
import pytest
from conftest import uniform
from mpi4py import MPI
from processes import ROOT, on_processes
from scipy.integrate import quad

import meshes
from mechanics import CRACK_MODELS, SPLITS, Solid, Support
from mechanics.laws.kinematics import AXISYMMETRIC, PLANE_STRAIN, Kinematics
from mechanics.measure.conduction import LEAK, Conduction
from mechanics.measure.detachment import BROKEN
from mechanics.measure.opening import ACROSS_LAYERS, Opening

LAYERS = {"electrolyte": 0.5, "interface": 0.25, "cathode": 1.0}
WIDTH, HEIGHT = 2.0, 1.75
MIDDLE = 0.625  # height of the middle of the interface
UNEVEN = {"electrolyte": 2.42, "interface": 0.3, "cathode": 0.53}
EVEN = dict.fromkeys(LAYERS, 1.0)
ROUND_OFF = 1e-9


def made(
    stack: meshes.Stack, kinematics: Kinematics = PLANE_STRAIN, comm: MPI.Comm = MPI.COMM_SELF
) -> tuple[Solid, Opening]:
    domain = meshes.build(stack, comm)
    solid = Solid(
        domain.mesh,
        domain.regions,
        domain.boundaries,
        uniform(),
        {"bottom": Support((0, 1))},
        CRACK_MODELS["AT1"],
        SPLITS["volumetric-deviatoric"],
        0.2,
        meshes.row_height(domain.mesh),
        kinematics,
    )
    return solid, Opening(solid, ACROSS_LAYERS)


def stack(fine: float = 0.125, coarse: float = 0.25, **changes) -> meshes.Stack:
    return meshes.Stack(**({"width": WIDTH, "fine": fine, "coarse": coarse} | LAYERS | changes))


def damage(solid: Solid, of) -> None:
    solid.state.d.interpolate(lambda x: np.broadcast_to(of(*x), x.shape[1]).astype(float))


def part(solid: Solid, jump: float) -> None:
    """The upper half is moved, and the interface stretched in between."""
    solid.state.u.interpolate(lambda x: np.vstack([0 * x[0], jump * np.clip((x[1] - 0.5) / 0.25, 0, 1)]))


# Intact


def test_layers_in_series() -> None:
    solid, opening = made(stack())
    resistance = sum(thick / UNEVEN[name] for name, thick in LAYERS.items()) / WIDTH
    assert 1 / Conduction(solid, opening, UNEVEN).conductance() == pytest.approx(resistance, rel=ROUND_OFF)


def test_layers_side_by_side() -> None:
    solid, opening = made(stack())
    conductance = sum(thick * UNEVEN[name] for name, thick in LAYERS.items()) / WIDTH
    found = Conduction(solid, opening, UNEVEN, "left", "right").conductance()
    assert found == pytest.approx(conductance, rel=ROUND_OFF)


def test_discs_around_an_axis() -> None:
    solid, opening = made(stack(), AXISYMMETRIC)
    resistance = sum(thick / UNEVEN[name] for name, thick in LAYERS.items()) / (pi * WIDTH**2)
    assert 1 / Conduction(solid, opening, UNEVEN).conductance() == pytest.approx(resistance, rel=ROUND_OFF)


# Broken


@pytest.mark.parametrize("everywhere", [0.0, 0.3, 0.89])
def test_even_damage_takes_its_share(everywhere: float) -> None:
    solid, opening = made(stack())
    damage(solid, lambda x, y, z: everywhere)
    found = Conduction(solid, opening, UNEVEN).resistance_ratio()
    assert found == pytest.approx(1 / (1 - everywhere) ** 2, rel=1e-6)  # LEAK is 1e-7 of the least share


@pytest.mark.parametrize("everywhere", [BROKEN, 1.0])
def test_what_is_broken_through_conducts_next_to_nothing(everywhere: float) -> None:
    solid, opening = made(stack())
    damage(solid, lambda x, y, z: everywhere)
    assert Conduction(solid, opening, UNEVEN).resistance_ratio() == pytest.approx(1 / LEAK, rel=1e-6)


def test_a_profile_right_across_is_an_integral() -> None:
    """∫ dy / g(d(y)) by another quadrature. Linear damage misses the peak by h²/8 d'', and so 1/g by 2 h²/w² of it;
    with elements twice as large by four times as much."""
    most, wide = 0.8, 0.1

    def d(y: float) -> float:
        return float(most * np.exp(-(((y - MIDDLE) / wide) ** 2)))

    ends = {"electrolyte": (0, 0.5), "interface": (0.5, 0.75), "cathode": (0.75, HEIGHT)}
    whole = sum(quad(lambda y: 1 / (1 - d(y)) ** 2, *at)[0] / UNEVEN[name] for name, at in ends.items())
    exact = whole / sum(thick / UNEVEN[name] for name, thick in LAYERS.items())
    errors = []
    for fine in (0.025, 0.0125):
        solid, opening = made(stack(fine, 0.1, halo=0.2, width=0.5))
        damage(solid, lambda x, y, z: most * np.exp(-(((y - MIDDLE) / wide) ** 2)))
        errors.append(abs(Conduction(solid, opening, UNEVEN).resistance_ratio() / exact - 1))
    assert errors[1] < 2 * (0.0125 / wide) ** 2
    assert errors[1] < 0.4 * errors[0]


def past(crack: float) -> float:
    """By how much a strip of width 1 with a cut of this length from its side conducts as if it were longer: half of a
    channel with a slit in the middle of a wall across it, (4/π) ln sec(πa/2), by conformal mapping."""
    return 4 / pi * log(1 / cos(pi * crack / 2))


TALL = {"electrolyte": 1.0, "interface": 0.2, "cathode": 1.0}  # what is left of the cut at the ends is exp(-2π)


def test_a_gap_of_half_the_width() -> None:
    """The singularity at the tip costs linear elements their order: the error goes with the size, of 1/80 here."""
    solid, opening = made(stack(0.0125, 0.1, width=1.0, notch=meshes.Notch(0.5, 0.01), **TALL))
    assert 2.2 / 2.2 / Conduction(solid, opening, EVEN).conductance() == pytest.approx((2.2 + past(0.5)), rel=0.01)


def test_a_smeared_crack_of_half_the_width() -> None:
    """It reaches ahead of its tip and is some ℓ high: no shorter than the cut, and at most as long as one that
    reaches 2ℓ and an element further, of twice that height and nowhere conducting. One row of nodes is broken."""
    length, fine = 0.02, 0.01
    solid, opening = made(stack(fine, 0.1, width=1.0, **TALL))
    damage(solid, lambda x, y, z: np.maximum(1 - np.hypot(np.maximum(x - 0.5, 0), y - 1.1) / (2 * length), 0) ** 2)
    d = solid.state.d
    x, y, _ = d.function_space.tabulate_dof_coordinates().T
    d.x.array[(abs(y - 1.1) < fine) & (x < 0.5 + fine / 2)] = 1
    found = Conduction(solid, opening, EVEN).resistance_ratio()
    assert 2.2 + past(0.5) < 2.2 * found < 2.2 + past(0.5 + 2 * length + fine) + 2 * (2 * length + fine)


def test_faces_that_are_pressed_together_may_conduct_as_if_whole() -> None:
    solid, opening = made(stack())
    conduction = Conduction(solid, opening, UNEVEN)
    damage(solid, lambda x, y, z: abs(y - MIDDLE) < 0.13)
    for jump, touching in ((-0.01, 1.0), (0.01, conduction.resistance_ratio())):
        part(solid, jump)
        assert conduction.resistance_ratio() > 1e6  # a layer of 1/14 of the height that conducts by 1e-9
        assert conduction.resistance_ratio(touching=True) == pytest.approx(touching, rel=1e-6)


def test_a_body_that_heals_conducts_as_before() -> None:
    """Nothing of an earlier state is left in matrices and factors."""
    solid, opening = made(stack())
    conduction = Conduction(solid, opening, UNEVEN)
    damage(solid, lambda x, y, z: (abs(y - MIDDLE) < 0.13) & (x < 1))
    before = conduction.resistance_ratio(), conduction.reachable(0.1, 1.0)
    damage(solid, lambda x, y, z: 1.0)
    conduction.resistance_ratio(), conduction.reachable(0.1, 1.0)
    damage(solid, lambda x, y, z: (abs(y - MIDDLE) < 0.13) & (x < 1))
    assert (conduction.resistance_ratio(), conduction.reachable(0.1, 1.0)) == pytest.approx(before, rel=1e-7)


def test_a_row_of_broken_nodes_lets_nothing_through() -> None:
    """Though each cell at it is broken at one corner or two alone, and a gaping crack's damage is less than 1."""
    solid, opening = made(stack())
    part(solid, 0.01)
    x, y, _ = solid.state.d.function_space.tabulate_dof_coordinates().T
    solid.state.d.x.array[abs(y - 0.5) < 1e-9] = 0.95
    conduction = Conduction(solid, opening, UNEVEN)
    assert conduction.resistance_ratio() > 1e6
    assert conduction.resistance_ratio(touching=True) > 1e6
    solid.state.d.x.array[(abs(y - 0.5) < 1e-9) & (x > 1.5)] = 0.89
    assert conduction.resistance_ratio() < 10


# Reachable


def test_an_intact_cathode_is_reached_at_any_current() -> None:
    solid, opening = made(stack())
    conduction = Conduction(solid, opening, UNEVEN)
    assert conduction.reachable(1e3, 1.0) == pytest.approx(1)
    damage(solid, lambda x, y, z: abs(y - MIDDLE) < 0.13)
    part(solid, -0.01)
    assert conduction.reachable(1e3, 1.0) == pytest.approx(1), "its faces touch"
    assert conduction.reachable(1e3, 1.0, touching=False) == pytest.approx(0)


def test_a_cathode_that_is_cut_off_gives_nothing_however_slowly_it_is_charged() -> None:
    solid, opening = made(stack())
    damage(solid, lambda x, y, z: abs(y - MIDDLE) < 0.13)
    part(solid, 0.01)
    assert Conduction(solid, opening, UNEVEN).reachable(1e-3, 1.0) == pytest.approx(0)


@pytest.mark.parametrize("window", [2.0, 0.4])
def test_beside_a_crack_ions_go_along_the_cathode(window: float) -> None:
    """A thin layer over a crack of length a loses q (a² - x²)/(2σ) at x, up to the window. Ions that come along a layer
    of thickness t into a contact that has begun at a tip go (2 ln 2/π) t further, by conformal mapping. What of the
    interface is left above the crack may conduct along the layer or not, and the crack reach a cell further or not
    (gmsh's are up to 1.4 of what was asked for)."""
    width, crack, thick, thin, fine, supply = 16.0, 8.0, 0.4, 0.05, 0.0125, 0.02
    middle = 0.1 + thin / 2
    solid, opening = made(meshes.Stack(width, 0.1, thin, thick, fine=fine, coarse=0.1))
    damage(solid, lambda x, y, z: (abs(y - middle) < 1.04 * fine) & (x < crack))
    solid.state.u.interpolate(lambda x: np.vstack([0 * x[0], 0.01 * np.clip((x[1] - 0.1) / thin, 0, 1)]))
    conduction = Conduction(solid, opening, {"electrolyte": 1e3, "interface": 1.0, "cathode": 1.0})

    def lost(further: float, thicker: float, height: float) -> float:
        reach = crack + further + 2 * log(2) / pi * height

        def at(x: float) -> float:
            return min(supply * (reach**2 - x**2) / (2 * (1 + thicker / thick)) / window, 1)

        return quad(at, 0, reach, limit=200)[0] / width

    found = 1 - conduction.reachable(supply, window)
    assert lost(0, thin / 2, thick) < found < lost(1.4 * fine, 0, thick + thin)
    assert conduction.reachable(1e-9, window) == pytest.approx(1, abs=1e-6), "slowly enough, all of it is reached"


def test_what_a_source_is_to_its_own_ions_counts_for_them_alone() -> None:
    solid, opening = made(stack())
    damage(solid, lambda x, y, z: (abs(y - MIDDLE) < 0.13) & (x < 1.2))
    within = UNEVEN | {"cathode": 5 * UNEVEN["cathode"]}
    both = Conduction(solid, opening, UNEVEN, own=within["cathode"])
    to_all, to_own = Conduction(solid, opening, UNEVEN), Conduction(solid, opening, within)
    assert to_own.reachable(0.1, 1.0, touching=False) > to_all.reachable(0.1, 1.0, touching=False) + 1e-3
    for _ in range(2):  # in turn
        assert both.resistance_ratio() == pytest.approx(to_all.resistance_ratio(), rel=1e-7)
        found = both.reachable(0.1, 1.0, touching=False)
        assert found == pytest.approx(to_own.reachable(0.1, 1.0, touching=False), rel=1e-7)


def test_what_does_not_conduct_is_in_the_way() -> None:
    solid, opening = made(stack())
    without = UNEVEN | {"interface": 0.0}
    found = Conduction(solid, opening, without).conductance()
    assert found == pytest.approx(LEAK * max(UNEVEN.values()) * WIDTH / LAYERS["interface"], rel=1e-6)


# Processes

SCRIPT = """
import json, sys
sys.path[:0] = sys.argv[1:3]
from mpi4py import MPI
from test_mechanics_conduction import everything
told = everything(MPI.COMM_WORLD)
if MPI.COMM_WORLD.rank == 0:
    print(json.dumps([MPI.COMM_WORLD.size, told]))
"""


def everything(comm: MPI.Comm) -> list[float]:
    solid, opening = made(stack(), comm=comm)
    conduction = Conduction(solid, opening, UNEVEN)
    damage(solid, lambda x, y, z: (abs(y - MIDDLE) < 0.13) & (x < 1.2))
    solid.state.u.interpolate(lambda x: np.vstack([0 * x[0], 0.02 * (x[0] - 0.6) * np.clip((x[1] - 0.5) / 0.25, 0, 1)]))
    return [
        conduction.resistance_ratio(),
        conduction.resistance_ratio(touching=True),
        conduction.reachable(0.1, 1.0),
        float(comm.allreduce(opening.parted()[: solid.state.d.function_space.dofmap.index_map.size_local].sum())),
    ]


@pytest.mark.skipif(shutil.which("mpirun") is None, reason="no mpirun here")
def test_two_processes_find_the_same() -> None:
    alone = everything(MPI.COMM_SELF)
    assert 1 < alone[1] < alone[0] < 10  # half of the crack is closed
    lines = on_processes(2, "-c", SCRIPT, str(ROOT), str(ROOT / "tests"))
    assert json.loads(lines[-1]) == [2, pytest.approx(alone, rel=1e-7)]
