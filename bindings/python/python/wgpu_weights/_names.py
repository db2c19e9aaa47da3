"""The names that a model's parameters have in its files, where those differ from the names in memory."""

import sys

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from ._places import Part, box_and_dims

# What wrappers put into names, and the model's own checkpoint has not.
_WRAPPERS = ("_orig_mod", "_checkpoint_wrapped_module", "_fsdp_wrapped_module")


def plain_name(name):
    """Returns a parameter's name without what wrappers put into it."""
    return ".".join(part for part in name.split(".") if part not in _WRAPPERS)


def unwrapped(model):
    """Returns the model that torch's data parallelism wraps, whose names it would put `module.` before."""
    while True:
        if isinstance(model, (torch.nn.parallel.DistributedDataParallel, torch.nn.DataParallel)):
            model = model.module
        elif "_orig_mod" in model._modules and type(model).__module__ == "torch._dynamo.eval_frame":
            model = model._orig_mod
        else:
            return model


def named(model):
    """Returns pairs of a name and a parameter or buffer, each tensor once, by the name that its file has."""
    model = unwrapped(model)
    fsdp = sys.modules.get("torch.distributed.fsdp")
    if fsdp is not None and any(isinstance(it, fsdp.FullyShardedDataParallel) for it in model.modules()):
        raise ValueError("FullyShardedDataParallel flattens parameters, which have no names then: shard by fully_shard")
    # Of the names of a shared parameter a file has the first, or the one that transformers ties the others to.
    tied = getattr(model, "all_tied_weights_keys", None) or {}
    found, chosen = [], {}
    for source in (model.named_parameters, model.named_buffers):
        for name, tensor in source(remove_duplicate=False):
            if torch.nn.parameter.is_lazy(tensor):
                continue
            name = plain_name(name)
            at = chosen.setdefault(id(tensor), len(found))
            if at == len(found):
                found.append((name, tensor))
            elif found[at][0] in tied and name not in tied:
                found[at] = (name, tensor)
    return found


def unsaved_buffers(model):
    """Returns the names of the buffers that a model's checkpoint has not."""
    model = unwrapped(model)
    found = set()
    for path, module in model.named_modules():
        for key in module._non_persistent_buffers_set:
            found.add(plain_name(f"{path}.{key}" if path else key))
    return found


class _Uncopied(TorchDispatchMode):
    """Contiguous copies are views, so that they tell what they are copies of."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        if func is torch.ops.aten.clone.default:
            return args[0].view(args[0].shape) if args[0].is_contiguous() else args[0].permute(*range(args[0].dim()))
        return func(*args, **(kwargs or {}))


def saved_parts(model):
    """Returns the parts that each parameter has in the files that transformers' `save_pretrained` writes, by its name."""
    if not hasattr(model, "config") or not hasattr(model, "save_pretrained"):
        return {}
    from transformers.core_model_loading import revert_weight_conversion

    unsaved = unsaved_buffers(model)
    whole = {
        name: torch.empty(tuple(it.shape), dtype=it.dtype, device="meta")
        for name, it in named(model)
        if name not in unsaved
    }
    by_storage = {it.untyped_storage()._cdata: name for name, it in whole.items()}
    with _Uncopied():
        written = revert_weight_conversion(model, dict(whole))
    parts = {}
    for name, view in written.items():
        parameter = by_storage.get(view.untyped_storage()._cdata)
        found = parameter and box_and_dims(view, whole[parameter])
        if not found:
            raise ValueError(f"{name} of the model's files is no box of a parameter: draw by the names in memory")
        parts.setdefault(parameter, []).append(Part(name, tuple(view.shape), *found))
    return parts
