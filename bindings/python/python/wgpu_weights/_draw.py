"""The mode in which torch's random operators draw by the names of a model's parameters."""

import math
import operator
import os
import sys
import threading
import warnings
from typing import NamedTuple

import torch
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.weak import WeakIdKeyDictionary

from . import _functions, _host
from . import torch as drop_ins
from ._laws import Draw, Lost, Step, made_by, value
from ._names import named, saved_parts
from ._native import stream_of
from ._places import Target, box_and_dims
from ._shards import is_dtensor, local_of

# A rejection loop of a caller's own would never end, since the same place draws the same value.
_REDRAWN = 1000

_NOT_CALLERS = (os.path.dirname(__file__), os.path.dirname(torch.__file__), "<")


class Other(NamedTuple):
    """Something random that was no parameter's: the operator, its shape, the parameter that it may have reached, where."""

    what: str
    shape: tuple
    name: str | None
    where: str


class _Kind(NamedTuple):
    random: bool
    writes: tuple
    elementwise: bool
    view: bool
    name: str


_kinds = {}


def _kind_of(func):
    kind = _kinds.get(func)
    if kind is None:
        schema = func._schema
        name = schema.name.removeprefix("aten::")
        arguments = enumerate(schema.arguments)
        writes = tuple((at, it.name) for at, it in arguments if it.alias_info is not None and it.alias_info.is_write)
        copies = name in ("clone", "_to_copy", "detach", "alias", "lift_fresh")
        elementwise = torch.Tag.pointwise in func.tags or copies
        view = any(it.alias_info is not None and not it.alias_info.is_write for it in schema.arguments)
        kind = _Kind(torch.Tag.nondeterministic_seeded in func.tags, writes, elementwise, view, name)
        _kinds[func] = kind
    return kind


def caller():
    frame = sys._getframe(1)
    while frame is not None:
        file = frame.f_code.co_filename
        if not file.startswith(_NOT_CALLERS):
            return f"{file}:{frame.f_lineno}"
        frame = frame.f_back
    return "?"


def _flat(args, kwargs):
    for it in (*args, *kwargs.values()):
        if isinstance(it, torch.Tensor):
            yield it
        elif isinstance(it, (list, tuple)):
            yield from (each for each in it if isinstance(each, torch.Tensor))


def _key(tensor):
    try:
        return local_of(tensor).untyped_storage()._cdata
    except (NotImplementedError, RuntimeError):
        return None


