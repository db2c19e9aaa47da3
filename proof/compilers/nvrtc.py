"""Kernels as CUDA to machine code, as text: `nvrtc.py CUDA KERNELS OUT` (see `nvcc`, which has CUDA)."""

import ctypes
import multiprocessing
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

cuda, kernels, out = (Path(argument).resolve() for argument in sys.argv[1:])
here = Path(__file__).resolve().parent
# Turing to Blackwell. Every kernel for Hopper; for the others those that most tensors take, and the controls.
COUNTED = "sm_90"
OTHERS = ("sm_75", "sm_80", "sm_86", "sm_100", "sm_120")
FAST = re.compile(r".*_(f32|bf16)_aligned_.*")
# What was tried; some of it takes what run.cpp does not give.
TRIED = re.compile(r"candidate_.*")
# In Metal a number with a point is an f32.
NUMBER = re.compile(r"\b[0-9]+\.[0-9]+\b")
INSTRUCTION = re.compile(r"\s+/\*[0-9a-f]+\*/\s+.*;")
REGISTERS = re.compile(r"EIATTR_REGCOUNT.*?index@\(fill_all\)\s+/\*[0-9a-f]+\*/\s+\.word\s+(0x[0-9a-f]+)", re.DOTALL)


def compiled(source, chip):
    """A cubin. Contraction is nvcc's own default; what fast-math adds to it is flushing."""
    nvrtc = ctypes.CDLL(str(cuda / "lib" / "libnvrtc.so.13"))
    options = [
        f"-arch={chip}", "-use_fast_math", "-default-device", "-std=c++17", "-w",
        f"-I{here}", f"-I{here / 'metal'}", f'-DKERNEL="{source}"',
    ]  # fmt: skip
    program, size = ctypes.c_void_p(), ctypes.c_size_t()
    text = (here / "run.cpp").read_bytes()
    nvrtc.nvrtcCreateProgram(ctypes.byref(program), text, b"run.cpp", 0, None, None)
    words = (ctypes.c_char_p * len(options))(*map(str.encode, options))
    failed = nvrtc.nvrtcCompileProgram(program, len(options), words)
    what = "ProgramLog" if failed else "CUBIN"
    nvrtc[f"nvrtcGet{what}Size"](program, ctypes.byref(size))
    made = ctypes.create_string_buffer(size.value)
    nvrtc[f"nvrtcGet{what}"](program, made)
    nvrtc.nvrtcDestroyProgram(ctypes.byref(program))
    if failed:
        raise RuntimeError(made.value.decode())
    return made.raw


def assembly(task):
    kernel, chip = task
    try:
        assemble(kernel, chip)
    except RuntimeError as error:
        if not TRIED.match(kernel.name):
            raise
        print(f"{kernel.stem} is left out: {str(error).splitlines()[0]}", file=sys.stderr)


def assemble(kernel, chip):
    with tempfile.TemporaryDirectory() as folder:
        source, cubin = Path(folder) / "kernel.metal", Path(folder) / "cubin"
        source.write_text(NUMBER.sub(r"\g<0>f", kernel.read_text()))
        cubin.write_bytes(compiled(source, chip))
        printed = [cuda / "bin" / "nvdisasm", cubin]
        text = subprocess.run(printed, check=True, capture_output=True, text=True).stdout
    version = re.search(r"release [0-9.]+, V([0-9.]+)", text)[1]
    registers = int(REGISTERS.search(text)[1], 16)
    lines = [line for line in text.splitlines() if INSTRUCTION.match(line)]
    head = [f"# compiler nvcc {version} for {chip}", f"# registers {registers}"]
    (out / f"{kernel.stem}.{chip}.asm").write_text("\n".join(head + lines) + "\n")


def main():
    # Those of Lanes are for software devices.
    texts = [kernel for kernel in sorted(kernels.glob("*.metal")) if "lanes" not in kernel.name]
    tasks = [(text, COUNTED) for text in texts]
    tasks += [(text, chip) for text in texts if FAST.match(text.name) for chip in OTHERS]
    with multiprocessing.Pool(os.cpu_count()) as pool:
        for _ in pool.imap_unordered(assembly, tasks):
            pass
    for chip in (*OTHERS[:3], COUNTED, *OTHERS[3:]):
        print(chip)


if __name__ == "__main__":
    main()
