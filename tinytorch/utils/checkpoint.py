"""``torch.utils.checkpoint``: forget what a part of a program saves, and compute it again.

Two ways, as in torch. The reentrant one is a custom Function: its forward runs without a graph, its
backward runs the part again and a backward inside the backward. The other one lets the part record
its graph, but puts an empty `Place` where each saved tensor would be; the first place that backward
asks for makes the part run again, under hooks that fill the places in the order in which they were
made, and that stop it as soon as the last one is filled.

A part that lies in another part saves its inputs in places of the outer one, so that asking for
one of them runs the outer part first.
"""

from __future__ import annotations

import contextlib
import enum
import itertools
import warnings
import weakref

from .. import random
from ..autograd import Function, backward, tasks
from ..autograd.graph import LEAF
from ..autograd.modes import LOCAL, enable_grad, no_grad
from ..autograd.saved import pack, saved_tensors_hooks
from ..storage import version
from ..tensor import Tensor, edge, fresh
from ._checkpoint_debug import debug_contexts

_PASSED = (
    "torch.utils.checkpoint{}: the use_reentrant parameter should be passed explicitly. {} "
    "use_reentrant=False is recommended, but if you need to preserve the current default behavior, "
    "you can pass use_reentrant=True. Refer to docs for more details on the differences between "
    "the two variants."
)
_TIP = (
    "\nTip: To see a more detailed error message, either pass `debug=True` to\n"
    "`torch.utils.checkpoint.checkpoint(...)` or wrap the code block\n"
    "with `with torch.utils.checkpoint.set_checkpoint_debug_enabled(True):` to\n"
    "enable checkpoint‑debug mode globally.\n"
)
_SUPPRESSED = (
    "torch.utils.checkpoint: the forward context provided by context_fn suppressed an exception "
    "raised during the checkpointed forward. This is not supported because checkpoint cannot "
    "return a value for a failed forward."
)


class CheckpointError(RuntimeError):
    """The part did something else when it ran again."""


class CheckpointPolicy(enum.Enum):
    """What a selective checkpoint does with the result of an operation."""

    MUST_SAVE = 0
    PREFER_SAVE = 1
    MUST_RECOMPUTE = 2
    PREFER_RECOMPUTE = 3
    MUST_CPU_OFFLOAD = 4
    PREFER_CPU_OFFLOAD = 5


class _Switches:
    debug = None
    early_stop = None
    group = None


@contextlib.contextmanager
def _switched(name, value):
    before = getattr(_Switches, name)
    setattr(_Switches, name, value)
    try:
        yield
    finally:
        setattr(_Switches, name, before)


def set_checkpoint_debug_enabled(enabled):
    """Inside the block, ``debug`` of every checkpoint; None leaves it to each."""
    return _switched("debug", enabled)


def set_checkpoint_early_stop(enable):
    """Inside the block, whether checkpoints made in it stop running again as early as possible."""
    return _switched("early_stop", enable)


def noop_context_fn():
    """Two contexts that do nothing: the default ``context_fn``."""
    return contextlib.nullcontext(), contextlib.nullcontext()


class DefaultDeviceType:
    """The kind of device whose random state is kept where no argument is on one."""

    _default_device_type: str | None = None

    @staticmethod
    def set_device_type(device="cuda"):
        DefaultDeviceType._default_device_type = device

    @staticmethod
    def get_device_type():
        return DefaultDeviceType._default_device_type or "cpu"


def get_device_states(*args):
    """(devices, their random states) of the arguments: one generator serves all devices here."""
    return [], []


def set_device_states(devices, states, *, device_type=None):
    """Put random states of devices back; there are none but the default generator's."""


def detach_variable(inputs):
    """The tensors of a tuple as new leaves that require grad as they did."""
    if not isinstance(inputs, tuple):
        raise RuntimeError(
            "Only tuple of tensors is supported. Got Unsupported input type: "
            f"{type(inputs).__name__}"
        )
    return tuple(_detached(x) if isinstance(x, Tensor) else x for x in inputs)


def _detached(t):
    out = t.detach()
    out.requires_grad = t.requires_grad
    return out


