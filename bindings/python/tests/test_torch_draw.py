"""draw_by_name: what is drawn into a parameter, by whatever way, is a function of seed, name and index."""

import threading

import pytest

torch = pytest.importorskip("torch")

import wgpu_weights.torch as init
from torch import nn
from wgpu_weights import Law, stream_of
from wgpu_weights._host import write
from wgpu_weights.draw import draw_by_name, materialize

SHAPE = (24, 16)


def model():
    it = nn.Module()
    it.w = nn.Parameter(torch.zeros(SHAPE))
    it.v = nn.Parameter(torch.zeros(SHAPE))
    return it


def of_name(name, law, shape=SHAPE, dtype=torch.float32, seed=42):
    return write(torch.empty(shape, dtype=dtype), law, seed, stream_of(name), shape)


NORMAL, STANDARD, UNIT = Law.normal(0.0, 0.02), Law.normal(0.0, 1.0), Law.uniform(0.0, 1.0)


@torch.no_grad()
def drawn_by(change, dtype=torch.float32):
    it = model().to(dtype)
    torch.manual_seed(torch.randint(1 << 30, ()).item())
    with draw_by_name(it, 42, strict=True) as drawing:
        change(it.w)
    assert drawing.other == [] and (it.v == 0).all()
    return it.w, drawing.drawn["w"]


WAYS = {
    "in place": lambda w: w.normal_(0, 0.02),
    "nn.init": lambda w: nn.init.normal_(w, std=0.02),
    "our drop-in": lambda w: init.normal_(w, std=0.02),
    "data": lambda w: w.data.normal_(0, 0.02),
    "rows": lambda w: [w[at : at + 8].normal_(0, 0.02) for at in (16, 0, 8)],
    "columns": lambda w: [w[:, at : at + 4].normal_(0, 0.02) for at in (0, 12, 8, 4)],
    "single rows": lambda w: [row.normal_(0, 0.02) for row in w],
    "transposed": lambda w: w.t().normal_(0, 0.02),
    "transposed part": lambda w: [part.t().normal_(0, 0.02) for part in w.chunk(3)],
    "flat": lambda w: w.view(-1).normal_(0, 0.02),
    "heads": lambda w: w.view(4, 6, 16).normal_(0, 0.02),
    "a part of heads": lambda w: [w.view(4, 6, 16)[:, at : at + 3].normal_(0, 0.02) for at in (0, 3)],
    "every other column": lambda w: [w[:, at::2].normal_(0, 0.02) for at in (0, 1)],
    "flat windows": lambda w: [w.view(-1)[at : at + 96].normal_(0, 0.02) for at in range(0, 384, 96)],
    "staged": lambda w: w.copy_(torch.empty(SHAPE).normal_(0, 0.02)),
    "staged by out=": lambda w: torch.normal(0.0, 0.02, SHAPE, out=w.data),
    "torch.normal": lambda w: w.copy_(torch.normal(0.0, 0.02, SHAPE)),
    "staged by a drop-in": lambda w: w.copy_(init.normal_(torch.empty(SHAPE), std=0.02)),
    "staged twice": lambda w: w.copy_(torch.zeros(SHAPE).copy_(torch.empty(SHAPE).normal_(0, 0.02))),
    "staged and transposed": lambda w: w.copy_(torch.empty(16, 24).normal_(0, 0.02).t()),
    "staged and cloned": lambda w: w.copy_(torch.empty(SHAPE).normal_(0, 0.02).clone()),
    "staged by rows": lambda w: [row.copy_(torch.empty(16).normal_(0, 0.02)) for row in w],
    "in place again": lambda w: [w.uniform_(), w.normal_(0, 0.02)],
    "a part of what is staged": lambda w: w.copy_(torch.empty(48, 16).normal_(0, 0.02)[24:]),
}


@pytest.mark.parametrize("way", WAYS)
def test_ways_to_the_same_numbers(way):
    assert torch.equal(drawn_by(WAYS[way])[0], of_name("w", NORMAL))


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.float16])
def test_dtypes(dtype):
    assert torch.equal(drawn_by(lambda w: w.normal_(0, 0.02), dtype)[0], of_name("w", NORMAL, dtype=dtype))
    rounded = drawn_by(lambda w: w.copy_(torch.empty(SHAPE).normal_(0, 0.02)), dtype)[0]
    assert torch.equal(rounded, of_name("w", NORMAL).to(dtype))


