"""torch's in-place draws on its GPU, on request: bench-gpu, which has this file within it, takes turns with them.

    python3 -c "$(cat torch_gpu.py)" ADAPTER [DEVICE]

ADAPTER is the GPU's name as its graphics driver says it, DEVICE torch's own where the name does not tell. The first
line says what was found; then a line `normal f32 268435456 8` is answered by the seconds that eight calls took.
"""

import json
import sys
import time


def say(**what):
    print(json.dumps(what), flush=True)


try:
    import torch
except Exception as error:
    say(why=f"python3 has no torch: {error}")
    sys.exit()


def pick(adapter, device=None):
    """torch's name of the device, and the device's own name."""
    if device:
        return device, torch.cuda.get_device_name(device) if device.startswith("cuda") else device
    for index in range(torch.cuda.device_count()):
        name = torch.cuda.get_device_name(index)
        if name in adapter or adapter in name:
            return f"cuda:{index}", name
    if torch.backends.mps.is_available() and adapter.startswith("Apple"):
        return "mps", adapter
    names = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
    return None, f"torch {torch.__version__} has {', '.join(names) or 'no GPU'}, and the adapter is {adapter}"


device, name = pick(*sys.argv[1:])
if device is None:
    say(why=name)
    sys.exit()
kind = torch.device(device).type
wait = getattr(torch, kind).synchronize
if kind == "cuda":
    torch.cuda.set_device(device)
say(version=torch.__version__, device=name)

# One piece of memory for every dtype.
memory = torch.empty(0, dtype=torch.uint8, device=device)
for line in sys.stdin:
    draw, dtype, count, calls = line.split()
    dtype = {"f32": torch.float32, "bf16": torch.bfloat16}[dtype]
    try:
        size = int(count) * torch.empty(0, dtype=dtype).element_size()
        if memory.numel() != size:
            memory = torch.empty(size, dtype=torch.uint8, device=device)
        tensor = memory.view(dtype)
        wait()
        start = time.perf_counter()
        for _ in range(int(calls)):
            if draw == "normal":
                tensor.normal_(0, 0.02)
            else:
                tensor.uniform_(-0.1, 0.1)
        wait()
        say(seconds=time.perf_counter() - start)
    except RuntimeError as error:
        say(why=str(error).splitlines()[0])