def check_backward_validity(inputs):
    """Warn if no tensor among the inputs requires grad."""
    if not any(x.requires_grad for x in inputs if isinstance(x, Tensor)):
        warnings.warn(
            "None of the inputs have requires_grad=True. Gradients will be None", stacklevel=2
        )


def checkpoint(function, *args, use_reentrant=None, context_fn=noop_context_fn,
               determinism_check="default", debug=False, early_stop=True, **kwargs):  # fmt: skip
    """``function(*args)``, whose intermediate values are forgotten and computed again in backward.

    use_reentrant: which of the two ways (see the module). preserve_rng_state: run again with the
    random numbers of the first run. The others are for the way that is not reentrant: context_fn
    gives two contexts, for the first run and the second; determinism_check "default" holds shapes,
    dtypes and devices of the second run to the first, "none" does not; debug lists both runs in an
    error. ValueError for arguments that the way has not; CheckpointError in backward.
    """
    if use_reentrant is None:
        warnings.warn(
            _PASSED.format("", "Starting in PyTorch 2.9, calling checkpoint without use_reentrant "
                               "will raise an exception."),
            stacklevel=2,
        )  # fmt: skip
        use_reentrant = True
    preserve = kwargs.pop("preserve_rng_state", True)
    if not use_reentrant:
        made = _frame(function, kwargs, preserve, context_fn, determinism_check, debug, early_stop)
        return _run_forgetting(*made, function, args, kwargs)
    if kwargs:
        raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
    if context_fn is not noop_context_fn or debug is not False:
        raise ValueError(
            "Passing `context_fn` or `debug` is only supported when use_reentrant=False."
        )
    return CheckpointFunction.apply(function, preserve, *args)


def checkpoint_sequential(functions, segments, input, use_reentrant=None, **kwargs):
    """A chain of functions or modules in ``segments`` parts, all but the last checkpointed."""
    if use_reentrant is None:
        warnings.warn(
            _PASSED.format(".checkpoint_sequential", "In version 2.9 we will raise an exception if "
                           "use_reentrant is not passed."),
            stacklevel=2,
        )  # fmt: skip
        use_reentrant = True
    preserve = kwargs.pop("preserve_rng_state", True)
    if kwargs:
        raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
    if not isinstance(functions, (list, tuple)):
        functions = list(functions.children())
    size = len(functions) // segments
    end = 0
    for start in range(0, size * (segments - 1), size):
        end = start + size
        input = checkpoint(_chain(functions[start:end]), input, use_reentrant=use_reentrant,
                           preserve_rng_state=preserve)  # fmt: skip
    return _chain(functions[end:])(input)


def _chain(functions):
    def forward(input):
        for f in functions:
            input = f(input)
        return input

    return forward


# --- the reentrant way ----------------------------------------------------------------------------


class CheckpointFunction(Function):
    """The reentrant way: forward without a graph, and a backward that makes and runs it."""

    @staticmethod
    def forward(ctx, run_function, preserve_rng_state, *args):
        check_backward_validity(args)
        ctx.run_function = run_function
        ctx.state = random.get_rng_state() if preserve_rng_state else None
        ctx.places = [i for i, x in enumerate(args) if isinstance(x, Tensor)]
        ctx.others = [None if isinstance(x, Tensor) else x for x in args]
        ctx.save_for_backward(*(args[i] for i in ctx.places))
        with no_grad():
            return run_function(*args)

    @staticmethod
    def backward(ctx, *args):
        if not tasks.accumulates():
            raise RuntimeError(
                "When use_reentrant=True, torch.utils.checkpoint is incompatible with .grad() or "
                "passing an `inputs` parameter to .backward(). To resolve this error, you can "
                "either set use_reentrant=False, or call .backward() without passing the `inputs` "
                "argument."
            )
        inputs = list(ctx.others)
        for i, t in zip(ctx.places, ctx.saved_tensors, strict=True):
            inputs[i] = t
        with _random_state(ctx.state), enable_grad():
            inputs = detach_variable(tuple(inputs))
            outs = ctx.run_function(*inputs)
        outs = (outs,) if isinstance(outs, Tensor) else outs
        kept = [(t, g) for t, g in zip(outs, args, strict=False)
                if isinstance(t, Tensor) and t._node is not None]  # fmt: skip
        if not kept:
            raise RuntimeError(
                "none of output has requires_grad=True, this checkpoint() is not necessary"
            )
        backward([t for t, _ in kept], [g for _, g in kept])
        return None, None, *(x.grad if isinstance(x, Tensor) else None for x in inputs)


