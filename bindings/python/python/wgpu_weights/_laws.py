"""What torch's random operators draw from, and what is made of draws before they reach a parameter."""

import math

import torch

from ._native import Law

# Laws that are of a shape: elsewhere an element has another value, or none.
SHAPED = ("orthogonal", "sparse", "diagonal")


class Draw:
    """Random numbers that are not yet any parameter's: what they are drawn from, and where that was asked for."""

    def __init__(self, law, dtype, shape, what, where, of_shape=False):
        self.law, self.dtype, self.shape, self.what, self.where = law, dtype, tuple(shape), what, where
        # The law is of this very shape, as an orthogonal matrix' is.
        self.of_shape = of_shape
        self.used = False

    def draws(self):
        yield self

    def __str__(self):
        return str(self.law)


class Step:
    """What an elementwise operator makes of others."""

    def __init__(self, func, args, kwargs, what):
        self.func, self.args, self.kwargs, self.what = func, args, kwargs, what
        self.views = {id(it): () for it in self.draws()}

    def draws(self):
        seen, steps = set(), [self]
        while steps:
            step = steps.pop()
            for it in (*step.args, *step.kwargs.values()):
                if isinstance(it, (Draw, Step)) and id(it) not in seen:
                    seen.add(id(it))
                    if isinstance(it, Draw):
                        yield it
                    else:
                        steps.append(it)

    def __str__(self):
        first = next((str(it) for it in self.args if isinstance(it, (Draw, Step))), "")
        return f"{first}, then {self.what}" if first else self.what


class Lost:
    """Something random that is no elementwise function of draws."""

    def __init__(self, what, draws):
        self.what, self._draws = what, tuple({id(it): it for it in draws}.values())

    def draws(self):
        return iter(self._draws)


def value(made, draw, memo):
    """Evaluates `made`, with `draw(it)` for the numbers of each Draw."""
    if id(made) in memo:
        return memo[id(made)]
    if isinstance(made, Draw):
        result = draw(made)
    else:
        args = [value(it, draw, memo) if isinstance(it, (Draw, Step)) else it for it in made.args]
        kwargs = {key: value(it, draw, memo) if isinstance(it, (Draw, Step)) else it for key, it in made.kwargs.items()}
        if is_in_place(made.func):
            args[0] = args[0].clone()
        result = made.func(*args, **kwargs)
    memo[id(made)] = result
    return result


def is_in_place(func):
    schema = getattr(func, "_schema", None)
    return schema is not None and schema.name.endswith("_")


def bind(func, args, kwargs):
    """Returns the arguments of an operator by name, with its defaults."""
    given = {}
    for at, it in enumerate(func._schema.arguments):
        if at < len(args):
            given[it.name] = args[at]
        elif it.name in kwargs:
            given[it.name] = kwargs[it.name]
        elif it.has_default_value():
            given[it.name] = it.default_value
    return given


def _step(make, *given, what):
    return Step(lambda *args: make(*args), given, {}, what)


def made_by(func, args, kwargs, tensor, where):
    """Returns what a random operator puts into `tensor`, or None where it has no law."""
    name = func._schema.name.removeprefix("aten::")
    given = bind(func, args, kwargs)
    shape, dtype = tensor.shape, tensor.dtype

    def draw(law, dtype=dtype):
        return Draw(law, dtype, shape, name, where)

    if not dtype.is_floating_point:
        return None
    if name in ("normal_", "normal", "normal_functional"):
        mean, std = given.get("mean", 0.0), given.get("std", 1.0)
        if isinstance(mean, torch.Tensor) or isinstance(std, torch.Tensor):
            return None
        return draw(Law.normal(mean, std))
    if name in ("randn", "randn_like"):
        return draw(Law.normal(0.0, 1.0))
    if name in ("uniform_", "uniform"):
        return draw(Law.uniform(given["from"], given["to"]))
    if name in ("rand", "rand_like"):
        return draw(Law.uniform(0.0, 1.0))
    # The rest are functions of a uniform, in f32 or wider.
    wide = dtype if dtype == torch.float64 else torch.float32
    u = draw(Law.uniform(0.0, 1.0), wide)
    if name == "bernoulli_" and isinstance(given.get("p"), float):
        p = given["p"]
        return _step(lambda u: (u < p).to(dtype), u, what=f"bernoulli p {p}")
    if name == "exponential_":
        rate = given["lambd"]
        return _step(lambda u: (torch.log1p(-u) / -rate).to(dtype), u, what=f"exponential rate {rate}")
    if name == "cauchy_":
        median, sigma = given["median"], given["sigma"]
        return _step(lambda u: (median + sigma * torch.tan(math.pi * (u - 0.5))).to(dtype), u, what="cauchy")
    if name == "geometric_":
        p = given["p"]
        return _step(lambda u: (torch.log1p(-u) / math.log1p(-p)).floor().add(1).to(dtype), u, what=f"geometric p {p}")
    if name == "log_normal_":
        z = draw(Law.normal(given["mean"], given["std"]), wide)
        return _step(lambda z: z.exp().to(dtype), z, what="log-normal")
    return None
