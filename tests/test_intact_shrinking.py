"""A case whose cathode shrinks along a measured curve: layers, what is told of it, the closed form."""

import pickle

import pytest
from mpi4py import MPI
from tiny_case import TINY
from typer.testing import CliRunner

from intact.bodies.body import Body, bodies
from intact.bodies.media import Layers, layers, missing
from intact.case.model import Case
from intact.case.read import Study, read
from intact.cli import app
from intact.runs.preflight import closed_form
from materials.mixture import Elastic, levin
from materials.swelling import theoretical_capacity
from mechanics import Medium
from mechanics.closed_forms import clamped_strip

STRAIN = 'active_strain = "-10 %"\nmeasure = "linear"'
NCM811 = 'curve = "NCM811"\nlithium = [0.88783, 0.24473]'
LCO = 'curve = "LCO"\nlithium = [1.0, 0.43]'
AT_THE_END = (1 - 0.0392153) / (1 - 0.0001909) - 1  # of the volume of NCM811 over that charge


def study(folder, shrinkage: str, *settings: str) -> Study:
    assert STRAIN in TINY
    path = folder / "curved.toml"
    path.write_text(TINY.replace(STRAIN, shrinkage), encoding="utf-8")
    return read(path, settings)


def only_case(folder, shrinkage: str, *settings: str) -> Case:
    [(_, case)] = study(folder, shrinkage, *settings).cases
    return case


def made(folder, shrinkage: str, *settings: str) -> Layers:
    return layers(only_case(folder, shrinkage, *settings))


def body(folder, shrinkage: str, *settings: str) -> Body:
    [one] = bodies(study(folder, shrinkage, *settings), MPI.COMM_SELF)
    return one


def test_the_cathode_follows_the_curve_and_by_levin(tmp_path):
    found = made(tmp_path, NCM811)
    cathode = found.media["cathode"]
    mixed, fraction = Elastic(cathode.young, cathode.poisson), found.active_volume_fraction
    share = levin(Elastic(7920, 0.3), Elastic(200_000, 0.25), mixed, 1.0, fraction)
    assert cathode.shrinkage(0.0) == 0
    assert cathode.shrinkage(1.0) == pytest.approx(share * ((1 + AT_THE_END) ** (1 / 3) - 1), rel=1e-9)  # round-off
    half = (0.88783 + 0.24473) / 2  # between 0.5792 and 0.55065 lithium, where the table has -0.83351 and -0.98621 %
    volume = 1 - 0.0083351 - (0.0098621 - 0.0083351) * (0.57920 - half) / (0.57920 - 0.55065)
    linear = (volume / (1 - 0.0001909)) ** (1 / 3) - 1
    assert cathode.shrinkage(0.5) == pytest.approx(share * linear, rel=1e-9)
    assert found.media["electrolyte"].shrinkage == found.media["interface"].shrinkage == 0


def test_a_strain_at_full_charge_stays_a_number(tmp_path):
    medium = made(tmp_path, STRAIN).media["cathode"]
    assert isinstance(medium.shrinkage, float)
    assert medium.strain(1.0) == medium.shrinkage
    assert medium.strain(0.5) == medium.shrinkage / 2


def test_capacity_is_counted_on_the_active_material_from_full_lithium(tmp_path):
    lithium = 1 - 180 / theoretical_capacity(97.57)  # of scNCM92
    by_lithium = made(tmp_path, f'curve = "NCM811"\nlithium = [1.0, {lithium!r}]').media["cathode"].shrinkage
    found = made(tmp_path, 'curve = "NCM811"\ncapacity = "180 mAh/g"')
    by_capacity = found.media["cathode"].shrinkage
    assert [by_capacity(soc) for soc in (0.3, 1.0)] == pytest.approx([by_lithium(soc) for soc in (0.3, 1.0)], rel=1e-9)
    assert "from 1 to 0.3447 lithium (a first charge of 180 mAh/g)" in found.sources["cathode shrinkage"]
    assert found.sources["scNCM92.molar_mass"].startswith("97.57 g/mol")
    assert "scNCM92.molar_mass" not in made(tmp_path, NCM811).sources
    heavier = made(tmp_path, 'curve = "NCM811"\ncapacity = "180 mAh/g"', "given.scNCM92.molar_mass=110 g/mol")
    assert heavier.media["cathode"].shrinkage(1.0) < by_capacity(1.0)  # more lithium leaves each formula unit


