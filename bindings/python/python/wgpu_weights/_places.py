"""Where a view of a parameter lies in the whole parameter."""

from typing import NamedTuple

import torch

from . import _host
from ._native import stream_of
from ._shards import boxes_of, is_dtensor, local_of


class Part(NamedTuple):
    """A box of a parameter that is a tensor of another name in a file."""

    name: str
    shape: tuple
    box: list
    # The parameter's dimension of each of the file's, None where it is one of size 1 that the parameter has not.
    dims: tuple


class Target:
    """A parameter or buffer, its name or those of its parts, and what this process has of it."""

    def __init__(self, name, tensor, parts=None):
        self.name = name
        self.shape = tuple(tensor.shape)
        whole = [(0, size) for size in self.shape]
        self.parts = parts or [Part(name, self.shape, whole, tuple(range(len(whole))))]
        self.is_one = len(self.parts) == 1 and self.parts[0][1:] == (self.shape, whole, tuple(range(len(whole))))
        self.local = local_of(tensor).detach()
        self.sharded = is_dtensor(tensor)
        self._tensor = tensor if self.sharded else None
        self._boxes = None

    @property
    def boxes(self):
        if self._boxes is None:
            if self.sharded:
                self._boxes = boxes_of(self._tensor)
            else:
                self._boxes = [([(0, size) for size in self.shape], [slice(0, size) for size in self.shape])]
        return self._boxes

    def write(self, tensor, law, seed, ranges, number=0):
        """Fills a tensor with what the whole has in `ranges`, by a law, or a law and a stream for each part's name.

        Numbers after the first are other draws of the same place.
        """
        for part in self.parts:
            its, stream = law[part.name] if isinstance(law, dict) else (law, None)
            if stream is None:
                stream = stream_of(f"{part.name}#{number}" if number else part.name)
            if self.is_one:
                _host.write(tensor, its, seed, stream, part.shape, ranges)
                return tensor
            cut = [(max(a, first), min(b, end)) for (a, b), (first, end) in zip(part.box, ranges)]
            if any(a >= b for a, b in cut):
                continue
            here = tensor[tuple(slice(a - first, b - first) for (a, b), (first, _) in zip(cut, ranges))]
            kept = [dim for dim in part.dims if dim is not None]
            here = here.permute(*kept, *(dim for dim in range(here.dim()) if dim not in kept))
            here = here[(..., *[0] * (here.dim() - len(kept)))]
            inner = [
                (0, 1) if dim is None else (cut[dim][0] - part.box[dim][0], cut[dim][1] - part.box[dim][0])
                for dim in part.dims
            ]
            for at, dim in enumerate(part.dims):
                if dim is None:
                    here = here.unsqueeze(at)
            _host.write(here, its, seed, stream, part.shape, inner)
        return tensor

    def spans(self, view):
        """Says whether a tensor of the same storage lies within this one."""
        local = self.local
        if local.numel() == 0 or view.dtype != local.dtype:
            # Where another dtype's elements lie is in other units.
            return True
        first, extent = local.storage_offset(), _extent(local)
        if not first <= view.storage_offset() <= view.storage_offset() + max(_extent(view), 1) <= first + extent:
            return False
        # Between its elements may lie another's, as of columns of one matrix.
        return extent == local.numel() or self.is_all(view) or _box_in(view, local) is not None

    def is_all(self, view):
        """Says whether a view has all elements that this process has."""
        local = self.local
        if view.shape == local.shape and view.stride() == local.stride():
            return view.storage_offset() == local.storage_offset()
        same = view.numel() == local.numel() and view.storage_offset() == local.storage_offset()
        return same and _extent(view) == view.numel() and _extent(local) == local.numel()

    def pieces(self, view):
        """Returns the boxes of a view that shares this target's memory: pairs of a tensor and its ranges in the whole.

        None where the view is no box.
        """
        if self.is_all(view):
            return [(self.local[tuple(slices)], ranges) for ranges, slices in self.boxes]
        box = _box_in(view, self.local)
        if box is None:
            return None
        found = []
        for ranges, slices in self.boxes:
            cut = [(max(a, it.start), min(b, it.stop)) for (a, b), it in zip(box, slices)]
            if all(a < b for a, b in cut):
                whole = [
                    (first + a - it.start, first + b - it.start) for (a, b), it, (first, _) in zip(cut, slices, ranges)
                ]
                found.append((self.local[tuple(slice(a, b) for a, b in cut)], whole))
        return found

    def pieces_of_whole(self, place):
        """Returns what this process has of a view of the whole, which is given as a meta tensor. None if it is no box."""
        box = _box_in(place, torch.empty(self.shape, device="meta"))
        if box is None:
            return None
        found = []
        for ranges, slices in self.boxes:
            cut = [(max(a, first), min(b, end)) for (a, b), (first, end) in zip(box, ranges)]
            if all(a < b for a, b in cut):
                here = [
                    slice(a - first + it.start, b - first + it.start)
                    for (a, b), it, (first, _) in zip(cut, slices, ranges)
                ]
                found.append((self.local[tuple(here)], cut))
        return found


def _extent(tensor):
    """Returns the number of elements between a tensor's first and its last, both included."""
    if tensor.numel() == 0:
        return 0
    return 1 + sum((size - 1) * stride for size, stride in zip(tensor.shape, tensor.stride()))


def _box_in(view, whole):
    """Returns the range in each dimension of `whole` that a view of it covers, or None where it is no box."""
    found = box_and_dims(view, whole)
    return None if found is None else found[0]


def box_and_dims(view, whole):
    """Returns that box, and which dimension of `whole` each of the view's is, None for one of size 1."""
    if view.numel() == 0:
        return [(0, 0)] * whole.dim(), (None,) * view.dim()
    dims = []
    rest = view.storage_offset() - whole.storage_offset()
    order = sorted(range(whole.dim()), key=lambda dim: (whole.stride(dim), whole.size(dim)), reverse=True)
    box = [(0, 1)] * whole.dim()
    for dim in order:
        if whole.size(dim) > 1:
            start, rest = divmod(rest, whole.stride(dim))
            box[dim] = (start, start + 1)
    if rest != 0:
        return None
    free = {whole.stride(dim): dim for dim in order if whole.size(dim) > 1}
    for size, stride in zip(view.shape, view.stride()):
        dim = None
        if size > 1:
            dim = free.pop(stride, None)
            if dim is None:
                return None
            box[dim] = (box[dim][0], box[dim][0] + size)
        dims.append(dim)
    if any(not 0 <= a < b <= size for (a, b), size in zip(box, whole.shape)):
        return None
    return box, tuple(dims)