@contextlib.contextmanager
def _random_state(state):
    """The random numbers of the first run in this block, if there is a state to begin with."""
    with random.fork_rng(enabled=state is not None):
        if state is not None:
            random.set_rng_state(state)
        yield


# --- the other way --------------------------------------------------------------------------------

_SPENT = object()
_runs = itertools.count(-2, -1)  # numbers of unpackings outside of any backward


class _Place:
    """Where a saved tensor would be. found: the tensor, per backward that has computed it."""

    __slots__ = ("__weakref__", "found")

    def __init__(self):
        self.found = {}


class _Frame:
    """One checkpointed call: how to run it again, and the places that this fills."""

    def __init__(self, again, early_stop, describe, explain):
        self.again, self.early_stop = again, early_stop
        self.describe, self.explain = describe, explain
        self.places, self.descriptions = [], []
        self.counts, self.done = {}, set()
        self.inputs, self.complete, self.lenient = [], False, False

    def fill(self, run, t):
        """Put the next tensor that the second run saves into its place."""
        t = t.detach() if t._node is not None else t
        k = self.counts.get(run, 0)
        self.counts[run] = k + 1
        if k >= len(self.places):
            if not self.complete:
                self.lenient = True  # a backward within the part itself
                return t
            raise CheckpointError(
                "torch.utils.checkpoint: trying to save more tensors during recomputation than "
                f"during the original forward pass.\n{_TIP}"
            )
        place = self.places[k]()
        if place is not None:
            place.found[run] = t
        if self.early_stop and k + 1 == len(self.places):
            raise _Enough(t)
        return t

    def check(self, run):
        """CheckpointError if the second run saved other tensors than the first."""
        if self.lenient:
            return
        count = self.counts.get(run, 0)
        if count != len(self.places):
            raise CheckpointError(
                "torch.utils.checkpoint: A different number of tensors was saved during the "
                "original forward and recomputation.\n"
                f"Number of tensors saved during forward: {len(self.places)}\n"
                f"Number of tensors saved during recomputation: {count}.\n{_TIP}"
            )
        wrong = ""
        for i, (ref, then) in enumerate(zip(self.places, self.descriptions, strict=True)):
            place = ref()
            now = then if place is None else self.describe(place.found[run])
            if now != then:
                wrong += (
                    f"tensor at position {i}:\nsaved metadata: {then}\nrecomputed metadata: {now}\n"
                )
        if wrong:
            raise CheckpointError(
                "torch.utils.checkpoint: Recomputed values for the following tensors have "
                f"different metadata than during the forward pass.\n{wrong}.\n{_TIP}"
            )


class _Enough(Exception):
    """Raised out of the second run when all places are filled."""


class _Forgetting(saved_tensors_hooks):
    """During the first run: a place instead of each saved tensor."""

    def __init__(self, frame):
        def pack_hook(t):
            place = _Place()
            frame.places.append(weakref.ref(place))
            with no_grad():
                frame.descriptions.append(frame.describe(t))
            return place

        def unpack_hook(place):
            try:
                return _look(frame, place)
            except CheckpointError as e:
                if frame.explain is None:
                    raise
                raise CheckpointError(frame.explain()) from e

        super().__init__(pack_hook, unpack_hook)


