"""`materialize`: a model of the meta device becomes real."""

from contextlib import contextmanager
from os import PathLike
from typing import TypeVar

import torch

from . import _host
from ._draw import draw_by_name
from ._names import named, unsaved_buffers
from ._native import Recipe
from ._places import Target
from ._shards import is_dtensor

Module = TypeVar("Module", bound=torch.nn.Module)


def _remake(model, device, dtype):
    """Gives what is on the meta device memory, shared where it was, and returns the names of what has none of its values."""
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

    unset = {names[id(tensor)] for tensor in [*model.parameters(), *model.buffers()] if tensor.is_meta}
    # A tensor that goes would leave its id to another.
    held = [*model.parameters(), *model.buffers()]
    model._apply(make)
    for shared in places.values():
        first_own, first_key = shared[0]
        for own, key in shared[1:]:
            own[key] = first_own[first_key]
    del held
    return unset


def _initialise(model, drawing):
    """Runs the model's own initialisation, whatever its convention."""
    names = {name for name, _ in named(model)}
    with _untied(model):
        _set(model)
        if not names <= drawing.written:
            # As constructors do: modules in modules first. What the model's own method sets, it sets after.
            _reset(model)
            _set(model)


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
    config: dict | str | PathLike[str] | None = None,
    device: torch.device | str | None = None,
    dtype: torch.dtype | None = None,
    names: str = "memory",
) -> Module:
    """Makes a model that was built on the meta device real, in place, and returns it.

    Without a recipe it runs the model's own initialisation, drawn by name (`init_weights`, `reset_parameters`, or those of
    its modules). With one, parameters and saved buffers are drawn by the recipe, which reads `config`, the model's own if
    it is left out; what is not saved is set by the model's own code. Shared parameters stay shared, a process makes only
    its own shards. `dtype` is what parameters and saved buffers of floating point become. `names` is as in `draw_by_name`.
    Whatever nothing sets is an error. A model that is real already is drawn anew.

    >>> import torch
    >>> from wgpu_weights.draw import materialize
    >>> with torch.device("meta"):
    ...     model = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.BatchNorm1d(16))
    >>> materialize(model, seed=42)[0].weight.device
    device(type='cpu')
    """
    unset = _remake(model, device, dtype)
    unsaved = unsaved_buffers(model)
    own = {name: tensor for name, tensor in named(model) if name not in unsaved}
    with torch.no_grad():
        drawing = draw_by_name(model, seed, names=names)
        if recipe is None or unset - set(own):
            drawing.skip_parameters = set(own) if recipe is not None else False
            with drawing:
                _initialise(model, drawing)
            unset -= drawing.written
        if recipe is not None:
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
    return model


def _plan(model, own, drawing, recipe, config):
    if config is None and hasattr(model, "config") and hasattr(model.config, "to_dict"):
        config = model.config.to_dict()
    if not isinstance(recipe, Recipe):
        recipe = Recipe(recipe)
    targets = [(Target(name, tensor, drawing._parts.get(name)), tensor) for name, tensor in own.items()]
    template = {
        part.name: (_host.DTYPES[tensor.dtype], part.shape) for target, tensor in targets for part in target.parts
    }
    laws = {it.name: (it.law, it.stream) for it in recipe.plan(template, config=config)}
    for target, _ in targets:
        for piece, ranges in target.pieces(target.local):
            target.write(piece, laws, drawing.seed, ranges)
