"""``torch.autograd.profiler``: how long the operations of a program took.

A `profile` watches kernels and nodes of its own thread (see `watching`) and lets `record_function`
name blocks between them. On the host there is nothing else to ask: what torch shows of devices is
zero here, and names are those of operations as `aten::mul`, with the parts of a composition inside.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
import traceback
import uuid
from warnings import warn

from ..watching import ORDER, Watching, operation
from . import modes
from .graph import Output, coming_number
from .profiler_util import EventList, FunctionEvent, FunctionEventAvg, MemRecordsAcc  # noqa: F401


class _Log:
    """The watcher of one profile: notes beginnings and ends."""

    def __init__(self, shapes, stacks):
        self.rows, self.shapes, self.stacks, self.start = [], shapes, stacks, time.perf_counter_ns()
        self.on, self.depth = True, 0

    def __call__(self, kernel, args, call, P):
        if not self.on:
            return call()
        shapes = None
        if self.shapes:
            given = [args[i] for i in ORDER[kernel]] if kernel in ORDER else args
            shapes = [list(x.shape) if hasattr(x, "shape") else [] for x in given]
        recorded = modes.LOCAL.grad and not self.depth and any(hasattr(x, "shape") for x in args)
        self.depth += 1
        try:
            return self.timed("aten::" + operation(kernel, args), 0, call, shapes,
                              coming_number() if recorded else -1)  # fmt: skip
        finally:
            self.depth -= 1

    def node(self, n, call):
        """A node that backward runs, and around it what the engine does for it."""
        name = n.public.name() if type(n) is not Output else n.name()
        shapes = [list(n.shape)] if self.shapes and not n.many else None

        def run():
            return self.timed(name, 1, call, shapes, n.seq)

        label = "autograd::engine::evaluate_function: " + name
        return self.timed(label, 0, run, None, n.seq)

    def timed(self, name, scope, call, shapes=None, seq=-1):
        row = self.begin(name, scope, shapes, seq)
        try:
            return call()
        finally:
            self.end(row)

    def begin(self, name, scope, shapes=None, seq=-1):
        stack = None
        if self.stacks:
            stack = [f"{f.filename}({f.lineno}): {f.name}" for f in traceback.extract_stack()[::-1]
                     if "tinytorch" not in f.filename][:8]  # fmt: skip
        row = [name, scope, shapes, stack, seq, time.perf_counter_ns(), None]
        self.rows.append(row)
        return row

    def end(self, row):
        row[-1] = time.perf_counter_ns()

    def events(self):
        thread = threading.get_native_id()
        made = EventList()
        for name, scope, shapes, stack, seq, start, end in self.rows:
            if end is not None:
                ran = scope == 1 or name.startswith("autograd::engine::evaluate_function")
                made.append(FunctionEvent(
                    len(made) + 1, name, thread, (start - self.start) / 1e3,
                    (end - self.start) / 1e3, scope=scope, input_shapes=shapes or [], stack=stack,
                    fwd_thread=thread if ran and seq >= 0 else 0, sequence_nr=seq,
                    trace_name=name, is_user_annotation=scope == 7))  # fmt: skip
        return made.nest()


class profile:
    """Time what runs in the ``with`` block (``torch.autograd.profiler.profile``).

    record_shapes: also the shapes of operands. with_stack: also the lines of the program. Devices,
    flops and memory are accepted and not measured. RuntimeError if it is entered twice.
    """

    def __init__(self, enabled=True, *, use_cuda=False, use_device=None, record_shapes=False,
                 with_flops=False, profile_memory=False, with_stack=False, with_modules=False,
                 use_kineto=False, use_cpu=True, experimental_config=None, acc_events=False,
                 custom_trace_id_callback=None, post_processing_timeout_s=None,
                 activity_filters=None):  # fmt: skip
        self.enabled, self.entered = enabled, False
        self.use_cuda, self.use_device, self.use_cpu = use_cuda, use_device, use_cpu
        self.record_shapes, self.with_stack, self.with_flops = record_shapes, with_stack, with_flops
        self.profile_memory, self.with_modules, self.acc_events = (
            profile_memory, with_modules, acc_events)  # fmt: skip
        self.custom_trace_id_callback, self.trace_id = custom_trace_id_callback, ""
        self._events = None
        self._log = None

    def __enter__(self):
        if not self.enabled:
            return None
        if self.entered:
            raise RuntimeError("Profiler context manager is not reentrant")
        self.entered = True
        self.trace_id = self.create_trace_id()
        self._log = _Log(self.record_shapes, self.with_stack)
        self._watching = Watching(self._log)
        self._watching.__enter__()
        return self

    def __exit__(self, exc_type, exc_val, exc_tb):
        if not self.enabled:
            return
        self._watching.__exit__()
        now = self._log.events()
        if self.acc_events and self._events is not None:
            now = EventList([*self._events, *now])
        self._events = now
        return False

    def config(self, create_trace_id=False):
        """What is recorded, as a dict."""
        trace_id = self.create_trace_id() if create_trace_id else self.trace_id
        return {"record_shapes": self.record_shapes, "with_stack": self.with_stack,
                "trace_id": trace_id}  # fmt: skip

    def create_trace_id(self):
        """A name of this trace: the caller's, or a random one."""
        if self.custom_trace_id_callback is not None:
            return self.custom_trace_id_callback()
        return f"{uuid.uuid4().int:032X}"

    def default_trace_id(self):
        return f"{uuid.uuid4().int:032X}"

    def toggle_collection_dynamic(self, enabled, activities):
        """Stop noting for a while, or go on."""
        if self._log is not None and any(getattr(a, "name", a) == "CPU" for a in activities):
            self._log.on = enabled

    @property
    def function_events(self):
        """The events, once the block has ended."""
        self._check()
        return self._events

    def _check(self):
        if self._events is None:
            raise RuntimeError("Profiler didn't finish running")

    def table(self, sort_by=None, row_limit=100, max_src_column_width=75, max_name_column_width=55,
              max_shapes_column_width=80, header=None, top_level_events_only=False):  # fmt: skip
        """A row per event."""
        return self.function_events.table(
            sort_by, row_limit, max_src_column_width, max_name_column_width,
            max_shapes_column_width, header, top_level_events_only)  # fmt: skip

    def key_averages(self, group_by_input_shape=False, group_by_stack_n=0,
                     group_by_overload_name=False):  # fmt: skip
        """The events summed by name, and by input shapes if asked."""
        return self.function_events.key_averages(
            group_by_input_shape, group_by_stack_n, group_by_overload_name)  # fmt: skip

    def total_average(self):
        """The sum of all events."""
        return self.function_events.total_average()

    @property
    def self_cpu_time_total(self):
        """Microseconds of all events, counted once."""
        return self.function_events.self_cpu_time_total

    def export_chrome_trace(self, path, metadata=None, use_python_export=False):
        """Write a trace for chrome://tracing or Perfetto."""
        pid = os.getpid()
        rows = [{"ph": "M", "name": "process_name", "ts": 0, "pid": pid, "tid": 0,
                 "args": {"name": "python"}}]  # fmt: skip
        for e in self.function_events:
            kind = "user_annotation" if e.is_user_annotation else "cpu_op"
            args = {"External id": e.id, "Sequence number": e.sequence_nr}
            if e.input_shapes:
                args["Input Dims"] = e.input_shapes
            rows.append({"ph": "X", "cat": kind, "name": e.trace_name, "pid": pid, "tid": e.thread,
                         "ts": e.time_range.start, "dur": e.time_range.elapsed_us(),
                         "args": args})  # fmt: skip
        document = {"schemaVersion": 1, "deviceProperties": [], "trace_id": self.trace_id,
                    "displayTimeUnit": "ms", **(metadata or {}), "traceEvents": rows,
                    "traceName": str(path)}  # fmt: skip
        with open(path, "w") as f:
            json.dump(document, f)

    def export_stacks(self, path, metric="self_cpu_time_total"):
        """Write stacks with their times, for a flame graph; needs ``with_stack``."""
        if not self.with_stack:
            raise AssertionError("export_stacks() requires with_stack=True")
        return self.function_events.export_stacks(path, metric)

    def __repr__(self):
        if self._events is None and self.entered is False or not self.enabled:
            return "<unfinished torch.autograd.profile>"
        return repr(self.function_events)

    def __str__(self):
        if self._events is None:
            return "<unfinished torch.autograd.profile>"
        return str(self.function_events)


