"""The CUDA C of all kernels as C++, compiled for this machine, with what stands for CUDA's driver (cuda_on_the_host.cpp)."""

import ctypes
import os
import shlex
import shutil
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path

from wgpu_weights._cuda_text import HEADER, kernel_text
from wgpu_weights._native import kernels

OPTIONS = ["-std=c++17", "-O1", "-ffp-contract=off", "-fPIC", "-shared", "-w"]


def compiler():
    """CXX, or a C++ compiler that is there; a test without one fails."""
    if os.environ.get("CXX"):
        return shlex.split(os.environ["CXX"])
    found = next(filter(None, map(shutil.which, ("c++", "g++", "clang++"))), None)
    assert found, "there is no C++ compiler, which runs the kernels here; install g++, or say by CXX where one is"
    return [found]


@lru_cache(None)
def library(names=None, old="", new=""):
    """Compiles these kernels, or all, after `old` is replaced, if only in one place of a text."""
    names = names or tuple(kernels())
    text = HEADER + "".join(map(kernel_text, names))
    assert old in text
    # The entry points, told last.
    entries = ", ".join(f'{{"{it}", {it}}}' for it in names)
    driver = Path(__file__).with_name("cuda_on_the_host.cpp").read_text(encoding="utf-8")
    told = f"namespace {{ const Entry entries[] = {{ {entries} }}; const u32 count = {len(names)}; }}\n"
    with tempfile.TemporaryDirectory() as folder:
        source, made = Path(folder, "kernels.cpp"), Path(folder, "kernels.so")
        source.write_text((text.replace(old, new) if old else text) + driver + told, encoding="utf-8")
        subprocess.run([*compiler(), *OPTIONS, str(source), "-o", str(made)], check=True)
        return ctypes.CDLL(str(made))
