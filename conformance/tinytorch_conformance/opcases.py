"""From one declared sample to every claim about it; the same code runs on real torch and here.

`record` walks these functions with torch as the module and writes down what they return, the tests
walk them with tinytorch and compare. Names are torch's: ``add`` is ``torch.add``, or where there is
no such function ``Tensor.add``; dotted names are looked up from the module
(``nn.functional.softmax``, ``special.erf``, ``Tensor.copy_``).
"""

from __future__ import annotations

import importlib.util
import zlib

import numpy as np

from tinytorch.samples import SAMPLES

from .encode import Raised, is_tensor

FLOATS = ("float64", "float32", "float16", "bfloat16", "complex64", "complex128")
#: Further dtypes that the first samples of an op are tried in, where torch accepts them.
DERIVED = ("float16", "bfloat16", "complex64", "complex128", "int64", "int32", "uint8", "bool")
FIRST = 3
#: Submodules that declare samples when they are imported.
DECLARING = ("nn.functional", "special", "linalg", "fft")


def declared():
    """Every declared sample, by torch name."""
    for name in DECLARING:
        if importlib.util.find_spec("tinytorch." + name.partition(".")[0]):
            importlib.import_module("tinytorch." + name)
    return SAMPLES


def resolve(module, name):
    """The function that a torch name stands for; AttributeError if the module has none."""
    if "." not in name and not hasattr(module, name):
        return getattr(module.Tensor, name)
    found = module
    for part in name.split("."):
        found = getattr(found, part)
    return found


def floating(sample):
    return any(_floats(t) for t in sample.tensors())


def _floats(t):
    return t.kind not in ("index", "mask") and t.dtype.startswith(("float", "bf"))


def dtypes_of(sample, index):
    """Labels of the dtypes a sample runs in: "own" as declared, then dtypes derived from it."""
    if not floating(sample):
        return ("own",)
    return ("own", "float32", *(DERIVED if index < FIRST else ()))


def in_dtype(sample, label):
    """The sample with its floating tensors in another dtype."""
    if label == "own":
        return sample
    if label == "bool":
        return sample.map(lambda t: t.replace(kind="mask", dtype="bool") if _floats(t) else t)
    if label.startswith(("int", "uint")) and all(t.kind == "distinct" for t in sample.tensors()):
        return sample.map(lambda t: t.replace(lo=0, hi=int(np.prod(t.shape)), dtype=label))
    if label.startswith("int"):
        return sample.map(
            lambda t: t.replace(lo=3 * t.lo, hi=3 * t.hi, dtype=label) if _floats(t) else t
        )
    if label == "uint8":
        return sample.map(
            lambda t: t.replace(lo=3 * abs(t.lo), hi=3 * abs(t.lo) + 5, dtype=label)
            if _floats(t) else t
        )  # fmt: skip
    return sample.with_dtype(label)


def wanted_dtypes(sample):
    """Names of the torch dtypes that a backend needs for a sample."""
    names = {"index": "int64", "mask": "bool"}
    return tuple(sorted({names.get(t.kind, t.dtype) for t in sample.tensors()}))


def build(module, name, index, sample):
    """(args, kwargs) of a call, with dtypes and devices of the module's own."""
    args, kwargs = sample.build(module, f"{name}[{index}]")
    return _own(module, args), {k: _own(module, v) for k, v in kwargs.items()}


def _own(module, v):
    if type(v).__name__ == "dtype":
        return getattr(module, str(v).removeprefix("torch."))
    if isinstance(v, (list, tuple)) and not hasattr(v, "_fields"):
        return type(v)(_own(module, x) for x in v)
    return v


def attempt(fn, *args, **kwargs):
    """The result, or the exception in its place."""
    try:
        return fn(*args, **kwargs)
    except Exception as e:
        return Raised(e)


def call(module, name, args, kwargs):
    module.manual_seed(0)
    result = attempt(resolve(module, name), *args, **kwargs)
    if "empty" in name and not isinstance(result, Raised):
        return module.zeros_like(result)
    return result


# --- the same call in other ways ------------------------------------------------------------------

VARIANTS = ("method", "inplace", "out", "strided")


def variants_of(module, name, args, result):
    """The ways besides the function in which torch offers this call."""
    if "." in name or name.endswith("_") or not args or not is_tensor(args[0]):
        return
    if isinstance(result, Raised):
        return
    if hasattr(module.Tensor, name) and hasattr(module, name):
        yield "method"
    if hasattr(module.Tensor, name + "_"):
        yield "inplace"
    if is_tensor(result) or (
        isinstance(result, tuple) and result and all(is_tensor(r) for r in result)
    ):
        yield "out"


