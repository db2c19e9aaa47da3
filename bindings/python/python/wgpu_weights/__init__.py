"""wgpu_weights draws the initial weights of neural networks: one seed, the same bits, whatever the sharding and device.

A weight is a pure function of (seed, stream, index): the stream is the parameter's name, the index the element's place in
the whole tensor. This module has laws, recipes and fills of NumPy arrays, and needs nothing else installed;
`wgpu_weights.torch` has the functions of `torch.nn.init`, `wgpu_weights.draw` whole models of torch.
"""

from ._fill import fill
from ._native import (
    CONTRACT_VERSION,
    Law,
    Parameter,
    Recipe,
    __version__,
    check,
    get_num_threads,
    set_num_threads,
    stream_of,
)

__all__ = [
    "CONTRACT_VERSION",
    "Law",
    "Parameter",
    "Recipe",
    "check",
    "fill",
    "get_num_threads",
    "set_num_threads",
    "stream_of",
]
