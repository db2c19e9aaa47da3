"""The functions of torch.nn.init, ours: torch's own tests of them re-expressed, and what is ours alone."""

import copy
import math
import multiprocessing
import os
import pickle
import random
import threading
import warnings

import pytest

torch = pytest.importorskip("torch")
stats = pytest.importorskip("scipy.stats")

import wgpu_weights.torch as init
from torch import nn
from wgpu_weights import Law

SIZES = {1: (3000,), 2: (60, 50), 4: (10, 20, 5, 3)}
FLOATS = [torch.float64, torch.float32, torch.bfloat16, torch.float16, torch.float8_e4m3fn, torch.float8_e5m2]


def bits(tensor):
    return tensor.detach().contiguous().view(torch.uint8)


def p_of(tensor, law, *args):
    return stats.kstest(tensor.flatten().double().numpy(), law, args).pvalue


@pytest.fixture(params=range(3))
def rng(request):
    torch.manual_seed(request.param)
    return random.Random(request.param)


@pytest.mark.parametrize("dims", SIZES)
def test_uniform(dims, rng):
    a, b = rng.uniform(-3, 0), rng.uniform(1, 3)
    it = init.uniform_(torch.empty(SIZES[dims]), a=a, b=b)
    assert p_of(it, "uniform", a, b - a) > 1e-4
    assert it.min() >= a and it.max() < b
    assert p_of(it, "uniform", a, 1.15 * (b - a)) < 1e-4


@pytest.mark.parametrize("dims", SIZES)
def test_normal(dims, rng):
    mean, std = rng.uniform(-3, 3), rng.uniform(1, 5)
    it = init.normal_(torch.empty(SIZES[dims]), mean=mean, std=std)
    assert p_of(it, "norm", mean, std) > 1e-4
    assert p_of(it, "norm", mean, 1.2 * std) < 1e-4


@pytest.mark.parametrize("dims", SIZES)
def test_trunc_normal(dims, rng):
    mean, std = rng.uniform(-3, 3), rng.uniform(0.01, 1)
    a, b = rng.uniform(mean - 2 * std, mean), rng.uniform(mean, mean + 2 * std)
    it = init.trunc_normal_(torch.empty(SIZES[dims]), mean=mean, std=std, a=a, b=b)
    assert p_of(it, "truncnorm", (a - mean) / std, (b - mean) / std, mean, std) > 1e-4
    assert it.min() >= a - 1e-6 and it.max() <= b + 1e-6


def test_trunc_normal_of_a_tail_and_of_narrow_dtypes():
    for dtype in (torch.float32, torch.bfloat16, torch.float16):
        it = init.trunc_normal_(torch.empty(5000, dtype=dtype), 0.0, 1.0, 2.0, 3.0, seed=1)
        assert it.min() >= 2 and it.max() <= 3 and it.float().std() > 0.1
    with pytest.warns(UserWarning, match="mean is more than 2 std"):
        init.trunc_normal_(torch.empty(10), mean=5.0, std=1.0, a=-2.0, b=2.0)


@pytest.mark.parametrize("dims", SIZES)
def test_constants(dims):
    it = torch.empty(SIZES[dims])
    assert (init.constant_(it, 0.3) == 0.3).all() and (init.ones_(it) == 1).all() and (init.zeros_(it) == 0).all()


def test_eye_and_dirac():
    assert torch.equal(init.eye_(torch.empty(5, 3)), torch.eye(5, 3))
    for shape, groups in [((6, 3, 5), 1), ((6, 3, 5), 3), ((4, 8, 3, 4), 2), ((6, 2, 3, 3, 3), 2)]:
        assert torch.equal(init.dirac_(torch.empty(shape), groups), nn.init.dirac_(torch.empty(shape), groups))
    for size in (1, 6):
        with pytest.raises(ValueError, match="Only tensors with 2 dimensions"):
            init.eye_(torch.empty([2] * size))
        with pytest.raises(ValueError, match="3, 4, or 5"):
            init.dirac_(torch.empty([2] * size))
    with pytest.raises(ValueError, match="divisible by groups"):
        init.dirac_(torch.empty(5, 2, 3), 2)


