"""`materialize`: a model of the meta device becomes real."""

import warnings
from contextlib import contextmanager
from os import PathLike
from typing import Any, TypeVar

import torch

from . import _host
from ._draw import draw_by_name
from ._names import named, unsaved_buffers
from ._native import Recipe
from ._places import Target
from ._shards import is_dtensor, local_of

Module = TypeVar("Module", bound=torch.nn.Module)


class _Meta:
    """What a model has on the meta device, to be put back where it cannot be made real."""

    def __init__(self, model):
        self.held = [
            (own, key, tensor)
            for module in model.modules()
            for own in (module._parameters, module._buffers)
            for key, tensor in own.items()
            if tensor is not None and tensor.is_meta
        ]

    def put_back(self):
        for own, key, tensor in self.held:
            own[key] = tensor


def _remake(model, device, dtype):
    """Gives what is on the meta device memory, shared where it was, and returns it by name: none of it has its values."""
    unsaved = unsaved_buffers(model)
    names, made, places = {id(tensor): name for name, tensor in named(model)}, {}, {}
    for module in model.modules():
        for own in (module._parameters, module._buffers):
            for key, tensor in own.items():
                if tensor is not None:
                    places.setdefault(id(tensor), []).append((own, key))

    def make(tensor):
        if not tensor.is_meta:
            return tensor if device is None or is_dtensor(tensor) else tensor.to(device)
        if id(tensor) not in made:
            where = device
            if where is None:
                where = tensor.device_mesh.device_type if is_dtensor(tensor) else "cpu"
            # What is not saved keeps its dtype, as rotary frequencies must.
            kept = dtype is None or not tensor.is_floating_point() or names.get(id(tensor)) in unsaved
            made[id(tensor)] = torch.empty_like(tensor, device=where, dtype=tensor.dtype if kept else dtype)
        return made[id(tensor)]

    lazy = [name for name, it in model.named_parameters() if torch.nn.parameter.is_lazy(it)]
    if lazy:
        raise ValueError(f"{lazy[0]} has no shape yet: give a lazy module its first input before")
    unset = {names[id(tensor)] for tensor in [*model.parameters(), *model.buffers()] if tensor.is_meta}
    if not unset and dtype is not None:
        raise ValueError("the model is real already, and `dtype` is what is made becomes: convert it, model.to(dtype), before")
    # A tensor that goes would leave its id to another.
    held = [*model.parameters(), *model.buffers()]
    model._apply(make)
    for shared in places.values():
        first_own, first_key = shared[0]
        for own, key in shared[1:]:
            own[key] = first_own[first_key]
    del held
    return {name: (tensor, tensor.detach()) for name, tensor in named(model) if name in unset}


def _replaced(model, made):
    """Returns the names of tensors in whose place the model's own code has put others, as by `self.scale = ...`."""
    found = set()
    for name, tensor in named(model):
        if name in made and not tensor.is_meta:
            before, its_memory = made[name]
            # `.data = ...` leaves the parameter, and gives it other memory.
            if tensor is not before or not (is_dtensor(tensor) or tensor.is_set_to(its_memory)):
                found.add(name)
    return found


def _initialise(model, drawing):
    """Runs the model's own initialisation, whatever its convention."""
    _refuse_constructors(model)
    names = {name for name, _ in named(model)}
    with _untied(model):
        _set(model)
        if not names <= drawing.written:
            # As constructors do: modules in modules first. What the model's own method sets, it sets after.
            _reset(model)
            _set(model)


def _refuse_constructors(model):
    """Refuses a model whose rules its constructor applies: none of them has run on values."""
    rule = getattr(model, "_init_weights", None)
    if callable(rule) and not _is_of_transformers(model) and not callable(getattr(model, "init_weights", None)):
        raise RuntimeError(
            "the model's constructor applies its `_init_weights`, perhaps with more that cannot be known here: give the model "
            "an init_weights() that does all of it, or, after model.to_empty(device=...), do it within draw_by_name(model, seed)"
        )


def _is_of_transformers(module):
    return hasattr(module, "initialize_weights") and hasattr(module, "_init_weights")


def _set(model):
    """Runs the method by which a model sets all that is in it, if it has one."""
    if _is_of_transformers(model):
        # What was initialised once is skipped, on the meta device too.
        for it in [*model.modules(), *model.parameters(), *model.buffers()]:
            if getattr(it, "_is_hf_initialized", False):
                it._is_hf_initialized = False
        model.initialize_weights()
    elif callable(getattr(model, "init_weights", None)):
        model.init_weights()


def _reset(module):
    for child in module.children():
        with _untied(child):
            _reset(child)
            if _is_of_transformers(child):
                _set(child)
    for name in ("reset_parameters", "_reset_parameters"):
        method = getattr(module, name, None)
        if callable(method):
            method()


