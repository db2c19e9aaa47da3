"""Times our initialisers in turns with torch's, in one process: medians, and how many times as fast ours are.

python benches/init.py [--threads 2] [--shape 4096,11008] [--turns 7]
"""

import argparse
import statistics
import time

import torch

import wgpu_weights.torch as ours
from wgpu_weights import set_num_threads
from wgpu_weights.draw import draw_by_name

NAME = "model.layers.0.mlp.down_proj.weight"
CALLS = {
    "kaiming_normal_": lambda init, w, **kw: init.kaiming_normal_(w, nonlinearity="relu", **kw),
    "normal_": lambda init, w, **kw: init.normal_(w, 0.0, 0.02, **kw),
    "uniform_": lambda init, w, **kw: init.uniform_(w, -0.02, 0.02, **kw),
    "trunc_normal_": lambda init, w, **kw: init.trunc_normal_(w, 0.0, 0.02, -0.04, 0.04, **kw),
}


def seconds(call):
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--shape", default="4096,11008")
    parser.add_argument("--turns", type=int, default=7)
    given = parser.parse_args()
    shape = [int(it) for it in given.shape.split(",")]
    torch.set_num_threads(given.threads)
    set_num_threads(given.threads)

    print(
        f"torch {torch.__version__}, {given.threads} threads, {given.shape}, medians of {given.turns} turns, and in brackets the least"
    )
    print("| call | dtype | torch, ms | ours, ms | times as fast |\n|---|---|--:|--:|--:|")
    for dtype in (torch.float32, torch.bfloat16):
        # Written once, so that no turn pays for the system's first pages.
        w = torch.zeros(shape, dtype=dtype)
        for name, call in CALLS.items():
            theirs, mine = [], []
            for _ in range(given.turns):
                theirs.append(seconds(lambda: call(torch.nn.init, w)))
                mine.append(seconds(lambda: call(ours, w, seed=42, name=NAME)))
            a, b = statistics.median(theirs) * 1e3, statistics.median(mine) * 1e3
            c, d = min(theirs) * 1e3, min(mine) * 1e3
            row = f"{a:.0f} ({c:.0f}) | {b:.0f} ({d:.0f}) | {a / b:.1f} ({c / d:.1f})"
            print(f"| `{name}` | {str(dtype)[6:]} | {row} |", flush=True)

    print("\n| 64 elements, with seed and name | µs |\n|---|--:|")
    w, matrix = torch.zeros(64), torch.zeros(8, 8)
    for name, call in CALLS.items():
        it = matrix if "kaiming" in name else w
        each = [seconds(lambda: [call(ours, it, seed=42, name=NAME) for _ in range(1000)]) * 1e3 for _ in range(20)]
        print(f"| `{name}` | {statistics.median(each):.2f} ({min(each):.2f}) |")

    layers = torch.nn.Sequential(*(torch.nn.Linear(8, 8) for _ in range(500)))
    plain = statistics.median(seconds(lambda: [it.reset_parameters() for it in layers]) for _ in range(5))
    with draw_by_name(layers, 42):
        met = statistics.median(seconds(lambda: [it.reset_parameters() for it in layers]) for _ in range(5))
    print(f"\ndraw_by_name: {met / 1000 * 1e6:.0f} µs a parameter of 8 x 8 or 8, torch's own {plain / 1000 * 1e6:.0f}")


if __name__ == "__main__":
    main()
