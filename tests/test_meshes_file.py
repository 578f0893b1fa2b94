"""A user's own mesh: what comes back from each format, and the sentence for each fault."""

from collections.abc import Callable
from pathlib import Path

import gmsh
import meshio
import numpy as np
import pytest
from dolfinx.mesh import entities_to_geometry
from mpi4py import MPI

from meshes import Domain, MeshError, Notch, Stack, build, element_size, load
from meshes.checks import check
from meshes.parts import NO_EDGES, NO_TRIANGLES, Parts

STACK = Stack(6.0, 2.0, 0.8, 2.0, fine=0.2, coarse=0.6, notch=Notch(1.5, 0.1))
EMPTY = np.array([], int)
SQUARE = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])


def areas(domain: Domain) -> dict[str, float]:
    size = element_size(domain.mesh)
    return {name: float(np.sum(size[cells] ** 2) * np.sqrt(3) / 4) for name, cells in domain.regions.items()}


def lengths(domain: Domain) -> dict[str, float]:
    found = {}
    for name, facets in domain.boundaries.items():
        domain.mesh.topology.create_connectivity(1, 2)
        a, b = np.moveaxis(domain.mesh.geometry.x[entities_to_geometry(domain.mesh, 1, facets)], 1, 0)
        found[name] = float(np.linalg.norm(b - a, axis=1).sum())
    return found


def write_stack(path: Path, version: float = 4.1, binary: bool = False) -> None:
    gmsh.initialize()
    try:
        gmsh.option.setNumber("General.Terminal", 0)
        gmsh.option.setNumber("Mesh.MshFileVersion", version)
        gmsh.option.setNumber("Mesh.Binary", binary)
        for source in ("ExtendFromBoundary", "FromPoints", "FromCurvature"):
            gmsh.option.setNumber(f"Mesh.MeshSize{source}", 0)
        STACK.draw()
        gmsh.model.mesh.generate(2)
        gmsh.write(str(path))
    finally:
        gmsh.finalize()


def two_layers(**changes: object) -> meshio.Mesh:
    """A unit square cut along its diagonal; one triangle and one edge for each name."""
    parts = {
        "points": SQUARE,
        "cells": [("triangle", np.array([[0, 1, 2], [0, 2, 3]])), ("line", np.array([[0, 1], [2, 3]]))],
        "cell_sets": {
            "lower": [np.array([0]), EMPTY],
            "upper": [np.array([1]), EMPTY],
            "bottom": [EMPTY, np.array([0])],
            "top": [EMPTY, np.array([1])],
        },
    }
    return meshio.Mesh(**(parts | changes))


def write_tagged(path: Path, geometrical: tuple[int, int], mesh: meshio.Mesh | None = None) -> None:
    """Version 2 of the gmsh format, groups numbered 1 to 4."""
    mesh = mesh or two_layers()
    names = list(mesh.cell_sets)
    mesh.cell_sets_to_data("gmsh:physical")
    mesh.cell_data["gmsh:physical"] = [numbers + 1 for numbers in mesh.cell_data["gmsh:physical"]]
    mesh.cell_data["gmsh:geometrical"] = [np.resize(geometrical, len(block)) for block in mesh.cells]
    dim = mesh.cells[0].dim
    mesh.field_data = {name: np.array([i + 1, dim if i < 2 else dim - 1]) for i, name in enumerate(names)}
    mesh.points = np.pad(mesh.points, ((0, 0), (0, 3 - dim)))
    mesh.write(path, file_format="gmsh22", binary=False)


def write_med(path: Path) -> None:
    mesh = two_layers(cell_sets={})
    mesh.cell_data["cell_tags"] = [np.array([-1, -2]), np.array([-3, -4])]
    mesh.cell_tags = {-1: ["lower"], -2: ["upper"], -3: ["bottom"], -4: ["top"]}
    mesh.write(path)


def write_xdmf(path: Path) -> None:
    mesh = two_layers()
    mesh.cell_sets_to_data()
    mesh.write(path)


def write_sets(path: Path) -> None:
    two_layers().write(path)


