"""V13: where the work goes. No minimisation raises the energy, no damage heals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from mpi4py import MPI

import meshes
from mechanics import CRACK_MODELS, SPLITS, AlternateMinimiser, Medium, Solid, Support
from mechanics.history.balance import Balance

from .page import Check, Page

TITLE = "Energy balance"
SLOW = True

TEXT = """
The work that shrinkage and moving platens do is summed by the trapezoidal rule from the forces of each equilibrium,
∂Π/∂charge and the forces on held displacements, which the energies do not know of. It has to be found again as stored
energy, plastic work and energy of the crack, as long as the crack grows from equilibrium to equilibrium:

1. **flow**: layers that shrink and flow between clamped platens, linear hardening, no damage
2. **damage**: a body that softens evenly (AT2), stretched to 95 % of its peak strain; no crack
3. **crack**: a double cantilever, opened at its mouth; the force falls as the crack grows, so that it grows stably

The trapezoidal rule is the only approximation in what is compared, so the gap falls with the square of the step. In 3
the force has a peak where the crack starts, which two points do not see: there the gap is largest. A crack that jumps
sets free what no store holds; a run reports that in `energy_balance` of its summary, together with the largest share of
the work by which any step held *more* than was put in (the main case, whole, all six runs: 1e-4).
"""


@dataclass(frozen=True)
class Story:
    load: np.ndarray
    work: np.ndarray
    stores: np.ndarray  # elastic, fracture, plastic by row
    rise: float  # largest rise of the energy from one iteration to the next, as a share of it
    healing: float  # largest fall of damage in a step

    @property
    def gaps(self) -> np.ndarray:
        """Work that is in no store, as a share of all of it."""
        return (self.work - self.stores.sum(axis=0)) / self.work[-1]

    @property
    def gap(self) -> float:
        return float(np.max(np.abs(self.gaps)))


def tell(solid: Solid, loads: np.ndarray, tolerance: float = 1e-6) -> Story:
    """From equilibrium to equilibrium, which has to be reached."""
    minimiser = AlternateMinimiser(solid, tolerance=tolerance)
    assert minimiser.minimise().converged
    balance, plastic, rise, healing = Balance(solid), 0.0, -np.inf, 0.0
    told = [(0.0, solid.energies().elastic, solid.energies().fracture, 0.0)]
    for load in loads:
        before, energies = solid.state.d.x.array.copy(), []
        solid.load(float(load))

        def note(count: int, energies: list[float] = energies) -> bool:
            energy = solid.energies()
            energies.append(energy.elastic + energy.fracture + energy.spring)
            return False

        assert minimiser.minimise(note).converged
        plastic += solid.accept()
        balance.step()
        told.append((balance.work, solid.energies().elastic, solid.energies().fracture, plastic))
        rise = max([rise, *(np.diff(energies) / abs(energies[-1]))])
        healing = max(healing, float(np.max(before - solid.state.d.x.array)))
    work, elastic, fracture, flow = np.array(told).T
    return Story(np.array([0.0, *loads]), work, np.array([elastic, fracture - fracture[0], flow]), rise, healing)


def body(
    stack: meshes.Stack, media: dict[str, Medium], supports: dict[str, Support], crack: str, length: float
) -> Solid:
    domain = meshes.build(stack, MPI.COMM_SELF)
    size = meshes.row_height(domain.mesh)
    split = SPLITS["volumetric-deviatoric"]
    return Solid(
        domain.mesh, domain.regions, domain.boundaries, media, supports, CRACK_MODELS[crack], split, length, size
    )


def everywhere(medium: Medium) -> dict[str, Medium]:
    return dict.fromkeys(("electrolyte", "interface", "cathode"), medium)


def flow(steps: int) -> Story:
    soft = Medium(1410.0, 0.3, 1e6, yield_stress=30.0, hardening=14.0)
    media = everywhere(soft) | {"cathode": Medium(6300.0, 0.27, 1e6, -0.04, yield_stress=30.0, hardening=63.0)}
    stack = meshes.Stack(width=4.0, electrolyte=1.0, interface=0.5, cathode=1.0, fine=0.25, coarse=0.5)
    supports = {"bottom": Support((0, 1)), "top": Support((1,)), "right": Support((0,))}
    return tell(body(stack, media, supports, "AT1", 0.2), np.linspace(0, 1, steps + 1)[1:])


def damage(steps: int) -> Story:
    medium = Medium(1000.0, 0.0, 1.0)
    stack = meshes.Stack(width=1.0, electrolyte=0.3, interface=0.4, cathode=0.3, fine=0.25, coarse=0.25)
    peak = np.sqrt(1.0 / (3 * 1.0 * 1000.0))  # strain, with ℓ = 1 and Gc = 1
    pull = Support((1,), motion=lambda t, x: np.vstack([0 * x[0], 0.95 * t * peak + 0 * x[0]]))
    supports = {"bottom": Support((1,)), "top": pull, "left": Support((0,)), "right": Support((0,))}
    solid = body(stack, everywhere(medium), supports, "AT2", 1.0)
    solid.coefficients.toughness.x.array[:] = 1.0  # uniform: the correction for the mesh differs from cell to cell
    return tell(solid, np.linspace(0, 1, steps + 1)[1:])


def crack(steps: int) -> Story:
    """Arms of 2 µm, opened at the mouth by up to ±0.1 µm."""
    arm = Medium(2000.0, 0.3, 50.0)
    media = {"electrolyte": arm, "interface": Medium(2000.0, 0.3, 1.0), "cathode": arm}
    notch = meshes.Notch(length=2.5, opening=0.05)
    stack = meshes.Stack(8.0, 1.6, 0.8, 1.6, fine=0.1, coarse=0.4, notch=notch)

    def pulled(sign: float) -> Support:
        return Support((1,), motion=lambda t, x: np.vstack([0 * x[0], sign * 0.1 * t * (1 - x[0] / 8.0)]))

    supports = {"bottom": pulled(-1.0), "top": pulled(1.0), "right": Support((0,))}
    solid = body(stack, media, supports, "AT1", 0.2)
    solid.break_open("notch")
    return tell(solid, np.linspace(0, 1, steps + 1)[1:], tolerance=1e-4)


def verify(thorough: bool) -> Page:
    coarse, fine = 10, 40
    smooth: dict[str, Callable[[int], Story]] = {"flow": flow, "damage": damage}
    stories = {(name, steps): make(steps) for name, make in smooth.items() for steps in (coarse, fine)}
    few, many = 16, 32
    cracks = {("crack", steps): crack(steps) for steps in (few, many)}
    checks = []
    for name in smooth:
        gap = stories[name, fine].gap
        order = np.log(stories[name, coarse].gap / gap) / np.log(fine / coarse)
        checks += [
            Check(f"{name}: work in no store, {fine} steps", gap, 0.0, 1e-3, "the aim of V13", absolute=True),
            Check(f"{name}: order in the step", order, 2.0, 0.1, "of the trapezoidal rule; as for V10", absolute=True),
        ]
    coarser, finer = cracks["crack", few], cracks["crack", many]
    checks += [
        Check(
            f"crack: work in no store at the end, {many} steps",
            finer.gaps[-1],
            0.0,
            1e-3,
            "the aim of V13",
            absolute=True,
        ),
        Check(
            "crack: order in the step, of the largest gap on the way",
            np.log(coarser.gap / finer.gap) / np.log(many / few),
            2.0,
            0.5,
            "of the trapezoidal rule; the peak of the force may lie anywhere in its step",
            absolute=True,
        ),
    ]
    every = stories | cracks
    checks += [
        Check(
            "largest rise of the energy from one iteration to the next",
            max(max(story.rise for story in every.values()), 0.0),
            0.0,
            1e-12,
            "round-off of a sum over the elements, as a share of the energy",
            absolute=True,
        ),
        Check(
            "largest fall of damage in a step",
            max(story.healing for story in every.values()),
            0.0,
            1e-12,
            "damage is bounded from below by what it was",
            absolute=True,
        ),
    ]
    shown = [stories["flow", fine], stories["damage", fine], finer]
    return Page(TEXT, checks, lambda figure: draw(figure, shown))


def draw(figure: Figure, stories: list[Story]) -> None:
    names = ("elastic", "crack", "flow")
    colours = ("#4c78a8", "#c73a4b", "#e0a030")
    for axes, story, title in zip(figure.subplots(1, 3), stories, ("flow", "damage", "crack"), strict=True):
        axes.stackplot(story.load, story.stores / story.work[-1], labels=names, colors=colours, alpha=0.6)
        axes.plot(story.load, story.work / story.work[-1], "k--", label="work done")
        axes.set(title=title, xlabel="load", ylim=(0, 1.05))
    figure.axes[0].set_ylabel("share of the work")
    figure.axes[0].legend(loc="upper left")
