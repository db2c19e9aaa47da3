"""`fill`: NumPy arrays and other buffers, filled in place."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from ._native import Law, dtype_name, fill_memory, stream_of

# A buffer's items: their kind by its letter, and their size.
_FORMATS = {
    ("d", 8): "F64",
    ("f", 4): "F32",
    ("e", 2): "F16",
    ("I", 4): "U32",
    ("i", 8): "I64",
    ("i", 4): "I32",
    ("B", 1): "U8",
    ("?", 1): "BOOL",
}


class _Memory(NamedTuple):
    """Memory that is written: it is there as long as `owner` is."""

    owner: Any
    address: int
    nbytes: int
    itemsize: int
    shape: tuple[int, ...]
    dtype: str | None


def fill(
    out: Any,
    law: Law,
    *,
    seed: int,
    name: str | None = None,
    stream: int | None = None,
    shape: Sequence[int] | None = None,
    ranges: Sequence[tuple[int, int]] | None = None,
    dtype: Any = None,
) -> None:
    """`fill` writes what the law has, of this seed and name, into a writable, C-contiguous buffer: a NumPy array, or whatever
    has a memoryview.

    `name` is the parameter's, or `stream` its stream; without either it is stream 0, the unnamed one. `shape` is the whole
    tensor's, where the buffer is a part of it: `ranges` says which, by one (first, end) for each dimension. `dtype` is
    NumPy's or safetensors' name of what is written, where the buffer's items do not say it: `fill(bytes, ..., dtype="BF16")`.

    >>> import numpy
    >>> from wgpu_weights import Law, fill
    >>> whole = numpy.empty((4, 6), numpy.float32)
    >>> fill(whole, Law.normal(0.0, 0.02), seed=42, name="mlp.weight")
    >>> columns = numpy.empty((4, 2), numpy.float32)
    >>> fill(columns, Law.normal(0.0, 0.02), seed=42, name="mlp.weight", shape=(4, 6), ranges=[(0, 4), (3, 5)])
    >>> bool((columns == whole[:, 3:5]).all())
    True
    """
    if name is not None:
        if stream is not None:
            raise TypeError("both name and stream are given; a stream is a name's, give one of them")
        if not isinstance(name, str):
            raise TypeError(f"the name is {name!r}; it must be a str")
        stream = stream_of(name)
    if ranges is not None and shape is None:
        raise TypeError("ranges are of a whole tensor: give its shape too")
    memory = _memory_of(out)
    dtype = memory.dtype if dtype is None else _dtype_name(dtype)
    if dtype is None:
        raise TypeError("the buffer's items are of no dtype that is drawn; name it by dtype=")
    dtype, size = _named(dtype)
    if memory.itemsize not in (size, 1):
        raise TypeError(f"the buffer's items have {memory.itemsize} bytes and those of {dtype} {size}; they must be equal")
    flat = (memory.nbytes // size,)
    held = memory.shape if memory.itemsize == size else flat
    if shape is None:
        shape = held
    elif held != flat:
        # What has dimensions has those of the part, else its elements would lie elsewhere.
        part = tuple(shape) if ranges is None else tuple(end - first for first, end in ranges)
        if held != part:
            raise ValueError(f"the buffer has shape {held} and the part of the tensor {part}; they must be equal")
    fill_memory(memory.address, memory.nbytes, law, seed, stream or 0, shape, dtype, ranges)


def _dtype_name(dtype: Any) -> str:
    name = dtype if isinstance(dtype, str) else getattr(dtype, "name", None) or getattr(dtype, "__name__", None)
    if name is None:
        raise TypeError(f"dtype is {dtype!r}; it must be a dtype or its name")
    return name.removesuffix("_")


# Asked again and again, for longer than a short fill takes.
_named = lru_cache(64)(dtype_name)


def _memory_of(out: Any) -> _Memory:
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(out, numpy.ndarray):
        return _memory_of_array(out)
    try:
        view = memoryview(out)
    except TypeError:
        text = f"{type(out).__module__}.{type(out).__name__} has no buffer; tensors of torch are filled by wgpu_weights.torch"
        raise TypeError(text) from None
    if view.readonly:
        raise ValueError("the buffer is read-only; give one that can be written")
    if not view.c_contiguous:
        raise ValueError("the buffer is not C-contiguous; fill one that is, and copy it")
    if view.format[:1] in (">", "!") and view.itemsize > 1:
        raise ValueError(f"the buffer's items, {view.format!r}, have another byte order than this machine's")
    # The kind of the items and their size: which letter a size has is the platform's.
    letter = view.format.lstrip("@=<")
    kind = {"l": "i", "q": "i", "L": "I"}.get(letter, letter)
    dtype, shape = _FORMATS.get((kind, view.itemsize)), view.shape or ()
    if "O" in view.format:
        raise TypeError("a buffer of objects is not filled")
    if view.nbytes == 0:
        return _Memory(view, 0, 0, view.itemsize, shape, dtype)
    # It keeps the buffer where it is.
    owner = ctypes.c_char.from_buffer(view)
    return _Memory(owner, ctypes.addressof(owner), view.nbytes, view.itemsize, shape, dtype)


def _memory_of_array(out: Any) -> _Memory:
    # A subclass may say anything of itself.
    out = sys.modules["numpy"].ndarray.view(out, sys.modules["numpy"].ndarray)
    if not out.flags.writeable:
        raise ValueError("the array is read-only; give one that can be written")
    if not out.flags.c_contiguous:
        raise ValueError("the array is not C-contiguous; fill one that is, and copy it")
    return _Memory(out, out.ctypes.data, out.nbytes, out.itemsize, out.shape, _dtype_of_items(out.dtype))


# NumPy spells a dtype's name anew each time, for longer than a short fill takes.
@lru_cache(64)
def _dtype_of_items(items: Any) -> str | None:
    if not items.isnative:
        raise ValueError(f"the array's dtype {items!r} has another byte order than this machine's")
    if items.hasobject:
        raise TypeError("an array of objects is not filled")
    try:
        return _named(items.name)[0]
    except ValueError:
        return None