@pytest.mark.parametrize(("version", "binary"), [(4.1, False), (4.1, True), (2.2, False), (2.2, True)])
def test_stack_comes_back_from_gmsh(tmp_path: Path, version: float, binary: bool) -> None:
    write_stack(tmp_path / "stack.msh", version, binary)
    domain = load(tmp_path / "stack.msh", MPI.COMM_SELF)
    built = build(STACK, MPI.COMM_SELF)
    assert areas(domain) == pytest.approx(areas(built), rel=1e-10)  # version 2.2 writes 16 digits
    assert lengths(domain) == pytest.approx(lengths(built), rel=1e-10)
    assert domain.cell_counts() == pytest.approx(built.cell_counts(), rel=0.05)  # another 2D algorithm


@pytest.mark.parametrize("ending", [".vtu", ".xdmf", ".vtk"])
def test_stack_comes_back_from_meshio(tmp_path: Path, ending: str) -> None:
    write_stack(tmp_path / "stack.msh")
    mesh = meshio.read(tmp_path / "stack.msh")
    del mesh.cell_sets["gmsh:bounding_entities"]
    mesh.cell_data.clear()
    mesh.cell_sets_to_data()
    mesh.write(tmp_path / f"stack{ending}")
    domain = load(tmp_path / f"stack{ending}", MPI.COMM_SELF)
    original = load(tmp_path / "stack.msh", MPI.COMM_SELF)
    assert areas(domain) == pytest.approx(areas(original), rel=1e-9)  # .vtu writes 11 digits
    assert lengths(domain) == pytest.approx(lengths(original), rel=1e-9)
    assert domain.cell_counts() == original.cell_counts()


def test_groups_that_meshio_spoiled_are_refused(tmp_path: Path) -> None:
    # From .msh to .vtu by meshio alone, numbers of curves overwrite those of the last regions.
    mesh = two_layers()
    mesh.cell_sets["gmsh:bounding_entities"] = [np.array([1]), EMPTY]
    mesh.write(tmp_path / "a.vtu")
    with pytest.raises(MeshError, match=r"a cell at x = 0.3333, y = 0.6667 is in no region"):
        load(tmp_path / "a.vtu", MPI.COMM_SELF)


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("a.inp", write_sets),
        ("a.vtu", write_sets),
        ("a.xdmf", write_xdmf),
        ("a.med", write_med),
        ("a.msh", lambda path: write_tagged(path, (1, 2))),
        ("b.msh", lambda path: write_tagged(path, (0, 0))),  # one surface, two groups
    ],
)
def test_names_come_along(tmp_path: Path, name: str, write: Callable[[Path], None]) -> None:
    write(tmp_path / name)
    domain = load(str(tmp_path / name), MPI.COMM_SELF)
    domain.require(("lower", "upper"), ("bottom", "top"))
    for region, y in (("lower", 1 / 3), ("upper", 2 / 3)):
        points = domain.mesh.geometry.x[entities_to_geometry(domain.mesh, 2, domain.regions[region])]
        assert points[0].mean(axis=0)[1] == pytest.approx(y)
    for boundary, y in (("bottom", 0.0), ("top", 1.0)):
        points = domain.mesh.geometry.x[entities_to_geometry(domain.mesh, 1, domain.boundaries[boundary])]
        np.testing.assert_array_equal(points[0, :, 1], y)


def test_corners_may_run_either_way(tmp_path: Path) -> None:
    cells = [("triangle", np.array([[0, 2, 1], [0, 2, 3]])), ("line", np.array([[0, 1], [2, 3]]))]
    two_layers(cells=cells).write(tmp_path / "a.inp")
    assert areas(load(tmp_path / "a.inp", MPI.COMM_SELF)) == pytest.approx({"lower": 0.5, "upper": 0.5})


def test_points_without_cells_are_left_out(tmp_path: Path) -> None:
    cells = [("triangle", np.array([[1, 2, 3], [1, 3, 4]])), ("line", np.array([[1, 2], [3, 4]]))]
    two_layers(points=np.vstack([[[9.0, 9.0]], SQUARE]), cells=cells).write(tmp_path / "a.inp")
    domain = load(tmp_path / "a.inp", MPI.COMM_SELF)
    assert domain.mesh.geometry.x.max() == 1.0
    assert areas(domain) == pytest.approx({"lower": 0.5, "upper": 0.5})
    assert lengths(domain) == pytest.approx({"bottom": 1.0, "top": 1.0})