@pytest.mark.parametrize("name", ["xavier_uniform_", "xavier_normal_"])
@pytest.mark.parametrize("gain", [None, 1.7])
@pytest.mark.parametrize("dims", [2, 4])
def test_xavier(name, gain, dims):
    it = torch.empty(SIZES[dims])
    getattr(init, name)(it, seed=5) if gain is None else getattr(init, name)(it, gain=gain, seed=5)
    field = it[0][0].numel()
    std = (gain or 1) * math.sqrt(2 / ((it.size(0) + it.size(1)) * field))
    bound = math.sqrt(3) * std
    assert p_of(it, *(("uniform", -bound, 2 * bound) if "uniform" in name else ("norm", 0, std))) > 1e-4


@pytest.mark.parametrize("name", ["kaiming_uniform_", "kaiming_normal_"])
@pytest.mark.parametrize("mode", ["fan_in", "fan_out", "FAN_OUT"])
@pytest.mark.parametrize("a", [0, 0.5, math.sqrt(5)])
@pytest.mark.parametrize("dims", [2, 4])
def test_kaiming(name, mode, a, dims):
    it = getattr(init, name)(torch.empty(SIZES[dims]), a=a, mode=mode, seed=6)
    fan = (it.size(1) if mode == "fan_in" else it.size(0)) * it[0][0].numel()
    std = math.sqrt(2 / (1 + a * a)) / math.sqrt(fan)
    bound = math.sqrt(3) * std
    assert p_of(it, *(("uniform", -bound, 2 * bound) if "uniform" in name else ("norm", 0, std))) > 1e-4


@pytest.mark.parametrize("name", ["xavier_uniform_", "xavier_normal_", "kaiming_uniform_", "kaiming_normal_"])
def test_fans_of_fewer_than_two_dimensions_are_errors(name):
    for shape in [(), (3,)]:
        with pytest.raises(ValueError, match="Fan in and fan out"):
            getattr(init, name)(torch.empty(shape))


@pytest.mark.parametrize("name", ["kaiming_uniform_", "kaiming_normal_"])
def test_kaiming_of_nothing_warns_and_modes_are_checked(name):
    with pytest.warns(UserWarning, match="Initializing zero-element tensors is a no-op") as seen:
        getattr(init, name)(torch.empty(0, 1))
    assert seen[0].filename == __file__
    with pytest.raises(ValueError, match="Mode fan_on not supported"):
        getattr(init, name)(torch.empty(2, 2), mode="fan_on")
    with pytest.raises(ValueError, match="Unsupported nonlinearity"):
        getattr(init, name)(torch.empty(2, 2), nonlinearity="reluu")


def test_nothing_else_warns():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        init.trunc_normal_(torch.empty(4))
        init.normal_(torch.empty(0))
        init.orthogonal_(torch.empty(0, 3))
        init.normal_(torch.empty(2, dtype=torch.float8_e5m2))


@pytest.mark.parametrize("shape", [(3, 4), (4, 3), (20, 20), (3, 4, 5), (10, 2, 3, 2), (40, 8, 2, 2)])
@pytest.mark.parametrize("gain", [1.0, 2.5])
def test_orthogonal(shape, gain):
    it = init.orthogonal_(torch.empty(shape), gain=gain, seed=3).view(shape[0], -1)
    it = it.T if it.size(0) < it.size(1) else it
    assert torch.allclose(it.T @ it, gain**2 * torch.eye(it.size(1)), atol=1e-5)
    with pytest.raises(ValueError, match="2 or more"):
        init.orthogonal_(torch.empty(3))


@pytest.mark.parametrize("sparsity", [0.0, 0.1, 0.55, 1.0])
def test_sparse(sparsity):
    it = init.sparse_(torch.empty(60, 50), sparsity=sparsity, std=2.0)
    assert ((it == 0).sum(0) == math.ceil(sparsity * 60)).all()
    if sparsity < 1:
        assert p_of(it[it != 0], "norm", 0, 2) > 1e-4
    with pytest.raises(ValueError, match="2 dimensions"):
        init.sparse_(torch.empty(3), 0.1)


