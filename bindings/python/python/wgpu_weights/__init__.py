"""wgpu_weights draws the initial weights of neural networks: one seed, the same bits, whatever the sharding and device."""

from ._fill import fill
from ._native import CONTRACT_VERSION, Law, get_num_threads, set_num_threads, stream_of

__all__ = ["CONTRACT_VERSION", "Law", "fill", "get_num_threads", "set_num_threads", "stream_of"]
