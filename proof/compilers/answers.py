#!/usr/bin/env python3
"""The known answers from kernels that a host compiler made: `answers.py CASES.json LIBRARIES TITLE`.

LIBRARIES has a LABEL.so of each kernel (run.cpp). Every digest is compared; then come the controls, whose
fences fence nothing: their values must differ. Prints a row of the table; exit status 1 where a
digest differs or a control does not.
"""

import ctypes
import hashlib
import json
import os
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

# As the table has them.
ROUNDED = ("uniform", "centrednormal", "normal", "truncatednormal")
# Devices keep subnormal numbers or flush them, and multiply in one way or the other: each way once.
WAYS = (("u32", 0), ("u64", 1))

document = json.load(open(sys.argv[1]))
# What the host made is only copied, by a kernel that is not compiled here.
cases = [
    case for case in document["cases"] if case["known"] and not any("given" in one for one in case["dispatches"])
]
# Of kernels with the same text the first has a file.
texts = {}
same = {label: texts.setdefault(text, label) for label, text in document["kernels"].items()}
libraries, title = Path(sys.argv[2]).resolve(), sys.argv[3]
mine = threading.local()


@cache
def function(label, name):
    made = ctypes.CDLL(str(libraries / f"{label}.so"))[name]
    made.argtypes = [ctypes.c_char_p if name == "run" else ctypes.c_void_p, ctypes.c_void_p] + [ctypes.c_uint] * 3
    return made


def memory(which):
    """One of this thread's two buffers, for dispatches to write."""
    if not hasattr(mine, "memory"):
        most = max(case["bytes"] for case in cases)
        mine.memory = [ctypes.create_string_buffer(most + 64) for _ in range(2)]
    return ctypes.addressof(mine.memory[which]) + 63 & ~63


def dispatch(one, label, flush, address):
    columns, rows = one["workgroups"]
    function(label, "run")(bytes.fromhex(one["params"]), address, columns, rows, flush)


def differs(task):
    """The name of a case whose digest is another, in one of the ways."""
    case, (integers, flush) = task
    address = memory(0)
    # Nothing of the last case is left.
    ctypes.memset(address, 0xA5, case["bytes"])
    for one in case["dispatches"]:
        dispatch(one, same[one["kernel"]].removesuffix("u32") + integers, flush, address + one["offset"])
    found = hashlib.sha256((ctypes.c_char * case["bytes"]).from_address(address)).hexdigest()
    return None if found == case["sha256"] else f"{case['name']} ({integers})"


def control(one):
    """How many values of a dispatch change without fences."""
    fenced, bare = memory(0), memory(1)
    dispatch(one, one["kernel"], 0, fenced)
    dispatch(one, one["kernel"] + ".unfenced", 0, bare)
    return function(one["kernel"], "differing")(fenced, bare, one["size"] // 4, 0, 0)


with ThreadPoolExecutor(os.cpu_count()) as threads:
    found = list(threads.map(differs, [(case, way) for way in WAYS for case in cases]))
    differing = [name for name in found if name]
    for name in differing:
        print(f"{title}: {name} differs", file=sys.stderr)

    labels = {f"{draw}_f32_aligned_u32": draw for draw in ROUNDED}
    controls = [one for case in cases for one in case["dispatches"] if one["kernel"] in labels]
    changed, asked = Counter(), Counter()
    for one, count in zip(controls, threads.map(control, controls)):
        changed[one["kernel"]] += count
        asked[one["kernel"]] += one["size"] // 4

cells = " | ".join(f"{changed[label]} of {asked[label]}" for label in labels)
print(
    f"| {title}, fast-math, run | x86-64-v3 | {len(found) - len(differing)} of {len(found)} answers"
    f" | values differ: | {cells} | | | |"
)
sys.exit(bool(differing) or not cases or not all(changed[label] for label in labels))
