"""TransformerLens' five functions, ours: deviations, extremes and fans as its own tests have them."""

import inspect

import pytest

torch = pytest.importorskip("torch")

from wgpu_weights import initialization_utils as ours

CASES = [
    ("init_xavier_uniform_", {}, (512, 256), (2 / 768) ** 0.5),
    ("init_xavier_normal_", {"gain": 2.0}, (512, 256), 2 * (2 / 768) ** 0.5),
    ("init_kaiming_uniform_", {}, (512, 256), (2 / 512) ** 0.5),
    ("init_kaiming_uniform_", {"nonlinearity": "linear", "mode": "fan_out"}, (512, 256), (1 / 256) ** 0.5),
    ("init_kaiming_normal_", {"nonlinearity": "tanh"}, (512, 256), 5 / 3 * (1 / 512) ** 0.5),
    ("init_kaiming_normal_", {"gain": 0.5}, (8, 128, 64), 0.5 * (2 / 128) ** 0.5),
    ("init_kaiming_normal_", {"a": 0.3, "nonlinearity": "leaky_relu"}, (4096,), (2 / 1.09) ** 0.5),
]


@pytest.mark.parametrize("name, given, shape, std", CASES)
def test_deviation_and_extremes(name, given, shape, std):
    torch.manual_seed(1234)
    it = getattr(ours, name)(torch.empty(shape), **given)
    assert it.mean().abs() < 5 * std / it.numel() ** 0.5
    assert it.std().item() == pytest.approx(std, rel=4 / it.numel() ** 0.5)
    if "uniform" in name:
        assert std * 3**0.5 * 0.99 < it.max() <= std * 3**0.5 and -it.min() <= std * 3**0.5
    else:
        assert 3 * std < it.max() < 6.7 * std and 3 * std < -it.min() < 6.7 * std


@pytest.mark.parametrize("name", ours.__all__)
def test_signatures(name):
    theirs = pytest.importorskip("transformer_lens.utilities.initialization_utils")
    mine, its = (inspect.signature(getattr(it, name)).parameters for it in (ours, theirs))
    assert [(it.name, it.default) for it in mine.values() if it.kind != it.KEYWORD_ONLY] == [
        (it.name, it.default) for it in its.values()
    ]


def test_fans():
    for shape, fans in [((7,), (1, 7)), ((3, 5), (3, 5)), ((2, 3, 5), (3, 10))]:
        assert ours.calc_fan_in_and_fan_out(torch.empty(shape)) == fans
    with pytest.raises(ValueError, match="scalars"):
        ours.calc_fan_in_and_fan_out(torch.empty(()))
    with pytest.raises(ValueError, match="for shape"):
        ours.calc_fan_in_and_fan_out(torch.empty(1, 2, 3, 4))


def test_a_mode_that_it_would_take_for_fan_out_is_an_error():
    with pytest.raises(ValueError, match="'fan_avg'; it must be"):
        ours.init_kaiming_normal_(torch.empty(3, 4), mode="fan_avg")


def test_named_draws():
    first, again, other = (ours.init_xavier_normal_(torch.empty(3, 4), seed=1, name=it) for it in ("a", "a", "b"))
    assert torch.equal(first, again) and not torch.equal(first, other)