def _look(frame, place):
    """The tensor of a place, computed now if this backward has not done so."""
    run = _Switches.group.number if _Switches.group is not None else tasks.task_number()
    if run is None:
        run = next(_runs)
    if run not in frame.done:
        inputs = [x() if type(x) is _SavedInput else x for x in frame.inputs]
        ref = weakref.ref(frame)
        filling = saved_tensors_hooks(lambda t: ref().fill(run, t), lambda t: t)
        with contextlib.suppress(_Enough), filling, enable_grad():
            frame.again(*inputs)
        frame.done.add(run)
        frame.check(run)
    found = place.found[run]
    if found is _SPENT:
        extra = ""
        if _Switches.group is not None:
            extra = (
                "Performing two backward calls that overlap (i.e. require the same saved "
                "activation in order to compute gradients) is not allowed while under the "
                "torch.utils.checkpoint.GraphExecGroup context. "
            )
        raise CheckpointError(
            "torch.utils.checkpoint: Unpack is being triggered for a tensor that was already "
            f"unpacked once. {extra}If you are calling ctx.saved_tensors in backward, make sure to "
            "do so only once. Otherwise please open an issue with details on your use case."
        )
    place.found[run] = _SPENT
    return found


class _SavedInput:
    """A tensor argument of a part: packed by hooks around it, or kept with its version."""

    def __init__(self, t):
        self.packed = pack(t, LOCAL.saved_hooks[-1]) if LOCAL.saved_hooks else None
        self.t = None if self.packed is not None else t
        self.version = version(t)

    def __call__(self):
        if self.packed is not None:
            return self.packed.unpack(None)
        t = fresh(self.t)
        if version(t) != self.version:
            from ..autograd.errors import modified_inplace

            own = edge(t)
            raise modified_inplace(_Holder(t), t._raw, 0, version(t), self.version,
                                   None if own is t or t._node is LEAF else own)  # fmt: skip
        return t


class _Holder:
    """What the text about a changed tensor asks of the node that had saved it."""

    def __init__(self, t):
        self.P, self.saved, self.out = t._p, (t,), None


_DESCRIBE = {
    "default": lambda t: {"shape": t.shape, "dtype": t.dtype, "device": t.device},
    "none": lambda t: None,
}


def _frame(fn, kwargs, preserve, context_fn, determinism_check, debug, early_stop):
    """(the record of a call, the context of its first run)."""
    explain = None
    if _Switches.debug if _Switches.debug is not None else debug:
        if context_fn is not noop_context_fn:
            raise ValueError("debug=True is incompatible with non-default context_fn")
        context_fn, explain = debug_contexts()
    if determinism_check not in _DESCRIBE:
        raise ValueError(
            f"determinism_check should be one of {list(_DESCRIBE)}, but got {determinism_check}"
        )
    first, second = context_fn()
    state = random.get_rng_state() if preserve else None

    def again(*args):
        with _random_state(state), second:
            fn(*args, **kwargs)

    early_stop = early_stop if _Switches.early_stop is None else _Switches.early_stop
    return _Frame(again, early_stop, _DESCRIBE[determinism_check], explain), first


def _run_forgetting(frame, first, function, args, kwargs):
    if not LOCAL.grad:
        return function(*args, **kwargs)
    frame.inputs = [_SavedInput(x) if isinstance(x, Tensor) else x for x in args]
    ran = False
    with _Forgetting(frame), first:
        out = function(*args, **kwargs)
        ran = True
    if not ran:
        raise RuntimeError(_SUPPRESSED)
    frame.complete = True
    return out


class GraphExecGroup:
    """Inside the block, several backwards count as one: each part runs again at most once."""

    def __enter__(self):
        if _Switches.group is not None:
            raise RuntimeError(
                f"GraphExecGroup contexts cannot be nested. Already inside group {_Switches.group}"
            )
        self.number = next(_runs)
        _Switches.group = self
        return self

    def __exit__(self, *exc):
        _Switches.group = None


def __getattr__(name):
    """The selective way is imported when it is named."""
    from . import _checkpoint_selective

    if name == "SAC_IGNORED_OPS":
        return _checkpoint_selective.IGNORED
    if name in ("SelectiveCheckpointContext", "create_selective_checkpoint_contexts"):
        return getattr(_checkpoint_selective, name)
    raise AttributeError(f"module 'torch.utils.checkpoint' has no attribute '{name}'")
