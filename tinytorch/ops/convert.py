"""Copies, casts and moves between devices."""

from __future__ import annotations

from .. import dtypes, registry
from ..autograd.graph import SEQ, node_class
from ..autograd.modes import LOCAL
from ..devices import device as place_of
from ..devices import namespace
from ..dispatch import dtype_of
from ..layouts import check_rank
from ..tensor import Tensor, edge, fresh, made
from .table import primitive

copy = primitive("copy", lambda P, g: g, node="CloneBackward0")
copy_as_laid = primitive("clone", lambda P, g: g, forward=lambda P, x: P.copy(x))
astype = primitive(
    "astype", lambda P, g: g, node="ToCopyBackward0", kernel="astype", params=("dtype",)
)
hidden_astype = primitive(
    "hidden_astype", lambda P, g: g, node="ToCopyBackward0", kernel="astype", params=("dtype",)
)


def _hide():
    from ..primitive import TABLE

    TABLE["hidden_astype"].node_cls.transparent = True


_hide()


to_copy = primitive("to_copy", lambda P, g: g, kernel="clone", node="ToCopyBackward0")


def hidden_cast(t, dtype):
    return hidden_astype(t, t._p.raw_dtype[dtype])


def cast_to(t, dtype):
    if dtype.category < dtypes.FLOAT and t._node is not None:
        t = t.detach()
    return astype(t, t._p.raw_dtype[dtype])


def cast_grad(g, dtype):
    """A gradient Tensor in the dtype of its input; its real part where that is real."""
    if g.dtype.is_complex and not dtype.is_complex:
        g = g.real
    return g if g.dtype is dtype else hidden_cast(g, dtype)


def _move_vjp(P, n, g, graph):
    (source,) = n.params
    return (move(g, source) if graph else source.receive(n.P, g),)


MoveBackward = node_class("ToCopyBackward0", vjp=staticmethod(_move_vjp))


def move(t, P, later=False):
    """A tensor copied to another namespace, differentiably; RuntimeError if it lacks the dtype.

    later: a copy out of page-locked memory need not be done when this returns.
    """
    from ..factories import raw_dtype

    if P.level or t._p.level:
        from ..autograd.batching import carry

        return carry(t, P)
    raw_dtype(P, dtype_of(fresh(t)))
    raw = (P.receive_later if later else P.receive)(t._p, t._raw)
    out = made(P, raw)
    if t._node is not None and LOCAL.grad:
        n = object.__new__(MoveBackward)
        n.seq, n.P, n.edges, n.params = next(SEQ), P, (edge(t),), (t._p,)
        n.saved, n.versions = (), None
        n.out = n.out_st = n.hooks = None
        n.shape, n.dtype = raw.shape, raw.dtype
        out._node = n
    return out


LAST = {"torch.channels_last": "ChannelsLast", "torch.channels_last_3d": "ChannelsLast3d"}


@registry.public("clone")
def clone(input, *, memory_format=None):
    """A copy that gradients flow through, laid out in memory as the tensor is (torch.clone)."""
    if memory_format is None or repr(memory_format) == "torch.preserve_format":
        return copy_as_laid(input)
    if input._p.level and repr(memory_format) != "torch.contiguous_format":
        from ..autograd.batched_texts import CLONE

        raise RuntimeError(CLONE.format(LAST[repr(memory_format)]))
    check_rank(fresh(input), memory_format)
    return copy(input)


@registry.public("to", function=False)
def to(self, *args, dtype=None, device=None, non_blocking=False, copy=False, memory_format=None):
    """The tensor in another dtype or on another device (torch.Tensor.to); itself if it is there."""
    flags = []
    if memory_format is not None:
        check_rank(fresh(self), memory_format)
    for a in args:
        if isinstance(a, dtypes.dtype) or a in dtypes.PYTHON:
            dtype = a
        elif isinstance(a, Tensor):
            dtype, device = a.dtype, a.device
        elif isinstance(a, bool):
            flags.append(a)
        elif a is not None:
            device = a
    if len(flags) > 1:
        copy = flags[1]
    out = self
    if device is not None:
        P = namespace(device)
        if P is not self._p and P.device != self._p.device:
            out = move(out, P, non_blocking or flags[:1] == [True])
    dtype = dtypes.given(dtype)
    if dtype is not None and dtype_of(fresh(out)) is not dtype:
        out = cast_to(out, dtype)
    if copy and out is self:
        out = to_copy(self)
    return out


# --- GPUs and the host's memory -------------------------------------------------------------------


def cuda(self, device=None, non_blocking=False, memory_format=None):
    """The tensor on a CUDA device; AssertionError if there is none (torch.Tensor.cuda)."""
    place = place_of("cuda" if device is None else device)
    if place.type != "cuda":
        raise RuntimeError("Invalid device, must be cuda device")
    return self.to(device=place, non_blocking=non_blocking)


def _runtime():
    """What speaks for the GPUs (`cuda.devices`), or None."""
    from ..cuda.devices import runtime

    return runtime()


def pin_memory(self, device=None):
    """A copy in page-locked host memory; RuntimeError without a GPU (torch.Tensor.pin_memory)."""
    found = _runtime()
    if found is None:
        raise RuntimeError("Cannot access accelerator device when none is available.")
    if self.device.type != "cpu":
        raise RuntimeError(f"cannot pin '{self.type()}' only dense CPU tensors can be pinned")
    if self.is_pinned():
        return self
    P = self._p
    return made(P, P.from_host(found.pin(P.to_host(fresh(self)._raw))))


def is_pinned(self, device=None):
    """Whether the memory is page-locked (torch.Tensor.is_pinned)."""
    found = _runtime() if self.device.type == "cpu" else None
    return found is not None and found.is_pinned(fresh(self)._raw)


def record_stream(self, stream):
    """Keep the memory until the stream is done with it (torch.Tensor.record_stream)."""
    if not hasattr(stream, "cuda_stream"):
        raise RuntimeError("unknown parameter type")
    if not self.is_cuda:
        raise NotImplementedError(
            "Could not run 'aten::record_stream' with arguments from the 'CPU' backend."
        )
    stream.hold(fresh(self)._raw)


for _fn in (cuda, pin_memory, is_pinned, record_stream):
    registry.methods[_fn.__name__] = _fn