LAWS = {
    "trunc_normal_": (
        lambda w: nn.init.trunc_normal_(w, std=0.02, a=-0.04, b=0.04),
        Law.truncated_normal(0, 0.02, -0.04, 0.04),
    ),
    "staged trunc_normal_": (
        lambda w: w.copy_(nn.init.trunc_normal_(torch.empty(SHAPE), std=0.02, a=-0.04, b=0.04)),
        Law.truncated_normal(0, 0.02, -0.04, 0.04),
    ),
    "orthogonal_": (lambda w: nn.init.orthogonal_(w, gain=2), Law.of("orthogonal", SHAPE, gain=2, convention="torch")),
    "orthogonal_, transposed": (lambda w: nn.init.orthogonal_(w.t()), Law.of("orthogonal", SHAPE, convention="torch")),
    "staged orthogonal_": (
        lambda w: w.copy_(nn.init.orthogonal_(torch.empty(SHAPE))),
        Law.of("orthogonal", SHAPE, convention="torch"),
    ),
    "sparse_": (lambda w: nn.init.sparse_(w, 0.4), Law.of("sparse", SHAPE, sparsity=0.4, std=0.01)),
    "kaiming_uniform_": (lambda w: nn.init.kaiming_uniform_(w, a=5**0.5), Law.uniform(-0.25, 0.25)),
    "eye_": (lambda w: nn.init.eye_(w), Law.of("eye", SHAPE)),
}


@pytest.mark.parametrize("law", LAWS)
def test_torchs_functions_are_met_whole(law):
    change, wanted = LAWS[law]
    assert torch.equal(drawn_by(change)[0], of_name("w", wanted))


def test_functions_imported_before_are_met_and_put_back():
    from torch.nn.init import trunc_normal_

    wanted = trunc_normal_.__code__
    it = drawn_by(lambda w: trunc_normal_(w))[0]
    assert torch.equal(it, of_name("w", Law.truncated_normal(0, 1, -2, 2))) and trunc_normal_.__code__ is wanted


CHAINS = {
    "randn * s": (lambda w: w.copy_(torch.randn(SHAPE) * 0.3), lambda: of_name("w", STANDARD) * 0.3),
    "rand, scaled in place": (
        lambda w: w.copy_(torch.rand(SHAPE).mul_(2).sub_(1)),
        lambda: of_name("w", UNIT).mul(2).sub(1),
    ),
    "in-place arithmetic after": (lambda w: w.uniform_().mul_(2).sub_(1), lambda: of_name("w", UNIT).mul(2).sub(1)),
    "a function twice": (
        lambda w: (lambda dt: w.copy_(dt + torch.log(-torch.expm1(-dt))))(
            torch.exp(torch.rand(SHAPE) - 5).clamp(min=1e-2)
        ),
        lambda: (lambda dt: dt + torch.log(-torch.expm1(-dt)))(torch.exp(of_name("w", UNIT) - 5).clamp(min=1e-2)),
    ),
    "added noise": (
        lambda w: w.fill_(1).add_(torch.randn(SHAPE), alpha=0.1),
        lambda: torch.ones(SHAPE).add(of_name("w#1", STANDARD), alpha=0.1),
    ),
    "two draws": (
        lambda w: w.copy_(torch.randn(SHAPE) + torch.rand(SHAPE)),
        lambda: of_name("w", STANDARD) + of_name("w#1", UNIT),
    ),
    "a zeroed row": (lambda w: w.normal_()[3].zero_(), lambda: of_name("w", STANDARD.with_zero_rows(3, 4))),
    "bernoulli": (lambda w: w.bernoulli_(0.25), lambda: (of_name("w", UNIT) < 0.25).float()),
    "exponential": (lambda w: w.exponential_(2.0), lambda: torch.log1p(-of_name("w", UNIT)) / -2.0),
}


@pytest.mark.parametrize("chain", CHAINS)
def test_arithmetic_is_torchs_on_our_numbers(chain):
    change, wanted = CHAINS[chain]
    assert torch.equal(drawn_by(change)[0], wanted())


def test_timm_and_old_torch_truncate_by_erfinv():
    def change(w):
        w.uniform_(-0.9, 0.9).erfinv_().mul_(0.02 * 2**0.5).clamp_(-0.04, 0.04)

    it, text = drawn_by(change)
    assert torch.equal(it, of_name("w", Law.uniform(-0.9, 0.9)).erfinv().mul(0.02 * 2**0.5).clamp(-0.04, 0.04))
    assert text == "uniform [-0.9, 0.9), then erfinv, then mul, then clamp"


