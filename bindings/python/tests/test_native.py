"""The native module and `fill`, without torch: values by the contract's known answers, parts, errors, threads, recipes."""

import array
import ast
import copy
import ctypes
import doctest
import hashlib
import json
import multiprocessing
import pickle
import random
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import wgpu_weights
from wgpu_weights import CONTRACT_VERSION, Law, Recipe, _native, check, fill, stream_of
from wgpu_weights._native import fill_memory

ROOT = Path(__file__).resolve().parents[3]
SIZES = {"F64": 8, "I64": 8, "F32": 4, "U32": 4, "I32": 4, "F16": 2, "BF16": 2}
NORMAL = Law.normal(0.0, 0.02)


def bytes_of(law, shape, dtype="F32", seed=42, stream=7, **part):
    """What `fill_memory` writes, between bytes that it must leave alone."""
    count = part.pop("elements", None)
    count = int(np.prod(shape, dtype=object)) if count is None else count
    nbytes = count * SIZES.get(dtype, 1)
    memory = np.full(nbytes + 32, 0xA5, np.uint8)
    fill_memory(memory.ctypes.data + 16, nbytes, law, seed, stream, shape, dtype, **part)
    assert (memory[:16] == 0xA5).all() and (memory[16 + nbytes :] == 0xA5).all()
    return memory[16 : 16 + nbytes].tobytes()


# The contract's known answers.