class record_function(contextlib.ContextDecorator):
    """Name a block in the profile of this thread; or, as a decorator, a function."""

    def __init__(self, name, args=None):
        self.name, self.args = name, args
        self.run_callbacks_on_exit = True
        self._open = []

    def _recreate_cm(self):
        return type(self)(self.name, self.args)

    def __enter__(self):
        logs = [w for w in modes.LOCAL.watchers if isinstance(w, _Log) and w.on]
        self._open.append([(w, w.begin(self.name, 7)) for w in logs])
        return self

    def __exit__(self, *exc):
        for log, row in self._open.pop():
            log.end(row)


class _Emit:
    """A context that would name ranges for a vendor's own profiler."""

    def __init__(self, enabled=True, record_shapes=False):
        self.enabled, self.record_shapes, self.entered = enabled, record_shapes, False

    def __enter__(self):
        if not self.enabled:
            return None
        if self.entered:
            raise RuntimeError(self.reentrant)
        self.entered = True
        return self

    def __exit__(self, *exc):
        return False


class emit_itt(_Emit):
    """Accepted; there is no ITT to give names to (torch.autograd.profiler.emit_itt)."""

    reentrant = "ITT annotation context manager is not reentrant"


class emit_nvtx(_Emit):
    """As on a torch without CUDA, entering it fails (torch.autograd.profiler.emit_nvtx)."""

    reentrant = "NVTX annotation context manager is not reentrant"

    def __enter__(self):
        if super().__enter__() is not None:
            raise AssertionError("Torch not compiled with CUDA enabled")


