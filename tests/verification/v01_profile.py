"""The damage profile of a crack and what it costs, for the three families; anisotropic and varying toughness."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import cos, pi, radians, sin, sqrt

import numpy as np
from dolfinx import mesh
from matplotlib.figure import Figure
from mpi4py import MPI

from mechanics import CRACK_MODELS, SPLITS, AlternateMinimiser, Cleavage, Medium, Solid, Support

from .bars import bar
from .page import Check, Page

TITLE = "Profile and energy of a crack"
SLOW = False

# Only w and c_w count here, which the three PF-CZM models share.
FAMILIES = {"AT1": "AT1", "AT2": "AT2", "PF-CZM": "PF-CZM linear"}
PROFILES = {
    "AT1": lambda r: np.maximum(1 - r / 2, 0) ** 2,
    "AT2": lambda r: np.exp(-r),
    "PF-CZM": lambda r: 1 - np.sin(np.minimum(r, pi / 2)),
}
GC, LENGTH = 70.0, 0.4  # J/m², µm
REACH, STRIP = 9, 5  # half of the bar and of the strip in ℓ: what AT2 has left there is 1e-8 and 5e-5 of its energy
ELEMENTS = 2, 4, 8  # in a length ℓ
EXCESS, ANGLES = -0.75, (0, 30, 60, 90)  # of the toughness, and of the cleavage normal against that of the crack
STRETCH = 5.0  # in ℓ, along which the toughness varies


Pattern = Callable[[np.ndarray], np.ndarray]  # toughness at places (3, n), in Gc


@dataclass(frozen=True)
class Profile:
    size: float  # of the elements
    distance: np.ndarray  # from the broken row, in ℓ
    damage: np.ndarray
    energy: float  # per area, in Gc

    def off(self, family: str) -> float:
        return float(np.abs(self.damage - PROFILES[family](self.distance)).max())


def settled(solid: Solid) -> Solid:
    """With the crack found around what has been broken open."""
    solid.break_open("crack")
    outcome = AlternateMinimiser(solid, tolerance=1e-8).minimise()
    assert outcome.converged, outcome
    return solid


def row_of_broken_elements(family: str, per_length: int, corrected: bool) -> Profile:
    """A crack is a row of broken elements in the middle of a bar; it is the row that costs h/(c_w ℓ) more than Gc."""
    size = LENGTH / per_length
    nodes = size * (np.arange(2 * per_length * REACH + 2) - per_length * REACH - 0.5)
    solid = bar(
        nodes,
        Medium(1000.0, 0.3, GC, strength=10.0),
        FAMILIES[family],
        LENGTH,
        size=size if corrected else 0.0,
        cracked=lambda x: np.abs(x) < size,
    )
    settled(solid)
    x = solid.state.d.function_space.tabulate_dof_coordinates()[:, 0]
    order = np.argsort(x)
    distance = np.maximum(np.abs(x[order]) - size / 2, 0) / LENGTH
    return Profile(size, distance, solid.state.d.x.array[order], solid.energies().fracture / GC)


def line_of_facets(
    family: str, width: float, per_length: int, pattern: Pattern | None = None, cleavage: Cleavage | None = None
) -> Solid:
    """A crack along y = 0 through a strip |y| < STRIP ℓ of this width in ℓ, made of triangles. No element is broken.

    The sides of the strip point along A n, with A = I + a m⊗m and n = (0, 1): damage that depends on y alone has its
    flux A ∇d along the sides then, and they do not disturb it.
    """
    rows, columns = 2 * STRIP * per_length, round(width * per_length)
    corners = [[0.0, -STRIP * LENGTH], [width * LENGTH, STRIP * LENGTH]]
    body = mesh.create_rectangle(MPI.COMM_SELF, corners, [columns, rows])
    if cleavage is not None:
        m, a = np.array(cleavage.normal), cleavage.excess
        along = np.array([0.0, 1.0]) + a * m[1] * m
        body.geometry.x[:, 0] += body.geometry.x[:, 1] * along[0] / along[1]
    cells = np.arange(body.topology.index_map(2).size_local, dtype=np.int32)
    boundaries = {
        "crack": mesh.locate_entities(body, 1, lambda x: np.abs(x[1]) < 1e-9),
        "bottom": mesh.locate_entities(body, 1, lambda x: x[1] < 1e-9 - STRIP * LENGTH),
    }
    medium = Medium(1000.0, 0.3, GC, strength=10.0, cleavage=cleavage, pattern=pattern)
    solid = Solid(
        body,
        {"body": cells},
        boundaries,
        {"body": medium},
        {"bottom": Support((0, 1))},
        CRACK_MODELS[FAMILIES[family]],
        SPLITS["volumetric-deviatoric"],
        LENGTH,
        np.zeros(len(cells)),
    )
    return settled(solid)


def cleaved(family: str, degrees: float, per_length: int) -> float:
    """Cost of a crack whose normal makes this angle with the cleavage normal, in Gc."""
    angle = radians(degrees)
    solid = line_of_facets(family, 1.0, per_length, cleavage=Cleavage((sin(angle), cos(angle)), EXCESS))
    return solid.energies().fracture / (LENGTH * GC)


def cleavage_exact(degrees: float) -> float:
    return sqrt(1 + EXCESS * cos(radians(degrees)) ** 2)


def wavy(x: np.ndarray) -> np.ndarray:
    return 1 + 0.5 * np.cos(pi / 2 * x[0] / (STRETCH * LENGTH))


def stepped(x: np.ndarray) -> np.ndarray:
    return np.where(x[0] < STRETCH * LENGTH / 4, 1.5, 0.5)


def varied(family: str, pattern: Pattern, per_length: int) -> float:
    """Cost in Gc, per length, of a crack along which toughness varies."""
    solid = line_of_facets(family, STRETCH, per_length, pattern)
    return solid.energies().fracture / (STRETCH * LENGTH * GC)


def order(errors: list[float]) -> float:
    """By which the error falls when the elements are halved, the last time."""
    return float(np.log2(abs(errors[-2] / errors[-1])))


def verify(thorough: bool) -> Page:
    counts = (*ELEMENTS, 16) if thorough else ELEMENTS
    fine, in_plane = ELEMENTS[-1], tuple(FAMILIES) if thorough else ("AT1",)
    checks, corrected, plain = [], {}, {}
    for family in FAMILIES:
        c_w = CRACK_MODELS[FAMILIES[family]].c_w
        corrected[family] = {n: row_of_broken_elements(family, n, corrected=True) for n in counts}
        plain[family] = {n: row_of_broken_elements(family, n, corrected=False) for n in counts}
        profile, raw = corrected[family][fine], plain[family][fine]
        costs = [corrected[family][n].energy - 1 for n in counts]
        bare = [plain[family][n].energy - 1 for n in counts]
        predicted = 1 + raw.size / (c_w * LENGTH)
        checks += [
            Check(f"{family}: error of d, ℓ/h = {fine}", profile.off(family), 0.0, 0.01, PROFILE, absolute=True),
            Check(f"{family}: energy/Gc, uncorrected, ℓ/h = {fine}", raw.energy, predicted, 0.01, AIM),
            Check(f"{family}: energy/Gc, corrected, ℓ/h = {fine}", profile.energy, 1.0, 0.01, AIM),
            Check(f"{family}: order of the energy, uncorrected", order(bare), 1.0, 0.2, RAW_ORDER, absolute=True),
            Check(f"{family}: order of the energy, corrected", order(costs), 2.0, 0.2, ORDER, absolute=True),
        ]
    cleavage = {family: [cleaved(family, angle, fine) for angle in ANGLES] for family in in_plane}
    for family, costs in cleavage.items():
        for angle, cost in zip(ANGLES, costs, strict=True):
            exact = cleavage_exact(angle)
            checks.append(Check(f"{family}: cleavage at {angle}°, energy/Gc", cost, exact, 0.01, CLEAVAGE))
    for family in in_plane:
        for name, pattern, exact in (("falls smoothly", wavy, 1 + 1 / pi), ("falls at once", stepped, 0.75)):
            cost = varied(family, pattern, fine if thorough else ELEMENTS[1])
            checks.append(Check(f"{family}: toughness along the crack {name}, energy/Gc", cost, exact, 0.01, AIM))
    return Page(TEXT, checks, lambda figure: draw(figure, corrected, plain, cleavage))


AIM = "aim of the list; linear elements add some (h/ℓ)²/20 = 0.1 % here"
PROFILE = "aim of the list; a linear element is off by d″h²/8 = (h/ℓ)²/8 = 0.2 % of 1"
RAW_ORDER = "the row of broken elements adds h/(c_w ℓ), and the elements beside it add a little of order 2"
ORDER = "linear elements; the end of a profile falls between nodes and disturbs it"
CLEAVAGE = "aim of the list; where the crack is half as wide, ℓ/h is 4 and linear elements add 0.4 %"

TEXT = f"""
A crack is given in a body that does not move, and damage finds its least energy around it, E = Gc/c_w ∫ w(d)/ℓ +
ℓ|∇d|² over the body. At distance r from the crack

