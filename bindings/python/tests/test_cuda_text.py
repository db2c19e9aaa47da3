"""The kernels' CUDA C, run on the host: all kernels, held against the twin bit for bit."""

import ctypes

import numpy
import pytest
from cuda_on_the_host import library
from wgpu_weights import Law
from wgpu_weights._native import dispatches, fill_memory, kernels, wgsl

SIZES = {"F32": 4, "F16": 2, "BF16": 2, "F8_E4M3": 1, "F8_E5M2": 1}
ODD, EVEN = (300, 1001), (304, 1040)
LAWS = [
    Law.normal(0.0, 0.02),
    Law.normal(0.5, 0.02),
    Law.normal(0.0, 1e-39),
    Law.uniform(-0.1, 0.1),
    Law.uniform(0.0, 1e-40),
    Law.truncated_normal(0.0, 0.02, -0.04, 0.04),
    Law.truncated_normal(1.0, 2.0, -3.0, 9.0),
    Law.truncated_normal(0.0, 1.0, 5.0, 9.0),
    Law.constant(0.3),
]
# A box of the whole or all of it, transposed or not, from an element of the buffer on.
PLACES = [
    (ODD, None, False, 0),
    (ODD, None, False, 3),
    (ODD, [(3, 200), (5, 900)], False, 0),
    (ODD, [(0, 256), (4, 516)], True, 0),
    (EVEN, None, True, 0),
]
used = set()


def differing(library, law, dtype, shape, ranges, transposed, lead):
    """How many bytes the kernels make otherwise than the twin, those around the fill too; and how many there are."""
    size = SIZES.get(dtype, 4)
    offset, count = lead * size, size
    for first, end in ranges or [(0, it) for it in shape]:
        count *= end - first
    memory = numpy.full(count + offset + 1024, 0xA5, numpy.uint8)
    base = -memory.ctypes.data % 256
    wanted = memory.copy()
    start = wanted.ctypes.data + base + offset
    fill_memory(start, count, law, 42, 7, shape, dtype, ranges, None, None, transposed)
    plan = dispatches(law, 42, 7, shape, dtype, ranges, transposed, offset)
    assert plan, (law, dtype, shape, ranges, transposed)
    for kernel, params, bind_offset, (columns, rows), _ in plan:
        used.add(kernel)
        at = ctypes.c_void_p(memory.ctypes.data + base + bind_offset)
        library[kernel](ctypes.c_char_p(params), at, columns, rows)
    return int((memory != wanted).sum()), count


@pytest.mark.parametrize("dtype", SIZES)
def test_every_law_and_place(dtype):
    for shape, *place in PLACES:
        patterns = [Law.of("eye", shape), Law.of("sparse", shape, sparsity=0.1)]
        for law in LAWS + patterns:
            found, count = differing(library(), law, dtype, shape, *place)
            assert found == 0 and count > 100_000, (law, shape, place)


def test_zero_rows():
    padded = LAWS[0].with_zero_rows(7, 9)
    for shape, ranges, transposed, lead in PLACES:
        if not transposed:
            assert differing(library(), padded, "F32", shape, ranges, False, lead)[0] == 0
    # Which takes a dispatch for each row and more.
    assert dispatches(padded, 42, 7, (3000, 64), "F32", None, True) is None


def test_words():
    for shape, *place in PLACES:
        assert differing(library(), Law.bits(), "U32", shape, *place)[0] == 0


def test_every_kernel_was_met():
    assert set(kernels()) == used


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("0.19634954631328583", "0.1963495"),
        ("0x9e3779b9u", "0x9e3779b8u"),
        ("return of(MULTIPLY(a.value, b.value))", "return of(MULTIPLY(a.value, b.value) * 1.0000001f)"),
        ("return of(ADD(a.value, b.value))", "return of(static_cast<float>(static_cast<double>(a.value) + b.value + 1e-9))"),
        ("[(params.word >> 2u) + index]", "[(params.word >> 2u) + (index ^ 1u)]"),
    ],
)
def test_a_defect_is_told(old, new):
    planted = library(("centrednormal_f32_aligned_u64",), old, new)
    assert differing(planted, LAWS[0], "F32", (64, 64), None, False, 0)[0] > 0


def test_a_kernel_that_is_not_there():
    with pytest.raises(ValueError, match='there is no kernel "normal"'):
        wgsl("normal")