CARD = """
name = "Mine"
aliases = ["NMC811"]
formula = "LiX"
kind = "active"
about = "Made up for a test."
[[young_modulus]]
value = "200 GPa"
method = "guess"
confidence = "assumed"
[[poisson_ratio]]
value = 0.25
method = "guess"
confidence = "assumed"
[[density]]
value = "4.8 g/cm^3"
method = "guess"
confidence = "assumed"
"""


def test_a_molar_mass_that_is_missing_is_asked_for(tmp_path):
    (tmp_path / "mine.toml").write_text(CARD, encoding="utf-8")
    changes = ("materials.active=mine.toml",)
    [(key, sentence)] = missing(only_case(tmp_path, 'curve = "NCM811"\ncapacity = "180 mAh/g"', *changes))
    assert key == "materials.active"
    assert "has no molar_mass" in sentence
    assert missing(only_case(tmp_path, NCM811, *changes)) == []


def test_sources_name_the_curve_and_what_comes_out(tmp_path):
    told = made(tmp_path, NCM811).sources["cathode shrinkage"]
    assert told == (
        "Levin's formula, from the curve of NCM811 (secondary: Koerver et al., Energy Environ. Sci. 11, 2142 (2018), "
        "10.1039/c8ee00907d) from 0.8878 to 0.2447 lithium (given in the case): -3.90% volumetric, -1.32% linear of "
        "the active material at SoC 1"
    )
    assert made(tmp_path, STRAIN).sources["cathode shrinkage"] == (
        "Levin's formula, from -0.1 linear of the active material at SoC 1"
    )


def test_a_borrowed_curve_is_told(tmp_path):
    words = "scNCM92: its shrinkage is borrowed from the curve of NCM811"
    assert words in made(tmp_path, NCM811).warnings
    (tmp_path / "mine.toml").write_text(CARD, encoding="utf-8")
    for active in ("NCM811", "mine.toml"):  # which has a name of the curve among its own
        own = made(tmp_path, NCM811, f"materials.active={active}")
        assert not any("borrowed" in text for text in own.warnings)
    assert not any("borrowed" in text for text in made(tmp_path, STRAIN).warnings)
    nca = ("materials.active=NCA", "given.NCA.poisson_ratio=0.25")  # the curve has it as an alias
    assert not any("borrowed" in text for text in made(tmp_path, NCM811.replace("NCM811", "NCA80"), *nca).warnings)


def test_a_curve_of_ones_own_lies_beside_the_case(tmp_path):
    own = 'name = "Mine"\nabout = "Made up."\nreference = 1.0\n[volume]\nmethod = "guess"\nconfidence = "assumed"\n'
    (tmp_path / "own.toml").write_text(own + "points_in_percent = [[1.0, 0.0], [0.0, -3.0]]\n", encoding="utf-8")
    case = only_case(tmp_path, 'curve = "own.toml"\nlithium = [1.0, 0.0]')
    assert "from the curve of Mine (assumed: guess)" in layers(case).sources["cathode shrinkage"]
    (tmp_path / "elsewhere").mkdir()
    path = tmp_path / "elsewhere" / "case.toml"
    path.write_text(case.resolved(), encoding="utf-8")
    [(_, again)] = read(path).cases
    assert again == case


def test_the_resolved_case_keeps_curve_and_lithium(tmp_path):
    resolved = only_case(tmp_path, NCM811).resolved()
    assert 'curve = "NCM811"\nlithium = [0.88783, 0.24473]' in resolved
    assert "active_strain" not in resolved
    assert "measure" not in resolved
    path = tmp_path / "resolved.toml"
    path.write_text(resolved, encoding="utf-8")
    [(_, again)] = read(path).cases
    assert again == only_case(tmp_path, NCM811)


