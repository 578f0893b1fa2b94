"""What the arrays of a fields file are called, with their units; those without one are pure numbers."""

# at the vertices
DISPLACEMENT, DAMAGE, LITHIUM, POTENTIAL = "displacement (um)", "damage", "lithium content", "ionic potential"
# in the cells
REGION = "region"
STRESS, STRAIN, ENERGY = "stress (MPa)", "strain", "elastic energy density (MPa)"
PLASTIC_STRAIN, ACCUMULATED = "plastic strain", "accumulated plastic strain"

FIELDS = "fields.pvd"  # lists the files
