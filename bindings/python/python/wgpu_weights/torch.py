"""`wgpu_weights.torch` has the functions of `torch.nn.init`, by the same names and signatures.

Each takes `seed=` and `name=` besides, by keyword alone: with a seed, element i of the tensor is a function of the seed,
the name and i, the same on every machine. Without one the seed is one int64 from `generator`, or torch's default
generator, so that `torch.manual_seed` works. Without a name the tensor draws from stream 0.

>>> import torch
>>> import wgpu_weights.torch as init
>>> w = torch.empty(512, 256, dtype=torch.bfloat16)
>>> _ = init.kaiming_normal_(w, nonlinearity="relu", seed=42, name="mlp.up_proj.weight")
>>> again = init.kaiming_normal_(torch.empty_like(w), nonlinearity="relu", seed=42, name="mlp.up_proj.weight")
>>> torch.equal(w, again)
True
"""

import math
import warnings

import torch
from torch.autograd.graph import increment_version
from torch.compiler import is_compiling
from torch.nn.init import _calculate_correct_fan, _calculate_fan_in_and_fan_out, calculate_gain
from torch.overrides import handle_torch_function, has_torch_function_unary

from . import _host
from ._native import Law, fill_memory, stream_of

__all__ = [
    "calculate_gain",
    "constant_",
    "dirac_",
    "eye_",
    "kaiming_normal_",
    "kaiming_uniform_",
    "normal_",
    "ones_",
    "orthogonal_",
    "sparse_",
    "trunc_normal_",
    "uniform_",
    "xavier_normal_",
    "xavier_uniform_",
    "zeros_",
]

_DTYPES = _host.DTYPES
_PLAIN = frozenset(_host.PLAIN)
_normal, _uniform, _truncated_normal = Law.normal, Law.uniform, Law.truncated_normal

# Contexts of draw_by_name that are open, over all threads: where there is none, nobody asks for one.
_open = []


def _seed_of(generator):
    device = "cpu" if generator is None else generator.device
    if _open:
        from ._functions import unmet

        with unmet():
            return torch.empty((), dtype=torch.int64, device=device).random_(generator=generator).item()
    return torch.empty((), dtype=torch.int64, device=device).random_(generator=generator).item()


def _draw(tensor, law, generator, seed, name):
    """Fills a tensor by a law, and returns it: the short way of plain host memory, the other of whatever else."""
    if type(tensor) in _PLAIN and seed is not None and generator is None and not _open and tensor.is_cpu and tensor.is_contiguous():
        dtype = _DTYPES.get(tensor.dtype)
        try:
            address = tensor.data_ptr()
        except RuntimeError:
            address = 0
        if dtype is not None and address:
            stream = 0 if name is None else stream_of(name)
            fill_memory(address, tensor.nbytes, law, seed, stream, tensor.shape, dtype)
            if not tensor.is_inference():
                increment_version(tensor)
            return tensor
    return _draw_any(tensor, law, generator, seed, name)


def _draw_any(tensor, law, generator, seed, name):
    if not isinstance(tensor, torch.Tensor):
        raise TypeError(f"the tensor is a {type(tensor).__name__}; it must be a torch.Tensor")
    if generator is not None and seed is not None:
        raise TypeError("both generator and seed are given; give one of them")
    if _host.has_no_elements(tensor):
        return tensor
    if _open:
        from ._functions import redirect

        if redirect(tensor, law, seed):
            return tensor
    from ._shards import is_dtensor, write_shard

    if is_dtensor(tensor):
        if seed is None:
            raise ValueError("a DTensor needs `seed`: the generators of its ranks may differ")
        return write_shard(tensor, law, seed, 0 if name is None else stream_of(name))
    if tensor.numel() > 0 and not _host.is_wrapper(tensor):
        _host.address_of(tensor)
    staged = _open and seed is None
    if seed is None:
        seed = _seed_of(generator)
    _host.write(tensor, law, seed, 0 if name is None else stream_of(name), tensor.shape)
    if staged:
        from ._functions import stage

        stage(tensor, law)
    elif _open:
        from ._functions import forget

        forget(tensor)
    return tensor


def _fan(tensor, shape, mode):
    # The common case by itself: torch's function takes longer than a small tensor's draw.
    return shape[1] if mode == "fan_in" and len(shape) == 2 else _calculate_correct_fan(tensor, mode)


def _law(kind, shape, parameters):
    if kind == "normal":
        return _normal(*parameters)
    if kind == "uniform":
        return _uniform(*parameters)
    if kind == "truncated_normal":
        return _truncated_normal(*parameters)
    if kind == "orthogonal":
        return Law.of("orthogonal", shape, gain=parameters[0], convention="torch")
    if kind == "sparse":
        return Law.of("sparse", shape, sparsity=parameters[0], std=parameters[1])
    if kind == "dirac":
        return Law.of("dirac", shape, groups=parameters[0], convention="torch")
    return Law.of(kind, shape)