def test_curves_can_be_compared(tmp_path):
    both = study(tmp_path, NCM811, 'shrinkage.curve=["NCM811", "NCM622"]')
    assert both.folders == ("NCM811", "NCM622")
    ncm811, ncm622 = (layers(case).media["cathode"].shrinkage(1.0) for _, case in both.cases)
    volume = (1 - 0.037897) / (1 - 0.0010392) - 1  # of NCM622 over the same charge, by hand
    by_hand = ((1 + volume) ** (1 / 3) - 1) / ((1 + AT_THE_END) ** (1 / 3) - 1)
    assert ncm622 / ncm811 == pytest.approx(by_hand, rel=1e-4)  # as many digits were kept


def test_layers_travel_to_another_process(tmp_path):
    found = made(tmp_path, NCM811)
    there = pickle.loads(pickle.dumps(found))
    assert there.media["cathode"].shrinkage(0.7) == found.media["cathode"].shrinkage(0.7)


# Before a run


def release(of: Body, soc: float) -> float:
    """Of a crack along the layers at that state of charge, with the sign of the stress."""
    media = dict(of.layers.media)
    cathode = media["cathode"]
    media["cathode"] = Medium(cathode.young, cathode.poisson, cathode.toughness, shrinkage=cathode.shrinkage(soc))
    return clamped_strip([(of.thickness(name), media[name]) for name in media])[1]


@pytest.mark.parametrize("shrinkage", [NCM811, LCO])
def test_closed_form_finds_where_the_curve_releases_enough(tmp_path, shrinkage):
    one = body(tmp_path, shrinkage, "fracture.interface_toughness=0.02 J/m^2")
    pull, soc = closed_form(one)
    assert pull > 0
    assert release(one, soc - 0.001) < 0.02 <= release(one, soc)
    assert soc == round(soc, 3)


def test_what_swells_first_lets_go_late(tmp_path):
    """LCO presses until it is back at its first volume, which is at 0.46 lithium, or SoC 0.94 of this charge."""
    soc = closed_form(body(tmp_path, LCO, "fracture.interface_toughness=1e-6 J/m^2"))[1]
    back = 0.47723 - 0.67656 / (0.67656 + 0.10392) * (0.47723 - 0.46091)
    assert (1 - back) / 0.57 < soc < (1 - back) / 0.57 + 0.002


def test_a_curve_that_never_shrinks_enough_never_opens(tmp_path):
    pull, soc = closed_form(body(tmp_path, LCO, "fracture.interface_toughness=100 J/m^2"))
    assert pull > 0
    assert soc is None
    pressing = LCO.replace("0.43", "0.6")
    pull, soc = closed_form(body(tmp_path, pressing))
    assert pull < 0
    assert soc is None


def test_check_tells_the_strain_at_full_charge(tmp_path):
    study(tmp_path, NCM811)
    result = CliRunner().invoke(app, ["check", str(tmp_path / "curved.toml")])
    assert result.exit_code == 0, result.output
    strain = made(tmp_path, NCM811).media["cathode"].shrinkage(1.0)
    assert f"{strain:.2%}" in result.output
    assert "borrowed from the curve of NCM811" in " ".join(result.output.split())
    assert "1 case can be run" in result.output


def test_a_material_shows_its_curve():
    shown = " ".join(CliRunner().invoke(app, ["materials", "NMC811"]).output.split())
    assert "curve NCM811 change of volume over lithium content, for shrinkage.curve" in shown
    assert "volume: 26 points from 1 to 0.15092 lithium secondary" in shown
    assert "lattice a and c: 6 points from 1 to 0.11 lithium secondary" in shown
    assert "doi:10.1039/c8ee00907d" in shown
    assert "curve NCA80" in CliRunner().invoke(app, ["materials", "NCA"]).output
    assert "for shrinkage.curve" not in CliRunner().invoke(app, ["materials", "scNCM92"]).output
