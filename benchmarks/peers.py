"""phasefieldx, in its own words: staggered iterations with a history field, its solvers and its tolerance.

It asks for dolfinx 0.10. Where that is 0.9, what it calls by new names is put there under them (`_as_in_0_10`); the
work done is the same.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import chdir
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from types import ModuleType
from typing import Any

import numpy as np
from dolfinx import fem, la
from dolfinx.fem import petsc
from mpi4py import MPI
from petsc4py import PETSc

import meshes
from benchmarks.measure import Counters, MeasuredStep, Run, megabytes, sample
from benchmarks.problems import LENGTH, Plate

OUTPUT = "output"
FOLDER = Path(__file__).parent
WANTED = FOLDER / "peers.txt"  # what pip, called by containers/run, is asked for
WHEELS = FOLDER / "peers"
ABSENT = "phasefieldx is not here (it comes from PyPI, when containers/run can reach that): Intact runs alone"
NOT_NEEDED = ("pandas", "scifem")  # imported by parts of it that are not used here


def wheel() -> Path | None:
    """The package as fetched, if it is the one that was asked for."""
    for file in sorted(WHEELS.glob("phasefieldx-*.whl")):
        if sha256(file.read_bytes()).hexdigest() in WANTED.read_text(encoding="utf-8"):
            return file
    return None


def run(plate: Plate, mesh: Path, steps: int) -> Run:
    library, data = _load(), meshes.load(mesh, MPI.COMM_SELF)
    body, facets = data.mesh, data.boundaries
    displacement = fem.functionspace(body, ("Lagrange", 1, (2,)))
    damage = fem.functionspace(body, ("Lagrange", 1))
    conditions, moving, names = [], [], []
    for name, components in plate.held().items():
        for component, moves in components.items():
            dofs = fem.locate_dofs_topological(displacement.sub(component), 1, facets[name])
            value = fem.Constant(body, PETSc.ScalarType(0.0))
            conditions.append(fem.dirichletbc(value, dofs, displacement.sub(component)))
            names.append(f"{name} {component}")
            moving += [value] if moves else []
    settings = library.Input(
        E=plate.steel.young,
        nu=plate.steel.poisson,
        Gc=plate.steel.toughness,
        l=LENGTH,
        degradation="isotropic" if plate.split == "none" else "anisotropic",
        split_energy={"none": "no", "spectral": "spectral"}[plate.split],
        degradation_function="quadratic",
        irreversibility="miehe",
        save_solution_vtu=False,
        results_folder_name=OUTPUT,
    )
    watch = _Watch(plate, moving)
    watch.follow(library.solver_history)
    with TemporaryDirectory() as folder, chdir(folder):  # it writes where it is, and clears that first
        library.solver_history.solve(
            settings, body, steps, displacement, damage, conditions, [], watch.step, bcs_list_u_names=names
        )
        watch.stamp()
        found = watch.steps(Path(OUTPUT), f"top {plate.pulled}")
    phi = watch.damage
    assert phi is not None
    return Run(
        displacement_unknowns=2 * damage.dofmap.index_map.size_global,
        damage_unknowns=damage.dofmap.index_map.size_global,
        elastic_solve=float(np.median(watch.elastic[1:])),
        elastic_megabytes=0.0,
        megabytes=megabytes(),
        steps=tuple(found),
        field=sample(body, phi),
    )


class _Watch:
    """Moves the top, and looks at the clock between steps; no part of the code's own work is changed."""

    def __init__(self, plate: Plate, moving: Sequence[fem.Constant]) -> None:
        self._plate, self._moving = plate, moving
        self._loads: list[float] = []
        self._stamps: list[tuple[float, Counters]] = []
        self.elastic: list[float] = []  # seconds of each solve for the displacement alone
        self.damage: fem.Function | None = None

    def stamp(self) -> None:
        self._stamps.append((process_time(), Counters.now()))

    def step(self, conditions: object, time: float) -> tuple[float, float, float]:
        self.stamp()
        self._loads.append(self._plate.start + round(time) * self._plate.step)
        for value in self._moving:
            value.value = self._loads[-1]
        return (0.0, self._loads[-1], 0.0)

    def follow(self, module: Any) -> None:
        energies, solve = module.compute_total_energies, petsc.NonlinearProblem.solve

        def seen(u: fem.Function, phi: fem.Function, *others: Any, **named: Any) -> Any:
            self.damage = phi
            return energies(u, phi, *others, **named)

        def timed(problem: Any) -> Any:
            start = process_time()
            solved = solve(problem)
            newton = problem.solver.getIterationNumber()
            if problem.solver.getOptionsPrefix() == "elasticity" and newton:
                self.elastic.append((process_time() - start) / newton)
            return solved

        module.compute_total_energies, petsc.NonlinearProblem.solve = seen, timed

    def steps(self, folder: Path, held: str) -> list[MeasuredStep]:
        iterations = np.loadtxt(folder / "phasefieldx.conv", ndmin=2)[:, 1].astype(int)
        energies = np.loadtxt(folder / "total.energy", ndmin=2)[:, [2, 3]]
        forces = np.loadtxt(folder / f"{held}.reaction", ndmin=2)[:, 1 + self._plate.pulled]
        found = []
        for i, load in enumerate(self._loads):
            (start, before), (end, after) = self._stamps[i : i + 2]
            count = int(iterations[i])
            # each iteration also projects the energy, by a Krylov solver with an incomplete factor
            factors = (after - before).factorisations - count
            elastic, fracture = map(float, energies[i])
            force, seconds = abs(float(forces[i])), end - start
            found.append(MeasuredStep(load, force, elastic, fracture, count, seconds, factors, factors))
        return found