@pytest.mark.parametrize("name", init.__all__)
def test_signatures_are_torchs(name):
    import inspect

    ours, theirs = (inspect.signature(getattr(it, name)).parameters for it in (init, nn.init))
    assert [(it.name, it.default) for it in ours.values() if it.kind != it.KEYWORD_ONLY] == [
        (it.name, it.default) for it in theirs.values()
    ]


DRAWS = {
    "uniform": lambda it, **kw: init.uniform_(it, -1, 1, **kw),
    "normal": lambda it, **kw: init.normal_(it, 0.5, 0.25, **kw),
    "trunc": lambda it, **kw: init.trunc_normal_(it, **kw),
    "xavier": lambda it, **kw: init.xavier_normal_(it, **kw),
    "kaiming": lambda it, **kw: init.kaiming_uniform_(it, **kw),
    "orthogonal": lambda it, **kw: init.orthogonal_(it, **kw),
    "sparse": lambda it, **kw: init.sparse_(it, 0.3, **kw),
}


@pytest.mark.parametrize("draw", DRAWS)
@pytest.mark.parametrize("dtype", FLOATS)
def test_layouts_in_memory_have_the_same_elements(draw, dtype):
    draw = DRAWS[draw]
    plain = draw(torch.empty(12, 20, dtype=dtype), seed=42, name="w")
    assert len(plain.double().unique()) > 20
    views = [
        torch.empty(20, 12, dtype=dtype).t(),
        torch.empty(12, 40, dtype=dtype)[:, ::2],
        torch.empty(14, 25, dtype=dtype)[1:13, 3:23],
        nn.Parameter(torch.empty(12, 20, dtype=dtype)),
    ]
    for view in views:
        before = view._version
        assert draw(view, seed=42, name="w") is view
        assert torch.equal(bits(view), bits(plain)) and view._version > before
    assert not torch.equal(bits(draw(torch.empty_like(plain), seed=43, name="w")), bits(plain))
    assert not torch.equal(bits(draw(torch.empty_like(plain), seed=42, name="v")), bits(plain))
    assert torch.equal(bits(draw(torch.empty_like(plain), seed=42)), bits(draw(torch.empty_like(plain), seed=42)))


def test_memory_around_a_view_stays():
    whole = torch.full((14, 25), 7.0)
    init.normal_(whole[1:13, 3:23], seed=1)
    assert (whole[0] == 7).all() and (whole[:, :3] == 7).all() and (whole[:, 23:] == 7).all() and (whole[13] == 7).all()


def test_what_is_stored_in_bf16_is_the_f32_rounded():
    wide = init.normal_(torch.empty(1000), seed=9, name="w")
    narrow = init.normal_(torch.empty(1000, dtype=torch.bfloat16), seed=9, name="w")
    assert torch.equal(wide.bfloat16(), narrow)
    assert torch.equal(init.normal_(torch.empty(1000, dtype=torch.float64), seed=9, name="w").float(), wide)


def test_manual_seed_and_generators():
    torch.manual_seed(3)
    first, second = init.normal_(torch.empty(8)), init.normal_(torch.empty(8))
    torch.manual_seed(3)
    assert torch.equal(init.normal_(torch.empty(8)), first) and not torch.equal(first, second)
    state = torch.get_rng_state()
    made = [init.normal_(torch.empty(8), generator=torch.Generator().manual_seed(5)) for _ in range(2)]
    assert torch.equal(*made) and torch.equal(torch.get_rng_state(), state)
    init.normal_(torch.empty(8), seed=1)
    assert torch.equal(torch.get_rng_state(), state)


