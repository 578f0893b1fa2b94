"""Where things are: geometries and mesh files become dolfinx meshes whose parts are known by name."""

from meshes.composite import Composite
from meshes.domain import Domain, build, element_size, row_height
from meshes.file import load
from meshes.normals import nearest_normal
from meshes.packing import Packing, Particles, pack
from meshes.particle import Grains, Particle
from meshes.parts import MeshError
from meshes.stack import Notch, Stack

__all__ = [
    "Composite",
    "Domain",
    "Grains",
    "MeshError",
    "Notch",
    "Packing",
    "Particle",
    "Particles",
    "Stack",
    "build",
    "element_size",
    "load",
    "nearest_normal",
    "pack",
    "row_height",
]
