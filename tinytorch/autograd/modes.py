"""Grad mode and its kin, made so that the common case costs one attribute read.

Modes are thread-local, but a thread-local read costs as much as a small add. So one shared object
counts how many switches away from the normal state are active in any thread: while it is zero, an
op need not ask further.

``STATE.special``: some thread has gradients off, saved-tensor hooks, or anomaly mode.
``STATE.leaf_hooks``: some leaf has had a hook, so that backward must serve leaves in order.
``STATE.grad_dtypes``: some leaf wants its gradient in another dtype than its own.
``STATE.renumbered``: some node was given another number, so that numbers alone order no graph.
``STATE.exotic``: some thread is in a mode that even an op without gradients must see.
"""

from __future__ import annotations

import functools
import threading
import warnings


class _State:
    __slots__ = ("exotic", "grad_dtypes", "leaf_hooks", "renumbered", "special")


STATE = _State()
STATE.special = 0
STATE.exotic = 0
STATE.leaf_hooks = STATE.grad_dtypes = STATE.renumbered = False
_lock = threading.Lock()


class _Local(threading.local):
    grad = True
    wish = False  # the grad mode asked for in inference mode, where nothing is recorded
    inference = False
    saved_hooks = ()
    hooks_disabled = None
    anomaly = False  # of all threads: set on the class
    check_nan = True
    parent = None  # the node whose backward this thread runs in anomaly mode
    task = None
    plain = False
    duals = ()  # the levels of forward mode, outermost first
    held = None  # those levels while ops pass no tangents on
    vmaps = ()  # the running vmaps, outermost first
    transforms = 0  # how many function transforms are running
    tracks = ()  # those that take derivatives, outermost first
    watchers = ()
    keeper = None  # what copies saved tensors before they are written
    multithreading = True
    grad_layout = True
    view_replay = False


LOCAL = _Local()


def shift(special=0, exotic=0):
    """Count a switch away from (or back to) the normal state."""
    with _lock:
        STATE.special += special
        STATE.exotic += exotic


def is_grad_enabled():
    """Whether operations of this thread are recorded (``torch.is_grad_enabled``)."""
    return LOCAL.grad or LOCAL.wish


def is_inference_mode_enabled():
    """Whether this thread is in inference mode (``torch.is_inference_mode_enabled``)."""
    return LOCAL.inference


def _set_grad(on):
    if on != LOCAL.grad:
        LOCAL.grad = on
        shift(special=-1 if on else 1)


def _ask_grad(on):
    """Set the grad mode for a user; in inference mode it is only remembered."""
    if LOCAL.inference:
        LOCAL.wish = on
    else:
        _set_grad(on)


class _Decorator:
    """A context manager that also decorates functions and generators.

    Of a coroutine function, as in torch, only the call that makes the coroutine runs in the mode.
    """

    def __call__(self, func):
        import inspect

        if inspect.isclass(func):
            warnings.warn(
                "Decorating classes is deprecated and will be disabled in future versions. You "
                "should only decorate functions or methods. To preserve the current behavior of "
                "class decoration, you can directly decorate the `__init__` method and nothing "
                "else.",
                FutureWarning,
                stacklevel=2,
            )
        if inspect.isgeneratorfunction(func):
            return self._wrap_generator(func)

        @functools.wraps(func)
        def call(*args, **kwargs):
            with self._again():
                return func(*args, **kwargs)

        return call

    def _again(self):
        return type(self)()

    def clone(self):
        """Another one of its kind, as decorating a function makes for each call."""
        return self._again()

    def _wrap_generator(self, func):
        @functools.wraps(func)
        def generate(*args, **kwargs):
            gen = func(*args, **kwargs)
            try:
                with self._again():
                    value = gen.send(None)
                while True:
                    try:
                        sent = yield value
                    except GeneratorExit:
                        with self._again():
                            gen.close()
                        raise
                    except BaseException as e:
                        with self._again():
                            value = gen.throw(e)
                    else:
                        with self._again():
                            value = gen.send(sent)
            except StopIteration as stop:
                return stop.value

        return generate


