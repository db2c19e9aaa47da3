"""`draw_by_name` makes any model's own initialisation draw by the parameters' names, and `materialize` makes a model of
the meta device real.

>>> import torch
>>> from wgpu_weights.draw import draw_by_name
>>> model = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.Linear(16, 4))
>>> with draw_by_name(model, seed=42) as drawing:
...     for module in model:
...         module.reset_parameters()
>>> drawing.drawn["0.weight"]
'uniform [-0.35355338, 0.35355338)'
>>> drawing.other
[]
"""

from ._draw import Other, draw_by_name
from ._materialize import materialize

__all__ = ["Other", "draw_by_name", "materialize"]

for _public in __all__:
    globals()[_public].__module__ = __name__