| | w | c_w | d(r) |
|---|---|---|---|
| AT1 | d | 8/3 | (1 - r/2ℓ)² up to 2ℓ |
| AT2 | d² | 2 | exp(-r/ℓ) |
| PF-CZM | 2d - d² | π | 1 - sin(r/ℓ) up to πℓ/2 |

and the energy of each is Gc. The three softening laws of PF-CZM share w, so they share the profile.

**On a mesh a crack is a row of broken elements** of size h, which costs Gc h/(c_w ℓ) more (Bourdin, Francfort, Marigo
2008). The first part holds such a row in a bar of linear elements, with the toughness as typed, where the energy is
Gc (1 + h/(c_w ℓ)), and with what the program makes of it (`numerical_toughness`), where it is Gc. r counts from the
edge of the row.

**Anisotropic toughness.** |∇d|² becomes ∇d·(I + a m⊗m)∇d. A crack with the normal n then costs Gc √(1 + a (m·n)²),
and its profile is as much wider. Here a = {EXCESS} and the crack runs along a line of facets between triangles, at
four angles between n and m.

**Varying toughness.** Along the crack, on {STRETCH:g} ℓ, Gc(x) falls from 1.5 Gc to Gc like a cosine, or at once from
1.5 Gc to 0.5 Gc after a quarter of it. The energy is ∫Gc(x) dx, (1 + 1/π) Gc and 0.75 Gc on average: to leading order
in ℓ for a crack that may turn or stop, and exactly for one that is straight and given. In ∇·(Gc ∇d) the change of Gc
along the crack meets no ∇d, so the profile is the same at every x.

