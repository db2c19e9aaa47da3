"""Fills of torch's tensors: by address where they are plain host memory, by kernels on CUDA, by copies elsewhere."""

import math
import sys

import torch
from torch.autograd.graph import increment_version

from . import _cuda
from ._native import Law, fill_memory

DTYPES = {
    torch.float64: "F64",
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.float8_e4m3fn: "F8_E4M3",
    torch.float8_e5m2: "F8_E5M2",
    torch.int64: "I64",
    torch.int32: "I32",
    torch.uint8: "U8",
    torch.bool: "BOOL",
}

PLAIN = {torch.Tensor, torch.nn.Parameter}
if hasattr(torch.nn, "Buffer"):
    PLAIN.add(torch.nn.Buffer)

# Bytes of a piece on its way to a device; two are under way at a time.
PIECE = 1 << 24


def refuse(tensor, why):
    raise TypeError(f"a {type(tensor).__name__} of {tensor.dtype} on {tensor.device} cannot be drawn: {why}")


def has_no_elements(tensor):
    """Says whether a tensor is but a shape: on the meta device, or fake."""
    fake = sys.modules.get("torch._subclasses.fake_tensor")
    return tensor.is_meta or fake is not None and isinstance(tensor, fake.FakeTensor)


def is_wrapper(tensor):
    """Says whether a tensor's class meets torch's operators itself, and may have its elements anywhere."""
    return type(tensor) not in PLAIN and type(tensor).__torch_dispatch__ is not torch._C._disabled_torch_dispatch_impl


def address_of(tensor):
    """Returns the address of a tensor's elements, or raises TypeError where it is not plain memory of its own."""
    if is_wrapper(tensor):
        refuse(tensor, "it is not plain memory")
    try:
        address = tensor.data_ptr()
    except RuntimeError:
        address = 0
    if address == 0 and tensor.numel() > 0:
        refuse(tensor, "it is not plain memory")
    return address


def write(tensor, law, seed, stream, shape, ranges=None):
    """Fills `tensor` with the box `ranges` (all where None) of a whole tensor of `shape`, and returns it.

    A tensor without elements, of the meta device or fake, is left as it is.
    """
    if has_no_elements(tensor) or tensor.numel() == 0:
        return tensor
    if tensor.dtype.is_complex:
        return _write_complex(tensor, law, seed, stream, shape, ranges)
    dtype = DTYPES.get(tensor.dtype)
    if dtype is None:
        refuse(tensor, "it must be of float64, float32, bfloat16, float16 or float8 (e4m3fn, e5m2)")
    if tensor.layout is not torch.strided:
        refuse(tensor, "it is sparse; draw a dense one, and convert it")
    shape = tuple(shape)
    if is_wrapper(tensor):
        return _by_copy(tensor, law, seed, stream, shape, ranges)
    address = address_of(tensor)
    transposed = False
    if not tensor.is_contiguous():
        transposed = tensor.dim() > 1 and tensor.mT.is_contiguous()
        if not transposed:
            return _by_copy(tensor, law, seed, stream, shape, ranges)
    if tensor.is_cpu:
        fill_memory(address, tensor.nbytes, law, seed, stream, shape, dtype, ranges, None, None, transposed)
    elif not (tensor.is_cuda and _cuda.draw(tensor, dtype, law, seed, stream, shape, ranges, transposed)):
        _in_pieces(tensor, dtype, law, seed, stream, shape, ranges, transposed)
    if not tensor.is_inference():
        increment_version(tensor)
    return tensor


def _write_complex(tensor, law, seed, stream, shape, ranges):
    """Fills complex numbers as torch reads a law: both parts are drawn, of a normal law with the mean each and the variance together;
    what is constant is real."""
    parts = torch.zeros((*tensor.shape, 2), dtype=tensor.dtype.to_real(), device=tensor.device)
    both = ((*shape, 2), None if ranges is None else [*ranges, (0, 2)])
    if law.kind == "uniform":
        write(parts, law, seed, stream, *both)
    elif law.kind == "normal":
        told = law.to_dict()
        write(parts, Law.normal(told["mean"], told["std"] / math.sqrt(2.0)), seed, stream, *both)
    elif law.kind in ("constant", "diagonal"):
        write(parts[..., 0], law, seed, stream, shape, ranges)
    else:
        refuse(tensor, f"the law {law} is of real numbers")
    with torch.no_grad():
        tensor.copy_(torch.view_as_complex(parts))
    return tensor


def _by_copy(tensor, law, seed, stream, shape, ranges):
    whole = torch.empty(tensor.shape, dtype=tensor.dtype, device=tensor.device)
    write(whole, law, seed, stream, shape, ranges)
    with torch.no_grad():
        tensor.copy_(whole)
    return tensor


def _in_pieces(tensor, dtype, law, seed, stream, shape, ranges, transposed):
    """Makes it on the host, a piece while the last one is copied."""
    flat = (tensor.mT if transposed else tensor).detach().view(-1)
    size, total = tensor.element_size(), flat.numel()
    step = min(total, PIECE // size)
    cuda = tensor.is_cuda
    pieces = [torch.empty(step, dtype=tensor.dtype, pin_memory=cuda) for _ in range(2)]
    copied = [None, None]
    for turn, start in enumerate(range(0, total, step)):
        at, count = turn % 2, min(step, total - start)
        if copied[at] is not None:
            copied[at].synchronize()
        address = pieces[at].data_ptr()
        fill_memory(address, count * size, law, seed, stream, shape, dtype, ranges, start, count, transposed)
        flat[start : start + count].copy_(pieces[at][:count], non_blocking=cuda)
        if cuda:
            copied[at] = torch.cuda.current_stream(tensor.device).record_event()
    # The pinned memory goes back to torch's allocator, which may hand it to a writer that knows of no copy under way.
    for event in copied:
        if event is not None:
            event.synchronize()
