"""A model whose initialisation does what models' do, and its digest under a layout. No tests."""

import hashlib
import math
import os
import sys

import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.device_mesh import init_device_mesh

LAYOUTS = {"fsdp2": 2, "tp2": 2, "fsdp3": 3, "fsdp4": 4, "tp4": 4, "fsdp2+tp2": 4}


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.qkv = nn.Linear(width, 3 * width)
        self.o = nn.Linear(width, width, bias=False)
        self.up = nn.Linear(width, 4 * width)
        self.down = nn.Linear(4 * width, width)
        self.norm = nn.LayerNorm(width)
        self.mix = nn.Linear(width, width, bias=False)


class Model(nn.Module):
    def __init__(self, width=16, vocabulary=37):
        super().__init__()
        self.embed = nn.Embedding(vocabulary, width, padding_idx=11)
        self.blocks = nn.ModuleList(Block(width) for _ in range(2))
        self.head = nn.Linear(width, 52, bias=False)
        self.identity = nn.Linear(width, width, bias=False)
        self.scale = nn.Parameter(torch.empty(width))
        self.register_buffer("table", torch.empty(8), persistent=False)

    @torch.no_grad()
    def init_weights(self, eye=True):
        self.embed.weight.normal_(0, 0.02)
        self.embed.weight[self.embed.padding_idx].zero_()
        for block in self.blocks:
            block.norm.reset_parameters()
            width = block.o.weight.shape[0]
            for part, std in enumerate((0.1, 0.2, 0.3)):
                block.qkv.weight[part * width : (part + 1) * width].normal_(0, std)
            block.qkv.bias.uniform_(-0.1, 0.1)
            block.qkv.bias[3:40].mul_(2)
            nn.init.trunc_normal_(block.o.weight, std=0.02, a=-0.04, b=0.04)
            block.o.weight.div_(math.sqrt(4))
            block.up.reset_parameters()
            block.down.weight.copy_(torch.empty_like(block.down.weight).normal_() * 0.05)
            block.down.bias.copy_(torch.rand_like(block.down.bias).mul_(2).sub_(1))
            nn.init.orthogonal_(block.mix.weight, gain=0.5)
        nn.init.xavier_uniform_(self.head.weight)
        self.head.weight[:, 3:5].normal_(1, 0.1)
        if eye:
            nn.init.eye_(self.identity.weight)
        self.scale.exponential_(2.0)
        self.table.copy_(torch.arange(8) / 8)


def plan():
    from torch.distributed.tensor.parallel import ColwiseParallel, RowwiseParallel

    each = {
        "qkv": ColwiseParallel(),
        "o": RowwiseParallel(),
        "up": ColwiseParallel(),
        "down": RowwiseParallel(),
        "mix": ColwiseParallel(),
    }
    return {"embed": RowwiseParallel(), "head": ColwiseParallel()} | {
        f"blocks.{at}.{key}": it for at in (0, 1) for key, it in each.items()
    }


def sharded(layout):
    from torch.distributed.fsdp import fully_shard
    from torch.distributed.tensor.parallel import parallelize_module

    with torch.device("meta"):
        model = Model()
    sizes = [int(part[-1]) for part in layout.split("+")]
    names = [part[:-1] for part in layout.split("+")]
    mesh = init_device_mesh("cpu", tuple(sizes), mesh_dim_names=tuple(names))
    if "tp" in names:
        parallelize_module(model, mesh["tp"], plan())
    if "fsdp" in names:
        for block in model.blocks:
            fully_shard(block, mesh=mesh["fsdp"])
        fully_shard(model, mesh=mesh["fsdp"])
    return model


def digest(model):
    hasher = hashlib.sha256()
    for name, tensor in sorted([*model.named_parameters(), *model.named_buffers()], key=lambda it: it[0]):
        tensor = tensor.detach()
        tensor = tensor.full_tensor() if hasattr(tensor, "full_tensor") else tensor
        hasher.update(name.encode() + tensor.contiguous().view(torch.uint8).numpy().tobytes())
    return hasher.hexdigest()[:16]


def of_transformers(kind, mesh=None):
    """A tiny model of transformers on the meta device: experts that files split, or tied weights with a padding row."""
    import transformers

    sizes = dict(hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, vocab_size=99)
    transformers.logging.set_verbosity_error()
    with torch.device("meta"):
        if kind == "bert":
            model = transformers.BertForMaskedLM(transformers.BertConfig(**sizes))
        else:
            model = transformers.MixtralForCausalLM(
                transformers.MixtralConfig(**sizes, num_key_value_heads=2, num_local_experts=3)
            )
    if mesh is not None:
        from torch.distributed.fsdp import fully_shard

        for layer in model.model.layers if kind == "mixtral" else model.bert.encoder.layer:
            fully_shard(layer, mesh=mesh)
        fully_shard(model, mesh=mesh)
    return model


def drop_ins(mesh):
    """Says whether our functions of torch.nn.init fill a shard with what the whole has there."""
    import wgpu_weights.torch as init
    from torch.distributed.tensor import Shard, distribute_tensor

    for dim in (0, 1):
        whole = init.trunc_normal_(torch.empty(7, 10), seed=3, name="w")
        shard = init.trunc_normal_(distribute_tensor(torch.zeros(7, 10), mesh, [Shard(dim)]), seed=3, name="w")
        if not torch.equal(shard.full_tensor(), whole):
            return False
    try:
        init.normal_(shard)
    except ValueError:
        return True
    return False


def refuses_fsdp1():
    from torch.distributed.fsdp import FullyShardedDataParallel

    from wgpu_weights.draw import draw_by_name

    model = FullyShardedDataParallel(nn.Linear(4, 4), device_id=torch.device("cpu"), use_orig_params=True)
    try:
        with draw_by_name(model, 42):
            return False
    except ValueError as error:
        return "fully_shard" in str(error)


def run(rank, world, port, results):
    from wgpu_weights.draw import materialize

    torch.set_num_threads(1)
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
    dist.init_process_group("gloo", rank=rank, world_size=world)
    try:
        for layout, size in LAYOUTS.items():
            if size == world:
                for dtype in (None, torch.bfloat16):
                    model = sharded(layout)
                    materialize(model, 42, dtype=dtype)
                    found = digest(model)
                    shards = sum(it.numel() for it in (getattr(p, "_local_tensor", p) for p in model.parameters()))
                    if rank == 0:
                        results[layout, str(dtype)] = (found, shards)
                model = sharded(layout).to_empty(device="cpu")
                torch.manual_seed(0)
                model.init_weights(eye=False)  # which torch has no rule for, of a DTensor
                found = digest(model)
                if rank == 0:
                    results[layout, "torch"] = (found, 0)
        if world < 4:
            mesh = init_device_mesh("cpu", (world,))
            for kind in ("bert", "mixtral"):
                for names in ("memory", "saved"):
                    for recipe in (None, "hf"):
                        found = digest(materialize(of_transformers(kind, mesh), 42, names=names, recipe=recipe))
                        if rank == 0:
                            results[kind, names, recipe, world] = found
            right = drop_ins(mesh) and refuses_fsdp1()
            if rank == 0:
                results["drop-ins", world] = right
    finally:
        dist.destroy_process_group()
        sys.stdout.flush()