def known_answers():
    lines = (ROOT / "tests/data/known_answers.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def law_of_line(fields):
    """The law that a line of known answers begins with, and what follows it."""
    kind, *rest = fields
    counts = {"bits": 0, "constant": 1, "uniform": 2, "normal": 2, "truncated_normal": 4, "arange": 3}
    if kind in counts:
        given, rest = rest[: counts[kind]], rest[counts[kind] :]
        numbers = [float(it) for it in given]
        if kind == "arange":
            numbers[2] = int(given[2])
        law = getattr(Law, kind)(*numbers)
    elif kind == "diagonal":
        names = ["rows", "columns", "taps", "tap", "period"]
        inner = {"layout": rest[1], **dict(zip(names, map(int, rest[2:7])))}
        law, rest = Law.from_dict({"kind": kind, "value": float(rest[0]), "diagonal": inner}), rest[7:]
    elif kind == "sparse":
        zeros = {"each": rest[2], **dict(zip(["rows", "columns", "zeros"], map(int, rest[3:6])))}
        law = Law.from_dict({"kind": kind, "mean": float(rest[0]), "std": float(rest[1]), "zeros": zeros})
        rest = rest[6:]
    else:
        assert kind == "orthogonal"
        matrices = dict(zip(["first", "count", "rows", "columns", "inner"], map(int, rest[1:6])))
        law, rest = Law.from_dict({"kind": kind, "gain": float(rest[0]), "matrices": matrices}), rest[6:]
    if rest[0] == "zero-rows":
        law, rest = law.with_zero_rows(int(rest[1]), int(rest[2])), rest[3:]
    return law, rest


def test_the_known_answers_are_all_there():
    assert len(known_answers()) >= 230


@pytest.mark.parametrize("line", known_answers(), ids=lambda line: line[:60].replace(" ", "_"))
def test_known_answer(line):
    law, [dtype, seed, stream, start, count, sha256, _] = law_of_line(line.split())
    seed, stream, start, count = map(int, (seed, stream, start, count))
    out = np.empty(count * SIZES.get(dtype, 1), np.uint8)
    # Answers are asked of any index that there is.
    whole = [2**64 - 1]
    fill(out, law, seed=seed, stream=stream, shape=whole, ranges=[(start, start + count)], dtype=dtype)
    assert hashlib.sha256(out).hexdigest() == sha256
    if count <= 100_000:
        window = bytes_of(law, whole, dtype, seed, stream, start=start, count=count, elements=count)
        assert window == out.tobytes()


# Parts of a tensor.


def test_a_box_is_a_slice_of_the_whole():
    shape, ranges = (5, 7, 11), [(1, 4), (0, 7), (3, 9)]
    whole = np.frombuffer(bytes_of(NORMAL, shape), np.float32).reshape(shape)
    box = np.frombuffer(bytes_of(NORMAL, shape, ranges=ranges, elements=3 * 7 * 6), np.float32)
    assert (box.reshape(3, 7, 6) == whole[1:4, :, 3:9]).all()
    turned = bytes_of(NORMAL, shape, ranges=ranges, transposed=True, elements=3 * 7 * 6)
    assert (np.frombuffer(turned, np.float32).reshape(3, 6, 7) == box.reshape(3, 7, 6).swapaxes(1, 2)).all()
    window = bytes_of(NORMAL, shape, ranges=ranges, transposed=True, start=5, count=20, elements=20)
    assert window == turned[20:100]
    assert bytes_of(NORMAL, shape, start=380, elements=5) == whole.tobytes()[380 * 4 :]


def test_fills_of_every_length_are_beginnings_of_the_longest():
    longest = bytes_of(NORMAL, (70_000,))
    for count in (0, 1, 63, 4095, 4096, 4097, 65_535, 65_536, 65_537):
        assert bytes_of(NORMAL, (70_000,), start=0, count=count, elements=count) == longest[: 4 * count]


def test_fill_of_arrays():
    whole = np.empty((6, 8), np.float32)
    fill(whole, NORMAL, seed=42, name="w")
    assert 0.01 < whole.std() < 0.03
    rows = np.empty((2, 8), np.float32)
    fill(rows, NORMAL, seed=42, stream=stream_of("w"), shape=(6, 8), ranges=[(2, 4), (0, 8)])
    assert (rows == whole[2:4]).all()
    fill(rows.reshape(-1), NORMAL, seed=42, name="w", shape=(6, 8), ranges=[(4, 6), (0, 8)])
    assert (rows == whole[4:]).all()
    other = np.empty((6, 8), np.float32)
    fill(other, NORMAL, seed=43, name="w")
    assert (other != whole).all()
    fill(other, NORMAL, seed=42)
    assert (other != whole).all()
    scalar = np.empty((), np.float64)
    fill(scalar, NORMAL, seed=42, name="w")
    assert scalar[()] == whole[0, 0]
    fill(np.empty((0, 3), np.float32), NORMAL, seed=1)
    with pytest.raises(ValueError, match="must be equal"):
        fill(np.empty((8, 6), np.float32), NORMAL, seed=42, shape=(6, 8))
    with pytest.raises(ValueError, match="must be equal"):
        fill(np.empty((4, 8), np.float32), NORMAL, seed=42, shape=(6, 8))


def test_fill_of_every_dtype():
    f32 = np.empty(10_000, np.float32)
    fill(f32, NORMAL, seed=42)
    for dtype in (np.float64, np.float16):
        out = np.empty(10_000, dtype)
        fill(out, NORMAL, seed=42)
        assert (out == f32.astype(dtype)).all()
    words = f32.view(np.uint32).astype(np.uint64)
    rounded = ((words + 0x7FFF + (words >> 16 & 1)) >> 16).astype(np.uint16)
    for name in ("BF16", "bfloat16"):
        out = np.empty(10_000, np.uint16)
        fill(out, NORMAL, seed=42, dtype=name)
        assert (out == rounded).all()
    for name in ("F8_E4M3", "float8_e5m2"):
        out = np.zeros(10_000, np.uint8)
        fill(out, NORMAL, seed=42, dtype=name)
        assert len(np.unique(out)) > 50
    ids = np.empty((1, 512), np.int64)
    fill(ids, Law.arange(0, 1, 512), seed=0)
    assert (ids == np.arange(512)).all()
    for dtype in (np.int32, np.uint8, np.bool_, np.float32):
        out = np.zeros(9, dtype)
        fill(out, Law.constant(1), seed=0)
        assert (out == 1).all()
    bits = np.empty(4, np.uint32)
    fill(bits, Law.bits(), seed=0)
    assert bits[0] == 0x6627E8D5  # Random123's first known answer


def test_fill_of_ml_dtypes():
    ml_dtypes = pytest.importorskip("ml_dtypes")
    f32 = np.empty((50, 20), np.float32)
    fill(f32, NORMAL, seed=42)
    for dtype in (ml_dtypes.bfloat16, ml_dtypes.float8_e4m3fn, ml_dtypes.float8_e5m2):
        out = np.empty((50, 20), dtype)
        fill(out, NORMAL, seed=42)
        # The contract has no -0.
        assert (out.astype(np.float32) == f32.astype(dtype).astype(np.float32)).all()
        raw = bytearray(out.nbytes)
        fill(raw, NORMAL, seed=42, dtype=dtype)
        assert raw == out.tobytes()


def test_fill_of_other_buffers():
    expected = bytes_of(NORMAL, (10,), stream=0)
    for out in (array.array("f", [0.0] * 10), (ctypes.c_float * 10)(), memoryview(bytearray(40)).cast("f")):
        fill(out, NORMAL, seed=42)
        assert bytes(out) == expected
    for letter in "ilqILB":
        out = array.array(letter, [0] * 9)
        if (letter.islower(), out.itemsize) != (False, 8):
            fill(out, Law.bits() if letter in "IL" else Law.constant(3), seed=0)
            assert out[0] == (0x6627E8D5 if letter in "IL" else 3)
    raw = bytearray(40)
    fill(raw, NORMAL, seed=42, dtype="F32")
    assert raw == expected
    raw.append(0)  # nothing holds it any more


def test_what_is_no_memory_for_it_is_refused():
    good = np.zeros((4, 4), np.float32)
    read_only = np.zeros(4, np.float32)
    read_only.flags.writeable = False
    for out, error in [
        (read_only, ValueError),
        (b"1234", ValueError),
        (good.T[1:], ValueError),
        (good[:, ::2], ValueError),
        (np.zeros(4, ">f4"), ValueError),
        (np.zeros(4, object), TypeError),
        (np.zeros(3, [("a", "O")]), TypeError),
        (memoryview(np.zeros(3, [("a", "O")])), TypeError),
        (memoryview(np.zeros(3, ">f4")), ValueError),
        (np.zeros(4, np.complex64), TypeError),
        (np.zeros(4, np.int16), TypeError),
        (memoryview(bytearray(16))[::2], ValueError),
        ([0.0] * 4, TypeError),
        (None, TypeError),
        (16, TypeError),
    ]:
        with pytest.raises(error):
            fill(out, NORMAL, seed=1)
    for given in [
        {"dtype": "F16"},
        {"dtype": 3},
        {"name": "a", "stream": 1},
        {"ranges": [(0, 4), (0, 4)]},
        {"seed": 1.5},
        {"seed": "1"},
        {"seed": None},
        {"law": "normal"},
    ]:
        given = {"law": NORMAL, "seed": 1, **given}
        with pytest.raises(TypeError):
            fill(good, **given)
    for given in [
        {"dtype": "I32"},
        {"seed": -1},
        {"seed": 2**64},
        {"stream": -1},
        {"shape": (-4, 4)},
        {"shape": (2**33, 2**33), "ranges": [(0, 4), (0, 4)]},
        {"shape": (4, 4), "ranges": [(0, 4)]},
        {"shape": (4, 4), "ranges": [(0, 4), (1, 5)]},
        {"shape": (4, 4), "ranges": [(4, 0), (0, 4)]},
        {"law": Law.bits()},
        {"dtype": "F99"},
    ]:
        given = {"law": NORMAL, "seed": 1, **given}
        size = 1 if given.get("dtype") == "F99" else 4
        with pytest.raises(ValueError):
            fill(good.view(np.uint8) if size == 1 else good, **given)
    assert (good == 0).all()


def test_memory_of_another_size_is_refused():
    memory = np.zeros(16, np.float32)
    at = memory.ctypes.data
    for nbytes in (-1, 0, 60, 63, 65, 68, 2**63, 2**64 - 1, 2**64):
        with pytest.raises(ValueError):
            fill_memory(at, nbytes, NORMAL, 1, 0, (16,), "F32")
    with pytest.raises(ValueError, match="no memory"):
        fill_memory(0, 64, NORMAL, 1, 0, (16,), "F32")
    with pytest.raises(ValueError, match="no memory"):
        fill_memory(2**64 - 8, 64, NORMAL, 1, 0, (16,), "F32")
    with pytest.raises(ValueError):
        fill_memory(2**64, 64, NORMAL, 1, 0, (16,), "F32")
    # A slice's bytes are counted in an isize.
    with pytest.raises(ValueError, match="no memory"):
        fill_memory(16, 2**63, Law.constant(0), 1, 0, (2**63,), "U8")
    with pytest.raises(ValueError):
        fill_memory(at, 64, NORMAL, 1, 0, (16,), "F32", start=1, count=16)
    with pytest.raises(ValueError):
        fill_memory(at, 64, NORMAL, 1, 0, (16,), "F32", start=17)
    with pytest.raises(ValueError):
        fill_memory(at, 64, NORMAL, 1, 0, (16,), "F32", transposed=True)
    assert (memory == 0).all()
    fill_memory(0, 0, NORMAL, 1, 0, (0, 5), "F32")


class Boundless:
    """A sequence that says that it has more items than memory holds."""

    def __len__(self):
        return 2**62

    def __getitem__(self, at):
        return 1


def test_lists_without_end_are_refused():
    memory = np.zeros(16, np.float32)
    for endless in (range(2**62), range(65), Boundless()):
        with pytest.raises(ValueError, match="no shape has"):
            fill_memory(memory.ctypes.data, 64, NORMAL, 1, 0, endless, "F32")
        with pytest.raises((ValueError, TypeError)):
            fill_memory(memory.ctypes.data, 64, NORMAL, 1, 0, (16,), "F32", endless)
        with pytest.raises(ValueError):
            Law.of("normal", endless)
        with pytest.raises((ValueError, TypeError)):
            Law.of("xavier_normal", (3, 5), in_axis=endless)
        with pytest.raises(ValueError):
            Recipe("gpt2").plan({"w": ("F32", endless)})
    for ranges in ([(0,)], [(0, 8, 16)], [0, 16], "a", {"a": 1}):
        with pytest.raises((ValueError, TypeError)):
            fill_memory(memory.ctypes.data, 64, NORMAL, 1, 0, (16,), "F32", ranges)
    fill_memory(memory.ctypes.data, 64, NORMAL, 1, 0, iter([16]), "F32", [[0, 16]])


def test_orthogonal_matrices_that_no_memory_holds_are_a_memory_error():
    law = Law.of("orthogonal", (1 << 24, 1 << 24))
    with pytest.raises(MemoryError):
        bytes_of(law, (1 << 24, 1 << 24), start=0, count=4, elements=4)


def test_nothing_but_python_errors_comes_of_anything():
    """Arguments at random, of all kinds: an exception that is documented, or a fill."""
    rng = random.Random(15)
    memory = np.zeros(1 << 12, np.uint8)
    numbers = [0, 1, 2, 3, 7, 16, 2**31, 2**32, 2**63 - 1, 2**63, 2**64 - 1, 2**64, -1]
    floats = [0.0, -0.0, 1.0, -1.0, 1e-45, 3.4e38, 1e39, float("nan"), float("inf"), -float("inf"), 0.5, 12.0]
    inits = "kaiming_normal xavier_uniform orthogonal delta_orthogonal sparse eye identity dirac one_hot arange zeros normal".split()
    keys = "gain std mean low high value a sparsity mode convention in_axis out_axis groups start step expression".split()
    allowed = (ValueError, TypeError, MemoryError)
    seen = set()

    def law():
        f = [rng.choice(floats) for _ in range(4)]
        made = [
            lambda: Law.normal(*f[:2]),
            lambda: Law.uniform(*f[:2]),
            lambda: Law.truncated_normal(*f),
            lambda: Law.constant(f[0]),
            lambda: Law.arange(f[0], f[1], rng.choice(numbers)),
            lambda: Law.of(rng.choice(inits), shape(), **{rng.choice(keys): rng.choice([*f, "tanh", "fan_in", 0, -1, [0, 1], 2**70])}),
            lambda: NORMAL.with_zero_rows(rng.choice(numbers), rng.choice(numbers)),
            Law.bits,
        ]
        return rng.choice(made)()

    def shape():
        return [rng.choice(numbers) for _ in range(rng.randrange(5))]

    for _ in range(20_000):
        try:
            drawn = law()
            if drawn.kind == "orthogonal":
                continue  # large ones are made whole, whatever is asked for
            of = shape()
            ranges = None if rng.random() < 0.5 else [(rng.choice(numbers), rng.choice(numbers)) for _ in of]
            dtype = rng.choice(["F32", "F64", "F16", "BF16", "F8_E4M3", "U32", "I64", "BOOL", "F31"])
            start, count = (rng.choice([None, *numbers]) for _ in range(2))
            nbytes = rng.choice([0, 4, 8, 16, 64, 256])
            fill_memory(
                memory.ctypes.data, nbytes, drawn, rng.choice(numbers), rng.choice(numbers), of, dtype,
                ranges, start, count, rng.random() < 0.2,
            )
            seen.add("filled")
        except allowed as error:
            seen.add(type(error))
    assert {"filled", ValueError} <= seen
    assert (memory[256:] == 0).all()


# Laws.


def laws():
    return [
        NORMAL,
        Law.uniform(-0.1, 0.3),
        Law.truncated_normal(0.0, 0.02, -0.04, 0.04),
        Law.constant(0.1),
        Law.bits(),
        Law.arange(0.1, 0.25, 512),
        NORMAL.with_zero_rows(3),
        NORMAL.with_zero_rows(3, 5),
        Law.of("orthogonal", (6, 4)),
        Law.of("sparse", (10, 6), sparsity=0.5),
        Law.of("dirac", (4, 2, 3), groups=2),
        Law.of("formula", (3, 4), expression="ln(j + 1) + 0.001 * z"),
    ]


def test_laws_are_values():
    drawn = set()
    for law in laws():
        for twin in (
            pickle.loads(pickle.dumps(law)),
            copy.deepcopy(law),
            copy.copy(law),
            Law.from_dict(law.to_dict()),
            Law.from_dict(json.loads(json.dumps(law.to_dict()))),
        ):
            assert twin == law and hash(twin) == hash(law) and str(twin) == str(law)
        assert law != "law" and repr(law) == f"Law('{law}')"
        drawn.add(law)
    assert len(drawn) == len(laws())
    assert hash(Law.arange(-0.0, 1.0, 3)) == hash(Law.arange(0.0, 1.0, 3))
    with pytest.raises(AttributeError):
        NORMAL.kind = "uniform"
    assert (NORMAL.kind, Law.bits().std) == ("normal", None)
    assert NORMAL.std == float(np.float32(0.02))


def test_laws_by_name():
    torch = Law.of("kaiming_uniform", (6, 4), nonlinearity="leaky_relu", a=5**0.5, convention="torch")
    assert torch == Law.uniform(-0.5, 0.5)
    assert Law.of("xavier_normal", [3, 5], in_axis=[0], out_axis=1) == Law.of("xavier_normal", (3, 5), in_axis="0", out_axis=(1,))
    assert Law.of("normal", (), mean=1, std=np.float64(2)) == Law.normal(1.0, 2.0)
    for init, arguments, error in [
        ("kaiming", {}, ValueError),
        ("normal", {"gain": 1.0}, ValueError),
        ("normal", {"std": -1.0}, ValueError),
        ("normal", {"std": "wide"}, ValueError),
        ("normal", {"std": None}, TypeError),
        ("normal", {"std": True}, TypeError),
        ("normal", {"std": [1.0]}, TypeError),
        ("kaiming_normal", {"mode": 1}, TypeError),
        ("kaiming_normal", {"mode": "fan"}, ValueError),
        ("xavier_normal", {"in_axis": 0.5}, TypeError),
        ("xavier_normal", {"in_axis": list(range(9))}, ValueError),
        ("sparse", {}, ValueError),
        ("formula", {"expression": "ln("}, ValueError),
    ]:
        with pytest.raises(error):
            Law.of(init, (3, 5), **arguments)
    with pytest.raises(ValueError):
        Law.of("normal", (-1,))


def test_laws_that_cannot_be():
    for make in (
        lambda: Law.normal(0.0, -1.0),
        lambda: Law.normal(float("nan"), 1.0),
        lambda: Law.uniform(1.0, 0.0),
        lambda: Law.truncated_normal(0.0, 1.0, 20.0, 21.0),
        lambda: Law.constant(1e39),
        lambda: Law.arange(0.0, 1.0, -1),
        lambda: Law.from_dict({"kind": "normal", "mean": 0.0}),
        lambda: Law.from_dict({"kind": "normal", "mean": 0.0, "std": float("nan")}),
        lambda: Law.from_dict({"kind": "gauss"}),
        lambda: Law.from_dict({}),
    ):
        with pytest.raises(ValueError):
            make()
    with pytest.raises(TypeError):
        Law()
    with pytest.raises(TypeError):
        Law.from_dict({"kind": {1, 2}})


def test_streams_are_fnv_1a():
    assert stream_of("") == 0xCBF29CE484222325
    assert stream_of("a") == 0xAF63DC4C8601EC8C
    assert CONTRACT_VERSION == 1


# Threads and processes.


def test_a_long_fill_releases_the_gil():
    out = np.zeros(1 << 26, np.float32)
    began, ended, ticks = threading.Event(), threading.Event(), 0

    def work():
        began.set()
        fill(out, NORMAL, seed=1)
        ended.set()

    worker = threading.Thread(target=work)
    worker.start()
    began.wait()
    while not ended.is_set():
        time.sleep(0.001)
        ticks += 1
    worker.join()
    # One of them may lie before the fill, one after it.
    assert ticks > 5


def test_fills_of_many_threads_at_once():
    whole = np.empty(1 << 21, np.float32)
    fill(whole, NORMAL, seed=42)
    out = np.empty_like(whole)
    size = 1 << 17

    def part(at):
        ranges = [(at, at + size)]
        fill(out[at : at + size], NORMAL, seed=42, shape=whole.shape, ranges=ranges)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(part, range(0, 1 << 21, size)))
    assert (out == whole).all()


