"""What torch and NumPy take for the same fills on this machine's CPU and, where there is one, its GPU.

    pip install torch numpy
    python benches/peers/torch_numpy.py            # writes target/peers/torch_numpy.json for bench-report

Medians of seven runs after two warm-ups, in millions of elements per second.
"""

import json
import pathlib
import statistics
import time

import numpy
import torch


def rate(count, run, wait=lambda: None):
    times = []
    for repeat in range(9):
        start = time.perf_counter()
        run()
        wait()
        if repeat >= 2:
            times.append(time.perf_counter() - start)
    return count / statistics.median(times) / 1e6


def main():
    rows = []

    def measured(name, count, contender, *timed):
        rows.append({"name": name, "count": count, "contender": contender, "melems": rate(count, *timed)})
        print(rows[-1])

    print(f"torch {torch.__version__}, numpy {numpy.__version__}, {torch.get_num_threads()} threads")
    devices = [("cpu", "torch", lambda: None, [16, 20, 24, 26])]
    if torch.cuda.is_available():
        print(torch.cuda.get_device_name())
        devices.append(("cuda", "torch cuda", torch.cuda.synchronize, [24, 26, 28]))
    for device, contender, wait, exponents in devices:
        for exponent in exponents:
            count = 1 << exponent
            for dtype, short in [(torch.float32, "f32"), (torch.bfloat16, "bf16")]:
                tensor = torch.empty(count, dtype=dtype, device=device)
                measured(f"normal/{short}", count, contender, lambda: tensor.normal_(0, 0.02), wait)
                measured(f"uniform/{short}", count, contender, lambda: tensor.uniform_(-0.1, 0.1), wait)
            del tensor
    weight = torch.empty(4096, 4096)
    measured("normal/f32", 4096 * 4096, "torch kaiming_normal_", lambda: torch.nn.init.kaiming_normal_(weight))
    generator = numpy.random.Generator(numpy.random.Philox(42))
    out = numpy.empty(1 << 24, dtype=numpy.float32)
    measured("normal/f32", 1 << 24, "numpy", lambda: generator.standard_normal(dtype=numpy.float32, out=out))
    measured("uniform/f32", 1 << 24, "numpy", lambda: generator.random(dtype=numpy.float32, out=out))
    target = pathlib.Path(__file__).parents[2] / "target" / "peers" / "torch_numpy.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(rows, indent=1))


main()
