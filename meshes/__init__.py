"""Where things are: geometries and mesh files become dolfinx meshes whose parts are known by name."""

from meshes.domain import Domain, build, element_size, row_height
from meshes.file import load
from meshes.parts import MeshError
from meshes.stack import Notch, Stack

__all__ = ["Domain", "MeshError", "Notch", "Stack", "build", "element_size", "load", "row_height"]