def test_a_part_with_a_law_of_its_shape_has_its_own_stream():
    gates = [0, 8, 16]
    it = drawn_by(lambda w: [nn.init.orthogonal_(w[at : at + 8]) for at in gates])[0]
    for at in gates:
        part = it[at : at + 8]
        assert torch.allclose(part @ part.T, torch.eye(8), atol=1e-5)
    assert not torch.equal(it[:8], it[8:16])


def test_it_is_no_function_of_torchs_generator_nor_changes_it():
    state = torch.get_rng_state()
    one, two = (drawn_by(lambda w: w.normal_())[0] for _ in range(2))
    assert torch.equal(one, two)
    it = model()
    state = torch.get_rng_state()
    with draw_by_name(it, 42):
        it.w.data.normal_()
    assert torch.equal(torch.get_rng_state(), state)


def test_what_is_no_parameters_is_listed():
    it = model()
    with torch.no_grad(), draw_by_name(it, 42) as drawing:
        torch.randn(3)
        it.w.normal_()
        it.v.copy_(torch.randn(24, 16) @ torch.randn(16, 16))
        torch.randperm(4)
    found = {(other.what, other.shape, other.name) for other in drawing.other}
    assert ("randn", (3,), None) in found and ("randperm", (4,), None) in found
    assert any(what.startswith("randn") and name == "v" for what, _, name in found)
    assert (
        all("test_torch_draw.py:" in other.where for other in drawing.other)
        and drawing.drawn["w"] == "normal mean 0 std 1"
    )
    with pytest.raises(RuntimeError, match="no parameter's"), torch.no_grad(), draw_by_name(it, 42, strict=True):
        it.w.copy_(torch.randn(24, 16).cumsum(0))
    with pytest.raises(ZeroDivisionError), draw_by_name(it, 42, strict=True):
        torch.randn(3)
        1 / 0


def test_a_permutation_or_choice_of_a_parameters_is_listed():
    it = model()
    with torch.no_grad(), draw_by_name(it, 42) as drawing:
        torch.nn.functional.dropout(it.w, 0.5)
        it.w[torch.randperm(24)[:3]] = 1.0
    assert len(drawing.other) >= 2


def test_a_staged_tensor_that_is_partly_changed_is_listed():
    def zeroed():
        staged = torch.randn(SHAPE)
        staged[0].zero_()
        return staged

    def drawn_again():
        staged = torch.randn(SHAPE)
        staged[0].normal_(7)
        return staged

    for stage in (
        zeroed,
        drawn_again,
        lambda: torch.randn(1, 16).expand(SHAPE),
        lambda: torch.randn(24, 1).expand(SHAPE) * 2,
    ):
        it = model()
        with torch.no_grad(), draw_by_name(it, 42) as drawing:
            it.w.copy_(stage())
        assert "w" in [other.name for other in drawing.other] and it.w.std() > 0
    assert torch.equal(it.w[:, 0], it.w[:, 1])


def test_halves_of_one_draw_are_two_parameters():
    it = model()
    with torch.no_grad(), draw_by_name(it, 42, strict=True):
        for parameter, half in zip((it.w, it.v), torch.randn(48, 16).chunk(2)):
            parameter.copy_(half * 0.5)
    assert torch.equal(it.w, of_name("w", STANDARD) * 0.5) and torch.equal(it.v, of_name("v", STANDARD) * 0.5)


def test_a_rejection_loop_of_a_callers_own_ends():
    it = model()
    with pytest.raises(RuntimeError, match="never ends"), torch.no_grad(), draw_by_name(it, 42):
        while (it.w.normal_().abs() > 2).any():
            pass


def test_parameters_replaced_within():
    it = model()
    with draw_by_name(it, 42, strict=True) as drawing:
        it.w = nn.Parameter(torch.randn(SHAPE) * 0.5)
        it.u = nn.Parameter(torch.empty(4, 4))
        nn.init.normal_(it.u, std=0.02)
    assert torch.equal(it.w, of_name("w", STANDARD) * 0.5) and torch.equal(it.u, of_name("u", NORMAL, (4, 4)))
    assert drawing.drawn["w"] == "normal mean 0 std 1, then mul"