def variant(module, how, name, args, kwargs, result):
    """The call made as a method, in place, with ``out=`` or on non-contiguous tensors."""
    module.manual_seed(0)
    if how == "method":
        return attempt(getattr(args[0], name), *args[1:], **kwargs)
    if how == "inplace":
        target = args[0].clone()
        made = attempt(getattr(target, name + "_"), *args[1:], **kwargs)
        return made if isinstance(made, Raised) else [made is target, target]
    if how == "out":
        if is_tensor(result):
            out = module.empty(0, dtype=result.dtype)
        else:
            out = tuple(module.empty(0, dtype=r.dtype) for r in result)
        made = attempt(resolve(module, name), *args, **kwargs, out=out)
        return made if isinstance(made, Raised) else out
    return call(module, name, strided(module, args), {k: strided(module, v)
                                                      for k, v in kwargs.items()})  # fmt: skip


def strided(module, v):
    """The same values in memory that is not contiguous, tensor by tensor."""
    if is_tensor(v):
        if v.dim() == 0:
            return v
        if v.dim() == 1:
            return module.stack([v, v], 1)[:, 0]
        return v.transpose(0, -1).contiguous().transpose(0, -1)
    if isinstance(v, (list, tuple)):
        return type(v)(strided(module, x) for x in v)
    return v


# --- gradients ------------------------------------------------------------------------------------


def random_like(module, t, seed):
    """A fixed random constant of a tensor's shape and dtype."""
    rng = np.random.RandomState(zlib.crc32(seed.encode()))
    shape = tuple(t.shape)
    values = rng.uniform(-1, 1, shape)
    if t.dtype.is_complex:
        values = values + 1j * rng.uniform(-1, 1, shape)
    flat = module.tensor(np.asarray(values).reshape(-1).tolist(), dtype=t.dtype)
    return flat.reshape(shape)


def leaves(sample, args, kwargs):
    """Tensors of a built call that gradients are taken of, made to require them."""
    declared = sample.tensors()
    built = []
    collect((args, kwargs), built)
    chosen = []
    for t, x in zip(declared, built, strict=True):
        wants = t.grad and t.kind not in ("index", "mask")
        if wants and (x.dtype.is_floating_point or x.dtype.is_complex):
            chosen.append(x.requires_grad_())
    return chosen


def collect(v, found):
    if is_tensor(v):
        found.append(v)
    elif isinstance(v, dict):
        for x in v.values():
            collect(x, found)
    elif isinstance(v, (list, tuple)):
        for x in v:
            collect(x, found)


def gradients(module, name, index, sample):
    """What differentiating the call gives: a dict of encodable values.

    nodes: names of the outputs' graph nodes. first: gradients for a fixed random upstream one.
    second: for each input and each upstream gradient, the derivative of a fixed random functional
    of ``first``, again as a product with a fixed random tensor: one number each.
    """
    seed = f"{name}[{index}]"
    args, kwargs = build(module, name, index, sample)
    inputs = leaves(sample, args, kwargs)
    if name.rpartition(".")[2].endswith("_") and is_tensor(args[0]):
        args = (args[0].clone(), *args[1:])
    module.manual_seed(0)
    result = resolve(module, name)(*args, **kwargs)
    outs = []
    collect(result, outs)
    outs = [o for o in outs if o.requires_grad]
    if not outs or not inputs:
        return None
    found = {"nodes": [node_name(o) for o in outs]}
    ups = [random_like(module, o, f"{seed}up{i}") for i, o in enumerate(outs)]
    for u in ups:
        u.requires_grad_()
    first = attempt(module.autograd.grad, outs, inputs, ups, create_graph=True, allow_unused=True)
    if isinstance(first, Raised):
        return {**found, "first": first}
    found["first"] = [None if g is None else g.detach() for g in first]
    found["second"] = attempt(_second, module, seed, first, [*inputs, *ups])
    return found


def _second(module, seed, first, inputs):
    total = None
    for i, g in enumerate(first):
        if g is not None and g.requires_grad:
            part = (g * random_like(module, g, f"{seed}v{i}")).sum()
            if part.dtype.is_complex:
                part = module.view_as_real(part).sum()
            total = part if total is None else total + part
    if total is None:
        return [0.0 for _ in inputs]
    second = module.autograd.grad(total, inputs, allow_unused=True)
    return [
        0.0 if g is None else _number((g * random_like(module, g, f"{seed}w{i}")).sum().item())
        for i, g in enumerate(second)
    ]


def _number(x):
    return x.real + x.imag if isinstance(x, complex) else x


def node_name(t):
    return t.grad_fn.name() if t.grad_fn is not None else None
