"""What torch's database of operators says of both libraries, told in aspects that can be compared.

The database that torch is tested with names, for every operator, calls that exercise it. Each call
is noted as a recipe (`Recipe`: memory, strides, offset) and rebuilt in either library, so that both
see tensors laid out alike. `observe` then runs it every way and returns lists of facts by aspect.
"""

from __future__ import annotations

import itertools
import re
import sys
import types
import unittest
import warnings
from collections import defaultdict

import numpy as np
import torch

WAYS = {"function": "", "method": "", "inplace": "_"}
UNSET = frozenset(  # their results are whatever memory holds, or not tensors of values
    "empty empty_like empty_strided empty_permuted new_empty new_empty_strided item resize_"
    " resize_as_ as_strided_partial_views".split()
)
ADDRESS = re.compile(r"0x[0-9a-f]+")
MOST = 4000  # elements of a call's tensors


def database():
    """torch's operators; the one module it wants and nobody has here is replaced by a shell."""
    shell = types.ModuleType("expecttest")
    shell.TestCase = unittest.TestCase
    sys.modules.setdefault("expecttest", shell)
    from torch.testing._internal.common_methods_invocations import op_db

    return op_db


# --- calls ----------------------------------------------------------------------------------------


class Recipe:
    """How to make one tensor in either library."""

    def __init__(self, t):
        if t.layout != torch.strided:
            raise NotImplementedError
        x = t.detach()
        if x.is_conj() or x.is_neg():
            x = x.resolve_conj().resolve_neg()
        self.grad, self.dtype = t.requires_grad, str(x.dtype).rpartition(".")[2]
        self.shape, self.strides, self.offset = tuple(x.shape), x.stride(), x.storage_offset()
        n = x.untyped_storage().nbytes() // x.element_size()
        self.memory = torch.as_strided(x, (n,), (1,), 0).numpy().copy()
        self.plain = self.offset == 0 and x.is_contiguous() and n == x.numel()

    def build(self, lib):
        x = lib.tensor(self.memory)
        if self.plain:
            return x.reshape(self.shape).detach()
        return lib.as_strided(x, self.shape, self.strides, self.offset).detach()


def mapped(x, step):
    """A tree of arguments with ``step`` applied to each leaf."""
    if isinstance(x, torch.Size):
        return step(x)
    if isinstance(x, (list, tuple)):
        return type(x)(mapped(v, step) for v in x)
    if isinstance(x, dict):
        return {k: mapped(v, step) for k, v in x.items()}
    if isinstance(x, slice):
        return slice(*(mapped(v, step) for v in (x.start, x.stop, x.step)))
    return step(x)


def noted(x):
    """An argument of torch's in words that both libraries understand."""
    if isinstance(x, torch.Tensor):
        return Recipe(x)
    if isinstance(x, (torch.dtype, torch.layout, torch.memory_format)):
        name = str(x).rpartition(".")[2]
        return lambda lib: getattr(lib, name)
    if isinstance(x, torch.device):
        return lambda lib: lib.device(str(x))
    if isinstance(x, torch.Size):
        return lambda lib: lib.Size(tuple(x))
    return x


def tensors(x, lib, found=None):
    """All tensors in a tree of arguments or results."""
    found = [] if found is None else found
    if isinstance(x, lib.Tensor):
        found.append(x)
    elif isinstance(x, (list, tuple)):
        for v in x:
            tensors(v, lib, found)
    elif isinstance(x, dict):
        tensors(list(x.values()), lib, found)
    return found


def attribute(x, dotted):
    for name in dotted.split("."):
        x = getattr(x, name, None)
    return x