def test_the_number_of_threads_changes_no_value():
    before = wgpu_weights.get_num_threads()
    shape = (1 << 9, 1 << 9)
    expected = bytes_of(NORMAL, shape), bytes_of(Law.of("orthogonal", (200, 200)), (200, 200))
    try:
        for count in (1, 3, 3):
            wgpu_weights.set_num_threads(count)
            assert wgpu_weights.get_num_threads() == count
            assert (bytes_of(NORMAL, shape), bytes_of(Law.of("orthogonal", (200, 200)), (200, 200))) == expected
    finally:
        wgpu_weights.set_num_threads(before)
    with pytest.raises(ValueError):
        wgpu_weights.set_num_threads(0)
    for count in (100_000, -1, 2**70):
        with pytest.raises(ValueError, match="from 1 to 1024|2\\^64"):
            wgpu_weights.set_num_threads(count)


def in_child(queue):
    out = np.empty(1 << 20, np.float32)
    fill(out, NORMAL, seed=42, name="w")
    queue.put(hashlib.sha256(out).hexdigest())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_fills_too():
    out = np.empty(1 << 20, np.float32)
    fill(out, NORMAL, seed=42, name="w")
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    children = [context.Process(target=in_child, args=(queue,)) for _ in range(3)]
    for child in children:
        child.start()
    digest = hashlib.sha256(out).hexdigest()
    try:
        assert [queue.get(timeout=60) for _ in children] == [digest] * 3
    finally:
        for child in children:
            child.kill()
            child.join()