def test_version_counter_guards_autograd():
    w = nn.Parameter(torch.ones(64))
    loss = (w * w).sum()
    init.normal_(w, seed=1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()
    assert w.requires_grad and w.grad is None and w.is_leaf


def test_inference_tensors_and_expanded_ones():
    with torch.inference_mode():
        it = init.normal_(torch.empty(8), seed=1)
    assert torch.equal(it.clone(), init.normal_(torch.empty(8), seed=1))
    with pytest.raises(RuntimeError, match="single memory location"):
        init.normal_(torch.empty(1, 4).expand(3, 4), seed=1)


def test_what_has_no_elements_is_left_and_what_has_no_memory_refused():
    from torch._subclasses import FakeTensorMode

    for draw in DRAWS.values():
        it = torch.empty(12, 20, device="meta")
        assert draw(it, seed=1) is it
        with FakeTensorMode():
            fake = torch.empty(12, 20)
        assert draw(fake, seed=1) is fake
        with pytest.raises(TypeError, match="not plain memory"):
            draw(torch._to_functional_tensor(torch.empty(12, 20)), seed=1)
    with pytest.raises(TypeError, match="not plain memory"):
        torch.func.vmap(lambda x: init.normal_(x, seed=1))(torch.empty(2, 3))
    with pytest.raises(TypeError, match="cannot be drawn"):
        init.normal_(torch.eye(3).to_sparse(), seed=1)
    with pytest.raises(TypeError, match="complex64.* of real numbers"):
        init.trunc_normal_(torch.empty(3, dtype=torch.complex64), seed=1)


def test_complex_numbers_are_torchs():
    for law in (lambda it, of: it.uniform_(of, -1.0, 3.0), lambda it, of: it.normal_(of, 2.0, 0.5)):
        ours, theirs = torch.empty(300, 400, dtype=torch.complex64), torch.empty(300, 400, dtype=torch.complex64)
        law(init, ours), law(nn.init, theirs)
        for part in ("real", "imag"):
            a, b = getattr(ours, part), getattr(theirs, part)
            assert abs(a.mean() - b.mean()) < 0.02 and abs(a.std() - b.std()) < 0.01
    for law in (lambda it, of: it.eye_(of), lambda it, of: it.constant_(of, 0.5)):
        ours = law(init, torch.empty(3, 4, dtype=torch.complex128))
        assert torch.equal(ours, law(nn.init, torch.empty(3, 4, dtype=torch.complex128)))
    one, other = (init.normal_(torch.empty(5, dtype=torch.complex64), seed=1, name="w") for _ in range(2))
    assert torch.equal(one, other)


def test_a_tensor_of_another_class_is_drawn_through_it():
    from torch.utils._pytree import tree_map

    class Wrapper(torch.Tensor):
        @staticmethod
        def __new__(cls, held):
            made = torch.Tensor._make_wrapper_subclass(cls, held.shape, dtype=held.dtype)
            made.held = held
            return made

        @classmethod
        def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
            bare = tree_map(lambda it: it.held if isinstance(it, cls) else it, (args, kwargs or {}))
            result = func(*bare[0], **bare[1])
            return args[0] if func is torch.ops.aten.copy_.default else result

    it = Wrapper(torch.zeros(12, 20))
    init.normal_(it, seed=1, name="w")
    assert torch.equal(it.held, init.normal_(torch.empty(12, 20), seed=1, name="w"))


def test_names_that_torch_deprecates():
    deprecated = "uniform normal constant eye dirac xavier_uniform xavier_normal kaiming_uniform kaiming_normal orthogonal sparse"
    for name in deprecated.split():
        arguments = {"constant": (0.5,), "sparse": (0.1,)}.get(name, ())
        shape = (4, 4, 3) if name == "dirac" else (4, 4)
        torch.manual_seed(1)
        with pytest.warns(FutureWarning, match=f"`{name}` is deprecated"):
            it = getattr(init, name)(torch.empty(shape), *arguments)
        torch.manual_seed(1)
        assert torch.equal(it, getattr(init, name + "_")(torch.empty(shape), *arguments))


# It warns of itself since Python 3.14's release.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_torchscript():
    def drawn(x):
        x = init.normal_(x, 1.0, 2.0)
        return init.constant_(init.uniform_(torch.zeros_like(x), -1.0, 1.0), 0.5) + x

    torch.manual_seed(1)
    scripted = torch.jit.script(drawn)(torch.zeros(8))
    torch.manual_seed(1)
    assert torch.equal(scripted, drawn(torch.zeros(8)))


def test_what_is_wrong_is_an_error():
    for wrong in [lambda: init.normal_(torch.empty(3), 0, -1), lambda: init.uniform_(torch.empty(3), 2, 1)]:
        with pytest.raises((ValueError, RuntimeError)):
            wrong()
    for seed in (-1, 2**64):
        with pytest.raises((ValueError, OverflowError)):
            init.normal_(torch.empty(3), seed=seed)


def test_subclasses_of_a_tensor():
    class Mine(torch.Tensor):
        pass

    it = torch.empty(6).as_subclass(Mine)
    init.normal_(it, seed=1)
    assert torch.equal(it.as_subclass(torch.Tensor), init.normal_(torch.empty(6), seed=1))

    class Caught:
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            return func, kwargs

    assert init.normal_(Caught(), seed=4)[0] is init.normal_


@pytest.mark.filterwarnings("ignore")
def test_compiled():
    # The graph alone: a compiler of C++ may be missing.
    @torch.compile(backend="aot_eager", fullgraph=True)
    def make(w, v, c):
        init.kaiming_normal_(w, nonlinearity="relu", seed=42, name="w")
        init.trunc_normal_(v, std=0.02, seed=2**64 - 1, name="v")
        init.orthogonal_(c, seed=1)
        return w.sum() + v.sum()

    made = [torch.zeros(16, 8), torch.zeros(30), torch.zeros(4, 4)]
    total = make(*made)
    assert torch.equal(made[0], init.kaiming_normal_(torch.empty(16, 8), nonlinearity="relu", seed=42, name="w"))
    assert torch.equal(made[1], init.trunc_normal_(torch.empty(30), std=0.02, seed=2**64 - 1, name="v"))
    assert torch.equal(made[2], init.orthogonal_(torch.empty(4, 4), seed=1))
    assert torch.allclose(total, made[0].sum() + made[1].sum())

    @torch.compile(backend="aot_eager", fullgraph=True)
    def free(w):
        return init.normal_(w)

    torch.manual_seed(1)
    first = free(torch.zeros(8)).clone()
    torch.manual_seed(1)
    assert torch.equal(first, init.normal_(torch.empty(8)))


def test_the_custom_op_is_sound():
    torch.library.opcheck(torch.ops.wgpu_weights.draw_.default, (torch.empty(4, 4), "normal", [0.0, 1.0], 1, "w"))


def test_threads_draw_what_one_does():
    wanted = init.normal_(torch.empty(300, 300), seed=1, name="w")
    made = [torch.empty(300, 300) for _ in range(8)]
    threads = [threading.Thread(target=init.normal_, args=(it,), kwargs={"seed": 1, "name": "w"}) for it in made]
    for it in threads:
        it.start()
    for it in threads:
        it.join()
    assert all(torch.equal(it, wanted) for it in made)


def test_the_gil_is_released():
    done = threading.Event()
    thread = threading.Thread(target=lambda: (init.normal_(torch.empty(1 << 26), seed=1), done.set()))
    thread.start()
    ticks = 0
    while not done.is_set():
        ticks += 1
        done.wait(0.001)
    thread.join()
    assert ticks > 10


def draw_in_child(queue):
    queue.put(init.normal_(torch.empty(200, 200), seed=1, name="w").numpy().tobytes())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore")
def test_a_forked_child_draws_the_same():
    wanted = init.normal_(torch.empty(200, 200), seed=1, name="w").numpy().tobytes()
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=draw_in_child, args=(queue,))
    child.start()
    assert queue.get(timeout=60) == wanted
    child.join()


def test_pickled_and_copied_laws_draw_the_same():
    law = Law.normal(0.0, 0.02)
    assert pickle.loads(pickle.dumps(law)) == law == copy.copy(law)
