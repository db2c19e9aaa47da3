"""What torch and NumPy take for the same fills on this machine's CPU and, where there is one, its GPU, in turns with ours.

    pip install torch numpy
    cargo build --release -p wgpu-weights-bench --example bench-turns
    python benches/peers/torch_numpy.py            # writes target/peers/torch_numpy.json for bench-report

Medians of fifteen turns after two warm-ups, in millions of elements per second.
"""

import json
import pathlib
import statistics
import subprocess
import time

import numpy
import torch

ROOT = pathlib.Path(__file__).parents[2]


class Ours:
    """A process that fills on request and says how long it took."""

    def __init__(self):
        program = ROOT / "target" / "release" / "examples" / "bench-turns"
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def seconds(self, backend, name, count):
        distribution, dtype = name.split("/")
        print(f"{backend} {distribution} {dtype} {count}", file=self.process.stdin, flush=True)
        return float(self.process.stdout.readline())


def main():
    ours = Ours()
    rows = []

    def measured(name, count, contender, run, wait=lambda: None, backends=("cpu", "gpu")):
        rates = {}
        for backend in backends:
            times = []
            for turn in range(17):
                start = time.perf_counter()
                run()
                wait()
                theirs = time.perf_counter() - start
                own = ours.seconds(backend, name, count)
                if turn >= 2:
                    times.append((theirs, own))
            theirs, own = (statistics.median(column) for column in zip(*times))
            rates[backend] = count / own / 1e6
        row = {"name": name, "count": count, "contender": contender, "melems": count / theirs / 1e6, "beside": rates}
        rows.append(row)
        print(row)

    devices = [("cpu", "torch", lambda: None, [16, 20, 24, 26])]
    versions = [f"torch {torch.__version__} ({torch.get_num_threads()} threads)", f"numpy {numpy.__version__}"]
    print(versions)
    if torch.cuda.is_available():
        versions.append(torch.cuda.get_device_name())
        devices.append(("cuda", "torch cuda", torch.cuda.synchronize, [24, 26, 28]))
    for device, contender, wait, exponents in devices:
        backends = ["gpu"] if device == "cuda" else ["cpu", "gpu"]
        for exponent in exponents:
            count = 1 << exponent
            for dtype, short in [(torch.float32, "f32"), (torch.bfloat16, "bf16")]:
                if short == "bf16" and exponent < 24:
                    continue
                tensor = torch.empty(count, dtype=dtype, device=device)
                measured(f"normal/{short}", count, contender, lambda: tensor.normal_(0, 0.02), wait, backends)
                measured(f"uniform/{short}", count, contender, lambda: tensor.uniform_(-0.1, 0.1), wait, backends)
                del tensor
    weight = torch.empty(4096, 4096)
    init = torch.nn.init.kaiming_normal_
    measured("normal/f32", weight.numel(), "torch kaiming_normal_", lambda: init(weight), backends=["cpu"])
    generator = numpy.random.Generator(numpy.random.Philox(42))
    out = numpy.empty(1 << 24, dtype=numpy.float32)
    normal, uniform = generator.standard_normal, generator.random
    measured("normal/f32", out.size, "numpy", lambda: normal(dtype=numpy.float32, out=out), backends=["cpu", "gpu"])
    measured("uniform/f32", out.size, "numpy", lambda: uniform(dtype=numpy.float32, out=out), backends=["cpu", "gpu"])
    target = ROOT / "target" / "peers" / "torch_numpy.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps({"versions": versions, "rows": rows}, indent=1))


main()
