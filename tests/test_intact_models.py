"""Every model and geometry from a case file to a converged run with its files."""

import json

import pytest
from tiny_case import tiny

import intact.runs.run
from intact.runs.run import run

ELASTIC = "flow.yield_stress=none"
MODELS = {
    "AT2": ("fracture.model=AT2",),
    "PF-CZM linear": ("fracture.model=PF-CZM linear", "fracture.interface_strength=150 MPa"),
    "PF-CZM exponential": ("fracture.model=PF-CZM exponential", "fracture.interface_strength=150 MPa"),
    "PF-CZM Cornelissen": ("fracture.model=PF-CZM Cornelissen", "fracture.interface_strength=150 MPa"),
    "no split": ("fracture.split=none",),
    "star-convex": ("fracture.split=star-convex", "fracture.star_convexity=5"),
    "spectral": ("fracture.split=spectral", ELASTIC),
    "no-tension": ("fracture.split=no-tension", ELASTIC),
    "Voce": ("flow.saturation_stress=100 MPa", "flow.saturation_strain=2 %", "given.LZCO.hardness=0.3 GPa"),
    "plane stress": ("geometry=plane stress",),
    "axisymmetric": ("geometry=axisymmetric", "boundaries.left=sliding"),
    "3d": (
        "geometry=3d",
        "stack.depth=0.5 um",
        "stack.width=1.2 um",
        "stack.notch.length=0.4 um",
        "fracture.length=0.4 um",
        "mesh.elements_per_length=1.5",
        ELASTIC,
    ),
}


@pytest.mark.parametrize("settings", MODELS.values(), ids=MODELS)
def test_model_runs_from_its_words_in_the_case_file(tmp_path, monkeypatch, settings):
    monkeypatch.setattr(intact.runs.run.pictures, "draw", lambda folder: [])
    study = tiny(tmp_path, "steps.until=0.1", "output.soc=[0.1]", *settings)
    assert run(study, tmp_path)
    [told] = json.loads((tmp_path / "tiny" / "summary.json").read_text())["runs"]
    assert told["converged"]
    unit = "pJ" if {"geometry=axisymmetric", "geometry=3d"} & set(settings) else "uJ_per_m"
    assert told["last_soc"] == 0.1
    assert told["energy_balance"][f"work_{unit}"] > 0
    assert f"elastic_energy_{unit}" in (tmp_path / "tiny" / "LZCO" / "history.csv").read_text()
