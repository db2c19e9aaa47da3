"""What draws by more than one operator is met as a whole: our own functions, and some of torch.nn.init."""

import threading
import types
import warnings
from contextlib import contextmanager

import torch

from . import torch as drop_ins
from ._laws import SHAPED, Draw, Lost
from ._native import Law
from ._shards import is_dtensor, local_of


def innermost():
    thread = threading.get_ident()
    for context in reversed(drop_ins._open):
        if context._thread == thread and not context._paused:
            return context
    return None


def _key(tensor):
    from ._draw import _key as key

    return key(tensor)


def _caller():
    from ._draw import caller

    return caller()


@contextmanager
def unmet():
    """A context in which this thread's contexts of draw_by_name let everything pass."""
    contexts = [it for it in drop_ins._open if it._thread == threading.get_ident()]
    for it in contexts:
        it._paused += 1
    try:
        yield
    finally:
        for it in contexts:
            it._paused -= 1


def redirect(tensor, law, seed):
    """Draws by a parameter's name what a drop-in was asked to draw without one. False where it is no parameter's."""
    context = innermost()
    if context is None:
        return False
    target, place = context._place_of(tensor, again=True)
    if target is None:
        return False
    if seed is not None and place is not None:
        raise ValueError(f"a part of {target.name}, which is sharded along it, cannot have a seed of its own: draw it before")
    if seed is not None:
        context._note(target, f"{law} of seed {seed}", target.is_all(local_of(tensor)))
        return False
    made = Draw(law, tensor.dtype, tensor.shape, str(law), _caller(), law.kind in SHAPED)
    context._paused += 1
    try:
        with torch.no_grad():
            return context._give(target, local_of(tensor), made, place)
    finally:
        context._paused -= 1


def stage(tensor, law):
    """Remembers what a drop-in drew from torch's generator, lest it become a parameter's."""
    context = innermost()
    if context is not None:
        context._stage(tensor, Draw(law, tensor.dtype, tensor.shape, str(law), _caller(), law.kind in SHAPED))


def forget(tensor):
    """What a tensor was before is overwritten by what no operator of torch wrote."""
    context = innermost()
    before = context._made_in(tensor) if context is not None else None
    if before is not None:
        context._made.pop(_key(tensor), None)
        if not context._is_whole(tensor):
            context._keep(tensor, Lost("a part drawn again", before.draws()))


# torch's initialisers that draw by more than one operator, and those that a DTensor has not. Their code is exchanged, and
# not their name, since others have imported them by then.


def _trunc_normal_(tensor, mean=0.0, std=1.0, a=-2.0, b=2.0, generator=None):
    from wgpu_weights._functions import meet

    return meet("trunc_normal_", tensor, mean, std, a, b, generator=generator)


def _orthogonal_(tensor, gain=1, generator=None):
    from wgpu_weights._functions import meet

    return meet("orthogonal_", tensor, gain, generator=generator)


def _sparse_(tensor, sparsity, std=0.01, generator=None):
    from wgpu_weights._functions import meet

    return meet("sparse_", tensor, sparsity, std, generator=generator)


def _eye_(tensor):
    from wgpu_weights._functions import meet

    return meet("eye_", tensor)


def _dirac_(tensor, groups=1):
    from wgpu_weights._functions import meet

    return meet("dirac_", tensor, groups)


_OURS = {
    "trunc_normal_": _trunc_normal_,
    "orthogonal_": _orthogonal_,
    "sparse_": _sparse_,
    "eye_": _eye_,
    "dirac_": _dirac_,
}
_theirs = {}
# Those of torch's functions that are exchanged now.
_exchanged = {}
_redirections = 0
_lock = threading.Lock()


def exchange(by):
    global _redirections
    with _lock:
        before, _redirections = _redirections, _redirections + by
        if before == 0 and by > 0:
            for name, ours in _OURS.items():
                function = getattr(torch.nn.init, name)
                # What stands in torch's place, as ours may, is met by what it calls.
                if not isinstance(function, types.FunctionType) or function.__module__ != "torch.nn.init":
                    continue
                _exchanged[name] = function
                _theirs[name] = types.FunctionType(
                    function.__code__, function.__globals__, name, function.__defaults__, function.__closure__
                )
                function.__code__ = ours.__code__
        elif _redirections == 0:
            for name, function in _exchanged.items():
                function.__code__ = _theirs[name].__code__
            _exchanged.clear()


def _law_of(name, tensor, mean=0.0, std=1.0, a=-2.0, b=2.0):
    if (mean < a - 2 * std) or (mean > b + 2 * std):
        warnings.warn(
            "mean is more than 2 std from [a, b] in nn.init.trunc_normal_. The distribution of values may be incorrect.",
            stacklevel=4,
        )
    return Law.truncated_normal(mean, std, a, b)


def meet(name, tensor, *args, generator=None):
    context = innermost()
    theirs = _theirs[name]
    given = {} if name in ("eye_", "dirac_") else {"generator": generator}
    if context is None or not isinstance(tensor, torch.Tensor):
        return theirs(tensor, *args, **given)
    target, place = context._place_of(tensor, again=True)
    if (
        target is None
        and name in ("eye_", "dirac_")
        or tensor.is_meta
        or tensor.numel() == 0
        and not is_dtensor(tensor)
    ):
        return theirs(tensor, *args, **given)
    if name in ("trunc_normal_",):
        law = _law_of(name, tensor, *args)
    else:
        if (
            tensor.dim() < 2
            or name in ("eye_", "sparse_")
            and tensor.dim() != 2
            or name == "dirac_"
            and tensor.dim() not in (3, 4, 5)
        ):
            return theirs(tensor, *args, **given)
        law = drop_ins._law(name.removesuffix("_"), tuple(tensor.shape), args)
    made = Draw(law, tensor.dtype, tensor.shape, name, _caller(), law.kind in SHAPED)
    with torch.no_grad():
        context._paused += 1
        try:
            if target is not None:
                context._give(target, local_of(tensor), made, place)
                return tensor
            theirs(tensor, *args, **given)
        finally:
            context._paused -= 1
        context._stage(tensor, made)
    return tensor