class Call:
    """One way to call an operator with the arguments of one sample."""

    def __init__(self, op, way, args, kwargs, sample):
        self.op, self.way, self.args, self.kwargs = op, way, args, kwargs
        self.widens = sample.broadcasts_input
        self.finish = sample.output_process_fn_grad or _as_is  # done to what is differentiated
        self.elements = _elements((args, kwargs))

    def built(self, lib, made=None, only=None, grad=True):
        """(leaves, args, kwargs); made: what to do to each new leaf; only: which is to have a
        gradient, if not all that the sample says."""
        leaves = []

        def build(x):
            if not isinstance(x, Recipe):
                return x(lib) if callable(x) else x
            t = x.build(lib)
            wanted = grad and x.grad and only in (None, len(leaves))
            leaves.append(t.requires_grad_() if wanted else t)
            t = made(t, x) if made else t
            return t.clone() if self.way == "inplace" and len(leaves) == 1 else t

        args, kwargs = mapped((self.args, self.kwargs), build)
        return leaves, args, kwargs

    def run(self, lib, args, kwargs):
        lib.manual_seed(3)
        if self.way != "function":
            return getattr(args[0], self.op.name + WAYS[self.way])(*args[1:], **kwargs)
        fn = self.op.op
        if getattr(fn, "__name__", "") == "<lambda>":
            return self.moved(fn, lib)(*args, **kwargs)
        return attribute(lib, self.op.name)(*args, **kwargs)

    @staticmethod
    def moved(fn, lib):
        """A function of torch's database with ``lib`` for torch."""
        return _moved(fn, lib)


def _as_is(x):
    return x


def _moved(fn, lib):

    def seeded(op, *args, **kwargs):
        lib.manual_seed(42)
        return op(*args, **kwargs)

    scope = {**fn.__globals__, "torch": lib, "wrapper_set_seed": seeded}
    out = types.FunctionType(fn.__code__, scope, fn.__name__, fn.__defaults__, fn.__closure__)
    out.__kwdefaults__ = fn.__kwdefaults__
    return out


def ways(op, lib):
    """The ways of calling an operator that both libraries have."""
    private = getattr(op.op, "__name__", "") == "<lambda>"
    own = all("." not in op.name and callable(attribute(m.Tensor, op.name)) for m in (torch, lib))
    named = attribute(lib, op.name) is not None
    if (private and (named or own)) or (named and attribute(torch, op.name) is not None):
        yield "function"
    if own:
        yield "method"
        name = op.name + "_"
        if op.inplace_variant is not None and all(hasattr(m.Tensor, name) for m in (torch, lib)):
            yield "inplace"


def operators(lib):
    """name -> operators of torch's database that both libraries have."""
    found = defaultdict(list)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for op in database():
            if op.name not in UNSET and any(ways(op, lib)):
                found[op.name].append(op)
    return found


def _elements(x):
    sizes = []
    mapped(x, lambda v: isinstance(v, Recipe) and sizes.append(v.memory.size))
    return sum(sizes)


def _samples(op, dtype):
    torch.manual_seed(0)
    grad = dtype.is_floating_point or dtype.is_complex
    try:
        return list(itertools.islice(op.sample_inputs("cpu", dtype, requires_grad=grad), 200))
    except (RuntimeError, TypeError, ValueError, AssertionError):
        return []


def _called(op, samples, lib, most):
    for sample in samples:
        try:
            args = mapped((sample.input, *sample.args), noted)
            kwargs = mapped(sample.kwargs, noted)
        except NotImplementedError:
            continue
        if _elements((args, kwargs)) <= most:
            for way in ways(op, lib):
                yield Call(op, way, args, kwargs, sample)


