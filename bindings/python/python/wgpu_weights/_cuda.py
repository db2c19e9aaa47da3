"""Fills of CUDA memory in place, by the project's kernels: NVRTC, which torch brings, compiles them, and the driver runs them.

What a kernel of a device makes first is held against the host's numbers; where they differ, or anything is not there, the
host draws. The environment variable WGPU_WEIGHTS_CUDA=0 leaves everything to the host.
"""

import ctypes
import os
import sys
import threading
import warnings
from ctypes import byref, c_char_p, c_int, c_size_t, c_uint, c_void_p
from functools import lru_cache
from pathlib import Path

import torch

from ._cuda_text import HEADER, kernel_text
from ._native import dispatches, fill_memory

# Bytes from which on a fill is worth compiling a kernel, which takes as long as some hundred megabytes of copies.
WORTH_COMPILING = 1 << 20
# Bytes of a kernel's first fill that are held against the host's.
PROVED = 1 << 16
# The driver's code of memory that is not there.
OUT_OF_MEMORY = 2
# Where a binding may begin, in bytes.
ALIGNMENT = 256
WORKGROUP = 256


class CudaError(Exception):
    """A call of NVRTC or of the driver has failed."""

    code = 0


class Libraries:
    """NVRTC and CUDA's driver, as far as they are needed."""

    def __init__(self, nvrtc, driver):
        self.nvrtc, self.driver = nvrtc, driver
        pointer = ctypes.POINTER
        for library, name, arguments in (
            (nvrtc, "nvrtcCreateProgram", [pointer(c_void_p), c_char_p, c_char_p, c_int, c_void_p, c_void_p]),
            (nvrtc, "nvrtcCompileProgram", [c_void_p, c_int, pointer(c_char_p)]),
            (nvrtc, "nvrtcGetCUBINSize", [c_void_p, pointer(c_size_t)]),
            (nvrtc, "nvrtcGetCUBIN", [c_void_p, c_char_p]),
            (nvrtc, "nvrtcGetProgramLogSize", [c_void_p, pointer(c_size_t)]),
            (nvrtc, "nvrtcGetProgramLog", [c_void_p, c_char_p]),
            (nvrtc, "nvrtcDestroyProgram", [pointer(c_void_p)]),
            (driver, "cuDeviceGet", [pointer(c_int), c_int]),
            (driver, "cuDevicePrimaryCtxRetain", [pointer(c_void_p), c_int]),
            (driver, "cuCtxPushCurrent_v2", [c_void_p]),
            (driver, "cuCtxPopCurrent_v2", [pointer(c_void_p)]),
            (driver, "cuModuleLoadData", [pointer(c_void_p), c_char_p]),
            (driver, "cuModuleGetFunction", [pointer(c_void_p), c_void_p, c_char_p]),
            (driver, "cuLaunchKernel", [c_void_p] + [c_uint] * 7 + [c_void_p, pointer(c_void_p), c_void_p]),
        ):
            function = getattr(library, name)
            function.argtypes, function.restype = arguments, c_int
            setattr(self, name, _checked(name, function))

    def cubin(self, text, chip):
        """Returns the machine code of this text for a chip, as `sm_90`."""
        program, size = c_void_p(), c_size_t()
        self.nvrtcCreateProgram(byref(program), text.encode(), b"wgpu_weights.cu", 0, None, None)
        try:
            options = [f"--gpu-architecture={chip}".encode(), b"--std=c++17"]
            try:
                self.nvrtcCompileProgram(program, len(options), (c_char_p * len(options))(*options))
            except CudaError as error:
                self.nvrtcGetProgramLogSize(program, byref(size))
                log = ctypes.create_string_buffer(size.value)
                self.nvrtcGetProgramLog(program, log)
                raise CudaError(f"{error}: {log.value.decode(errors='replace')}") from None
            self.nvrtcGetCUBINSize(program, byref(size))
            made = ctypes.create_string_buffer(size.value)
            self.nvrtcGetCUBIN(program, made)
            return made.raw
        finally:
            self.nvrtcDestroyProgram(byref(program))


def _checked(name, function):
    def call(*arguments):
        code = function(*arguments)
        if code != 0:
            error = CudaError(f"{name} says {code}")
            error.code = code
            raise error

    return call


class Device:
    """A device's kernels, each compiled when it is first needed."""

    def __init__(self, libraries, ordinal, chip):
        self.libraries, self.chip = libraries, chip
        self.functions, self.proved = {}, set()
        self.lock = threading.Lock()
        self.trusted = True
        device, self.context = c_int(), c_void_p()
        libraries.cuDeviceGet(byref(device), ordinal)
        # torch's own, which lives as long as the process.
        libraries.cuDevicePrimaryCtxRetain(byref(self.context), device)

    def function(self, kernel):
        with self.lock:
            found = self.functions.get(kernel)
            if found is None:
                module, found = c_void_p(), c_void_p()
                cubin = self.libraries.cubin(HEADER + kernel_text(kernel), self.chip)
                self.libraries.cuModuleLoadData(byref(module), cubin)
                self.libraries.cuModuleGetFunction(byref(found), module, kernel.encode())
                self.functions[kernel] = found
            return found

    def run(self, plan, base, stream):
        """Runs a plan's dispatches one after another in a stream, on the memory from `base` on."""
        libraries = self.libraries
        libraries.cuCtxPushCurrent_v2(self.context)
        try:
            # Nothing is written before all is there.
            functions = [self.function(kernel) for kernel, *_ in plan]
            for function, (_, params, bind_offset, (columns, rows), _) in zip(functions, plan):
                told, memory = ctypes.create_string_buffer(params, len(params)), c_void_p(base + bind_offset)
                arguments = (c_void_p * 2)(ctypes.addressof(told), ctypes.addressof(memory))
                libraries.cuLaunchKernel(function, columns, rows, 1, WORKGROUP, 1, 1, 0, stream, arguments, None)
        finally:
            libraries.cuCtxPopCurrent_v2(byref(c_void_p()))


