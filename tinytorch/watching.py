"""Watching the kernels run: what the profiler and the logs of a checkpoint stand on.

While nobody watches, this costs nothing: kernels are plain attributes of a namespace. The first
watcher puts a wrapper in the place of each, on every namespace that is bound; the last one to go
takes them away. A wrapper asks the watchers of its own thread, innermost first, each of which runs
the rest by calling what it is given.

What is seen are kernels, named as torch names the operation that they serve: `multiply` is
`aten::mul`. A composition shows its parts inside it.
"""

from __future__ import annotations

import functools
import threading

from . import dtypes
from .autograd.modes import LOCAL
from .backend import Backend
from .devices import namespace
from .primitive import TABLE, _bound_backends, listeners

NAMES = {
    "times": "mul", "over": "div", "pow": "pow", "matmul": "mm", "max": "amax", "min": "amin",
    "full": "full", "zeros": "zeros", "ones": "ones", "arange": "arange", "put": "index_put",
    "assign": "copy_", "fill_where": "masked_fill_", "nonzero": "nonzero", "add_into": "add_",
    "own_grad": "clone", "copy": "clone", "astype": "_to_copy", "cast_grad": "_to_copy",
    "linear": "linear", "layer_norm": "native_layer_norm", "from_host": "tensor",
    "take": "index_select", "take_along_axis": "gather", "where": "where", "scatter": "scatter",
    "mask": "threshold_backward", "spread": "expand", "real": "real", "imag": "imag",
    "sgn": "sgn", "copysign": "copysign", "permute_dims": "permute", "sum": "sum",
    "unslice": "select_backward", "conj": "conj", "getitem_at": "index",
}  # fmt: skip
ORDER = {"linear": (1, 2, 0)}  # operands in the order of torch's operation
_lock = threading.Lock()
_watchers = 0
_replaced: list = []  # (namespace, kernel, what stood there)


def operation(kernel, args):
    """torch's name of the operation that a kernel serves."""
    if kernel == "getitem":
        return "slice" if any(type(k) is slice for k in args[1]) else "select"
    if kernel not in NAMES:
        first = {op.kernel: op.name for op in reversed(TABLE.values())}
        NAMES.update({k: name for k, name in first.items() if k not in NAMES})
    name = NAMES.get(kernel, kernel)
    return name.removesuffix("_of_number").removesuffix("_number")


class Watching:
    """While entered, ``watcher(kernel, args, call, P)`` stands around every kernel of this thread.

    P: the namespace that the kernel is of. A watcher returns what ``call()`` gives, or something
    in its place.
    """

    def __init__(self, watcher):
        self.watcher = watcher

    def __enter__(self):
        global _watchers
        with _lock:
            _watchers += 1
            if _watchers == 1:
                _install()
        LOCAL.watchers = (*LOCAL.watchers, self.watcher)
        return self

    def __exit__(self, *exc):
        global _watchers
        LOCAL.watchers = tuple(w for w in LOCAL.watchers if w is not self.watcher)
        with _lock:
            _watchers -= 1
            if not _watchers:
                _remove()


def replace(wrap, kernels=None):
    """Put ``wrap(P, name, fn)`` in the place of every kernel of every namespace, or of those named.

    Returns what `put_back` needs.
    """
    replaced = []
    for P in [Q for B in _bound_backends for Q in (B, B.wide)]:
        for name, fn in list(P.__dict__.items()):
            if is_kernel(name, fn) if kernels is None else name in kernels and callable(fn):
                replaced.append((P, name, fn))
                setattr(P, name, wrap(P, name, fn))
    return replaced


def put_back(replaced):
    """Undo a `replace`."""
    while replaced:
        P, name, fn = replaced.pop()
        setattr(P, name, fn)


STATIC = frozenset((
    "adopt", "bind", "check_usable", "compile_program", "device_runtime", "differentiable", "quiet",
    "runtime", "setup", "strides",
))  # fmt: skip


def is_kernel(name, fn):
    """Whether an attribute of a namespace takes or gives arrays."""
    if not callable(fn) or name[0] == "_" or name in STATIC or name in dtypes.ALL:
        return False
    return not isinstance(fn, (type, Backend))


def _install():
    namespace()  # that of a program's first tensors too
    kernels = {op.kernel for op in TABLE.values()} | set(NAMES)
    _replaced.extend(replace(_wrapper, kernels))
    listeners.append(_also)


def _also(kernel):
    """Watch the kernel of an op that is imported only now."""
    seen = [P for P, name, _ in _replaced if name == kernel]

    def wrap(P, name, fn):
        return fn if any(P is Q for Q in seen) else _wrapper(P, name, fn)

    _replaced.extend(r for r in replace(wrap, {kernel}) if not any(r[0] is Q for Q in seen))


def _remove():
    listeners.remove(_also)
    put_back(_replaced)


def _wrapper(P, kernel, fn):
    @functools.wraps(fn)
    def watched(*args, **kwargs):
        call = functools.partial(fn, *args, **kwargs)
        for w in LOCAL.watchers:
            call = functools.partial(w, kernel, args, call, P)
        return call()

    return watched


def watched_node(n, run):
    """``run()``, the backward of a node, shown to the watchers that want to see nodes."""
    call = run
    for w in LOCAL.watchers:
        see = getattr(w, "node", None)
        if see is not None:
            call = functools.partial(see, n, call)
    return call()


__all__ = ["Watching", "operation", "watched_node"]