def test_fused_and_tied_parameters_and_buffers():
    it = model()
    flat = torch.zeros(2 * 24 * 16)
    it.w, it.v = (nn.Parameter(part.view(SHAPE)) for part in flat.chunk(2))
    it.tied = it.w
    it.register_buffer("table", torch.zeros(4))
    with torch.no_grad(), draw_by_name(it, 42, strict=True):
        it.v.normal_(0, 0.02)
        it.tied.normal_(0, 0.02)
        it.table.normal_(0, 0.02)
    assert torch.equal(it.w, of_name("w", NORMAL)) and torch.equal(it.v, of_name("v", NORMAL))
    assert torch.equal(it.table, of_name("table", NORMAL, (4,)))


def test_names_have_no_wrappers():
    it = nn.Sequential(nn.Linear(4, 4))
    with draw_by_name(torch.compile(it), 42) as drawing:
        it[0].reset_parameters()
    assert list(drawing.drawn) == ["0.weight", "0.bias"]


def test_other_threads_are_left_alone():
    it = model()

    def other():
        with torch.no_grad():
            it.v.normal_()
            nn.init.trunc_normal_(it.v)

    with draw_by_name(it, 42) as drawing:
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert drawing.drawn == {} and not torch.equal(it.v, of_name("v", Law.truncated_normal(0, 1, -2, 2)))


def test_nested_contexts_and_explicit_seeds():
    one, two = model(), model()
    with torch.no_grad(), draw_by_name(one, 1), draw_by_name(two, 2):
        two.w.normal_(0, 0.02)
        one.w.normal_(0, 0.02)
        init.normal_(two.v, std=0.02, seed=7, name="x")
    assert torch.equal(two.w, of_name("w", NORMAL, seed=2)) and torch.equal(one.w, of_name("w", NORMAL, seed=1))
    assert torch.equal(two.v, of_name("x", NORMAL, seed=7))


def test_the_version_counter_is_bumped():
    it = model()
    before = it.w._version
    with draw_by_name(it, 42):
        nn.init.normal_(it.w)
    assert it.w._version > before and it.w.requires_grad and it.w.is_leaf


def test_seeds_and_names_are_checked():
    for seed in (-1, 2**64):
        with pytest.raises(ValueError, match="2\\^64"):
            draw_by_name(model(), seed)
    with pytest.raises(ValueError, match="'file'"):
        draw_by_name(model(), 1, names="file")


MODULES = [
    lambda: nn.Linear(7, 5),
    lambda: nn.Conv2d(4, 6, 3, groups=2),
    lambda: nn.ConvTranspose1d(4, 6, 3),
    lambda: nn.Embedding(11, 8, padding_idx=2),
    lambda: nn.EmbeddingBag(11, 8, padding_idx=2),
    lambda: nn.LSTM(4, 6, 2),
    lambda: nn.MultiheadAttention(8, 2, kdim=4, vdim=6),
    lambda: nn.Transformer(8, 2, 1, 1, 16),
    lambda: nn.Bilinear(3, 4, 5),
    lambda: nn.BatchNorm2d(3),
    lambda: nn.PReLU(4),
]


@pytest.mark.parametrize("build", MODULES)
def test_materialize_torchs_modules(build):
    with torch.device("meta"):
        one, two = nn.Sequential(build()), nn.Sequential(build())
    materialize(one, 42)
    materialize(two, 43)
    real = nn.Sequential(build())
    different = 0
    for (name, ours), (_, others), (_, theirs) in zip(
        one.state_dict().items(), two.state_dict().items(), real.state_dict().items()
    ):
        assert ours.shape == theirs.shape and ours.dtype == theirs.dtype and ours.isfinite().all(), name
        same = theirs.numel() == 0 or (theirs == theirs.flatten()[0]).all()
        assert torch.equal(ours, theirs) == bool(same), name
        different += not torch.equal(ours, others)
    assert different > 0 or isinstance(real[0], (nn.BatchNorm2d, nn.PReLU))
    if hasattr(real[0], "padding_idx"):
        assert (one[0].weight[2] == 0).all()


def test_materialize_says_what_nothing_sets():
    class Bare(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.empty(3))

    with torch.device("meta"):
        it = nn.Sequential(nn.Linear(3, 3), Bare())
    with pytest.raises(RuntimeError, match="nothing sets 1 of the model's tensors: 1.scale"):
        materialize(it, 42)