def draw(tensor, dtype, law, seed, stream, shape, ranges, transposed):
    """Fills a CUDA tensor that is contiguous, or is where its last two dimensions are exchanged, and returns whether it did."""
    with torch.cuda.device(tensor.device):
        queue = torch.cuda.current_stream(tensor.device).cuda_stream
        capturing = torch.cuda.is_current_stream_capturing()
    device = device_of(tensor.device.index)
    done = device is not None and draw_on(
        device, queue, capturing, tensor, dtype, law, seed, stream, shape, ranges, transposed
    )
    if capturing and not done:
        raise RuntimeError(f"a CUDA graph is being captured, and {law} in {dtype} is drawn by the host here: draw it before")
    return done


def draw_on(device, queue, capturing, tensor, dtype, law, seed, stream, shape, ranges, transposed):
    """Does what `draw` does, on this device and in this stream."""
    if not device.trusted:
        return False
    address = tensor.data_ptr()
    offset = address % ALIGNMENT
    plan = dispatches(law, seed, stream, shape, dtype, ranges, transposed, offset)
    if plan is None:
        return False
    new = {kernel for kernel, *_ in plan} - device.proved
    if new and capturing:
        raise RuntimeError("a CUDA graph is being captured, and this law's kernel has not run yet: draw it once before")
    if new and tensor.nbytes < WORTH_COMPILING:
        return False
    try:
        device.run(plan, address - offset, queue)
    except CudaError as error:
        # A device that is full now may have room again.
        if error.code != OUT_OF_MEMORY:
            _distrust(device, f"its kernels cannot be run here ({error})")
        return False
    for kernel, *_, (start, end) in plan:
        if kernel in device.proved:
            continue
        if not _as_the_host(tensor, dtype, law, seed, stream, shape, ranges, transposed, start, end):
            _distrust(device, f"its numbers by {kernel} are not those of the host; please report it")
            return False
        device.proved.add(kernel)
    return True


def _as_the_host(tensor, dtype, law, seed, stream, shape, ranges, transposed, start, end):
    size = tensor.element_size()
    first, count = start // size, min(end - start, PROVED) // size
    flat = (tensor.mT if transposed else tensor).detach().view(-1)[first : first + count].cpu()
    wanted = torch.empty(count, dtype=tensor.dtype)
    fill_memory(wanted.data_ptr(), wanted.nbytes, law, seed, stream, shape, dtype, ranges, first, count, transposed)
    return torch.equal(flat.view(torch.uint8), wanted.view(torch.uint8))


def _distrust(device, why):
    device.trusted = False
    warnings.warn(f"the host draws what is on the CUDA device, which takes longer: {why}", RuntimeWarning, stacklevel=2)


@lru_cache(None)
def device_of(ordinal):
    """Returns the device of this ordinal, or None where there is no NVRTC, no driver, or no wish for them."""
    if os.environ.get("WGPU_WEIGHTS_CUDA") == "0" or torch.version.cuda is None:
        return None
    major, minor = torch.cuda.get_device_capability(ordinal)
    if major < 7:
        # What is older does not take parameters where they are.
        return None
    windows = sys.platform == "win32"
    try:
        driver = ctypes.CDLL("nvcuda.dll" if windows else "libcuda.so.1")
        return Device(Libraries(_nvrtc(), driver), ordinal, f"sm_{major}{minor}")
    except (OSError, AttributeError, CudaError) as error:
        text = f"the host draws what is on the CUDA device, which takes longer: {error}"
        warnings.warn(text, RuntimeWarning, stacklevel=2)
        return None


def _nvrtc():
    """Loads the NVRTC of torch's CUDA, from torch's own packages, or where the system's loader finds it."""
    version = torch.version.cuda.split(".")[0]
    name = f"nvrtc64_{version}0_0.dll" if sys.platform == "win32" else f"libnvrtc.so.{version}"
    packages = Path(torch.__file__).parent.parent
    beside = [Path(torch.__file__).parent / "lib" / name, *packages.glob(f"nvidia/*/lib/{name}")]
    # The system's may be an older one, which knows fewer chips.
    for path in [*map(str, beside), name]:
        try:
            return ctypes.CDLL(path)
        except OSError:
            continue
    raise OSError(f"{name}, which compiles the kernels, is not found")
