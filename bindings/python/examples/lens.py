"""TransformerLens' initialisers, drawn by name: its functions' names, signatures and fans.

python examples/lens.py
"""

import torch

from wgpu_weights.initialization_utils import init_kaiming_normal_, init_xavier_uniform_

d_model, d_mlp, heads, d_head = 256, 1024, 8, 32
w_in = init_kaiming_normal_(torch.empty(d_model, d_mlp), nonlinearity="relu", seed=42, name="blocks.0.mlp.W_in")
w_q = init_xavier_uniform_(torch.empty(heads, d_model, d_head), seed=42, name="blocks.0.attn.W_Q")
print(f"W_in: std {w_in.std().item():.5f}, of {(2 / d_model) ** 0.5:.5f}")
print(f"W_Q: largest {w_q.abs().max().item():.5f}, of {(6 / (d_model + heads * d_head)) ** 0.5:.5f}")

# Its own code needs no change: with the functions exchanged, a model without seeds and names draws by torch.manual_seed.
try:
    from transformer_lens.utilities import initialization_utils as theirs
except ImportError:
    print("pip install transformer-lens for the rest")
else:
    import wgpu_weights.initialization_utils as ours

    for name in ours.__all__:
        setattr(theirs, name, getattr(ours, name))
    torch.manual_seed(0)
    first = theirs.init_kaiming_normal_(torch.empty(d_model, d_mlp))
    torch.manual_seed(0)
    print("equal by torch.manual_seed:", torch.equal(first, theirs.init_kaiming_normal_(torch.empty(d_model, d_mlp))))