def test_neither_numpy_nor_torch_is_imported():
    said = "import sys, wgpu_weights; assert not {'numpy', 'torch'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", said], check=True)


# Recipes.

GPT2 = ROOT / "examples/templates/gpt2.hf.json"
LLAMA = {"model_type": "llama", "initializer_range": 0.01}


def test_a_plan_of_a_file():
    plan = Recipe("gpt2").plan(GPT2)
    assert len(plan) == 148 and plan == sorted(plan, key=lambda it: plan.index(it))
    by_name = {it.name: it for it in plan}
    wte = by_name["transformer.wte.weight"]
    assert (wte.shape, wte.dtype, wte.stream) == ((50257, 768), "F32", stream_of(wte.name))
    assert wte.law == NORMAL and "wte" in wte.rule
    assert by_name["transformer.h.0.mlp.c_proj.weight"].law.std == pytest.approx(0.02 / 24**0.5)
    assert repr(wte) == "<Parameter transformer.wte.weight F32 (50257, 768): normal mean 0 std 0.02>"
    wider = Recipe("gpt2", set={"initializer_range": 0.04}).plan(str(GPT2), dtype="BF16")
    assert (wider[0].law, wider[0].dtype) == (Law.normal(0.0, 0.04), "BF16")


def test_a_plan_of_a_dict(tmp_path):
    template = {"model.embed_tokens.weight": ("BF16", (100, 16)), "model.norm.weight": ("F32", [16])}
    config = tmp_path / "config.json"
    config.write_text(json.dumps(LLAMA))
    # As Mamba 2's, and as one that is read into objects.
    wild = LLAMA | {"time_step_limit": (0.0, float("inf")), "none": float("nan"), "dtype": np.float32, 3: None}
    for given in (LLAMA, config, str(config), wild):
        plan = Recipe("hf").plan(template, given)
        assert [it.name for it in plan] == list(template)
        assert [str(it.law) for it in plan] == ["normal mean 0 std 0.01", "constant 1"]
    plan = Recipe("hf", set={"initializer_range": "0.5 * 0.06"}).plan(template, LLAMA)
    assert plan[0].law.std == pytest.approx(0.03)
    with pytest.raises(ValueError, match="`config=`"):
        Recipe("hf").plan(template)
    for wrong in (float("nan"), float("inf")):
        config.write_text(json.dumps(LLAMA | {"initializer_range": wrong}))
        for given in (LLAMA | {"initializer_range": wrong}, config):
            with pytest.raises(ValueError, match="must be a number"):
                Recipe("hf").plan(template, given)
    with pytest.raises(ValueError, match="no such variable|variable"):
        Recipe("hf", set={"initialiser_range": 1}).plan(template, LLAMA)