def _load() -> Any:
    file = wheel()
    if file is not None:
        sys.path.insert(0, str(file))
    for name in NOT_NEEDED:
        sys.modules.setdefault(name, _Stub(name))
    if not hasattr(petsc, "NewtonSolverNonlinearProblem"):
        _as_in_0_10()
    import phasefieldx.Element.Phase_Field_Fracture as library

    return library


class _Stub(ModuleType):
    def __getattr__(self, name: str) -> Any:
        return object


def _as_in_0_10() -> None:
    create = petsc.create_vector

    def create_vector(what: Any) -> PETSc.Vec:
        if isinstance(what, fem.FunctionSpace):
            return la.create_petsc_vector(what.dofmap.index_map, what.dofmap.index_map_bs)
        return create(what)

    petsc.create_vector = create_vector
    petsc.NewtonSolverNonlinearProblem = petsc.NonlinearProblem
    petsc.NonlinearProblem = _Problem


class _Problem:
    """dolfinx.fem.petsc.NonlinearProblem of 0.10: SNES around a residual and its derivative."""

    def __init__(
        self, F: Any, u: fem.Function, *, bcs: Any, J: Any, petsc_options: dict, petsc_options_prefix: str
    ) -> None:
        self.u, self.bcs, self.F, self.J = u, bcs, fem.form(F), fem.form(J)
        self.A, self.b = petsc.create_matrix(self.J), petsc.create_vector(self.F)
        self.x = self.b.duplicate()
        self.solver = PETSc.SNES().create(u.function_space.mesh.comm)
        self.solver.setFunction(self._residual, self.b)
        self.solver.setJacobian(self._jacobian, self.A)
        self.solver.setOptionsPrefix(petsc_options_prefix)
        options = PETSc.Options(petsc_options_prefix)
        for key, value in petsc_options.items():
            options[key] = value
        self.solver.setFromOptions()

    def solve(self) -> fem.Function:
        self.x.array[:] = self.u.x.petsc_vec.array_r
        self.solver.solve(None, self.x)
        self.u.x.petsc_vec.array[:] = self.x.array_r
        return self.u

    def _residual(self, snes: PETSc.SNES, x: PETSc.Vec, b: PETSc.Vec) -> None:
        self.u.x.petsc_vec.array[:] = x.array_r
        b.zeroEntries()
        petsc.assemble_vector(b, self.F)
        petsc.apply_lifting(b, [self.J], [self.bcs], x0=[x], alpha=-1.0)
        petsc.set_bc(b, self.bcs, x0=x, alpha=-1.0)

    def _jacobian(self, snes: PETSc.SNES, x: PETSc.Vec, A: PETSc.Mat, P: PETSc.Mat) -> None:
        A.zeroEntries()
        petsc.assemble_matrix(A, self.J, bcs=self.bcs)
        A.assemble()