What to doubt: the correction counts the row with its own h, which is clear in a bar. On triangles it takes the edge
of the equilateral triangle of the same area, and a crack is as wide as it finds its way. Surfing (V3) is the test of
that. For an anisotropic toughness the row still costs Gc h/(c_w ℓ), whatever n is: relative to a cost of Gc √(1 + a
(m·n)²) the correction is then too small where a < 0. The crack costs 4.5 % too much with AT1, a = {EXCESS}, m·n = 1
and ℓ/h = 8. A profile √(1 + a) as wide wants elements as much finer.
"""


def draw(
    figure: Figure,
    corrected: dict[str, dict[int, Profile]],
    plain: dict[str, dict[int, Profile]],
    cleavage: dict[str, list[float]],
) -> None:
    profiles, energies, angles = figure.subplots(1, 3)
    r = np.linspace(0, 4, 400)
    for colour, family in zip(("C0", "C1", "C2"), FAMILIES, strict=True):
        shown = corrected[family][ELEMENTS[1]]
        profiles.plot(r, PROFILES[family](r), color=colour, lw=1, label=family)
        profiles.plot(shown.distance, shown.damage, "o", color=colour, ms=3)
        for runs, marker, filled in ((plain, "s", "none"), (corrected, "o", colour)):
            sizes = [profile.size / LENGTH for profile in runs[family].values()]
            off = [abs(profile.energy - 1) for profile in runs[family].values()]
            energies.loglog(sizes, off, marker, color=colour, mfc=filled, ms=4)
        c_w = CRACK_MODELS[FAMILIES[family]].c_w
        h = np.array([1 / 16, 1 / 2])
        energies.loglog(h, h / c_w, color=colour, lw=0.7)
        if family in cleavage:
            angles.plot(ANGLES, cleavage[family], "o", color=colour, ms=5 - list(FAMILIES).index(family), label=family)
    energies.loglog(h, h**2 / 12, "k:", lw=0.8)
    degrees = np.linspace(0, 90, 91)
    angles.plot(degrees, [cleavage_exact(angle) for angle in degrees], "k", lw=1, label="Gc √(1 + a (m·n)²)")
    profiles.set(xlim=(0, 4), xlabel="distance from the row, r/ℓ", ylabel="damage")
    profiles.set_title(f"profile, ℓ/h = {ELEMENTS[1]}", fontsize=9)
    energies.set_xticks([1 / n for n in (16, 8, 4, 2)], ["1/16", "1/8", "1/4", "1/2"])
    energies.set_xticks([], minor=True)
    energies.set(xlabel="element size h/ℓ", ylabel="|energy/Gc - 1|")
    energies.set_title("open: as typed, and h/(c_w ℓ)\nfull: corrected, and order 2 (dotted)", fontsize=9)
    angles.set(xlabel="angle between m and n (°)", ylabel="energy/Gc", ylim=(0.4, 1.05))
    angles.set_title(f"cleavage, a = {EXCESS}", fontsize=9)
    for axes in (profiles, angles):
        axes.legend(frameon=False, fontsize=8)
