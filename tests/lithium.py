"""Lithium in round particles: Crank's series, and an independent solution where stress takes part."""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np
from scipy.integrate import solve_ivp
from scipy.optimize import brentq
from scipy.special import j0, jn_zeros

from mechanics import Fixed, History, Limits, Solid, Stage
from mechanics.history.currents import Currents
from mechanics.lithium.coupling import Coupling
from mechanics.lithium.transport import Transport

TERMS = 200
SMALLEST = 1e-3  # s


def charge(solid: Solid, minimiser: Any, transport: Transport, coupling: Coupling, observer: Any) -> bool:
    """Through all currents of the transport, with steps of no less than SMALLEST; the measure of the pace is a second.
    Nothing lets go."""
    stages = [Stage(f"stage {number}") for number, _ in enumerate(transport.stages)]
    drive = Currents(transport, coupling, stages, Limits(inf, SMALLEST), 1.0)
    return History(Fixed(solid, minimiser), drive, observer=observer).run()


@dataclass(frozen=True)
class Series:
    """Crank (1975), sections 5.3 and 6.3: constant flux into a body of radius R that was even at first,

        x - x₀ = F R/D (n τ + ρ²/2 - c - Σ bᵢ(ρ) exp(-αᵢ² τ)),    τ = Dt/R², ρ = r/R,

    n = 2 for a cylinder, J₁(α) = 0, and 3 for a sphere, tan α = α."""

    dimension: int
    radius: float
    diffusivity: float
    flux: float  # F: content that enters each area in a second

    def content(self, r: np.ndarray, time: float) -> np.ndarray:
        """Less that at the start."""
        tau, rho = self.diffusivity * time / self.radius**2, np.maximum(np.asarray(r) / self.radius, 1e-9)
        even = self.dimension * tau + rho**2 / 2 - self.dimension / (2 * (self.dimension + 2))
        fading = np.sum([b * np.exp(-(a**2) * tau) for a, b in self._terms(rho)], axis=0)
        return self.flux * self.radius / self.diffusivity * (even - fading)

    def _terms(self, rho: np.ndarray) -> list[tuple[float, np.ndarray]]:
        if self.dimension == 2:
            return [(a, 2 * j0(a * rho) / (a**2 * j0(a))) for a in jn_zeros(1, TERMS)]
        zeros = [brentq(lambda a: np.sin(a) - a * np.cos(a), i * np.pi, (i + 0.5) * np.pi) for i in range(1, TERMS + 1)]
        return [(a, 2 * np.sin(a * rho) / (rho * a**2 * np.sin(a))) for a in zeros]


def shells(
    radius: float, outflux: float, time: float, diffusivity: Callable[[np.ndarray], np.ndarray], count: int = 400
) -> tuple[np.ndarray, np.ndarray]:
    """A full sphere of this many shells after constant flux out: middles of shells and their content. Finite volumes,
    and an integrator of another family, which share nothing with what they are held against."""
    faces = np.linspace(0, radius, count + 1)
    middles, volumes, areas = (faces[1:] + faces[:-1]) / 2, np.diff(faces**3) / 3, faces**2

    def change(_: float, x: np.ndarray) -> np.ndarray:
        flux = np.zeros(count + 1)
        flux[1:-1] = -diffusivity((x[1:] + x[:-1]) / 2) * np.diff(x) / np.diff(middles)
        flux[-1] = outflux
        return -np.diff(areas * flux) / volumes

    found = solve_ivp(change, (0, time), np.ones(count), method="LSODA", rtol=1e-9, atol=1e-10, lband=1, uband=1)
    return middles, found.y[:, -1]