def calls(op, lib, dtype, most):
    """Some of the calls that the database has of an operator in a dtype, spread over all."""
    samples = _samples(op, dtype)
    yield from _called(op, samples[:: max(len(samples) // most, 1)], lib, MOST)


def smallest(op, lib, dtype, most, elements):
    """Some of those of few elements, each once as a function and once in place."""
    found = defaultdict(list)
    for call in _called(op, _samples(op, dtype), lib, elements):
        if call.way != "inplace" or not call.widens:
            found[call.way].append(call)
    if "function" in found:
        found.pop("method", None)
    for some in found.values():
        some.sort(key=lambda call: call.elements)
        yield from some[:: max(len(some) // most, 1)][:most]


# --- facts ----------------------------------------------------------------------------------------


def array(t):
    t = t.float() if str(t.dtype).endswith("bfloat16") else t
    return np.array(t.detach().resolve_conj().resolve_neg().numpy(force=True))


def wave(lib, t, k):
    """Values like random ones in the shape and dtype of a tensor."""
    i = np.arange(t.numel())
    v = np.cos(1.7 * i + k) + 0.1
    if t.is_complex():
        v = v + 1j * np.sin(2.3 * i + k)
    return lib.tensor(v.reshape(tuple(t.shape))).to(t.dtype)


def said(error):
    text = ADDRESS.sub("0x", str(error)).replace("tinytorch", "torch")
    return f"{type(error).__name__}: {text}"


def observe(lib, call, *, deep=True):
    """Facts of a call by aspect: each a list of texts, numbers and arrays.

    deep: also derivatives beyond the first, and what is saved.
    """
    facts = defaultdict(list)
    leaves, args, kwargs = call.built(lib)
    try:
        result = call.run(lib, args, kwargs)
    except Exception as e:
        facts["result"].append(said(e))
        return facts
    ins, outs = tensors([args, kwargs], lib), tensors(result, lib)
    facts["result"] += [type(result).__name__, len(outs)]
    if not outs and isinstance(result, (bool, int, float, complex)):
        facts["result"].append(result)
    for t in outs:
        _describe(facts, t, ins)
    facts["result"] += [array(t) for t in ins]
    facts["versions"] += [t._version for t in (*ins, *outs)]
    _share(facts["memory"], lib, call)
    wanted = [t for t in leaves if t.requires_grad]
    ends = [t for t in outs if t.requires_grad]
    if not ends or not wanted:
        return facts
    weights = [wave(lib, t, k) for k, t in enumerate(ends)]

    def gradients(aspect, *args, **kwargs):
        try:
            found = lib.autograd.grad(*args, allow_unused=True, **kwargs)
        except Exception as e:
            facts[aspect].append(said(e))
            return []
        facts[aspect] += [None if g is None else array(g) for g in found]
        return [g for g in found if g is not None]

    gradients("gradient", ends, wanted, weights, retain_graph=True)
    if not deep:
        return facts
    weights = [w.requires_grad_() for w in weights]
    first = gradients("gradient", ends, wanted, weights, create_graph=True)
    first = [g for g in first if g.requires_grad]
    if first:
        again = [wave(lib, t, k + 5) for k, t in enumerate(first)]
        gradients("second", first, [*wanted, *weights], again)
    for with_graph in (False, True):
        aspect = "mixed" if with_graph else "forward"
        try:
            with lib.autograd.forward_ad.dual_level():
                facts[aspect] += _tangents(lib, call, with_graph)
        except Exception as e:
            facts[aspect].append(said(e))
    _saved(facts["saved"], lib, call, leaves)
    return facts


def _describe(facts, t, ins):
    base = t._base
    facts["result"] += [str(t.dtype).rpartition(".")[2], tuple(t.shape), t.requires_grad, t.is_leaf]
    facts["result"] += [array(t), [k for k, x in enumerate(ins) if x is t]]
    facts["node"] += [t.grad_fn.name() if t.grad_fn is not None else None, t.output_nr]
    facts["strides"].append([s for s, n in zip(t.stride(), t.shape, strict=True) if n > 1]
                            if t.numel() else [])  # fmt: skip
    facts["view"] += [t._is_view(), t.storage_offset() if t.numel() else 0]
    facts["view"].append([k for k, x in enumerate(ins) if base is not None and x is base])


def _share(facts, lib, call):
    """Which tensors change when one of them is written to."""
    for k in itertools.count():
        _, args, kwargs = call.built(lib, grad=False)
        ins = tensors([args, kwargs], lib)
        all_ = [*ins, *tensors(call.run(lib, args, kwargs), lib)]
        if k >= len(all_):
            return
        before = [array(t) for t in all_]
        target = all_[k].detach()
        try:
            target.logical_not_() if target.dtype == lib.bool else target.add_(1)
        except RuntimeError as e:
            facts.append(said(e))
            continue
        facts.append([
            not np.array_equal(array(t), b, equal_nan=b.dtype.kind in "fc")
            for t, b in zip(all_, before, strict=True)
        ])  # fmt: skip


def _tangents(lib, call, with_graph):
    ad = lib.autograd.forward_ad
    count = itertools.count(9)

    def dual(t, recipe):
        return ad.make_dual(t, wave(lib, t, next(count))) if recipe.grad else t

    leaves, args, kwargs = call.built(lib, dual, grad=with_graph)
    outs = [t for t in tensors(call.run(lib, args, kwargs), lib) if t.is_floating_point()
            or t.is_complex()]  # fmt: skip
    if not with_graph:
        found = [ad.unpack_dual(t).tangent for t in outs]
        return [None if u is None else array(u) for u in found]
    outs = [t for t in outs if t.requires_grad]
    wanted = [t for t in leaves if t.requires_grad]
    if not outs:
        return []
    weights = [wave(lib, t, k) for k, t in enumerate(outs)]
    found = lib.autograd.grad(outs, wanted, weights, allow_unused=True)
    tangents = [None if g is None else ad.unpack_dual(g).tangent for g in found]
    return [None if u is None else array(u) for u in tangents]


def _saved(facts, lib, call, leaves):
    """What backward says after one of the tensors has been written to."""
    wanted = [k for k, t in enumerate(leaves) if t.requires_grad]
    for only in [None] if len(wanted) < 2 else [None, *wanted[:3]]:
        for k in itertools.count():
            again, args, kwargs = call.built(lib, only=only)
            outs = tensors(call.run(lib, args, kwargs), lib)
            all_ = [*tensors([args, kwargs], lib), *outs]
            outs = [t for t in outs if t.requires_grad]
            if k >= len(all_) or not outs:
                break
            lib.autograd.graph.increment_version(all_[k])
            try:
                lib.autograd.grad(outs, [t for t in again if t.requires_grad],
                                  [wave(lib, t, 0) for t in outs], allow_unused=True)  # fmt: skip
                facts.append(f"{only} {k}: nothing")
            except Exception as e:
                facts.append(f"{only} {k}: {said(e)}")


# --- comparison -----------------------------------------------------------------------------------


def differing(lib, call, deep):
    """The aspects of a call in which a library differs from torch."""
    theirs, mine = observe(torch, call, deep=deep), observe(lib, call, deep=deep)
    if len(theirs) == 1 or len(mine) == 1:  # one of them raised
        return set() if agree(mine["result"], theirs["result"], "result") else {"result"}
    return {a for a in {*theirs, *mine} if not agree(mine[a], theirs[a], a)}


def agree(mine, theirs, aspect):
    """Whether two lists of facts are the same: no derivative is as good as one of zeros."""
    if aspect in ("gradient", "second", "forward", "mixed") and not mine + theirs:
        return True
    return len(mine) == len(theirs) and all(
        _same(a, b, aspect) for a, b in zip(mine, theirs, strict=True)
    )


def _same(a, b, aspect):
    if a is None or b is None:
        other = b if a is None else a
        return other is None or isinstance(other, np.ndarray) and not np.any(other)
    if not isinstance(a, np.ndarray) or not isinstance(b, np.ndarray):
        if isinstance(a, float) and isinstance(b, float):
            return abs(a - b) <= 1e-6 * (1 + abs(b)) or a == b or a != a and b != b
        return type(a) is type(b) and a == b
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    if a.dtype.kind not in "fc":
        return np.array_equal(a, b)
    single = a.dtype.itemsize <= 4 * (1 + (a.dtype.kind == "c"))
    tol = 3e-4 if single else 1e-8 if aspect in ("result", "gradient") else 1e-6
    most = np.abs(b[np.isfinite(b)]).max(initial=0)
    return np.allclose(a, b, rtol=tol, atol=tol * (1 + most), equal_nan=True)