class EnforceUnique:
    """Raises RuntimeError if a key is seen twice."""

    def __init__(self):
        self._seen = set()

    def see(self, *key):
        if key in self._seen:
            raise RuntimeError("duplicate key: " + str(key))
        self._seen.add(key)


class KinetoStepTracker:
    """Counts steps for several requesters: the step is the largest of their counts."""

    _current_step = 0
    _step_dict: dict = {}

    @classmethod
    def init_step_count(cls, requester):
        cls._step_dict[requester] = cls._current_step

    @classmethod
    def erase_step_count(cls, requester):
        return cls._step_dict.pop(requester, None) is not None

    @classmethod
    def increment_step(cls, requester):
        """One more step of a requester; returns the step of all."""
        cls._step_dict[requester] = cls._step_dict.get(requester, cls._current_step) + 1
        step = max(cls._step_dict.values())
        if step > cls._current_step:
            if step - cls._current_step > 1:
                warn(
                    "Profiler step count has increased more than 1 - "
                    f"current_step = {cls._current_step} step dict =  {cls._step_dict}",
                    stacklevel=2,
                )
            cls._current_step = step
        return cls._current_step

    @classmethod
    def current_step(cls):
        return cls._current_step


def _profiler_enabled():
    """Whether a profile watches this thread."""
    return any(isinstance(w, _Log) for w in modes.LOCAL.watchers)


def kineto_available():
    """Whether torch's tracing library is there; the profiler here does without."""
    return False


__all__ = [
    "EnforceUnique", "EventList", "FunctionEvent", "KinetoStepTracker", "MemRecordsAcc", "emit_itt",
    "emit_nvtx", "profile", "record_function",
]  # fmt: skip