@torch.library.custom_op("wgpu_weights::draw_", mutates_args=("tensor",))
def _draw_op(tensor: torch.Tensor, kind: str, parameters: list[float], seed: int | None, name: str | None) -> None:
    law = _law(kind, tensor.shape, parameters)
    _draw(tensor, law, None, None if seed is None else seed % 2**64, name)


@_draw_op.register_fake
def _(tensor, kind, parameters, seed, name):
    return None


@torch.compiler.disable
def _draw_eagerly(tensor, kind, parameters, generator, seed, name):
    return _draw(tensor, _law(kind, tensor.shape, parameters), generator, seed, name)


def _compiled(tensor, kind, parameters, generator, seed, name):
    """Fills a tensor in a graph that torch.compile makes."""
    if generator is not None:
        return _draw_eagerly(tensor, kind, parameters, generator, seed, name)
    if seed is not None and seed >= 2**63:
        seed -= 2**64
    with torch.no_grad():
        torch.ops.wgpu_weights.draw_(tensor, kind, [float(it) for it in parameters], seed, name)
    return tensor


def uniform_(
    tensor: torch.Tensor,
    a: float = 0.0,
    b: float = 1.0,
    generator: torch.Generator | None = None,
    *,
    seed: int | None = None,
    name: str | None = None,
) -> torch.Tensor:
    """Fills the tensor with the uniform law on [a, b), as `torch.nn.init.uniform_`.

    >>> import torch, wgpu_weights.torch as init
    >>> init.uniform_(torch.empty(3), -1.0, 1.0, seed=42, name="h.0.bias").abs().max() <= 1
    tensor(True)
    """
    if is_compiling():
        return _compiled(tensor, "uniform", [a, b], generator, seed, name)
    if has_torch_function_unary(tensor):
        given = {"a": a, "b": b, "generator": generator, "seed": seed, "name": name}
        return handle_torch_function(uniform_, (tensor,), tensor=tensor, **given)
    return _draw(tensor, _uniform(a, b), generator, seed, name)


def normal_(
    tensor: torch.Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    generator: torch.Generator | None = None,
    *,
    seed: int | None = None,
    name: str | None = None,
) -> torch.Tensor:
    """Fills the tensor with the normal law, as `torch.nn.init.normal_`.

    >>> import torch, wgpu_weights.torch as init
    >>> w = init.normal_(torch.empty(768, 3072), 0.0, 0.02, seed=42, name="h.0.mlp.c_fc.weight")
    >>> abs(w.std().item() / 0.02 - 1) < 0.01
    True
    """
    if is_compiling():
        return _compiled(tensor, "normal", [mean, std], generator, seed, name)
    if has_torch_function_unary(tensor):
        given = {"mean": mean, "std": std, "generator": generator, "seed": seed, "name": name}
        return handle_torch_function(normal_, (tensor,), tensor=tensor, **given)
    return _draw(tensor, _normal(mean, std), generator, seed, name)


def trunc_normal_(
    tensor: torch.Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: torch.Generator | None = None,
    *,
    seed: int | None = None,
    name: str | None = None,
) -> torch.Tensor:
    """Fills the tensor with a normal law cut at `a` and `b`, which are values, as `torch.nn.init.trunc_normal_`.

    >>> import torch, wgpu_weights.torch as init
    >>> w = init.trunc_normal_(torch.empty(1000), std=0.02, a=-0.04, b=0.04, seed=42, name="cls_token")
    >>> bool((w.abs() <= 0.04).all())
    True
    """
    if (mean < a - 2 * std) or (mean > b + 2 * std):
        warnings.warn(
            "mean is more than 2 std from [a, b] in nn.init.trunc_normal_. "
            "The distribution of values may be incorrect.",
            stacklevel=2,
        )
    if is_compiling():
        return _compiled(tensor, "truncated_normal", [mean, std, a, b], generator, seed, name)
    return _draw(tensor, _truncated_normal(mean, std, a, b), generator, seed, name)


def constant_(tensor: torch.Tensor, val: float, *, seed: int | None = None, name: str | None = None) -> torch.Tensor:
    """Fills the tensor with `val`, as `torch.nn.init.constant_`. Seed and name have no say."""
    if has_torch_function_unary(tensor):
        return handle_torch_function(constant_, (tensor,), tensor=tensor, val=val, seed=seed, name=name)
    with torch.no_grad():
        return tensor.fill_(val)


