"""Holds `wgpu-weights check` to the truth: no alarm on models that transformers and torch make, each planted defect found and named.

    pip install torch transformers && python proof/peers/check_truth.py PROGRAM [FILES [FIRST]]
    python proof/peers/check_truth.py PROGRAM torch [FILES [FIRST]]
    python proof/peers/check_truth.py PROGRAM defects [NAME...]
    python proof/peers/check_truth.py PROGRAM power

The first makes FILES (1000) tiny models by transformers, the families of hf_models.py in turn, with sizes, dtypes and seeds by the
number of the file, and prints each alarm; the second does so with torch's own modules and `--recipe torch` (300). `defects` plants
known mistakes in files that transformers made, and holds what is said of them against what was done. `power` looks for the least
deviation of a std that is found, by the number of values. The status is 1 where anything is otherwise than it should be.
KEEP=FOLDER keeps the files of each alarm, DEFAULTS=0 leaves out models drawn in bf16 and f16 by torch itself.
"""

import collections
import copy
import json
import math
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import torch
import transformers
from safetensors.torch import load_file, save_file

from hf_models import FAMILIES

SIZES = {"hidden_size", "intermediate_size", "d_model", "n_embd", "encoder_ffn_dim", "decoder_ffn_dim", "ffn_dim", "d_ff", "dim", "hidden_dim",
         "moe_intermediate_size", "d_inner"}
RANGES = {"initializer_range", "init_std"}
# How the values come to their dtype: drawn in f32; then rounded; or drawn in it.
WAYS = ["f32", "f32", "f32", "to bf16", "f32", "to f16", "f32", "in bf16", "f32", "in f16"]
DTYPES = {"bf16": torch.bfloat16, "f16": torch.float16, "f64": torch.float64}