def test_materialize_keeps_ties_and_dtypes():
    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            self.embed = nn.Embedding(9, 4)
            self.head = nn.Linear(4, 9, bias=False)
            self.head.weight = self.embed.weight
            self.register_buffer("frequencies", torch.empty(4), persistent=False)
            self.register_buffer("steps", torch.zeros((), dtype=torch.int64))

        def init_weights(self):
            nn.init.normal_(self.embed.weight)
            with torch.no_grad():
                self.frequencies.copy_(torch.arange(4) / 3)
                self.steps.zero_()

    with torch.device("meta"):
        it = Tied()
    materialize(it, 42, dtype=torch.bfloat16)
    assert it.head.weight is it.embed.weight and it.embed.weight.dtype == torch.bfloat16
    assert it.frequencies.dtype == torch.float32 and torch.equal(it.frequencies, torch.arange(4) / 3)
    assert it.steps == 0 and it.steps.dtype == torch.int64


def test_pieces_on_their_way_to_a_device(monkeypatch):
    # The way of a CUDA tensor, on the CPU: in pieces that are no divisor of the whole.
    from wgpu_weights import _host

    monkeypatch.setattr(_host, "PIECE", 100)
    for dtype in (torch.float32, torch.bfloat16):
        wanted = of_name("w", NORMAL, dtype=dtype)
        for it, transposed in ((torch.empty(SHAPE, dtype=dtype), False), (torch.empty(16, 24, dtype=dtype).t(), True)):
            before = it._version
            _host._in_pieces(it, _host.DTYPES[dtype], NORMAL, 42, stream_of("w"), SHAPE, None, transposed)
            assert torch.equal(it, wanted) and it._version > before
        part = torch.empty(8, 5, dtype=dtype)
        _host._in_pieces(part, _host.DTYPES[dtype], NORMAL, 42, stream_of("w"), SHAPE, [(3, 11), (2, 7)], False)
        assert torch.equal(part, wanted[3:11, 2:7])


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cuda():
    it = init.normal_(torch.empty(3000, 5000, device="cuda"), std=0.02, seed=42, name="w")
    assert torch.equal(it.cpu(), of_name("w", NORMAL, (3000, 5000)))


def test_a_failed_materialize_leaves_the_model_on_meta():
    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.l, self.scale = nn.Linear(4, 4), nn.Parameter(torch.full((4,), 7.0))

    for fails, more in (
        (RuntimeError, {"seed": 1}),
        (ValueError, {"seed": 1, "recipe": "torhc"}),
        (ValueError, {"seed": -1}),
        (TypeError, {"seed": 4.2}),
        (TypeError, {"seed": "4"}),
        (TypeError, {"seed": None}),
        (TypeError, {"seed": 1, "config": {}}),
        (TypeError, {"seed": 1, "dtype": "bf17"}),
    ):
        with torch.device("meta"):
            it = Own()
        for _ in range(2):
            with pytest.raises(fails):
                materialize(it, **more)
            assert all(parameter.is_meta for parameter in it.parameters())
    it.init_weights = lambda: nn.init.constant_(it.scale, 7.0)
    assert materialize(it, 1, dtype="bfloat16").scale.tolist() == [7.0] * 4 and it.l.weight.dtype == torch.bfloat16
    with pytest.raises(ValueError, match="the model is real already"):
        materialize(it, 1, dtype=torch.float32)


def test_what_is_assigned_is_set():
    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.l, self.scale, self.data = nn.Linear(4, 4), nn.Parameter(torch.zeros(4)), nn.Parameter(torch.zeros(4))
            self.register_buffer("inv", torch.zeros(8))
            self.register_buffer("mask", torch.zeros(8), persistent=False)

        def init_weights(self):
            self.l.reset_parameters()
            self.inv = 1 / torch.arange(1, 9)
            self.register_buffer("mask", torch.ones(8), persistent=False)
            self.scale = nn.Parameter(torch.full((4,), 3.0))
            self.data.data = torch.full((4,), 2.0)

    with torch.device("meta"):
        it = Own()
    materialize(it, 1, device="cpu")
    assert it.scale.tolist() == [3.0] * 4 and it.data.tolist() == [2.0] * 4 and it.inv[1] == 0.5 and it.mask.sum() == 8
    assert torch.equal(it.l.weight, of_name("l.weight", Law.uniform(-0.5, 0.5), (4, 4), seed=1))