def test_recipes_of_ones_own(tmp_path):
    toml = '[[rule]]\nname = "*.weight"\ninit = "normal"\nstd = "0.1 / sqrt(fan_in)"\nconvention = "torch"\n'
    toml = toml.replace(' / sqrt(fan_in)"\nconvention = "torch"', '"')
    file = tmp_path / "mine.toml"
    file.write_text(toml)
    template = {"a.weight": ("F32", (4, 4))}
    for recipe in (Recipe(toml), Recipe(file), Recipe(str(file))):
        assert [it.law for it in recipe.plan(template)] == [Law.normal(0.0, 0.1)]
    assert Recipe(file).name == str(file)
    idle = Recipe(toml + '[[rule]]\nname = "*.bias"\ninit = "zeros"\n')
    assert any("matches no parameter" in note for note in idle.notes(template))
    with pytest.raises(ValueError, match="rule 1"):
        Recipe('[[rule]]\nname = "*"\ninit = "kaiming"\n')
    with pytest.raises(ValueError, match="a.weight"):
        Recipe('[[rule]]\nname = "*.bias"\ninit = "zeros"\n').plan(template)
    with pytest.raises(ValueError, match="gpt2"):
        Recipe("gpt-2")
    names = Recipe.names()
    assert {"hf", "gpt2", "torch", "hf/llama"} <= set(names)
    for name in names:
        assert Recipe(name).name == name


