"""``torch.profiler``: profiles of programs that go in steps.

A schedule says for each step whether it is recorded; a run of recorded steps is one
`autograd.profiler.profile`, handed to ``on_trace_ready`` when the run ends. Without a schedule
everything from the beginning to the end of the block is one run.
"""

from __future__ import annotations

import enum
import gzip
import os
import socket
import time
from warnings import warn

from ..autograd import profiler as _autograd
from ..autograd.profiler import KinetoStepTracker, kineto_available, record_function
from ..autograd.profiler_util import DeviceType

_STEPS = "ProfilerStep"


class ProfilerActivity(enum.Enum):
    """What may be observed; here the host."""

    CPU = 0
    XPU = 1
    CUDA = 2
    MTIA = 3
    HPU = 4
    PrivateUse1 = 5


class ProfilerAction(enum.Enum):
    """What a profiler does in a step."""

    NONE = 0
    WARMUP = 1
    RECORD = 2
    RECORD_AND_SAVE = 3
    DEVICE_STOPPED = 4


_RECORDING = (ProfilerAction.RECORD, ProfilerAction.RECORD_AND_SAVE)


def supported_activities():
    """The activities that can be recorded."""
    return {ProfilerActivity.CPU}


def schedule(*, wait, warmup, active, repeat=0, skip_first=0, skip_first_wait=0):
    """A function from step to action: cycles of waiting, warming up and recording.

    repeat: how many cycles, 0 for no end. skip_first: steps before the first cycle;
    skip_first_wait: not zero if the first cycle does not wait. AssertionError for bad numbers.
    """

    def action(step):
        if step < 0:
            raise AssertionError(f"Step must be non-negative. Got {step}.")
        if step < skip_first:
            return ProfilerAction.NONE
        step += (wait if skip_first_wait else 0) - skip_first
        length = wait + warmup + active
        cycle, k = divmod(step, length)
        if k < wait or (repeat > 0 and cycle >= repeat):
            return ProfilerAction.NONE
        if k < wait + warmup:
            return ProfilerAction.WARMUP
        return ProfilerAction.RECORD if k < length - 1 else ProfilerAction.RECORD_AND_SAVE

    if wait < 0 or warmup < 0 or active <= 0 or repeat < 0 or skip_first < 0:
        raise AssertionError(
            f"Invalid profiler schedule arguments. Got wait={wait} (need >= 0), warmup={warmup} "
            f"(need >= 0), active={active} (need > 0), repeat={repeat} (need >= 0), "
            f"skip_first={skip_first} (need >= 0)."
        )
    if warmup == 0:
        warn("Profiler won't be using warmup, this can skew profiler results", stacklevel=2)
    return action


def _always(step):
    return ProfilerAction.RECORD


def tensorboard_trace_handler(dir_name, worker_name=None, use_gzip=False,
                              use_python_export=False):  # fmt: skip
    """An ``on_trace_ready`` that writes each trace into a folder, under TensorBoard's names."""

    def handle(prof):
        if not os.path.isdir(dir_name):
            try:
                os.makedirs(dir_name, exist_ok=True)
            except Exception as e:
                raise RuntimeError("Can't create directory: " + dir_name) from e
        worker = worker_name or f"{socket.gethostname()}_{os.getpid()}"
        name = f"{worker}.{time.time_ns()}.pt.trace.json" + (".gz" if use_gzip else "")
        prof.export_chrome_trace(os.path.join(dir_name, name))

    return handle


