"""One seed gives one digest, whatever the sharding: plain, FSDP2, tensor parallel and both, by processes on gloo."""

import socket

import pytest

torch = pytest.importorskip("torch")

import layouts
import torch.multiprocessing as mp

from wgpu_weights.draw import materialize


def port():
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        return it.getsockname()[1]


@pytest.fixture(scope="module")
def found():
    with mp.Manager() as manager:
        results = manager.dict()
        for world in sorted(set(layouts.LAYOUTS.values())):
            mp.spawn(layouts.run, (world, port(), results), nprocs=world)
        return dict(results)


@pytest.fixture(scope="module")
def plain():
    digests = {}
    for dtype in (None, torch.bfloat16):
        with torch.device("meta"):
            model = layouts.Model()
        digests[str(dtype)] = layouts.digest(materialize(model, 42, dtype=dtype))
    return digests


@pytest.mark.parametrize("layout", layouts.LAYOUTS)
@pytest.mark.parametrize("dtype", ["None", "torch.bfloat16"])
def test_one_digest(found, plain, layout, dtype):
    assert found[layout, dtype][0] == plain[dtype]


def test_a_rank_has_its_shards_alone(found):
    with torch.device("meta"):
        whole = sum(it.numel() for it in layouts.Model().parameters())
    assert found["fsdp4", "None"][1] < 0.3 * whole


def test_torchs_own_differ(found, plain):
    # The test above would hold of a model that draws nothing.
    assert len({it[0] for key, it in found.items() if key[-1] == "torch"} | {plain["None"]}) > 2


@pytest.mark.parametrize("kind", ["bert", "mixtral"])
@pytest.mark.parametrize("names", ["memory", "saved"])
@pytest.mark.parametrize("recipe", [None, "hf"])
def test_models_of_transformers(found, kind, names, recipe):
    pytest.importorskip("transformers")
    wanted = layouts.digest(materialize(layouts.of_transformers(kind), 42, names=names))
    for world in (2, 3):
        assert found[kind, names, recipe, world] == wanted


@pytest.mark.parametrize("world", [2, 3])
def test_drop_ins_of_shards(found, world):
    assert found["drop-ins", world]
