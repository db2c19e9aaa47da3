"""`wgpu_weights.initialization_utils` has the functions of TransformerLens' `initialization_utils`, by the same names and
signatures, over `wgpu_weights.torch`.

Each takes `seed=` and `name=` besides, by keyword alone. Fans are TransformerLens': a matrix is [in, out], attention's
weights are [head, in, out].

>>> import torch
>>> from wgpu_weights.initialization_utils import init_kaiming_normal_
>>> w_in = init_kaiming_normal_(torch.empty(512, 2048), seed=42, name="blocks.0.mlp.W_in")
>>> abs(w_in.std().item() / (2 / 512) ** 0.5 - 1) < 0.01
True
"""

import math

from torch import Tensor

from . import torch as init

__all__ = [
    "calc_fan_in_and_fan_out",
    "init_kaiming_normal_",
    "init_kaiming_uniform_",
    "init_xavier_normal_",
    "init_xavier_uniform_",
]


def calc_fan_in_and_fan_out(tensor: Tensor) -> tuple[int, int]:
    """Returns the fans of a tensor as TransformerLens reads its shape.

    >>> import torch
    >>> calc_fan_in_and_fan_out(torch.empty(12, 768, 64))
    (768, 768)
    """
    shape = tensor.shape
    if len(shape) == 0:
        raise ValueError("Fan in and fan out can not be computed for scalars.")
    if len(shape) == 1:
        return 1, shape[0]
    if len(shape) == 2:
        return shape[0], shape[1]
    if len(shape) == 3:
        return shape[1], shape[0] * shape[2]
    raise ValueError(f"Fan in and fan out can not be computed for shape {shape} tensors.")


def _kaiming(param, a, nonlinearity, gain, mode):
    # TransformerLens takes any other mode for fan_out, in silence.
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"`mode` is {mode!r}; it must be 'fan_in' or 'fan_out'")
    fan_in, fan_out = calc_fan_in_and_fan_out(param)
    return gain * init.calculate_gain(nonlinearity, a), fan_in if mode == "fan_in" else fan_out


def init_xavier_uniform_(
    param: Tensor,
    gain: float = 1.0,
    *,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Fills the parameter with Glorot's and Bengio's uniform law."""
    fan_in, fan_out = calc_fan_in_and_fan_out(param)
    bound = gain * math.sqrt(6.0 / (fan_in + fan_out))
    return init.uniform_(param, -bound, bound, seed=seed, name=name)


def init_xavier_normal_(
    param: Tensor,
    gain: float = 1.0,
    *,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Fills the parameter with Glorot's and Bengio's normal law."""
    fan_in, fan_out = calc_fan_in_and_fan_out(param)
    std = gain * math.sqrt(2.0 / (fan_in + fan_out))
    return init.normal_(param, mean=0.0, std=std, seed=seed, name=name)


def init_kaiming_uniform_(
    param: Tensor,
    a: float = 0,
    nonlinearity: str = "relu",
    gain: float = 1.0,
    mode: str = "fan_in",
    *,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Fills the parameter with He's uniform law."""
    gain, fan = _kaiming(param, a, nonlinearity, gain, mode)
    bound = gain * math.sqrt(3.0 / fan)
    return init.uniform_(param, -bound, bound, seed=seed, name=name)


def init_kaiming_normal_(
    param: Tensor,
    a: float = 0,
    nonlinearity: str = "relu",
    gain: float = 1.0,
    mode: str = "fan_in",
    *,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Fills the parameter with He's normal law."""
    gain, fan = _kaiming(param, a, nonlinearity, gain, mode)
    std = gain * math.sqrt(1.0 / fan)
    return init.normal_(param, mean=0.0, std=std, seed=seed, name=name)
