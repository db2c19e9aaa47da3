"""Which boxes of a whole tensor a rank has of a DTensor, and their fills."""

import itertools
import sys

import torch

from . import _host


def is_dtensor(tensor):
    module = sys.modules.get("torch.distributed.tensor")
    return module is not None and isinstance(tensor, module.DTensor)


def local_of(tensor):
    return tensor._local_tensor if is_dtensor(tensor) else tensor


def boxes_of(tensor):
    """Returns what this rank has of a DTensor: pairs of the ranges in the whole and the slices of the local tensor."""
    mesh, placements = tensor.device_mesh, tensor.placements
    coordinate = mesh.get_coordinate()
    if coordinate is None:
        return []
    shape = tuple(tensor.shape)
    places = [torch.arange(size, device="cpu") for size in shape]
    for mesh_dim, placement in enumerate(placements):
        if placement.is_replicate():
            continue
        dim = getattr(placement, "dim", None)
        if dim is None or not hasattr(placement, "_split_tensor"):
            raise ValueError(
                f"a DTensor placed by {placement} has no ranges of the whole: it must be sharded or replicated"
            )
        along = [1] * len(shape)
        along[dim] = -1
        parts, _ = placement._split_tensor(
            places[dim].view(along), mesh.size(mesh_dim), with_padding=False, contiguous=False
        )
        at = coordinate[mesh_dim]
        places[dim] = parts[at].reshape(-1) if at < len(parts) else places[dim][:0]
    local = tuple(tensor._local_tensor.shape)
    if local != tuple(len(it) for it in places):
        raise ValueError(
            f"a DTensor of shape {shape} placed by {placements} has {local} on this rank, not {[len(it) for it in places]}"
        )
    boxes = []
    for runs in itertools.product(*(_runs(it.tolist()) for it in places)):
        boxes.append(([run[0] for run in runs], [run[1] for run in runs]))
    return boxes


def _runs(places):
    """Splits places in order into runs: pairs of a range of the whole and the slice that holds it."""
    runs, first = [], 0
    for at in range(1, len(places) + 1):
        if at == len(places) or places[at] != places[at - 1] + 1:
            runs.append(((places[first], places[at - 1] + 1), slice(first, at)))
            first = at
    return runs if places else []


def write_shard(tensor, law, seed, stream):
    """Fills this rank's shard of a DTensor with what the whole has there."""
    for ranges, slices in boxes_of(tensor):
        _host.write(tensor._local_tensor.detach()[tuple(slices)], law, seed, stream, tensor.shape, ranges)
    return tensor
