"""A step is repeated where damage enters coarse cells, and ends as if the mesh had been fine there from the start."""

import json
import shutil

import numpy as np
import pytest
from mpi4py import MPI

import meshes
from mechanics import CRACK_MODELS, SPLITS, Medium, Solid, Support
from mechanics.adaptive import ENTERED, Adaptive, Finer
from meshes.refine import coarse, eventual_size, inherited, refined
from tests.processes import on_processes

LENGTH = 0.2
FINE = LENGTH / 2
STACK = meshes.Stack(3.0, 0.8, 0.8, 0.8, 0.4, 0.4, meshes.Notch(1.0, 0.2))
MEDIUM = Medium(young=1000.0, poisson=0.2, toughness=1.0)
LOADS = (0.01, 0.03, 0.05, 0.055, 0.06)  # µm, of the top