def test_templates_that_cannot_be(tmp_path):
    recipe = Recipe("gpt2")
    for template, error in [
        ({}, ValueError),
        ({"w": ("F33", (1,))}, ValueError),
        ({"w": ("F32", (-1,))}, ValueError),
        ({"w": ("F32", (2**40, 2**40))}, ValueError),
        ({"w": "F32"}, (TypeError, ValueError)),
        ({1: ("F32", (1,))}, TypeError),
        (3, TypeError),
        (tmp_path / "none.json", FileNotFoundError),
        ("/dev/null/none", OSError),
    ]:
        with pytest.raises(error):
            recipe.plan(template)
    with pytest.raises(TypeError):
        Recipe(3)
    endless = {}
    endless["config"] = endless
    with pytest.raises(ValueError):
        recipe.plan({"wte.weight": ("F32", (1,))}, endless)


# Checkpoints.


def write_safetensors(path, tensors):
    header, at = {}, 0
    for name, it in tensors.items():
        header[name] = {"dtype": "F32", "shape": it.shape, "data_offsets": [at, at + it.nbytes]}
        at += it.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    data = b"".join(it.tobytes() for it in tensors.values())
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)


def gpt2_of(seed, shapes, laws=None):
    template = {name: ("F32", shape) for name, shape in shapes.items()}
    tensors = {}
    for it in Recipe("gpt2").plan(template):
        tensors[it.name] = np.empty(it.shape, np.float32)
        fill(tensors[it.name], it.law, seed=seed, stream=it.stream)
    return tensors


