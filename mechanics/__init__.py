"""What happens: an incremental potential, its minimiser, and the history that follows from it.

Knows no files, no pictures and no material by name: it gets a mesh, named regions and numbers, and gives back states.
"""

from mechanics.body.solid import Solid, SolidError
from mechanics.body.supports import Support
from mechanics.compiling import keep_forms_whole
from mechanics.history.history import Fixed, History
from mechanics.history.pace import Limits
from mechanics.history.record import Record
from mechanics.history.schedule import Schedule, Stage, charges
from mechanics.laws.crack import CRACK_MODELS, CrackModel
from mechanics.laws.kinematics import KINEMATICS, Kinematics
from mechanics.laws.medium import Cleavage, Medium
from mechanics.laws.split import SPLITS, Split, star_convex
from mechanics.minimise.climb import Outcome
from mechanics.minimise.ladder import AlternateMinimiser

__all__ = [
    "CRACK_MODELS",
    "KINEMATICS",
    "SPLITS",
    "AlternateMinimiser",
    "Cleavage",
    "CrackModel",
    "Fixed",
    "History",
    "Kinematics",
    "Limits",
    "Medium",
    "Outcome",
    "Record",
    "Schedule",
    "Solid",
    "SolidError",
    "Split",
    "Stage",
    "Support",
    "charges",
    "star_convex",
]

keep_forms_whole()