def test_other_numbers_on_cells_are_left_alone(tmp_path: Path) -> None:
    mesh = two_layers()
    mesh.cell_sets_to_data()
    mesh.cell_data["grain-size"] = [np.array([0, 7], np.uint64), np.array([1, 7], np.uint64)]
    mesh.write(tmp_path / "a.vtu")
    domain = load(tmp_path / "a.vtu", MPI.COMM_SELF)
    assert [*domain.regions, *domain.boundaries] == ["lower", "upper", "bottom", "top"]


def test_missing_names_are_all_told(tmp_path: Path) -> None:
    two_layers().write(tmp_path / "a.inp")
    domain = load(tmp_path / "a.inp", MPI.COMM_SELF)
    with pytest.raises(MeshError) as caught:
        domain.require(("lower", "uper"), ("botom", "notch"))
    assert str(caught.value) == (
        "the mesh has no region 'uper' (did you mean 'upper'?) and no boundary 'botom' "
        "(did you mean 'bottom'?) and no boundary 'notch'; "
        "its regions are 'lower', 'upper', its boundaries 'bottom', 'top'"
    )


@pytest.mark.parametrize(("kind", "entity"), [("region", "cell"), ("boundary", "facet")])
def test_names_of_nothing(kind: str, entity: str) -> None:
    regions = {"lower": np.array([[0, 1, 2]])} | ({"upper": NO_TRIANGLES} if kind == "region" else {})
    boundaries = {"upper": NO_EDGES} if kind == "boundary" else {}
    points = np.column_stack([SQUARE, np.zeros(4)])
    with pytest.raises(MeshError, match=f"the {kind} 'upper' has no {entity}s"):
        check(Parts(points, regions, boundaries, NO_TRIANGLES))


