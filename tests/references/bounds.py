"""How far two solutions of one discrete problem may be apart: same mesh, elements, quadrature and steps.

What is left is where the minimisers stop. A change of d of 1e-4 with a rate of 0.99 leaves 0.01 in d while a crack
runs; the detached fraction moves by columns of 1/47.
"""

SAME_DISCRETE_PROBLEM = {
    "damage_l2": 0.01,
    "damage_max": 0.05,
    "displacement_l2": 0.005,
    "path": 0.1,
    "detached": 0.025,
    "onset": 0.01,
    "energy": 0.005,
}