def ones_(tensor: torch.Tensor, *, seed: int | None = None, name: str | None = None) -> torch.Tensor:
    """Fills the tensor with 1, as `torch.nn.init.ones_`. Seed and name have no say."""
    with torch.no_grad():
        return tensor.fill_(1.0)


def zeros_(tensor: torch.Tensor, *, seed: int | None = None, name: str | None = None) -> torch.Tensor:
    """Fills the tensor with 0, as `torch.nn.init.zeros_`. Seed and name have no say."""
    with torch.no_grad():
        return tensor.zero_()


def eye_(tensor: torch.Tensor, *, seed: int | None = None, name: str | None = None) -> torch.Tensor:
    """Fills the matrix with 1 on its diagonal and 0 elsewhere, as `torch.nn.init.eye_`. Seed and name have no say."""
    if tensor.ndimension() != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    if is_compiling():
        return _compiled(tensor, "eye", [], None, 0, None)
    return _draw(tensor, _law("eye", tensor.shape, ()), None, 0, None)


def dirac_(tensor: torch.Tensor, groups: int = 1, *, seed: int | None = None, name: str | None = None) -> torch.Tensor:
    """Fills a convolution's kernel with the identity, as `torch.nn.init.dirac_`. Seed and name have no say.

    >>> import torch, wgpu_weights.torch as init
    >>> w, x = init.dirac_(torch.empty(3, 3, 5)), torch.randn(1, 3, 8)
    >>> torch.equal(torch.nn.functional.conv1d(x, w, padding=2), x)
    True
    """
    if tensor.ndimension() not in (3, 4, 5):
        raise ValueError("Only tensors with 3, 4, or 5 dimensions are supported")
    if tensor.size(0) % groups != 0:
        raise ValueError("dim 0 must be divisible by groups")
    if is_compiling():
        return _compiled(tensor, "dirac", [groups], None, 0, None)
    return _draw(tensor, _law("dirac", tensor.shape, (groups,)), None, 0, None)


def xavier_uniform_(
    tensor: torch.Tensor,
    gain: float = 1.0,
    generator: torch.Generator | None = None,
    *,
    seed: int | None = None,
    name: str | None = None,
) -> torch.Tensor:
    """Fills the tensor with Glorot's and Bengio's uniform law, as `torch.nn.init.xavier_uniform_`."""
    fan_in, fan_out = _calculate_fan_in_and_fan_out(tensor)
    std = gain * math.sqrt(2.0 / float(fan_in + fan_out))
    bound = math.sqrt(3.0) * std
    if is_compiling():
        return _compiled(tensor, "uniform", [-bound, bound], generator, seed, name)
    return _draw(tensor, _uniform(-bound, bound), generator, seed, name)


def xavier_normal_(
    tensor: torch.Tensor,
    gain: float = 1.0,
    generator: torch.Generator | None = None,
    *,
    seed: int | None = None,
    name: str | None = None,
) -> torch.Tensor:
    """Fills the tensor with Glorot's and Bengio's normal law, as `torch.nn.init.xavier_normal_`."""
    fan_in, fan_out = _calculate_fan_in_and_fan_out(tensor)
    std = gain * math.sqrt(2.0 / float(fan_in + fan_out))
    if is_compiling():
        return _compiled(tensor, "normal", [0.0, std], generator, seed, name)
    return _draw(tensor, _normal(0.0, std), generator, seed, name)


def kaiming_uniform_(
    tensor: torch.Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: torch.Generator | None = None,
    *,
    seed: int | None = None,
    name: str | None = None,
) -> torch.Tensor:
    """Fills the tensor with He's uniform law, as `torch.nn.init.kaiming_uniform_`."""
    if has_torch_function_unary(tensor):
        given = {"a": a, "mode": mode, "nonlinearity": nonlinearity, "generator": generator, "seed": seed, "name": name}
        return handle_torch_function(kaiming_uniform_, (tensor,), tensor=tensor, **given)
    shape = tensor.shape
    if 0 in shape:
        warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=2)
        return tensor
    std = calculate_gain(nonlinearity, a) / math.sqrt(_fan(tensor, shape, mode))
    bound = math.sqrt(3.0) * std
    if is_compiling():
        return _compiled(tensor, "uniform", [-bound, bound], generator, seed, name)
    return _draw(tensor, _uniform(-bound, bound), generator, seed, name)