class draw_by_name(TorchDispatchMode):
    """A context in which the random operators of any initialisation draw from (seed, parameter's name, index in the whole
    parameter) instead of torch's generator.

    It is met by whatever is drawn into a parameter or buffer of the model or a view of one, in place or by a copy of a
    tensor that was drawn before, also through elementwise operators. All other arithmetic is torch's. A parameter that is
    a DTensor draws its shard, so the whole is the same whatever the sharding.

    `drawn` says what each parameter or buffer was given, `other` lists what was random and no parameter's; with `strict` that
    is an error at the end of the context. `undrawn` lists the parameters that nothing was written to. What is random
    outside torch, as NumPy's, is not seen. On the meta device nothing is drawn, which is told by a warning.

    >>> import torch
    >>> from wgpu_weights.draw import draw_by_name
    >>> layer = torch.nn.Linear(4, 4)
    >>> with torch.no_grad(), draw_by_name(layer, 42) as drawing:
    ...     _ = layer.weight.copy_(torch.randn(4, 4) * 0.02)
    >>> drawing.drawn
    {'weight': 'normal mean 0 std 1, then mul'}
    """

    def __init__(self, model: torch.nn.Module, seed: int, *, strict: bool = False, names: str = "memory"):
        super().__init__()
        if names not in ("memory", "saved"):
            raise ValueError(f"`names` is {names!r}; it must be 'memory' or 'saved'")
        if not isinstance(model, torch.nn.Module):
            raise TypeError(f"the model is a {type(model).__name__}; it must be a torch.nn.Module")
        try:
            seed = operator.index(seed)
        except TypeError:
            raise TypeError(f"the seed is {seed!r}; it must be an int") from None
        if not 0 <= seed < 2**64:
            raise ValueError(f"the seed is {seed}; it must be from 0 to 2^64 - 1")
        self._parts = saved_parts(model) if names == "saved" else {}
        self.model, self.seed, self.strict = model, seed, strict
        self.other: list[Other] = []
        # What was overwritten, and not changed alone.
        self.written = set()
        # Names of tensors that have no values yet, and of those of them that were written in part.
        self.fresh = frozenset()
        self.partly = set()
        # For buffers alone: parameters are left as they are.
        self.skip_parameters = False
        self._drawn = {}
        self._targets = {}
        self._made = {}
        self._draws = []
        self._shadows = WeakIdKeyDictionary()
        self._times = {}
        self._added = {}
        self._paused = 0
        self._thread = threading.get_ident()

    @property
    def drawn(self) -> dict[str, str]:
        """What each parameter was given, by name: a law, and what was done to it after."""
        return {name: "; ".join(texts) for name, texts in self._drawn.items()}

    @property
    def undrawn(self) -> list[str]:
        """The names of the parameters that nothing was written to."""
        parameters = {id(it) for it in self.model.parameters()}
        return [name for name, it in named(self.model) if id(it) in parameters and name not in self.written]

    def __enter__(self):
        self._register()
        _functions.exchange(+1)
        drop_ins._open.append(self)
        try:
            return super().__enter__()
        except BaseException:
            drop_ins._open.remove(self)
            _functions.exchange(-1)
            raise

    def __exit__(self, kind, error, trace):
        super().__exit__(kind, error, trace)
        drop_ins._open.remove(self)
        _functions.exchange(-1)
        if kind is None:
            self._adopt()
            self._tell_meta()
        for draw in self._draws:
            if not draw.used:
                self.other.append(Other(draw.what, draw.shape, None, draw.where))
        self._targets.clear()
        self._made.clear()
        self._draws.clear()
        if kind is None and self.strict and self.other:
            lines = "\n".join(
                f"  {it.what} {list(it.shape)}{f' into {it.name}' if it.name else ''} at {it.where}"
                for it in self.other
            )
            raise RuntimeError(f"{len(self.other)} random draws are no parameter's:\n{lines}")

    def _tell_meta(self):
        meta = [name for name, it in named(self.model) if it.is_meta]
        if meta:
            text = (
                f"{len(meta)} of the model's tensors are on the meta device, where nothing is drawn ({meta[0]}): take "
                "materialize(model, seed), or model.to_empty(device=...) first"
            )
            warnings.warn(text, UserWarning, stacklevel=3)

    def _register(self):
        self._targets = {}
        for name, tensor in named(self.model):
            key = _key(tensor)
            if key is not None:
                self._targets.setdefault(key, []).append(Target(name, tensor, self._parts.get(name)))

    def _find(self, tensor, again=False):
        """Returns the target that a tensor is a view of, or None. With `again`, parameters may have been replaced."""
        key = _key(tensor)
        if key is None:
            return None
        if again and key not in self._targets:
            self._register()
            if key in self._targets:
                self._adopt_now(key)
        for target in self._targets.get(key, ()):
            if target.spans(local_of(tensor)):
                return target
        return None

    def _adopt(self):
        """Draws parameters that were made of random tensors, by the names that they have now."""
        if not self._made:
            return
        self._register()
        for targets in self._targets.values():
            for target in targets:
                made = self._made_in(target.local)
                if made is not None:
                    self._adopt_as(target, made)

    def _adopt_now(self, key):
        """Does the same for one storage, which is about to be written, so that what is done to it after is kept."""
        kept = self._made.pop(key, None)
        if kept is not None:
            for target in self._targets[key]:
                self._adopt_as(target, kept[1])

    def _adopt_as(self, target, made):
        if not self._give(target, target.local, made):
            self.written.add(target.name)
            self._tell(made, made.what, target)

    def _tell(self, made, through, target):
        """Lists the draws that have come into a target and are not drawn by its name."""
        for draw in made.draws():
            if not draw.used:
                draw.used = True
                self.other.append(Other(f"{draw.what} through {through}", draw.shape, target.name, draw.where))

    # What is drawn before it is any parameter's.

    def _made_in(self, tensor):
        made = self._made.get(_key(tensor)) if self._made else None
        return made[1] if made is not None else None

    def _keep(self, tensor, made):
        if len(self._made) > 256:
            self._made = {key: it for key, it in self._made.items() if not it[0].expired()}
        if _key(tensor) is None:
            return
        storage = local_of(tensor).untyped_storage()
        self._made[storage._cdata] = (StorageWeakRef(storage), made)

    def _is_whole(self, tensor):
        """Says whether a tensor is all of its own memory."""
        local = local_of(tensor)
        return local.numel() * local.element_size() == local.untyped_storage().nbytes()

    def _stage(self, tensor, made):
        if not self._is_whole(tensor) and self._made_in(tensor) is not None:
            made = Lost("a part drawn again", (*made.draws(), *self._made_in(tensor).draws()))
        self._draws.extend(made.draws())
        self._keep(tensor, made)

    # What becomes of a parameter.

    def _note(self, target, text, whole):
        if whole:
            self.partly.discard(target.name)
        elif target.name in self.fresh and target.name not in self.written and not self._is_skipped(target):
            # What is never written shows.
            self.partly.add(target.name)
            if target.local.is_floating_point() or target.local.is_complex():
                target.local.fill_(math.nan)
        self.written.add(target.name)
        texts = self._drawn.setdefault(target.name, [])
        if whole:
            texts.clear()
        if not texts or texts[-1] != text:
            texts.append(text)

    def _note_step(self, target, what):
        texts = self._drawn.setdefault(target.name, [])
        if not texts:
            texts.append(f"as it was, then {what}")
        elif not texts[-1].endswith(what):
            texts[-1] += f", then {what}"

    def _is_skipped(self, target):
        return self.skip_parameters and target.name in self.skip_parameters

    def _give(self, target, view, made, place=None):
        """Puts what was made into a view of a target, or, as a meta tensor, a place in the whole. False where it cannot."""
        if isinstance(made, Lost) or view.dtype != target.local.dtype:
            return False
        for draw in made.draws():
            draw.used = True
        whole = target.is_all(view) if place is None else place.numel() == _count(target.shape)
        self._note(target, str(made) if whole else f"{_text(target, view, place)} {made}", whole)
        if self._is_skipped(target) or target.local.is_meta:
            return True
        at = (target.name, tuple(view.shape), view.storage_offset(), str(made)) if place is None else None
        if at is not None:
            self._times[at] = self._times.get(at, 0) + 1
            if self._times[at] > _REDRAWN:
                raise RuntimeError(
                    f"{target.name} was drawn {_REDRAWN} times: a loop that draws until it likes what it has never ends, "
                    "since the same place has the same value; use torch.nn.init.trunc_normal_ or another law"
                )
        if isinstance(made, Draw) and made.of_shape:
            return self._give_shaped(target, view, made.law, place)
        return self._apply(target, view, place, lambda piece, ranges: self._fill(target, piece, ranges, made))

    def _fill(self, target, piece, ranges, made):
        if isinstance(made, Draw) and (made.dtype == piece.dtype or _holds(made.dtype, piece.dtype)):
            target.write(piece, made.law, self.seed, ranges)
        else:
            piece.copy_(self._values(target, piece, ranges, made, 0))

    def _values(self, target, piece, ranges, made, first, memo=None, streams=None):
        """Evaluates what was made at a piece of a target. The first draw has the name's own stream, others theirs."""
        streams = {} if streams is None else streams

        def draw(it):
            at = streams.setdefault(id(it), first + len(streams))
            numbers = torch.empty(piece.shape, dtype=it.dtype, device=piece.device)
            return target.write(numbers, it.law, self.seed, ranges, at)

        return value(made, draw, {} if memo is None else memo)

    def _apply(self, target, view, place, change):
        """Changes the pieces of a view. A view that is no box is changed through a copy of what it is a view of."""
        pieces = target.pieces(view) if place is None else target.pieces_of_whole(place)
        if pieces is not None:
            for piece, ranges in pieces:
                change(piece, ranges)
            return True
        if place is not None:
            return False
        local = target.local
        copy = torch.empty_strided(local.size(), local.stride(), dtype=local.dtype, device=local.device).copy_(local)
        for ranges, slices in target.boxes:
            change(copy[tuple(slices)], ranges)
        view.copy_(copy.as_strided(view.size(), view.stride(), view.storage_offset() - local.storage_offset()))
        return True

    def _give_shaped(self, target, view, law, place=None):
        """Fills a view by a law of its very shape: the whole by the target's name, a part by its name and its place."""
        if not target.is_one and len(target.parts) > 1:
            raise ValueError(
                f"{target.name} is {len(target.parts)} tensors in files, which cannot have the law {law} together: draw by the names in memory"
            )
        if place is not None:
            if tuple(place.shape) != target.shape:
                raise ValueError(
                    f"a part of {target.name}, which is sharded, cannot have the law {law}: draw it before it is sharded"
                )
            for piece, ranges in target.pieces_of_whole(place):
                target.write(piece, law, self.seed, ranges)
            return True
        if target.is_all(view) and (target.sharded or tuple(view.shape) == target.shape):
            for piece, ranges in target.pieces(target.local):
                target.write(piece, law, self.seed, ranges)
            return True
        if target.sharded:
            raise ValueError(
                f"a part of {target.name}, which is sharded, cannot have the law {law}: draw it before it is sharded"
            )
        name = target.parts[0].name
        stream = stream_of(name if target.is_all(view) else name + _text(target, view, None))
        numbers = torch.empty(view.shape, dtype=view.dtype, device=view.device)
        view.copy_(_host.write(numbers, law, self.seed, stream, view.shape))
        return True

    # The mode.

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if self._paused or not isinstance(func, torch._ops.OpOverload):
            return func(*args, **kwargs)
        kind = _kind_of(func)
        if kind.random:
            return self._random(func, kind, args, kwargs)
        written = None
        for at, name in kind.writes:
            written = args[at] if at < len(args) else kwargs.get(name)
            if isinstance(written, torch.Tensor):
                break
        if isinstance(written, torch.Tensor):
            return self._write(func, kind, written, args, kwargs)
        if isinstance(written, (list, tuple)):
            return self._write_lists(func, kind, args, kwargs)
        given = self._given(args, kwargs)
        result = func(*args, **kwargs)
        if kind.view and args and is_dtensor(args[0]):
            self._shade(func, args, kwargs, result)
        if given:
            self._follow(func, kind, args, kwargs, result)
        return result

    def _write_lists(self, func, kind, args, kwargs):
        """Meets an operator that writes into lists of tensors: element by element is torch's own meaning of it."""
        given = self._given(args, kwargs)
        result = func(*args, **kwargs)
        for at, name in kind.writes:
            written = args[at] if at < len(args) else kwargs.get(name)
            for it in (written,) if isinstance(written, torch.Tensor) else written or ():
                target = self._find(it, again=bool(given))
                lost = Lost(kind.name, {id(d): d for made in given for d in made.draws()}.values())
                if target is None:
                    if given:
                        self._keep(it, lost)
                else:
                    self._note_step(target, kind.name.strip("_"))
                    self.written.add(target.name)
                    self._tell(lost, kind.name, target)
        return result

    def _given(self, args, kwargs):
        """Returns what is random among an operator's arguments."""
        if not self._made:
            return []
        return [made for it in _flat(args, kwargs) if (made := self._made_in(it)) is not None]

    def _random(self, func, kind, args, kwargs):
        where = caller()
        if kind.writes:
            at, name = kind.writes[0]
            tensor = args[at] if at < len(args) else kwargs[name]
            if tensor.is_meta:
                target = self._place_of(tensor)[0]
                if target is not None:
                    self.written.add(target.name)
                return func(*args, **kwargs)
            made = made_by(func, args, kwargs, tensor, where) if tensor.dtype in _host.DTYPES else None
            target, place = self._place_of(tensor, again=True)
            if target is None:
                if is_dtensor(tensor) and at == 0:
                    func(tensor._local_tensor, *args[1:], **kwargs)
                    result = tensor
                else:
                    result = func(*args, **kwargs)
                self._stage(tensor, made) if made is not None else self._lose(kind, tensor, where)
                return result
            if made is None or not self._give(target, local_of(tensor), made, place):
                self.written.add(target.name)
                self.other.append(Other(kind.name, tuple(tensor.shape), target.name, where))
                return func(*args, **kwargs)
            return tensor
        result = func(*args, **kwargs)
        for tensor in _flat((result,), {}):
            if not tensor.is_meta:
                made = made_by(func, args, kwargs, tensor, where)
                self._stage(tensor, made) if made is not None else self._lose(kind, tensor, where)
        return result

    def _lose(self, kind, tensor, where):
        draw = Draw(None, tensor.dtype, tensor.shape, kind.name, where)
        self._draws.append(draw)
        self._keep(tensor, Lost(kind.name, [draw]))

    def _place_of(self, tensor, again=False):
        """Returns the target of a tensor and, of a view of a DTensor, its place in the whole."""
        shadow = self._shadows.get(tensor) if is_dtensor(tensor) else None
        if shadow is not None:
            return shadow
        return self._find(tensor, again), None

    def _shade(self, func, args, kwargs, result):
        """Remembers what a view of a DTensor is a view of: of a sharded dimension torch makes a copy, and loses writes."""
        target, place = self._place_of(args[0])
        if target is None:
            return
        if place is None:
            if args[0].shape != target.shape:
                return
            place = torch.empty(target.shape, device="meta")
        places = func(place, *args[1:], **kwargs)
        if isinstance(result, torch.Tensor):
            result, places = [result], [places]
        for view, place in zip(result, places):
            self._shadows[view] = (target, place)

    def _follow(self, func, kind, args, kwargs, result):
        """Remembers what a function of something random is."""
        results = [it for it in _flat((result,), {}) if not it.is_meta]
        if kind.view or not results:
            return
        made = self._step(func, kind, args, kwargs, results[0]) if len(results) == 1 else None
        if made is None:
            given = self._given(args, kwargs)
            made = Lost(kind.name, [draw for it in given for draw in it.draws()])
        for it in results:
            if self._find(it) is None:
                self._keep(it, made)

    def _step(self, func, kind, args, kwargs, result):
        """Returns what an elementwise operator makes, or None where that is no function of an element's own draws."""
        if not kind.elementwise:
            return None
        size = result.numel()

        def take(it):
            if not isinstance(it, torch.Tensor):
                return it
            made = self._made_in(it)
            if made is None:
                # A tensor of one element is a number.
                return it.detach().clone().reshape(()) if it.numel() == 1 and not is_dtensor(it) else None
            if isinstance(made, Lost) or it.numel() != size or any(draw.of_shape for draw in made.draws()):
                return None
            return made if _is_apart(it) else None

        taken = [take(it) for it in args]
        named = {
            key: take(it)
            for key, it in kwargs.items()
            if key not in ("memory_format", "device", "layout", "pin_memory")
        }
        if any(it is None and isinstance(was, torch.Tensor) for it, was in zip(taken, args)):
            return None
        if any(named[key] is None and isinstance(kwargs[key], torch.Tensor) for key in named):
            return None
        views = {}
        for it, made in (*zip(args, taken), *((kwargs[key], it) for key, it in named.items())):
            if isinstance(made, (Draw, Step)):
                through = _layout(it)
                for draw, inner in (made.views if isinstance(made, Step) else {id(made): ()}).items():
                    whole = inner if through is None else (*inner, through)
                    # Two views of one draw have different elements of it in one place.
                    if views.setdefault(draw, whole) != whole:
                        return None
        if kind.name in ("clone", "detach", "alias", "lift_fresh") and isinstance(taken[0], (Draw, Step)) and _layout(args[0]) is None:
            return taken[0]
        step = Step(func, taken, named, kind.name)
        step.views = views
        return step

    def _write(self, func, kind, tensor, args, kwargs):
        """Meets an operator that writes, and is not random itself."""
        given = self._given(args, kwargs)
        target, place = self._place_of(tensor, again=bool(given))
        if target is None:
            return self._write_staged(func, kind, tensor, args, kwargs, given)
        if tensor.is_meta:
            self.written.add(target.name)
            return func(*args, **kwargs)
        local = local_of(tensor)
        source = args[1] if kind.name == "copy_" else None
        made = self._made_in(source) if source is not None else None
        if made is not None and source.numel() == tensor.numel() and _is_apart(source):
            if (
                isinstance(made, Draw)
                and made.of_shape
                and not made.shape == tuple(source.shape) == tuple(tensor.shape)
            ):
                made = Lost(made.what, [made])
            if self._give(target, local, made, place):
                return tensor
        if self._is_skipped(target):
            self.written.add(target.name)
            return tensor
        if given:
            step = None
            if kind.elementwise and args and args[0] is tensor:
                step = self._step(func, kind, args[1:], kwargs, tensor)
            if step is not None and self._step_in_place(func, target, local, place, step, args):
                self._note_step(target, kind.name)
                return tensor
            for it in given:
                self._tell(it, kind.name, target)
        self._note_write(target, local, place, kind, args)
        if place is not None:
            others = [it for it in _flat(args, kwargs) if it is not tensor and it.numel() != 1]
            simple = kind.name.endswith("_") and not others and (kind.elementwise or kind.name in ("fill_", "zero_"))
            if simple and self._apply(target, local, place, lambda piece, _: func(piece, *args[1:], **kwargs)):
                return tensor
            if local.untyped_storage()._cdata != target.local.untyped_storage()._cdata:
                raise RuntimeError(
                    f"{kind.name} writes to a part of {target.name}, which is sharded along it, and torch would lose that: "
                    "write it before it is sharded, or fill it by a law"
                )
        return func(*args, **kwargs)

    def _step_in_place(self, func, target, local, place, step, args):
        for it in step.draws():
            it.used = True

        at = (target.name, local.shape, local.storage_offset()) if place is None else (target.name, place.shape, place.storage_offset())
        first = 1 + self._added.get(at, 0)
        self._added[at] = first - 1 + len({id(it) for it in step.draws()})

        def change(piece, ranges):
            memo, streams = {}, {}
            others = [
                self._values(target, piece, ranges, it, first, memo, streams) if isinstance(it, (Draw, Step)) else it
                for it in step.args
            ]
            func(piece, *others, **step.kwargs)

        return self._apply(target, local, place, change)

    def _note_write(self, target, local, place, kind, args):
        whole = target.is_all(local) if place is None else place.numel() == _count(target.shape)
        if kind.name in ("fill_", "zero_", "copy_"):
            text = "constant 0" if kind.name == "zero_" else "copied"
            if kind.name == "fill_":
                number = args[1].item() if isinstance(args[1], torch.Tensor) else args[1]
                text = f"constant {number:g}"
            self._note(target, text if whole else f"{_text(target, local, place)} {text}", whole)
        else:
            if kind.name.endswith("out"):
                self.written.add(target.name)
            self._note_step(target, kind.name.removesuffix("_"))

    def _write_staged(self, func, kind, tensor, args, kwargs, given):
        if not given or tensor.is_meta:
            return func(*args, **kwargs)
        before, whole = self._made_in(tensor), self._is_whole(tensor)
        others = [made for it in _flat(args[1:], kwargs) if (made := self._made_in(it)) is not None]
        made = None
        if whole and kind.name in ("fill_", "zero_") or whole and kind.name == "copy_" and not others:
            func(*args, **kwargs)
            self._made.pop(_key(tensor), None)
            return tensor
        if whole and kind.name == "copy_":
            source = self._made_in(args[1])
            if args[1].numel() == tensor.numel() and self._is_whole(args[1]) and not isinstance(source, Lost):
                made = source
                if source is not None and _dtype_of(source) != tensor.dtype:
                    shaped = isinstance(source, Draw) and source.of_shape
                    made = None if shaped else Step(torch.Tensor.to, [source, tensor.dtype], {}, "to")
        elif whole and kind.elementwise and kind.name.endswith("_"):
            made = self._step(func, kind, args, kwargs, tensor)
        result = func(*args, **kwargs)
        if made is None:
            draws = [*(before.draws() if before is not None else ()), *(draw for it in others for draw in it.draws())]
            made = Lost(kind.name, draws)
        self._keep(tensor, made)
        return result


