"""The way to CUDA: its calls against a driver that runs on the host, and what NVRTC makes of every kernel. No GPU is needed, and
none was met."""

import re
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from ctypes import c_uint
from functools import lru_cache
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from cuda_on_the_host import library
from wgpu_weights import Law, _cuda, _host, stream_of
from wgpu_weights._cuda_text import HEADER, kernel_text
from wgpu_weights._native import kernels

NORMAL = Law.normal(0.0, 0.02)
SHAPE = (1024, 512)
STREAM = stream_of("w")
# What the driver on the host is given as a stream.
QUEUE = 5


@pytest.fixture
def driver():
    made = library()
    made.arrange(b"", 0, 0)
    yield made
    made.arrange(b"", 0, 0)


def device(driver):
    return _cuda.Device(_cuda.Libraries(driver, driver), 0, "sm_90")


def counted(driver):
    """Compiled, launched, and contexts left behind."""
    out = (c_uint * 3)()
    driver.counted(out)
    return list(out)


def draw(on, tensor, law=NORMAL, shape=SHAPE, ranges=None, transposed=False, capturing=False):
    dtype = _host.DTYPES[tensor.dtype]
    return _cuda.draw_on(on, QUEUE, capturing, tensor, dtype, law, 42, STREAM, shape, ranges, transposed)


def wanted(dtype, law=NORMAL, shape=SHAPE):
    return _host.write(torch.empty(shape, dtype=dtype), law, 42, STREAM, shape)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16, torch.float8_e4m3fn, torch.float8_e5m2])
def test_a_fill_is_the_hosts(driver, dtype):
    def same(one, other):
        return torch.equal(one.contiguous().view(torch.uint8), other.contiguous().view(torch.uint8))

    on, whole = device(driver), wanted(dtype, shape=(2048, 1024))
    it = torch.zeros(2048, 1024, dtype=dtype)
    assert draw(on, it, shape=(2048, 1024)) and same(it, whole)
    # Now it is compiled and proved, smaller ones take it too, and compile nothing.
    before = counted(driver)[0]
    part = torch.zeros(64, 1024, dtype=dtype)
    assert draw(on, part, shape=(2048, 1024), ranges=[(64, 128), (0, 1024)]) and same(part, whole[64:128])
    assert counted(driver)[0] == before
    # Neither before nor behind a view is anything written; here it begins within a word.
    lot = torch.zeros(2048 * 1024 + 99, dtype=dtype)
    view = lot[7 : 7 + 2048 * 1024].view(2048, 1024)
    assert draw(on, view, shape=(2048, 1024)) and same(view, whole)
    assert not lot[:7].float().any() and not lot[7 + 2048 * 1024 :].float().any()
    # Transposed.
    it = torch.zeros(1024, 2048, dtype=dtype).mT
    assert draw(on, it, shape=(2048, 1024), transposed=True) and same(it, whole)
    assert counted(driver)[2] == 0


def test_what_takes_longer_is_the_hosts(driver):
    on = device(driver)
    assert not draw(on, torch.zeros(64, 64), shape=(64, 64))
    assert not draw(on, torch.zeros(SHAPE, dtype=torch.float64))
    assert not draw(on, torch.zeros(SHAPE), law=Law.of("orthogonal", SHAPE))
    assert counted(driver) == [0, 0, 0]


def test_a_capture_needs_a_kernel_that_ran(driver):
    on, it = device(driver), torch.zeros(SHAPE)
    with pytest.raises(RuntimeError, match="draw it once before"):
        draw(on, it, capturing=True)
    assert draw(on, it) and draw(on, it.zero_(), capturing=True) and torch.equal(it, wanted(torch.float32))


def test_wrong_numbers_are_told_and_the_host_draws(driver):
    driver.arrange(b"", 1, 0)
    on = device(driver)
    with pytest.warns(RuntimeWarning, match="are not those of the host; please report it"):
        assert not draw(on, torch.zeros(SHAPE))
    assert not on.trusted


@pytest.mark.parametrize(
    "call",
    [
        "nvrtcCreateProgram",
        "nvrtcCompileProgram",
        "nvrtcGetCUBINSize",
        "nvrtcGetCUBIN",
        "cuCtxPushCurrent_v2",
        "cuModuleLoadData",
        "cuModuleGetFunction",
        "cuLaunchKernel",
    ],
)
def test_a_call_that_fails_is_told_and_the_host_draws(driver, call):
    driver.arrange(call.encode(), 0, 999)
    on = device(driver)
    log = ": a log" if call == "nvrtcCompileProgram" else ""
    with pytest.warns(RuntimeWarning, match=f"the host draws .*{call} says 999{log}"):
        assert not draw(on, torch.zeros(SHAPE))
    assert not on.trusted and counted(driver)[2] == 0