def kaiming_normal_(
    tensor: torch.Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: torch.Generator | None = None,
    *,
    seed: int | None = None,
    name: str | None = None,
) -> torch.Tensor:
    """Fills the tensor with He's normal law, as `torch.nn.init.kaiming_normal_`.

    >>> import torch, wgpu_weights.torch as init
    >>> w = init.kaiming_normal_(torch.empty(64, 512), nonlinearity="relu", seed=42, name="mlp.down_proj.weight")
    >>> abs(w.std().item() / (2 / 512) ** 0.5 - 1) < 0.02
    True
    """
    shape = tensor.shape
    if 0 in shape:
        warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=2)
        return tensor
    std = calculate_gain(nonlinearity, a) / math.sqrt(_fan(tensor, shape, mode))
    if is_compiling():
        return _compiled(tensor, "normal", [0.0, std], generator, seed, name)
    return _draw(tensor, _normal(0.0, std), generator, seed, name)


def orthogonal_(
    tensor: torch.Tensor,
    gain: float = 1,
    generator: torch.Generator | None = None,
    *,
    seed: int | None = None,
    name: str | None = None,
) -> torch.Tensor:
    """Fills the tensor with an orthogonal matrix, dimensions after the first flattened, as `torch.nn.init.orthogonal_`.

    >>> import torch, wgpu_weights.torch as init
    >>> q = init.orthogonal_(torch.empty(64, 16), seed=42, name="rnn.weight_hh_l0")
    >>> torch.allclose(q.T @ q, torch.eye(16), atol=1e-6)
    True
    """
    if tensor.ndimension() < 2:
        raise ValueError("Only tensors with 2 or more dimensions are supported")
    if tensor.numel() == 0:
        return tensor
    if is_compiling():
        return _compiled(tensor, "orthogonal", [gain], generator, seed, name)
    return _draw(tensor, _law("orthogonal", tensor.shape, (gain,)), generator, seed, name)


def sparse_(
    tensor: torch.Tensor,
    sparsity: float,
    std: float = 0.01,
    generator: torch.Generator | None = None,
    *,
    seed: int | None = None,
    name: str | None = None,
) -> torch.Tensor:
    """Fills the matrix with a normal law, and as many zeros in each column, as `torch.nn.init.sparse_`.

    >>> import torch, wgpu_weights.torch as init
    >>> w = init.sparse_(torch.empty(100, 8), sparsity=0.1, seed=42, name="w")
    >>> (w == 0).sum(0).tolist()
    [10, 10, 10, 10, 10, 10, 10, 10]
    """
    if tensor.ndimension() != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    if is_compiling():
        return _compiled(tensor, "sparse", [sparsity, std], generator, seed, name)
    return _draw(tensor, _law("sparse", tensor.shape, (sparsity, std)), generator, seed, name)


def _deprecated(function):
    old = function.__name__.removesuffix("_")

    def deprecated(*args, **given):
        text = f"`{old}` is deprecated, as in torch.nn.init: use `{function.__name__}`"
        warnings.warn(text, FutureWarning, stacklevel=2)
        return function(*args, **given)

    deprecated.__name__ = deprecated.__qualname__ = old
    deprecated.__doc__ = f"`{function.__name__}`, by the name that `torch.nn.init` deprecates."
    return deprecated


uniform, normal, constant, eye, dirac = map(_deprecated, (uniform_, normal_, constant_, eye_, dirac_))
xavier_uniform, xavier_normal = map(_deprecated, (xavier_uniform_, xavier_normal_))
kaiming_uniform, kaiming_normal = map(_deprecated, (kaiming_uniform_, kaiming_normal_))
orthogonal, sparse = map(_deprecated, (orthogonal_, sparse_))

# TorchScript knows no defaults of keyword-only arguments: for it each is an operator of torch's signature.
_SCRIPTED = {
    uniform_: "float a=0., float b=1., Generator? generator=None",
    normal_: "float mean=0., float std=1., Generator? generator=None",
    trunc_normal_: "float mean=0., float std=1., float a=-2., float b=2., Generator? generator=None",
    xavier_uniform_: "float gain=1., Generator? generator=None",
    xavier_normal_: "float gain=1., Generator? generator=None",
    constant_: "float val",
    ones_: "",
    zeros_: "",
}
_library = torch.library.Library("wgpu_weights", "FRAGMENT")


def _script(function, arguments):
    name = function.__name__
    _library.define(f"{name}({', '.join(filter(None, ('Tensor(a!) tensor', arguments)))}) -> Tensor(a!)")
    _library.impl(name, function, "CompositeImplicitAutograd")
    # No public function of torch has it; where it is gone, only scripts are.
    register = getattr(getattr(torch.jit, "_builtins", None), "_register_builtin", None)
    if register is not None:
        register(function, f"wgpu_weights::{name}")


for _function, _arguments in _SCRIPTED.items():
    _script(_function, _arguments)