def test_a_checkpoint_is_checked(tmp_path):
    path = tmp_path / "model.safetensors"
    tensors = gpt2_of(42, {"wte.weight": (1000, 64), "h.0.ln_1.weight": (64,), "h.0.attn.c_attn.weight": (64, 192)})
    write_safetensors(path, tensors)
    found = check(path, "gpt2", seed=42)
    assert found["failed"] is False and [it["method"] for it in found["parameters"]] == ["drawn_again"] * 3
    assert check(str(path), Recipe("gpt2"))["failed"] is False
    assert check(path, "gpt2", seed=43)["failed"] is True
    assert check(path, "gpt2", set={"initializer_range": 0.03})["failed"] is True
    assert check(path, Recipe("gpt2"), set={"initializer_range": 0.02})["failed"] is False
    assert check(path, Recipe("gpt2", set={"initializer_range": 0.03}))["failed"] is True
    config = {"model_type": "gpt2"}
    assert check(path, config=config)["failed"] is False

    tensors["wte.weight"][3, 5] += 1e-6
    write_safetensors(path, tensors)
    found = check(path, "gpt2", seed=42)
    wrong = {it["name"]: it["wrong"] for it in found["parameters"] if it["wrong"]}
    assert found["failed"] and list(wrong) == ["wte.weight"]
    with pytest.raises(ValueError, match="config"):
        check(path)
    with pytest.raises(FileNotFoundError) as error:
        check(tmp_path / "none.safetensors")
    assert error.value.errno == 2
    path.write_bytes(b"nothing")
    with pytest.raises(ValueError):
        check(path)
    with pytest.raises(TypeError):
        check({"wte.weight": ("F32", (1,))})