FAULTS: dict[str, tuple[dict, str]] = {
    "no names": ({"cell_sets": {}}, "no region of the mesh has a name; put its surfaces into"),
    "nameless cell": (
        {"cell_sets": {"lower": [np.array([0]), EMPTY]}},
        r"a cell at x = 0.3333, y = 0.6667 is in no region \(1 such in all\)",
    ),
    "cell in two regions": (
        {"cell_sets": {"lower": [np.array([0, 1]), EMPTY], "upper": [np.array([1]), EMPTY]}},
        r"a cell at x = 0.3333, y = 0.6667 is in both 'lower' and 'upper' \(1 such in all\)",
    ),
    "facet in two boundaries": (
        {
            "cell_sets": {
                "all": [np.array([0, 1]), EMPTY],
                "bottom": [EMPTY, np.array([0])],
                "edges": [EMPTY, np.array([0, 1])],
            }
        },
        "a facet at x = 0.5, y = 0 is in both 'bottom' and 'edges' .* each facet belongs to one boundary",
    ),
    "cell twice": (
        {
            "cells": [("triangle", np.array([[0, 1, 2], [2, 0, 1]]))],
            "cell_sets": {"lower": [np.array([0, 1])]},
        },
        "a cell at x = 0.6667, y = 0.3333 is twice in 'lower'",
    ),
    "quadrilaterals": (
        {"cells": [("quad", np.array([[0, 1, 2, 3]]))], "cell_sets": {"all": [np.array([0])]}},
        "the mesh has cells of the type 'quad', and takes 3-node triangles only",
    ),
    "not flat": (
        {"points": np.column_stack([SQUARE, [0.0, 0.0, 0.0, 0.1]])},
        "does not lie in the xy plane: its z coordinates spread over 0.1",
    ),
    "not a number": (
        {"points": np.vstack([SQUARE[:3], [[np.nan, 1.0]]])},
        "has points whose coordinates are not finite numbers",
    ),
    "no area": (
        {"points": np.vstack([SQUARE[:3], [[0.5, 0.5]]])},
        r"a cell at x = 0.5, y = 0.5 has no area \(1 such in all\)",
    ),
    "folded over": (
        {"points": np.vstack([SQUARE[:3], [[0.9, 0.2]]])},
        "two cells overlap at their edge at x = 0.5, y = 0.5; one of them is inverted",
    ),
    "facet in the air": (
        {"cells": [("triangle", np.array([[0, 1, 2], [0, 2, 3]])), ("line", np.array([[0, 1], [1, 3]]))]},
        "a facet of 'top' at x = 0.5, y = 0.5 is not the side of any cell",
    ),
    "in two pieces": (
        {
            "points": np.vstack([SQUARE, SQUARE[[0, 2]]]),
            "cells": [("triangle", np.array([[0, 1, 2], [4, 5, 3]])), ("line", np.array([[0, 1], [5, 3]]))],
        },
        "falls into pieces: the one with the cell at x = 0.3333, y = 0.6667 has no points in common",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faulty_meshes(tmp_path: Path, fault: str) -> None:
    changes, sentence = FAULTS[fault]
    path = tmp_path / "a.inp"
    two_layers(**changes).write(path)
    with pytest.raises(MeshError, match=sentence) as caught:
        load(path, MPI.COMM_SELF)
    assert str(caught.value).startswith(f"the mesh file '{path}' cannot be used: ")


def draw_groups(path: Path, groups: dict[tuple[int, int], str], save_all: bool = False, **options: float) -> None:
    """A unit square (surface 1, curves 1 to 4) meshed by gmsh, with physical groups {(dim, number): name}."""
    gmsh.initialize()
    try:
        gmsh.option.setNumber("General.Terminal", 0)
        gmsh.option.setNumber("Mesh.SaveAll", save_all)
        for name, number in options.items():
            gmsh.option.setNumber(f"Mesh.{name}", number)
        points = [gmsh.model.geo.addPoint(x, y, 0, 0.5) for x, y in SQUARE]
        lines = [gmsh.model.geo.addLine(points[i], points[(i + 1) % 4]) for i in range(4)]
        gmsh.model.geo.addPlaneSurface([gmsh.model.geo.addCurveLoop(lines)])
        gmsh.model.geo.synchronize()
        for (dim, number), name in groups.items():
            gmsh.model.addPhysicalGroup(dim, [1], number, name)
        gmsh.model.mesh.generate(2)
        gmsh.write(str(path))
    finally:
        gmsh.finalize()


@pytest.mark.parametrize("version", [2.2, 4.1])
@pytest.mark.parametrize(
    ("groups", "sentence"),
    [
        ({}, "no region of the mesh has a name"),
        ({(1, 1): "bottom"}, "no region of the mesh has a name"),
        ({(2, 1): "plate", (2, 2): "plates"}, "is in both 'plate' and 'plates'"),
        ({(2, 1): "plate", (1, 1): "bottom", (1, 2): "base"}, "is in both 'bottom' and 'base'"),
    ],
)
def test_faulty_physical_groups(tmp_path: Path, version: float, groups: dict, sentence: str) -> None:
    draw_groups(tmp_path / "a.msh", groups, save_all=not groups, MshFileVersion=version)
    with pytest.raises(MeshError, match=sentence):
        load(tmp_path / "a.msh", MPI.COMM_SELF)


def test_physical_group_without_a_name(tmp_path: Path) -> None:
    draw_groups(tmp_path / "a.msh", {(2, 7): ""})
    with pytest.raises(MeshError, match="the physical group 7 of surfaces has no name; give it one"):
        load(tmp_path / "a.msh", MPI.COMM_SELF)


@pytest.mark.parametrize(
    ("options", "kind"), [({"RecombineAll": 1}, "Quadrilateral 4"), ({"ElementOrder": 2}, "Triangle 6")]
)
def test_other_cells_of_gmsh(tmp_path: Path, options: dict, kind: str) -> None:
    draw_groups(tmp_path / "a.msh", {(2, 1): "plate"}, **options)
    with pytest.raises(MeshError, match=f"cells of the type '{kind}', and takes 3-node triangles only"):
        load(tmp_path / "a.msh", MPI.COMM_SELF)


CUBE = np.array([[x, y, z] for z in (0.0, 1.0) for y in (0.0, 1.0) for x in (0.0, 1.0)])
# The six tetrahedra around the diagonal from corner 0 to corner 7: one below and one above for each pair of axes
AROUND = np.array([[0, 7, a, b] for a, b in ((1, 3), (3, 2), (2, 6), (6, 4), (4, 5), (5, 1))])
NONE = np.array([], int)


def two_halves(**changes: object) -> meshio.Mesh:
    """A unit cube of six tetrahedra, three to each region; two triangles for each boundary."""
    parts = {
        "points": CUBE,
        "cells": [("tetra", AROUND), ("triangle", np.array([[0, 1, 3], [0, 3, 2], [4, 5, 7], [4, 7, 6]]))],
        "cell_sets": {
            "lower": [np.array([0, 1, 5]), NONE],
            "upper": [np.array([2, 3, 4]), NONE],
            "front": [NONE, np.array([0, 1])],
            "back": [NONE, np.array([2, 3])],
        },
    }
    return meshio.Mesh(**(parts | changes))


def volumes(domain: Domain) -> dict[str, float]:
    size = element_size(domain.mesh)
    return {name: float(np.sum(size[cells] ** 3) / np.sqrt(72)) for name, cells in domain.regions.items()}


@pytest.mark.parametrize("ending", [".inp", ".vtu", ".med", ".msh"])
def test_tetrahedra_come_along_with_their_names(tmp_path: Path, ending: str) -> None:
    path, mesh = tmp_path / f"a{ending}", two_halves()
    if ending == ".msh":
        write_tagged(path, (0, 0), mesh)
    elif ending == ".med":
        mesh.cell_data["cell_tags"] = [np.array([-1, -1, -2, -2, -2, -1]), np.array([-3, -3, -4, -4])]
        mesh.cell_tags, mesh.cell_sets = {-1: ["lower"], -2: ["upper"], -3: ["front"], -4: ["back"]}, {}
        mesh.write(path)
    else:
        mesh.write(path)
    domain = load(path, MPI.COMM_SELF)
    assert volumes(domain) == pytest.approx({"lower": 0.5, "upper": 0.5})
    assert {name: len(facets) for name, facets in domain.boundaries.items()} == {"front": 2, "back": 2}
    for name, z in (("front", 0.0), ("back", 1.0)):
        domain.mesh.topology.create_connectivity(2, 3)
        points = domain.mesh.geometry.x[entities_to_geometry(domain.mesh, 2, domain.boundaries[name])]
        np.testing.assert_array_equal(points[:, :, 2], z)


def test_box_comes_back_from_gmsh(tmp_path: Path) -> None:
    """Curves may have names as well, which say nothing in space."""
    gmsh.initialize()
    try:
        gmsh.option.setNumber("General.Terminal", 0)
        box = gmsh.model.occ.addBox(0, 0, 0, 1, 2, 3)
        gmsh.model.occ.synchronize()
        for dim, name in ((3, "box"), (2, "left"), (1, "rim")):
            gmsh.model.addPhysicalGroup(dim, [box], name=name)
        gmsh.model.mesh.generate(3)
        gmsh.write(str(tmp_path / "a.msh"))
    finally:
        gmsh.finalize()
    domain = load(tmp_path / "a.msh", MPI.COMM_SELF)
    assert volumes(domain) == pytest.approx({"box": 6.0})
    assert list(domain.boundaries) == ["left"]


SPATIAL_FAULTS: dict[str, tuple[dict, str]] = {
    "nameless cell": (
        {"cell_sets": {"lower": [np.array([0, 1, 3, 4, 5]), NONE]}},
        r"a cell at x = 0.25, y = 0.75, z = 0.5 is in no region \(1 such in all\); put every volume into",
    ),
    "hexahedra": (
        {"cells": [("hexahedron", np.array([[0, 1, 3, 2, 4, 5, 7, 6]]))], "cell_sets": {"all": [np.array([0])]}},
        "the mesh has cells of the type 'hexahedron', and takes 4-node tetrahedra only",
    ),
    "no volume": (
        {"points": np.vstack([CUBE[:6], [[0.0, 0.0, 0.5]], CUBE[7:]])},
        "a cell at x = 0.25, y = 0.25, z = 0.625 has no volume",
    ),
    "folded over": (
        {"points": np.vstack([[[1.5, 0.4, 0.5]], CUBE[1:]])},
        "two cells overlap at their face at x = .* one of them is inverted",
    ),
    "facet in the air": (
        {"cells": [("tetra", AROUND), ("triangle", np.array([[0, 1, 3], [0, 3, 2], [4, 5, 7], [1, 7, 6]]))]},
        "a facet of 'back' at .*, z = 0.6667 is not the side of any cell",
    ),
}


@pytest.mark.parametrize("fault", SPATIAL_FAULTS)
def test_faulty_meshes_in_space(tmp_path: Path, fault: str) -> None:
    changes, sentence = SPATIAL_FAULTS[fault]
    two_halves(**changes).write(tmp_path / "a.inp")
    with pytest.raises(MeshError, match=sentence):
        load(tmp_path / "a.inp", MPI.COMM_SELF)


def test_numbers_without_names(tmp_path: Path) -> None:
    mesh = two_layers()
    mesh.cell_sets_to_data("material")
    mesh.write(tmp_path / "a.vtu")
    with pytest.raises(MeshError, match="no region of the mesh has a name"):
        load(tmp_path / "a.vtu", MPI.COMM_SELF)


@pytest.mark.parametrize("name", ["a.msh", "a.vtu", "a.xdmf", "a.med", "a.inp", "a.stl", "a.png", "a"])
def test_unreadable_files(tmp_path: Path, name: str, capfd: pytest.CaptureFixture) -> None:
    path = tmp_path / name
    path.write_text("not a mesh\n")
    with pytest.raises(MeshError) as caught:
        load(path, MPI.COMM_SELF)
    assert str(caught.value).startswith(f"the mesh file '{path}' cannot be used: ")
    assert "\n" not in str(caught.value)
    assert not str(caught.value).endswith("(1)")  # the exit code of a library that gave up
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", ["nowhere.msh", "."])
def test_absent_files(tmp_path: Path, name: str) -> None:
    with pytest.raises(MeshError, match="there is no mesh file '"):
        load(tmp_path / name, MPI.COMM_SELF)


SCRIPTED = ["msh", "geo", "geo_unrolled", "pos", "opt", "stl", "step", "brep", "iges", "med", "mesh", "bdf", "py", "MSH"]


@pytest.mark.filterwarnings("ignore:overflow")  # meshio takes text for the number of triangles in .stl
@pytest.mark.parametrize("ending", SCRIPTED)
def test_scripts_are_never_run(tmp_path: Path, ending: str, capfd: pytest.CaptureFixture) -> None:
    marker = tmp_path / "executed"
    path = tmp_path / f"mesh.{ending}"
    path.write_text(f'SystemCall "touch {marker}";\nPoint(1) = {{0, 0, 0, 1}};\n')
    with pytest.raises(MeshError, match="cannot be used: .*(is in no format of meshes that is known|cannot read it)"):
        load(path, MPI.COMM_SELF)
    assert not marker.exists()
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("ending", ["msh", "geo"])
@pytest.mark.parametrize(
    "begin",
    [
        "$MeshFormat\n4.1 0 8\n$EndMeshFormat\n",
        "$MeshFormat\n4.1 0 8\n$EndMeshFormat\n$Nodes\n0 0 0 0\n$EndNodes\n$Elements\n0 0 0 0\n$EndElements\n",
        "$MeshFormat\n4.1 0 8\n$EndMeshFormat\n$Parametrizations\n",
        "$MeshFormat\n9.9 0 8\n$EndMeshFormat\n",
        "$MeshFormat\n2.2 0 8\n$EndMeshFormat\n",
        "$MeshFormat ",
        "\n$MeshFormat\n4.1 0 8\n$EndMeshFormat\n",
        "//$MeshFormat\n",
        "$PostFormat\n1.4 0 8\n$EndPostFormat\n",
        "$NOD\n0\n$ENDNOD\n",
    ],
)
def test_nor_what_begins_as_a_mesh_and_goes_on_as_a_script(tmp_path: Path, begin: str, ending: str) -> None:
    marker = tmp_path / "executed"
    path = tmp_path / f"mesh.{ending}"
    path.write_text(f'{begin}SystemCall "touch {marker}";\n$View\nSystemCall "touch {marker}";\n$EndView\n')
    with pytest.raises(MeshError):
        load(path, MPI.COMM_SELF)
    assert not marker.exists()


def test_nor_options_of_gmsh_beside_a_mesh(tmp_path: Path) -> None:
    """Gmsh does what FILE.opt says when it reads FILE."""
    write_stack(tmp_path / "stack.msh")
    (tmp_path / "stack.msh.opt").write_text(f'SystemCall "touch {tmp_path / "executed"}";\n')
    assert load(tmp_path / "stack.msh", MPI.COMM_SELF).regions
    assert not (tmp_path / "executed").exists()


def test_an_msh_file_may_have_any_name(tmp_path: Path) -> None:
    for version in (2.2, 4.1):
        write_stack(tmp_path / "stack.msh", version)
        (tmp_path / "stack.msh").rename(tmp_path / "stack.geo")
        load(tmp_path / "stack.geo", MPI.COMM_SELF).require(("electrolyte", "cathode"))