def test_a_full_device_is_asked_again(driver):
    on, it = device(driver), torch.zeros(SHAPE)
    driver.arrange(b"cuModuleLoadData", 0, _cuda.OUT_OF_MEMORY)
    assert not draw(on, it) and on.trusted
    driver.arrange(b"", 0, 0)
    assert draw(on, it) and torch.equal(it, wanted(torch.float32))


def test_threads_compile_a_kernel_once(driver):
    on = device(driver)
    with ThreadPoolExecutor(4) as threads:
        tensors = list(threads.map(lambda _: (it := torch.zeros(SHAPE), draw(on, it))[0], range(8)))
    assert all(torch.equal(it, wanted(torch.float32)) for it in tensors) and counted(driver)[0] == 1


def test_the_way_of_a_tensor(driver, monkeypatch):
    """`write` goes by the kernels where a tensor is on CUDA, and by copies where they do not draw."""

    class Cuda(torch.Tensor):
        # On the host, whatever it says.
        is_cuda = property(lambda self: True)
        is_cpu = property(lambda self: False)
        __torch_function__ = torch._C._disabled_torch_function_impl

    monkeypatch.setattr(_host, "PLAIN", _host.PLAIN | {Cuda})
    drawn = []

    def instead(tensor, dtype, law, seed, stream, shape, ranges, transposed):
        drawn.append(draw(on, tensor, law, shape, ranges, transposed))
        return drawn[-1]

    on = device(driver)
    monkeypatch.setattr(_cuda, "draw", instead)
    it = torch.zeros(SHAPE).as_subclass(Cuda)
    before = it._version
    _host.write(it, NORMAL, 42, STREAM, SHAPE)
    assert drawn == [True] and it._version > before
    assert torch.equal(it.as_subclass(torch.Tensor), wanted(torch.float32))


class NoDriver:
    """What NVRTC does without: a driver that is there and is never called."""

    def __getattr__(self, name):
        function = type("Function", (), {"__call__": lambda self, *_: 1})()
        setattr(self, name, function)
        return function


@lru_cache(None)
def compiler():
    assert torch.version.cuda, "this torch has no CUDA, so that there is no NVRTC"
    return _cuda.Libraries(_cuda._nvrtc(), NoDriver())


def instructions(text):
    """How often each instruction stands in what NVRTC makes of it, by the name before a point."""
    # triton brings it, which torch brings.
    disassembler = next(Path(torch.__file__).parent.parent.glob("triton/backends/nvidia/bin/nvdisasm"))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "kernel.cubin")
        file.write_bytes(compiler().cubin(text, "sm_90"))
        listing = subprocess.run([disassembler, "-c", file], capture_output=True, text=True, check=True).stdout
    # A product of two zeros and a constant, as which a constant is moved.
    listing = re.sub(r"HFMA2\S* R\d+, -RZ, RZ, ", "MOVED ", listing)
    return Counter(re.findall(r"/\*[0-9a-f]{4,}\*/\s+(?:@!?U?P\w+ )?([A-Z][A-Z0-9_]*)", listing))


needs_nvrtc = pytest.mark.skipif(sys.platform != "linux", reason="triton's nvdisasm is Linux'")
# Every draw and store in f32, and every dtype.
COMPILED = [it for it in kernels() if "_f32_" in it or re.match("(bits|centrednormal)_.*_aligned", it)]


@needs_nvrtc
def test_nvrtc_fuses_nothing():
    with ThreadPoolExecutor(2) as threads:
        for kernel, found in zip(COMPILED, threads.map(lambda it: instructions(HEADER + kernel_text(it)), COMPILED)):
            # Nothing is fused, nothing is wider than it says, nothing of a vector lies in memory.
            unwanted = {"FFMA", "FFMA32I", "HFMA2", "DADD", "DMUL", "DFMA", "LDL", "STL"} & set(found)
            assert not unwanted and sum(found.values()) > 20, (kernel, found)
            assert (found["FMUL"] > 0) == (not kernel.startswith(("bits", "constant", "diagonal"))), (kernel, found)
    assert len(COMPILED) == 40


@needs_nvrtc
def test_nvrtc_would_fuse():
    text = HEADER.replace("#define MULTIPLY __fmul_rn", "#define MULTIPLY(a, b) ((a) * (b))", 1)
    text = text.replace("#define ADD __fadd_rn", "#define ADD(a, b) ((a) + (b))", 1)
    found = instructions(text + kernel_text("centrednormal_f32_aligned_u64"))
    assert found["FFMA"] > 50