def test_nothing_is_drawn_on_meta_and_that_is_told():
    with torch.device("meta"):
        it = nn.Linear(4, 4)
    with pytest.warns(UserWarning, match="2 of the model's tensors are on the meta device"), draw_by_name(it, 42):
        it.reset_parameters()


def test_what_was_not_drawn_is_listed():
    it = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4))
    with draw_by_name(it, 42) as drawing:
        it[0].reset_parameters()
    assert drawing.undrawn == ["1.weight", "1.bias"]


def test_data_parallel_models_have_their_own_names():
    plain, wrapped = nn.Sequential(nn.Linear(4, 4)), nn.DataParallel(nn.Sequential(nn.Linear(4, 4)))
    for it in (plain, wrapped):
        with draw_by_name(it, 42):
            for module in it.modules():
                if isinstance(module, nn.Linear):
                    module.reset_parameters()
    assert torch.equal(plain[0].weight, wrapped.module[0].weight)


def test_ours_in_torchs_place_are_met(monkeypatch):
    for name in init.__all__:
        monkeypatch.setattr(nn.init, name, getattr(init, name))
    it = model()
    with draw_by_name(it, 42) as drawing:
        nn.init.trunc_normal_(it.w, std=0.02)
        nn.init.orthogonal_(it.v, seed=1, name="its own")
    assert torch.equal(it.w, of_name("w", Law.truncated_normal(0.0, 0.02, -2.0, 2.0)))
    assert torch.equal(it.v, init.orthogonal_(torch.empty(SHAPE), seed=1, name="its own")), drawing.drawn


def test_what_is_done_to_a_parameter_made_of_a_draw_is_kept():
    it = nn.Module()
    it.w = nn.Parameter(torch.zeros(64, 64))
    with torch.no_grad(), draw_by_name(it, 42, strict=True):
        it.head = nn.Linear(64, 64)
        nn.init.normal_(it.head.weight, std=0.02)
        it.scale = nn.Parameter(torch.randn(64))
        it.scale.mul_(0.01)
        it.gone = nn.Parameter(torch.randn(64))
        it.gone.zero_()
    assert torch.equal(it.head.weight, of_name("head.weight", NORMAL, (64, 64)))
    assert torch.equal(it.scale, of_name("scale", STANDARD, (64,)) * 0.01) and not it.gone.any()


@pytest.mark.parametrize(
    "change",
    [
        lambda r: r - r.T,
        lambda r: r[:32].repeat(2, 1) + r,
        lambda r: torch.cat([r[:32] - r[32:]] * 2),
        lambda r: torch.mul(*r.chunk(2)).repeat(2, 1),
    ],
)
def test_two_views_of_a_draw_are_not_one(change):
    it = nn.Module()
    it.w = nn.Parameter(torch.zeros(64, 64))
    with torch.no_grad(), draw_by_name(it, 42) as drawing:
        it.w.copy_(change(torch.randn(64, 64)))
    # What cannot be drawn by name is torch's, and told.
    assert [other.name for other in drawing.other] == ["w"] and it.w.std() > 0.9


def test_draws_that_are_added_are_independent():
    it = model()
    with torch.no_grad(), draw_by_name(it, 42, strict=True):
        it.w.zero_().addcmul_(torch.randn(SHAPE), torch.randn(SHAPE))
        it.v.zero_()
        for _ in range(12):
            it.v.add_(torch.rand(SHAPE))
    # Of 384 elements.
    assert abs(it.w.mean()) < 0.3 and abs(it.v.mean() - 6) < 0.3 and abs(it.v.std() - 1) < 0.2


def test_lists_that_are_written_are_told():
    it, staged = model(), None
    with torch.no_grad(), draw_by_name(it, 42) as drawing:
        torch._foreach_add_([it.w], [torch.randn(SHAPE)])
        staged = [torch.randn(SHAPE)]
        torch._foreach_mul_(staged, 0.02)
        it.v.copy_(staged[0])
    assert {other.name for other in drawing.other} == {"w", "v"} and it.v.std() < 0.03


def test_a_drop_in_over_a_draw_is_what_counts():
    it = nn.Linear(4, 4)
    with torch.no_grad(), draw_by_name(it, 42):
        r = torch.randn(4, 4)
        it.weight.copy_(init.eye_(r, seed=1))
    assert torch.equal(it.weight, torch.eye(4))


