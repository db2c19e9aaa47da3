"""A model that FSDP2 shards is drawn by name: each process makes its shard alone, and the whole has one digest.

torchrun --nproc-per-node 2 examples/fsdp2.py
torchrun --nproc-per-node 3 examples/fsdp2.py    # the same digest
python examples/fsdp2.py                         # and without FSDP2
"""

import hashlib
import os

import torch
import torch.distributed as dist
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor

from wgpu_weights.draw import draw_by_name

with torch.device("meta"):
    model = torch.nn.Sequential(*(torch.nn.Linear(96, 96) for _ in range(4)))

sharded = "WORLD_SIZE" in os.environ
if sharded:
    dist.init_process_group("gloo")
    for layer in model:
        fully_shard(layer)
    fully_shard(model)

# Your own initialisation, as you have it: here torch's defaults, and smaller weights in the last layer.
model.to_empty(device="cpu")
with draw_by_name(model, seed=42) as drawing:
    for layer in model:
        layer.reset_parameters()
    with torch.no_grad():
        model[-1].weight.mul_(0.5)

whole = hashlib.sha256()
here = 0
for parameter in model.parameters():
    tensor = parameter.detach()
    if isinstance(tensor, DTensor):
        here += tensor.to_local().numel()
        tensor = tensor.full_tensor()
    whole.update(tensor.numpy().tobytes())

if not sharded or dist.get_rank() == 0:
    print(f"sha256 {whole.hexdigest()[:16]}", f"({here} elements made by the first process)" if sharded else "")
    print("3.weight:", drawing.drawn["3.weight"])
if sharded:
    dist.destroy_process_group()
