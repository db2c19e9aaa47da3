"""A model of transformers, built on the meta device, becomes real: drawn by its own rules, by name.

python examples/transformers_meta.py
"""

import hashlib

import torch
from transformers import AutoModelForCausalLM, LlamaConfig

from wgpu_weights.draw import materialize

config = LlamaConfig(
    hidden_size=256, intermediate_size=688, num_hidden_layers=4, num_attention_heads=8, vocab_size=2048
)
with torch.device("meta"):
    model = AutoModelForCausalLM.from_config(config)

# By the model's own code; names="saved" gives the numbers of `wgpu-weights init --recipe hf` where names in files differ.
materialize(model, seed=42, dtype=torch.bfloat16, names="saved")

weights = model.state_dict()
digest = hashlib.sha256(b"".join(weights[name].view(torch.uint8).numpy().tobytes() for name in sorted(weights)))
print(f"{sum(it.numel() for it in model.parameters())} parameters, sha256 {digest.hexdigest()[:16]} on every machine")

tokens = torch.arange(16)[None]
loss = model(tokens, labels=tokens).loss.item()
print(f"loss {loss:.2f}, of {torch.tensor(float(config.vocab_size)).log().item():.2f} for a model that knows nothing")