# Documents.


def test_docstrings_and_readme_hold():
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    parser, tested = doctest.DocTestParser(), 0
    objects = {"fill": fill, "stream_of": stream_of, "check": check, "Law": Law, "Recipe": Recipe}
    objects |= {f"Law.{name}": getattr(Law, name) for name in vars(Law) if not name.startswith("_")}
    objects |= {f"Recipe.{name}": getattr(Recipe, name) for name in vars(Recipe) if not name.startswith("_")}
    texts = {name: it.__doc__ or "" for name, it in objects.items()}
    assert all(texts.values()), texts
    readme = (Path(__file__).parents[1] / "README.md").read_text()
    texts["README"] = readme.split("## PyTorch")[0].replace("```", "")
    for name, text in texts.items():
        test = parser.get_doctest(text, {}, name, None, 0)
        tested += bool(test.examples)
        runner.run(test)
    assert runner.summarize(verbose=False).failed == 0
    assert tested >= 7


def test_stubs_say_what_there_is():
    stub = Path(_native.__file__).with_name("_native.pyi").read_text()
    tree = ast.parse(stub)

    def names(body):
        kinds = (ast.FunctionDef, ast.ClassDef)
        found = {it.name for it in body if isinstance(it, kinds)}
        found |= {it.target.id for it in body if isinstance(it, ast.AnnAssign)}
        return {it for it in found if not it.startswith("_")}

    public = lambda it: {name for name in vars(it) if not name.startswith("_")}
    assert names(tree.body) == public(_native)
    for it in tree.body:
        if isinstance(it, ast.ClassDef):
            assert names(it.body) == public(getattr(_native, it.name)), it.name
    assert set(wgpu_weights.__all__) <= public(wgpu_weights)