def test_parameters_between_each_others_elements():
    buffer = torch.full((27,), 12345.0)
    it, whole = nn.Module(), torch.zeros(8, 12)
    it.a, it.b = nn.Parameter(buffer[::2]), nn.Parameter(buffer[1:27:2])
    it.q, it.k, it.v = (nn.Parameter(part) for part in whole.chunk(3, 1))
    with torch.no_grad(), draw_by_name(it, 42, strict=True):
        for parameter in it.parameters():
            parameter.normal_(0.0, 0.02)
    for name, parameter in it.named_parameters():
        assert torch.equal(parameter, of_name(name, NORMAL, tuple(parameter.shape))), name


def test_a_view_of_another_dtype_is_told():
    it = nn.Module()
    it.w = nn.Parameter(torch.zeros(64, dtype=torch.complex64))
    with torch.no_grad(), draw_by_name(it, 42) as drawing:
        torch.view_as_real(it.w).normal_()
    assert [other.name for other in drawing.other] == ["w"] and abs(it.w.real.std() - 1) < 0.4


def test_names_of_wrapped_models():
    from wgpu_weights._names import named, plain_name

    assert plain_name("a._orig_mod.b._checkpoint_wrapped_module.w") == "a.b.w" and plain_name("my_orig_mod.w") == "my_orig_mod.w"
    it = nn.Sequential(nn.Linear(2, 2))
    for wrapped in (torch.compile(nn.DataParallel(it)), nn.DataParallel(torch.compile(it)), torch.compile(it)):
        assert [name for name, _ in named(wrapped)] == ["0.weight", "0.bias"]


def test_many_steps_take_no_longer():
    it = model()
    with torch.no_grad(), draw_by_name(it, 42, strict=True):
        t = torch.randn(SHAPE)
        for _ in range(40):
            t = t + t
        it.w.copy_(t / 2**40)
    assert torch.equal(it.w, of_name("w", STANDARD))


def test_what_is_set_in_part_is_an_error():
    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.w = nn.Parameter(torch.zeros(8, 8))

        def init_weights(self):
            self.w.data[:4].normal_()

    class Both(Own):
        def init_weights(self):
            super().init_weights()
            self.w.data[4:].zero_()

    with torch.device("meta"):
        own, both = Own(), Both()
    with pytest.raises(RuntimeError, match="only a part of w is set"):
        materialize(own, 42)
    assert not materialize(both, 42).w[4:].any()


def test_what_materialize_cannot_know_is_told():
    class Applied(nn.Module):
        def __init__(self):
            super().__init__()
            self.l = nn.Linear(4, 4)
            self.apply(self._init_weights)

        def _init_weights(self, module):
            if isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, std=0.02)

    class Numbers(nn.Module):
        def __init__(self):
            super().__init__()
            self.w = nn.Parameter(torch.zeros(4))

        def init_weights(self):
            self.w.copy_(torch.tensor(torch.randn(4).tolist()))

    class Made(Numbers):
        def init_weights(self):
            self.w = nn.Parameter(torch.linalg.qr(torch.randn(4, 4))[0][0])

    with torch.device("meta"):
        applied, numbers, made, lazy = Applied(), Numbers(), Made(), nn.LazyLinear(3)
    with pytest.raises(RuntimeError, match="constructor applies its `_init_weights`"):
        materialize(applied, 42)
    with pytest.warns(UserWarning, match="numbers that are no parameter's"):
        materialize(numbers, 42)
    with pytest.raises(RuntimeError, match="no function of its names: .* into w"):
        materialize(made, 42)
    with pytest.raises(ValueError, match="has no shape yet"):
        materialize(lazy, 42)


def test_what_is_no_model_or_tensor_is_told():
    with pytest.raises(TypeError, match="the model is a dict; it must be a torch.nn.Module"):
        draw_by_name({}, 42)
    with pytest.raises(TypeError, match="the tensor is a Linear; it must be a torch.Tensor"):
        init.normal_(nn.Linear(3, 3))
    with pytest.raises(TypeError, match="both generator and seed are given"):
        init.normal_(torch.empty(3), generator=torch.Generator(), seed=1)
    with pytest.raises(TypeError, match="draw a dense one"):
        write(torch.eye(3).to_sparse(), NORMAL, 42, 0, (3, 3))


def test_docstrings_hold():
    import doctest

    from wgpu_weights import draw, initialization_utils

    for module in (draw, init, initialization_utils):
        result = doctest.testmod(module)
        assert result.failed == 0 and result.attempted > 4
