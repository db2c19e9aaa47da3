"""Records which elements of torch's eye_ and dirac_ and of JAX's delta_orthogonal are not 0, for tests/patterns.rs.

    pip install torch jax numpy && python proof/peers/structured.py > tests/data/structured.json
"""

import json

import jax
import numpy as np
import torch

cases = []


def add(of, shape, array, **arguments):
    flat = np.asarray(array).reshape(-1)
    (places,) = np.nonzero(flat)
    # What is not 0 of eye_ and dirac_ is 1.
    ones = bool((flat[places] == 1).all())
    cases.append({"of": of, "shape": shape, **arguments, "ones": ones, "places": places.tolist()})


for shape in [[1, 1], [3, 3], [3, 7], [7, 3], [1, 5], [5, 1], [0, 3], [16, 17]]:
    add("eye", shape, torch.nn.init.eye_(torch.empty(shape)))

for shape in [[4, 4, 3], [4, 2, 4], [2, 4, 1], [6, 3, 3, 3], [6, 3, 2, 5], [6, 3, 4, 4], [4, 3, 3, 2, 5], [8, 2, 1, 1, 1]]:
    for groups in [1, 2]:
        add("dirac", shape, torch.nn.init.dirac_(torch.empty(shape), groups), groups=groups)
add("dirac", [9, 2, 3], torch.nn.init.dirac_(torch.empty(9, 2, 3), 3), groups=3)

for shape in [[3, 2, 2], [4, 2, 3], [1, 4, 4], [3, 3, 2, 5], [4, 4, 3, 3], [2, 5, 2, 2], [3, 2, 5, 3, 4], [4, 4, 4, 2, 2]]:
    init = jax.nn.initializers.delta_orthogonal()
    add("delta_orthogonal", shape, init(jax.random.key(1), shape))

versions = {"torch": torch.__version__, "jax": jax.__version__}
print(json.dumps({"versions": versions, "cases": cases}).replace("}, {", "},\n{"))