def _is_apart(tensor):
    """Says whether each element of a tensor has its own place in memory, as those of an expanded one have not."""
    local, extent = local_of(tensor), 1
    for stride, size in sorted(zip(local.stride(), local.shape)):
        if size > 1:
            if stride < extent:
                return False
            extent = stride * size
    return True


def _layout(tensor):
    """Returns how a tensor lies in its memory, None where it is all of it in order."""
    local = local_of(tensor)
    if local.is_contiguous() and local.numel() * local.element_size() == local.untyped_storage().nbytes():
        return None
    return (local.storage_offset(), *local.shape, *local.stride())


def _dtype_of(made):
    return made.dtype if isinstance(made, Draw) else None


def _holds(wide, narrow):
    """Says whether a draw in `wide`, rounded to `narrow`, is the draw in `narrow`."""
    return (
        wide in (torch.float32, torch.float64)
        and narrow.is_floating_point
        and narrow != torch.float64
        or narrow == wide
    )


def _count(shape):
    count = 1
    for size in shape:
        count *= size
    return count


def _text(target, view, place):
    """Returns the part that a view is, as "[0:16, 4:8]"."""
    pieces = None
    if place is not None:
        found = box_and_dims(place, torch.empty(target.shape, device="meta"))
        pieces = found and found[0]
    elif (found := target.pieces(view)) and len(found) == 1:
        pieces = found[0][1]
    if pieces is None:
        return f"[{view.storage_offset() - target.local.storage_offset()}: {list(view.shape)} by {list(view.stride())}]"
    return "[" + ", ".join(f"{first}:{end}" for first, end in pieces) + "]"