class profile:
    """Record the operations of the ``with`` block, or of its steps that a schedule names.

    activities: only the CPU's are recorded. schedule: a function from step to `ProfilerAction`.
    on_trace_ready: called with this profile when a run of recorded steps has ended. acc_events:
    keep the events of earlier runs. The other arguments go to `autograd.profiler.profile`.
    """

    def __init__(self, *, activities=None, schedule=None, on_trace_ready=None, record_shapes=False,
                 profile_memory=False, with_stack=False, with_flops=False, with_modules=False,
                 experimental_config=None, execution_trace_observer=None, acc_events=False,
                 use_cuda=None, custom_trace_id_callback=None,
                 post_processing_timeout_s=None):  # fmt: skip
        if use_cuda is not None:
            warn("`use_cuda` is deprecated, use `activities` argument instead", FutureWarning,
                 stacklevel=2)  # fmt: skip
        self.activities = set(activities) if activities else supported_activities()
        if not self.activities:
            raise AssertionError("No valid profiler activities found")
        self.record_steps = schedule is not None
        self.schedule, self.on_trace_ready = schedule or _always, on_trace_ready
        self.record_shapes, self.profile_memory = record_shapes, profile_memory
        self.with_stack, self.with_flops, self.with_modules = with_stack, with_flops, with_modules
        self.experimental_config = experimental_config
        self.execution_trace_observer = execution_trace_observer
        self.acc_events, self.custom_trace_id_callback = acc_events, custom_trace_id_callback
        self.use_device = None
        self.step_num = 0
        self.current_action = self.schedule(0)
        self.step_rec_fn = self.profiler = None
        self._metadata: dict = {}
        KinetoStepTracker.init_step_count(_STEPS)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, exc_type, exc_val, exc_tb):
        self.stop()
        KinetoStepTracker.erase_step_count(_STEPS)

    def start(self):
        """Begin, as entering the block does."""
        if self.current_action in _RECORDING:
            self.start_trace()
        self._mark_step()

    def stop(self):
        """End, as leaving the block does."""
        self._end_step()
        if self.current_action in _RECORDING:
            self.stop_trace()
            self._ready()

    def step(self):
        """Say that the next step begins."""
        self._end_step()
        before = self.current_action
        now = self.schedule(self.step_num + 1)
        if now is ProfilerAction.DEVICE_STOPPED:
            raise ValueError(
                "ProfilerAction.DEVICE_STOPPED is set internally by the profiler and must not be "
                "returned by a user-provided schedule"
            )
        self.step_num += 1
        self.current_action = now
        if before is ProfilerAction.RECORD and now not in _RECORDING:
            warn(f"Incorrect schedule: RECORD followed by {now.name}", stacklevel=2)
            self.stop_trace()
        elif before is ProfilerAction.RECORD_AND_SAVE:
            self.stop_trace()
            self._ready()
        if now in _RECORDING and before is not ProfilerAction.RECORD:
            self.start_trace()
        self._mark_step()

    def _mark_step(self):
        if self.record_steps:
            self.step_rec_fn = record_function(f"ProfilerStep#{self.step_num}")
            self.step_rec_fn.__enter__()

    def _end_step(self):
        if self.step_rec_fn is not None:
            self.step_rec_fn.__exit__(None, None, None)
            self.step_rec_fn = None

    def prepare_trace(self):
        """Nothing has to be prepared: kernels are watched from the moment they are."""

    def start_trace(self):
        """Begin a run of recorded steps."""
        kept = self.profiler._events if self.acc_events and self.profiler is not None else None
        self.profiler = _autograd.profile(
            record_shapes=self.record_shapes, with_flops=self.with_flops,
            profile_memory=self.profile_memory, with_stack=self.with_stack,
            with_modules=self.with_modules, acc_events=self.acc_events,
            custom_trace_id_callback=self.custom_trace_id_callback,
        )  # fmt: skip
        self.profiler._events = kept
        self.profiler.__enter__()

    def stop_trace(self):
        """End it."""
        self.profiler.__exit__(None, None, None)

    def _ready(self):
        if self.on_trace_ready:
            self.on_trace_ready(self)

    def _made(self, what):
        if self.profiler is None:
            raise AssertionError(f"Profiler must be initialized before {what}")
        return self.profiler

    def events(self):
        """The events of the last run."""
        return self._made("accessing events").function_events

    def key_averages(self, group_by_input_shape=False, group_by_stack_n=0,
                     group_by_overload_name=False):  # fmt: skip
        """The events of the last run, summed by name."""
        return self._made("getting key averages").key_averages(
            group_by_input_shape, group_by_stack_n, group_by_overload_name)  # fmt: skip

    def export_chrome_trace(self, path, use_python_export=False):
        """Write the last run as a trace; packed if the name ends in .gz."""
        made = self._made("exporting chrome trace")
        made.export_chrome_trace(path, self._metadata)
        if str(path).endswith(".gz"):
            with open(path, "rb") as f:
                text = f.read()
            with gzip.open(path, "wb") as f:
                f.write(text)

    def export_stacks(self, path, metric="self_cpu_time_total"):
        """Write the stacks of the last run; needs ``with_stack``."""
        return self._made("exporting stacks").export_stacks(path, metric)

    def toggle_collection_dynamic(self, enable, activities):
        """Stop noting for a while, or go on."""
        if self.profiler is not None:
            self.profiler.toggle_collection_dynamic(enable, activities)

    def add_metadata(self, key, value):
        """Put a text into the traces."""
        self._metadata[key] = value

    def add_metadata_json(self, key, value):
        """Put a JSON text into the traces."""
        import json

        self._metadata[key] = json.loads(value)

    preset_metadata_json = add_metadata_json

    def set_custom_trace_id_callback(self, callback):
        """The function that names the next runs."""
        self.custom_trace_id_callback = callback

    def get_trace_id(self):
        """The name of the last run."""
        return None if self.profiler is None else self.profiler.trace_id


__all__ = [
    "DeviceType", "KinetoStepTracker", "ProfilerAction", "ProfilerActivity", "kineto_available",
    "profile", "record_function", "schedule", "supported_activities", "tensorboard_trace_handler",
]  # fmt: skip