def varied(keys, number):
    """Other sizes, vocabularies and deviations, by the number."""
    widths, vocabulary, wide = [(1, 1), (2, 1), (1, 2), (2, 2)][number % 4], [600, 257, 1111, 3000][number // 4 % 4], [1, 1, 0.5, 0.2][number // 16 % 4]

    def of(keys):
        new = {}
        for key, value in keys.items():
            if isinstance(value, dict):
                new[key] = of(value)
            elif key in ("hidden_size", "d_model", "n_embd", "dim"):
                new[key] = value * widths[0]
            elif key in SIZES:
                new[key] = value * widths[1]
            elif key.startswith("vocab_size"):
                new[key] = vocabulary if value == 600 else value
            elif key in RANGES:
                new[key] = value * wide
            else:
                new[key] = value
        return new

    return of(copy.deepcopy(keys))


def build(family, keys, dtype=torch.float32):
    model_type, head, _ = FAMILIES[family]
    config = transformers.AutoConfig.for_model(model_type, **keys)
    torch.set_default_dtype(dtype)
    try:
        if hasattr(transformers, head):
            return getattr(transformers, head)(config)
        return getattr(transformers, f"AutoModelFor{head}" if head else "AutoModel").from_config(config, dtype=dtype)
    finally:
        torch.set_default_dtype(torch.float32)


def make(family, number, way, folder):
    """Saves a model; whether its sizes are others than the table's."""
    how, _, dtype = way.partition(" ")
    own = DTYPES.get(dtype, torch.float32)
    for keys in (varied(FAMILIES[family][2], number), FAMILIES[family][2]):
        try:
            torch.manual_seed(number)
            model = build(family, keys, own if how == "in" else torch.float32)
            if model.num_parameters() > 8e6:
                continue
            if how == "to":
                model = model.to(own)
            model.save_pretrained(folder)
            return keys is not FAMILIES[family][2]
        except Exception as error:
            failed = error
    raise failed


def check(program, path, *more):
    """What the program finds: its JSON, its status, its errors and how long it took."""
    start = time.time()
    done = subprocess.run([program, "check", str(path), "--json", *more], capture_output=True, text=True, timeout=600)
    try:
        found = json.loads(done.stdout)
    except ValueError:
        found = None
    return found, done.returncode, done.stderr, time.time() - start


def alarms(found):
    """Each alarm as a line."""
    for it in found["parameters"]:
        if it["wrong"]:
            law = {key: value for key, value in it["law"].items() if key != "zero_rows"}
            yield f"{it['name']} {it['dtype']} {it['shape']} {law}: {it['wrong']} | chance {it['chance']} | likely {it['likely']}"
    for it in found["findings"]:
        yield f"{' and '.join(it['parameters'])}: {it['wrong']} | likely {it['likely']}"
    for name in found["missing"]:
        yield f"{name} is missing"


class Count:
    """Files, alarms, and what is looked at."""

    def __init__(self):
        self.files, self.bad, self.parameters, self.tests, self.errors = 0, 0, 0, 0, 0
        self.kinds, self.methods = collections.Counter(), collections.Counter()

    def add(self, title, folder, found, status, error):
        self.files += 1
        if found is None and "knows no model_type" in error:
            self.kinds["of an unknown model_type"] += 1
            return
        if found is None:
            self.errors += 1
            print(f"ERROR {title}: status {status}: {error.strip()[-600:]}", flush=True)
        else:
            said = list(alarms(found))
            self.parameters += len(found["parameters"])
            self.tests += found["tests"]
            self.methods.update(it["method"] for it in found["parameters"])
            if not said:
                if status != 0:
                    self.errors += 1
                    print(f"ERROR {title}: status {status} without an alarm", flush=True)
                return
            self.bad += 1
            for line in said[:6]:
                print(f"ALARM {title}: {line}", flush=True)
            if len(said) > 6:
                print(f"      and {len(said) - 6} more", flush=True)
        if keep := os.environ.get("KEEP"):
            place = pathlib.Path(keep, title.replace(" ", "_").replace("/", "_"))
            shutil.rmtree(place, ignore_errors=True)
            shutil.copytree(folder, place)

    def end(self, families):
        print(f"{self.files} files of {families} families: {self.bad} with alarms, {self.errors} errors; {self.parameters} parameters "
              f"({', '.join(f'{count} {method}' for method, count in sorted(self.methods.items()))}), {self.tests} tests; "
              f"{', '.join(f'{count} {kind}' for kind, count in sorted(self.kinds.items()))}")
        sys.exit(self.bad + self.errors > 0)


def truth(program, files=1000, first=0):
    count, families, unmade = Count(), list(FAMILIES), set()
    for number in range(first, first + files):
        # 7 and the number of families have nothing in common; each family comes with every way in time.
        family, turn = families[number % len(families)], number // len(families)
        way = WAYS[(number + 3 * turn) % len(WAYS)]
        if way.startswith("in") and os.environ.get("DEFAULTS") == "0":
            way = "f32"
        with tempfile.TemporaryDirectory() as folder:
            try:
                other = make(family, number, way, folder)
            except Exception as error:
                if family not in unmade:
                    print(f"not made: {family} {way}: {type(error).__name__}: {str(error)[:200]}", flush=True)
                unmade.add(family)
                count.kinds["not made"] += 1
                continue
            count.kinds[way] += 1
            count.kinds["other sizes"] += other
            found, status, error, _ = check(program, folder)
            count.add(f"{family} seed {number} {way}", folder, found, status, error)
    count.end(len(families) - len(unmade))


# Torch's own modules.


class Whole(torch.nn.Module):
    def __init__(self, parts):
        super().__init__()
        for name, part in parts.items():
            setattr(self, name, part)


def modules(number):
    from torch import nn

    pick = lambda *of: of[(number // 3) % len(of)]
    a, b, c = pick(1, 2, 3, 16, 96, 257), pick(64, 7, 33, 300), pick(1, 2, 5, 40)
    groups = pick(1, 2)
    return {
        "linear": nn.Linear(a, b),
        "thin": nn.Linear(b, 1),
        "square": nn.Linear(b, b, bias=False),
        "embedding": nn.Embedding(c, b),
        "embed": nn.Embedding(number % 500 + 1, a),
        "conv1": nn.Conv1d(c, b, pick(1, 3, 5)),
        "conv2": nn.Conv2d(groups * c, groups * b, pick(1, 3), groups=groups),
        "conv3": nn.Conv3d(2, b, 2),
        "turned": nn.ConvTranspose2d(b, c, 3),
        "batch": nn.BatchNorm2d(b),
        "layer": nn.LayerNorm(b),
        "group": nn.GroupNorm(1, b),
        "lstm": nn.LSTM(a, b, num_layers=pick(1, 2), bidirectional=number % 2 == 0, proj_size=pick(0, 3)),
        "gru": nn.GRU(c, b),
        "rnn": nn.RNN(c, b),
        "cell": nn.LSTMCell(c, b),
        "attention": nn.MultiheadAttention(4 * b, 4),
        "cross": nn.MultiheadAttention(4 * b, 4, kdim=b, vdim=2 * b, add_bias_kv=True),
        "bilinear": nn.Sequential(nn.Linear(b, a), nn.ReLU(), nn.Linear(a, b)),
    }


def torch_modules(program, files=300, first=0):
    count = Count()
    for number in range(first, first + files):
        way = WAYS[number % len(WAYS)]
        how, _, dtype = way.partition(" ")
        own = DTYPES.get(dtype, torch.float32)
        torch.manual_seed(1_000_000 + number)
        torch.set_default_dtype(own if how == "in" else torch.float32)
        whole = Whole(modules(number))
        torch.set_default_dtype(torch.float32)
        state = {name: it.to(own).contiguous() for name, it in whole.state_dict().items() if "num_batches" not in name}
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "model.safetensors")
            save_file(state, path)
            found, status, error, _ = check(program, path, "--recipe", "torch")
            count.kinds[way] += 1
            count.add(f"torch seed {number} {way}", folder, found, status, error)
    count.end(1)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    torch.set_num_threads(1)
    program, rest = sys.argv[1], sys.argv[2:]
    numbers = [int(it) for it in rest if it.isdigit()]
    if rest[:1] == ["torch"]:
        torch_modules(program, *numbers)
    elif rest[:1] == ["defects"]:
        sys.exit("later")
    else:
        truth(program, *numbers)