class _GradMode(_Decorator):
    """Base of the three switches: remembers the mode on entry and puts it back on exit."""

    target = True

    def __enter__(self):
        self.prev = is_grad_enabled()
        _ask_grad(self.target)

    def __exit__(self, *exc):
        _ask_grad(self.prev)


class no_grad(_GradMode):
    """Do not record operations (``torch.no_grad``): a context manager and a decorator."""

    target = False

    def __new__(cls, orig_func=None):
        self = object.__new__(cls)
        return self if orig_func is None else _Decorator.__call__(self, orig_func)

    def __init__(self, orig_func=None):
        self.prev = False


class enable_grad(no_grad):
    """Record operations again inside ``no_grad`` (``torch.enable_grad``)."""

    target = True

    def __init__(self, orig_func=None):
        pass


class set_grad_enabled(_GradMode):
    """Switch recording on or off, at once and until the ``with`` block ends, if there is one."""

    def __init__(self, mode):
        self.prev = is_grad_enabled()
        if not isinstance(mode, bool):
            raise TypeError(
                "set_grad_enabled(): argument 'enabled' (position 1) must be bool, not "
                f"{type(mode).__name__}"
            )
        self.target = self.mode = mode
        _ask_grad(self.target)

    def __call__(self, func):
        _ask_grad(self.prev)
        return super().__call__(func)

    def __enter__(self):
        _ask_grad(self.target)

    def _again(self):
        return set_grad_enabled(self.mode)

    def __str__(self):
        return f"torch.autograd.grad_mode.set_grad_enabled(mode={self.mode})"

    __repr__ = __str__


class inference_mode(_Decorator):
    """No recording, and tensors made here may never be recorded (``torch.inference_mode``)."""

    def __new__(cls, mode=True):
        self = object.__new__(cls)
        self.mode = True
        return self if isinstance(mode, bool) else self(mode)

    def __init__(self, mode=True):
        self.mode = mode

    def _again(self):
        return inference_mode(self.mode)

    def __enter__(self):
        self._before = LOCAL.inference, LOCAL.grad, LOCAL.wish
        self._switch(self.mode, not self.mode, False)

    def __exit__(self, *exc):
        self._switch(*self._before)

    @staticmethod
    def _switch(inference, grad, wish):
        LOCAL.wish = wish
        if inference != LOCAL.inference:
            LOCAL.inference = inference
            shift(exotic=1 if inference else -1)
        _set_grad(grad)


class _Switch(_Decorator):
    """A switch of the engine that is remembered and has nothing to change here."""

    def __init__(self, mode):
        self.prev = getattr(LOCAL, self.field)
        self.mode = mode
        setattr(LOCAL, self.field, mode)

    def _again(self):
        return type(self)(self.mode)

    def __call__(self, func):
        setattr(LOCAL, self.field, self.prev)
        return super().__call__(func)

    def __enter__(self):
        setattr(LOCAL, self.field, self.mode)

    def __exit__(self, *exc):
        setattr(LOCAL, self.field, self.prev)


class set_multithreading_enabled(_Switch):
    """Whether backward may use threads; it runs in the thread that asks for it in any case."""

    field = "multithreading"


class enforce_grad_layout_policy(_Switch):
    """Whether gradients are laid out as their tensors are; how they lie is the backend's affair."""

    field = "grad_layout"

    def __init__(self, enable=True):
        super().__init__(enable)


class _force_original_view_tracking(_Switch):
    """Whether the history of a view of a written base is that of the view, or of its strides."""

    field = "view_replay"


def is_multithreading_enabled():
    """The mode of `set_multithreading_enabled`."""
    return LOCAL.multithreading


def is_view_replay_enabled():
    """The mode of `_force_original_view_tracking`."""
    return LOCAL.view_replay
