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
        print(f"{self.files} files of {families} families or modules: {self.bad} with alarms, {self.errors} errors; {self.parameters} parameters "
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
    count.end(len(modules(0)))


# Planted defects.

DEFECTS = {}
# Beyond what is looked for: they are told of and not counted.
BEYOND = ("transposed copy", "signs turned", "one seed for two deviations", "symmetric", "llama: orthogonal", "a layer missing", "a tenth of the variance")


def defect(family, of, said, args=(), way="f32", only=True, **keys):
    """A defect: the family, the part of a name that its parameters have, the words to be said of it, and more of its configuration.

    The function changes the tensors in place; `of` None means that what is found is between parameters. With `only`, no other
    parameter may be named."""

    def register(plant):
        DEFECTS[plant.__name__.replace("_", " ")] = (family, of, said, args, way, only, keys, plant)
        return plant

    return register


def has(state, part):
    names = [name for name in state if part in name]
    if not names:
        raise KeyError(f"{part}: {list(state)}")
    return names


def scale(factor, of):
    def plant(state, folder):
        for name in has(state, of):
            state[name] *= factor

    return plant


def plant(title, family, of, said, how, **more):
    how.__name__ = title.replace(" ", "_")
    defect(family, of, said, **more)(how)


def redraw(of, draw):
    def how(state, folder):
        for name in has(state, of):
            state[name] = draw(state[name].float()).to(state[name].dtype)

    return how


def config(folder, **keys):
    path = pathlib.Path(folder, "config.json")
    path.write_text(json.dumps(dict(json.loads(path.read_text()), **keys)))


def like(draw, std=0.03):
    """A draw with the std that hf_models.py gives most families."""
    return lambda old: draw(old, std)


def uniform(old, std):
    return torch.empty_like(old).uniform_(-math.sqrt(3) * std, math.sqrt(3) * std)


def cut(old, std):
    return torch.nn.init.trunc_normal_(torch.empty_like(old), std=std, a=-2 * std, b=2 * std)


def linear(old):
    bound = 1 / math.sqrt(old[0].numel())
    return torch.empty_like(old).uniform_(-bound, bound)


def rank_one(part):
    def draw(old, std):
        line = std * torch.randn(old.shape[0], 1) * torch.randn(1, old.shape[1])
        return math.sqrt(1 - part) * old + math.sqrt(part) * line

    return like(draw)


def rows(of, which, value):
    def how(state, folder):
        for name in has(state, of):
            state[name][which] = value

    return how


def copied(of, to, change=lambda it: it.clone()):
    def how(state, folder):
        for name in has(state, of):
            state[name.replace(of, to)] = change(state[name])

    return how


def halves(old):
    half = old.shape[0] // 2
    old[half : 2 * half] = old[:half]
    return old


def block(old):
    old.view(-1)[-1700:-1000] = old.view(-1)[333:1033]
    return old


def one(value, at=5):
    def draw(old):
        old.view(-1)[at] = value
        return old

    return draw


def garbage(old):
    return torch.randint(-(2**31), 2**31, old.shape, dtype=torch.int64).to(torch.int32).view(torch.float32)


def pointers(old):
    """What freed memory often holds: addresses and small integers."""
    words = torch.randint(0, 2**16, old.shape, dtype=torch.int64) + torch.where(torch.rand(old.shape) < 0.5, 0x7F5A0000, 0)
    return words.to(torch.int32).view(torch.float32)


def symmetric(old):
    return (old + old.T) / math.sqrt(2)


def masked(old):
    return old * (torch.rand(old.shape) > 0.1)


Q0, Q1 = "layers.0.self_attn.q_proj.weight", "layers.1.self_attn.q_proj.weight"
REPEAT, ONE_SEED = "a block that repeats", "one seed for both"

plant("siglip: the bounds of a cut taken for absolute", "siglip", ".weight", "cut at ±2 absolute instead of 2 sigma", lambda state, folder: None,
      args=["--set", "as_meant=1"])
plant("llama: std by sqrt2", "llama", Q1, "√2 too large", scale(2**0.5, Q1))
plant("llama: std over sqrt2", "llama", Q1, "√2 too small", scale(0.5**0.5, Q1))
plant("gpt2: 1/sqrt(2L) missing", "gpt2", "c_proj.weight", r"1/√(2L) missing, L = 3", scale(6**0.5, "c_proj.weight"))
plant("gpt2: 1/sqrt(L) for 1/sqrt(2L)", "gpt2", "c_proj.weight", "2L", scale(2**0.5, "c_proj.weight"))
plant("gpt2: by the depth of the layer", "gpt2", "h.1.attn.c_proj.weight", "1/√(2l) by the layer's own depth, l = 2", scale(1.5**0.5, "h.1.attn.c_proj.weight"))
plant("gpt2: 1/sqrt(2L) too much", "gpt2", "c_fc.weight", r"1/√(2L) too much", scale(6**-0.5, "c_fc.weight"))
plant("llama: config says 0.01, drawn with 0.02", "llama", ".weight", "0.02, the usual default", lambda state, folder: config(folder, initializer_range=0.01),
      initializer_range=0.02)
plant("llama: config says 0.02, drawn with 0.006", "llama", ".weight", "std is 0.3", lambda state, folder: config(folder, initializer_range=0.02),
      initializer_range=0.006)
plant("vit: uniform for normal", "vit", "layer.1.intermediate.dense.weight", "uniform instead of normal", redraw("layer.1.intermediate.dense.weight", like(uniform)))
plant("bert: cut for normal", "bert", "layer.1.output.dense.weight", "cut at 2 sigma", redraw("layer.1.output.dense.weight", like(cut)))
plant("bert: cut and corrected for normal", "bert", "layer.1.output.dense.weight", "cut at 2 sigma and corrected",
      redraw("layer.1.output.dense.weight", like(lambda old, std: cut(old, std / 0.87962566))))
plant("modernbert: normal for cut", "modernbert", "layers.1.mlp.Wi.weight", "cut", redraw("layers.1.mlp.Wi.weight", like(lambda old, std: std * torch.randn_like(old))))
plant("llama: a Linear left as torch makes it", "llama", "layers.1.mlp.up_proj.weight", "torch's own default for Linear", redraw("layers.1.mlp.up_proj.weight", linear))
plant("llama: the embedding left as torch makes it", "llama", "embed_tokens", "torch's own default for Embedding",
      redraw("embed_tokens", lambda old: torch.randn_like(old) * (old != 0)))
plant("clip: a convolution left as torch makes it", "clip", "patch_embedding.weight", "torch's own default", redraw("patch_embedding.weight", linear))
plant("bert: the padding row not zeroed", "bert", "word_embeddings.weight", "padding row was not zeroed", rows("word_embeddings.weight", 1, 0.013))
plant("llama: the padding row of another token", "llama", "embed_tokens", "padding row", lambda state, folder: config(folder, pad_token_id=4))
plant("llama: a row zeroed", "llama", Q1, "row 7 is 0", rows(Q1, 7, 0))
plant("llama: last rows never written", "llama", "lm_head", "rows 590, 591, 592, 593 and 6 more are 0", rows("lm_head", slice(590, 600), 0))
plant("llama: last columns never written", "llama", Q1, "never written", rows(Q1, (slice(None), slice(90, 96)), 0))
plant("llama: two layers of one seed", "llama", None, ONE_SEED, copied("layers.0.self_attn", "layers.1.self_attn"))
plant("llama: q and k of one seed", "llama", None, ONE_SEED, lambda state, folder: state["model." + Q0.replace("q_", "k_")].copy_(state["model." + Q0][:48]))
plant("llama: two ranks of one seed", "llama", None, REPEAT, redraw(Q1, halves))
plant("mixtral: experts of one seed", "mixtral", None, "seed", lambda state, folder: [state[it].copy_(state[it.replace("experts.1.", "experts.0.")])
      for it in has(state, "experts.1.")])
plant("t5: a block stands again", "t5", None, REPEAT, redraw("shared.weight", block))
plant("vit: drawn in bf16", "vit", "layer.1.intermediate.dense.weight", "drawn in BF16 and widened", redraw("layer.1.intermediate.dense.weight", lambda old: old.bfloat16().float()))
plant("vit: drawn in f16", "vit", "layer.1.intermediate.dense.weight", "drawn in F16 and widened", redraw("layer.1.intermediate.dense.weight", lambda old: old.half().float()))
plant("llama: drawn in bf16, stored in f16", "llama", Q1, "drawn in BF16", redraw(Q1, lambda old: old.bfloat16().half()), way="to f16")
plant("llama: norms 0 for 1", "llama", "layers.1.input_layernorm.weight", "0 where the layer multiplies by the weight", redraw("layers.1.input_layernorm", torch.zeros_like))
plant("gemma: norms 1 for 0", "gemma", "layers.1.input_layernorm.weight", "1 where the layer computes 1 + weight", redraw("layers.1.input_layernorm", torch.ones_like))
plant("bert: a norm trained", "bert", "layer.1.output.LayerNorm.weight", "", redraw("layer.1.output.LayerNorm.weight", lambda old: 1 + 0.01 * torch.randn_like(old)))
plant("bert: biases left as torch makes them", "bert", "layer.1.output.dense.bias", "torch's own default for Linear",
      redraw("layer.1.output.dense.bias", lambda old: torch.empty_like(old).uniform_(-(160**-0.5), 160**-0.5)))
plant("gpt2: biases 0.01", "gpt2", "h.1.mlp.c_fc.bias", "0.01", redraw("h.1.mlp.c_fc.bias", lambda old: old + 0.01))
plant("bert: one bias not 0", "bert", "layer.1.output.dense.bias", "element 5 is 0.01", redraw("layer.1.output.dense.bias", one(0.01)))
plant("whisper: a NaN", "whisper", "decoder.layers.1.fc1.weight", "never written, or an overflow", redraw("decoder.layers.1.fc1.weight", one(math.nan)))
plant("whisper: an infinity", "whisper", "decoder.layers.1.fc1.weight", "never written, or an overflow", redraw("decoder.layers.1.fc1.weight", one(math.inf)))
plant("whisper: NaN in a norm", "whisper", "encoder.layer_norm.weight", "never written", redraw("encoder.layer_norm.weight", one(math.nan)))
plant("whisper: positions drawn", "whisper", "encoder.embed_positions.weight", "0.02, the usual default",
      redraw("encoder.embed_positions.weight", lambda old: 0.02 * torch.randn_like(old)), init_std=0.01)
plant("t5: all 0", "t5", "block.1.layer.0.SelfAttention.q.weight", "all 0: never initialised", redraw("decoder.block.1.layer.0.SelfAttention.q.weight", torch.zeros_like))
plant("t5: queries not narrower", "t5", "SelfAttention.q.weight", "std is 4 of the promised", scale(4, "SelfAttention.q.weight"))
plant("llama: torch.empty of random bits", "llama", Q1, "memory that was never written", redraw(Q1, garbage))
plant("llama: torch.empty of old pointers", "llama", Q1, "memory that was never written", redraw(Q1, pointers))
plant("llama: torch.empty of denormals", "llama", Q1, "never", redraw(Q1, lambda old: torch.randint(0, 4096, old.shape, dtype=torch.int32).view(torch.float32)))
plant("llama: one value far off", "llama", Q1, "", redraw(Q1, one(0.5)))
plant("siglip: one value beyond the bounds", "siglip", "text_model.encoder.layers.1.mlp.fc1.weight", "", redraw("text_model.encoder.layers.1.mlp.fc1.weight", one(0.2)))
plant("llama: half of the variance of rank one", "llama", Q1, "rows or columns that are not independent", redraw(Q1, rank_one(0.5)))
plant("llama: a tenth of the variance of rank one", "llama", Q1, "not independent", redraw(Q1, rank_one(0.1)))
plant("llama: rows with a common part", "llama", Q1, "not independent", redraw(Q1, like(lambda old, std: 0.95 * old + 0.31 * std * torch.randn(1, old.shape[1]))))
plant("llama: transposed copy", "llama", None, ONE_SEED, copied("layers.0.self_attn.q", "layers.1.self_attn.q", lambda it: it.T.contiguous()))
plant("llama: copy with the rows turned", "llama", None, ONE_SEED, copied("layers.0.self_attn.q", "layers.1.self_attn.q", lambda it: it.flip(0).contiguous()))
plant("llama: copy with the signs turned", "llama", None, ONE_SEED, copied("layers.0.self_attn.q", "layers.1.self_attn.q", lambda it: -it))
plant("gpt2: one seed for two deviations", "gpt2", None, ONE_SEED, lambda state, folder:
      state["transformer.h.1.mlp.c_proj.weight"].view(-1).copy_(state["transformer.h.1.mlp.c_fc.weight"].view(-1) / 6**0.5))
plant("llama: symmetric", "llama", Q1, "", redraw(Q1, symmetric))
plant("llama: a mean", "llama", Q1, "", redraw(Q1, lambda old: old + 0.006))
plant("llama: absolute values", "llama", Q1, "", redraw(Q1, torch.abs))
plant("llama: clipped at 2 deviations", "llama", Q1, "", redraw(Q1, lambda old: old.clamp(-0.06, 0.06)))
plant("llama: a tenth masked", "llama", Q1, "mask", redraw(Q1, masked))
plant("llama: orthogonal", "llama", Q1, "", redraw(Q1, lambda old: 0.03 * 96**0.5 * torch.nn.init.orthogonal_(torch.empty_like(old))))
plant("llama: the variance for the std", "llama", Q1, "the variance taken for the std", redraw(Q1, lambda old: 0.03 * old))
plant("llama: heavy tails", "llama", Q1, "", redraw(Q1, lambda old: 0.03 / 3**0.5 * torch.distributions.StudentT(3.0).sample(old.shape)))
plant("llama: a sixteenth of the rows twice as wide", "llama", Q1, "", lambda state, folder: state["model." + Q1][::16].mul_(2))
plant("llama: a layer missing", "llama", None, "", lambda state, folder: [state.pop(it) for it in has(state, "layers.1.self_attn")])


@defect("torch", "0.weight", "fan_in and fan_out exchanged", only=False)
def torch_fans_exchanged(state, folder):
    state["0.weight"] = torch.nn.init.kaiming_uniform_(torch.empty(400, 90), a=5**0.5, mode="fan_out")


@defect("torch", "0.weight", "one of 4", only=False)
def torch_fans_of_a_shard(state, folder):
    state["0.weight"] = torch.empty(90, 400).uniform_(-1 / 10, 1 / 10)


@defect("torch", "0.weight", "fans of all 3 together", only=False)
def torch_fans_of_three_together(state, folder):
    state["0.weight"] = torch.empty(90, 400).uniform_(-1 / 1200**0.5, 1 / 1200**0.5)


@defect("torch", "0.weight", "[0, bound) instead of", only=False)
def torch_uniform_from_zero(state, folder):
    state["0.weight"] = torch.empty(90, 400).uniform_(0, 1 / 20)


@defect("torch", "0.weight", "torch.rand, not scaled", only=False)
def torch_rand(state, folder):
    state["0.weight"] = torch.rand(90, 400)


@defect("torch", "0.weight", "the std taken for the bound", only=False)
def torch_std_for_bound(state, folder):
    bound = 1 / 20 / 3**0.5
    state["0.weight"] = torch.empty(90, 400).uniform_(-bound, bound)


@defect("torch", "0.weight", "normal instead of uniform", only=False)
def torch_normal_for_uniform(state, folder):
    state["0.weight"] = torch.randn(90, 400) / 20 / 3**0.5


@defect("torch", "0.weight", "Kaiming", only=False)
def torch_kaiming_normal(state, folder):
    state["0.weight"] = torch.nn.init.kaiming_normal_(torch.empty(90, 400))


@defect("torch", "0.weight", "Xavier", only=False)
def torch_xavier(state, folder):
    state["0.weight"] = torch.nn.init.xavier_uniform_(torch.empty(90, 400))


@defect("torch", "in_proj_weight", "of one of 3 slices", only=False)
def torch_attention_each_third_by_its_own_fans(state, folder):
    bound = (6 / (128 + 128)) ** 0.5
    state["in_proj_weight"] = torch.empty(384, 128).uniform_(-bound, bound)


def planted(name, folder):
    """Makes the file; the arguments to check it with."""
    family, _, _, args, way, _, keys, how = DEFECTS[name]
    torch.manual_seed(2 + list(DEFECTS).index(name))
    path = pathlib.Path(folder, "model.safetensors")
    if family == "torch":
        state = {}
        how(state, folder)
        save_file(state, path)
        return [str(path), "--recipe", "torch"]
    kind, _, dtype = way.partition(" ")
    model = build(family, dict(FAMILIES[family][2], **keys))
    (model.to(DTYPES[dtype]) if kind == "to" else model).save_pretrained(folder)
    state = {key: value.clone() for key, value in load_file(path).items()}
    how(state, folder)
    save_file({key: value.contiguous() for key, value in state.items()}, path, {"format": "pt"})
    return [folder, *args]


def defects(program, names=()):
    wrong = 0
    for name in DEFECTS:
        if names and not any(it in name for it in names):
            continue
        family, of, said, _, _, only, _, _ = DEFECTS[name]
        with tempfile.TemporaryDirectory() as folder:
            found, status, error, _ = check(program, *planted(name, folder))
        if found is None:
            print(f"ERROR {name}: status {status}: {error.strip()[-300:]}", flush=True)
            wrong += 1
            continue
        named = [it for it in found["parameters"] if it["wrong"]]
        met = [it for it in named if of and of in it["name"]] or (found["findings"] if of is None else [])
        told = [f"{it['wrong']} | {it.get('chance', '')} | {it['likely']}" for it in met]
        others = [it["name"] for it in named if it not in met]
        verdict = "found"
        if not met and not found["missing"]:
            verdict = "NOT FOUND"
        elif not all(said in it for it in told):
            verdict = "NOT NAMED"
        elif only and others:
            verdict = "OTHERS TOO"
        beyond = verdict == "NOT FOUND" and any(it in name for it in BEYOND)
        verdict = "not looked for" if beyond else verdict
        wrong += verdict not in ("found", "not looked for")
        lines = sorted(set(told)) if len(told) < 3 else sorted(set(told))[:2] + [f"of {len(told)}"]
        print(f"{verdict}: {name}\n" + "".join(f"    {it}\n" for it in lines) + (f"    others: {others[:4]}\n" if others else ""), end="", flush=True)
    print(f"{len(DEFECTS)} defects, {wrong} not found or not named")
    sys.exit(wrong > 0)


def power(program):
    """The least deviation of the std that is found in one tensor of a model, and by how many standard errors."""
    for n in (16, 64, 256, 1024, 4096, 9216, 65536, 1 << 20):
        least = None
        for step in range(1, 400):
            off = 0.3 * step / math.sqrt(2 * n)
            found = 0
            for seed in range(4):
                with tempfile.TemporaryDirectory() as folder:
                    torch.manual_seed(seed)
                    state = {"model.norm.weight": torch.ones(64), "lm_head.weight": 0.02 * (1 + off) * torch.randn(n // 16, 16)}
                    save_file(state, pathlib.Path(folder, "model.safetensors"))
                    found += check(program, folder, "--recipe", "hf/llama", "--set", "range=0.02")[1] == 1
            if found >= 2:
                least = off
                break
        print(f"{n} values: a std {'not found at all' if least is None else f'{100 * least:.2f} % too large, {least * math.sqrt(2 * n):.1f} standard errors'}", flush=True)


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
        defects(program, rest[1:])
    elif rest[:1] == ["power"]:
        power(program)
    else:
        truth(program, *numbers)