@contextmanager
def _untied(model):
    """Weights of transformers' models are initialised before they are tied, so that the rule of the source wins."""
    tied = []
    for name in getattr(model, "all_tied_weights_keys", None) or {}:
        path, _, key = name.rpartition(".")
        try:
            own = model.get_submodule(path)._parameters
        except AttributeError:
            continue
        if own.get(key) is not None and not own[key].is_meta:
            tied.append((own, key, own[key]))
            own[key] = torch.nn.Parameter(torch.empty_like(own[key], device="meta"), requires_grad=False)
    try:
        yield
    finally:
        for own, key, tensor in tied:
            own[key] = tensor


def materialize(
    model: Module,
    seed: int,
    *,
    recipe: Recipe | str | PathLike[str] | None = None,
    config: Any = None,
    device: torch.device | str | None = None,
    dtype: torch.dtype | str | None = None,
    names: str = "memory",
) -> Module:
    """Makes a model that was built on the meta device real, in place, and returns it.

    Without a recipe it runs the model's own initialisation, drawn by name (`init_weights`, `reset_parameters`, or those of
    its modules). What a constructor itself draws is not known here: torchvision's ResNet, whose loop stands in its
    constructor, would get the laws of torch's layers. With a recipe, parameters and saved buffers are drawn by it; it reads
    `config` (a dict, transformers' object, or a config.json's path), the model's own if it is left out. What is not saved is
    set by the model's own code.

    Shared parameters stay shared, and a process makes only its own shards. `dtype` is what parameters and saved buffers of
    floating point become. `names` is as in `draw_by_name`. Whatever nothing sets is an error, which leaves the model on the
    meta device. A model that is real already is drawn anew: what it had, as of a checkpoint, is lost.

    >>> import torch
    >>> from wgpu_weights.draw import materialize
    >>> with torch.device("meta"):
    ...     model = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.BatchNorm1d(16))
    >>> materialize(model, seed=42)[0].weight.device
    device(type='cpu')
    """
    drawing = draw_by_name(model, seed, names=names)
    if isinstance(dtype, str):
        dtype = getattr(torch, dtype, dtype)
    if dtype is not None and not isinstance(dtype, torch.dtype):
        raise TypeError(f"the dtype is {dtype!r}; it must be a torch.dtype")
    if recipe is None and config is not None:
        raise TypeError("a configuration is for a recipe: give recipe='hf', or leave `config` out")
    if recipe is not None and not isinstance(recipe, Recipe):
        recipe = Recipe(recipe)
    meta = _Meta(model)
    try:
        with torch.no_grad():
            _make(model, drawing, recipe, config, device, dtype)
    except BaseException:
        # Else a second call would take memory that nothing has set for a model's values.
        meta.put_back()
        raise
    return model


def _make(model, drawing, recipe, config, device, dtype):
    made = _remake(model, device, dtype)
    unset, unsaved = set(made), unsaved_buffers(model)
    own = {name: tensor for name, tensor in named(model) if name not in unsaved}
    if recipe is None or unset - set(own):
        drawing.fresh = frozenset(unset)
        drawing.skip_parameters = set(own) if recipe is not None else False
        with drawing:
            _initialise(model, drawing)
        replaced = _replaced(model, made)
        if replaced and device is not None:
            model._apply(lambda tensor: tensor if is_dtensor(tensor) else tensor.to(device))
        unset -= drawing.written | replaced
        tensors = dict(named(model))
        for name in drawing.partly - replaced:
            if local_of(tensors[name]).isnan().any():
                raise RuntimeError(f"only a part of {name} is set by the model's initialisation; the rest has no values")
    if recipe is not None:
        own = {name: tensor for name, tensor in named(model) if name not in unsaved}
        _plan(model, own, drawing, recipe, config)
        unset -= set(own)
    if unset:
        names = ", ".join(sorted(unset)[:8]) + (", ..." if len(unset) > 8 else "")
        raise RuntimeError(
            f"nothing sets {len(unset)} of the model's tensors: {names}. Its init_weights or reset_parameters must: what a "
            "constructor alone sets is lost on the meta device. Take a recipe, or set them within draw_by_name after "
            "`model.to_empty(device=...)`"
        )
    if recipe is None and drawing.other:
        lines = "; ".join(f"{it.what} {list(it.shape)} into {it.name} at {it.where}" for it in drawing.other if it.name)
        if lines:
            raise RuntimeError(f"the model's initialisation draws what is no function of its names: {lines}")
        lines = "; ".join(f"{it.what} {list(it.shape)} at {it.where}" for it in drawing.other)
        text = f"the model's initialisation draws numbers that are no parameter's, as far as is seen: {lines}"
        warnings.warn(text, UserWarning, stacklevel=3)


def _plan(model, own, drawing, recipe, config):
    if config is None and hasattr(model, "config") and hasattr(model.config, "to_dict"):
        config = model.config.to_dict()
    targets = [(Target(name, tensor, drawing._parts.get(name)), tensor) for name, tensor in own.items()]
    template = {
        part.name: (_host.DTYPES[tensor.dtype], part.shape) for target, tensor in targets for part in target.parts
    }
    laws = {it.name: (it.law, it.stream) for it in recipe.plan(template, config=config)}
    for target, _ in targets:
        for piece, ranges in target.pieces(target.local):
            target.write(piece, laws, drawing.seed, ranges)
