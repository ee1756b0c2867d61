"""What a profiler has seen: events, their sums by name, and the table torch prints of them.

Times are microseconds. Events of one thread lie inside each other like calls; `EventList` finds who
is whose child, from which the time that an event spent on its own follows.
"""

from __future__ import annotations

import enum
import json

from .profiler_table import format_time, text_of

DeviceType = enum.Enum(
    "DeviceType",
    "CPU CUDA MKLDNN OPENGL OPENCL IDEEP HIP FPGA MAIA XLA Vulkan Metal XPU MPS Meta HPU VE Lazy"
    " IPU MTIA PrivateUse1",
    start=0,
)  # where an event ran; here always the CPU


class Interval:
    """From ``start`` to ``end``, in microseconds."""

    def __init__(self, start, end):
        self.start, self.end = start, end

    def elapsed_us(self):
        return self.end - self.start


class FormattedTimesMixin:
    """What follows from ``cpu_time_total``, ``self_cpu_time_total`` and ``count``."""

    device_time_total = self_device_time_total = device_time = cuda_time = 0.0
    cpu_memory_usage = self_cpu_memory_usage = device_memory_usage = self_device_memory_usage = 0
    device_type, node_id, is_remote, is_legacy, use_device = DeviceType.CPU, -1, False, False, None
    overload_name, flops = "", 0
    cuda_time_total = self_cuda_time_total = 0.0
    self_cuda_memory_usage = 0

    cpu_time = property(lambda e: 0.0 if not e.count else e.cpu_time_total / e.count)
    cpu_time_str = property(lambda e: format_time(e.cpu_time))
    cpu_time_total_str = property(lambda e: format_time(e.cpu_time_total))
    self_cpu_time_total_str = property(lambda e: format_time(e.self_cpu_time_total))
    device_time_str = property(lambda e: format_time(e.device_time))
    device_time_total_str = property(lambda e: format_time(e.device_time_total))
    self_device_time_total_str = property(lambda e: format_time(e.self_device_time_total))


class FunctionEvent(FormattedTimesMixin):
    """One run of an operation, a node of the graph or a named block.

    name, id, thread, input_shapes (if they were recorded), stack, sequence_nr (the node that the
    operation made, or that ran), scope (0: operation, 1: node, 7: named block), time_range.
    """

    count = 1

    def __init__(self, id, name, thread, start_us, end_us, overload_name=None, fwd_thread=None,
                 input_shapes=None, stack=None, scope=0, use_device=None, cpu_memory_usage=0,
                 device_memory_usage=0, is_async=False, is_remote=False, sequence_nr=-1,
                 node_id=-1, device_type=DeviceType.CPU, device_index=0,
                 device_resource_id=None, is_legacy=False, flops=None, trace_name=None,
                 concrete_inputs=None, kwinputs=None, is_user_annotation=False):  # fmt: skip
        self.id, self.thread, self.fwd_thread = id, thread, fwd_thread
        self.trace_name = trace_name
        self.name = "ProfilerStep*" if name.startswith("ProfilerStep#") else name
        self.time_range = Interval(start_us, end_us)
        self.scope, self.sequence_nr, self.node_id = scope, sequence_nr, node_id
        self.is_user_annotation, self.overload_name = is_user_annotation, overload_name or ""
        self.input_shapes, self.stack, self.flops = input_shapes, stack or [], flops
        self.concrete_inputs, self.kwinputs = concrete_inputs or [], kwinputs or {}
        self.is_async, self.is_remote, self.is_legacy = is_async, is_remote, is_legacy
        self.cpu_memory_usage, self.device_memory_usage = cpu_memory_usage, device_memory_usage
        self.use_device, self.device_type, self.device_index = use_device, device_type, device_index
        self.device_resource_id = thread if device_resource_id is None else device_resource_id
        self.cpu_children, self.cpu_parent, self.kernels = [], None, []

    key = property(lambda e: e.name)
    cpu_time_total = property(lambda e: e.time_range.elapsed_us())
    metadata_json = None

    def append_cpu_child(self, child):
        """Note an event that ran inside this one."""
        self.cpu_children.append(child)

    def set_cpu_parent(self, parent):
        """Note the event that this one ran in."""
        self.cpu_parent = parent

    @property
    def self_cpu_time_total(self):
        return self.cpu_time_total - sum(c.cpu_time_total for c in self.cpu_children)

    def __repr__(self):
        r = self.time_range
        return (
            f"<FunctionEvent id={self.id} name={self.name} device_type={self.device_type} "
            f"cpu_time={self.cpu_time_str} start_us={r.start} end_us={r.end} "
            f"cpu_children={[c.id for c in self.cpu_children]} thread={self.thread} "
            f"input_shapes={self.input_shapes} seq_nr={self.sequence_nr}>"
        )


class FunctionEventAvg(FormattedTimesMixin):
    """The sum of events of one key."""

    def __init__(self):
        self.key, self.count, self.cpu_time_total, self.self_cpu_time_total = None, 0, 0.0, 0.0
        self.input_shapes = self.stack = self.scope = None
        self.cpu_children, self.cpu_parent, self.is_async = None, None, False
        self.is_user_annotation = None

    def add(self, other):
        """Add an event, or another sum."""
        if self.key is None:
            for name in ("key", "input_shapes", "stack", "scope", "cpu_parent", "cpu_children",
                         "is_async", "is_user_annotation", "node_id"):  # fmt: skip
                setattr(self, name, getattr(other, name))
        self.count += other.count
        self.cpu_time_total += other.cpu_time_total
        self.self_cpu_time_total += other.self_cpu_time_total
        return self

    __iadd__ = add

    def __repr__(self):
        return (
            f"<FunctionEventAvg key={self.key} self_cpu_time={self.self_cpu_time_total_str} "
            f"cpu_time={self.cpu_time_str}  self_cuda_time=0.000us cuda_time=0.000us "
            f"input_shapes={self.input_shapes} cpu_memory_usage=0 cuda_memory_usage=0>"
        )


def _holds(outer, inner):
    return inner.start < outer.end and inner.end <= outer.end


_format_time = format_time


class EventList(list):
    """Events or sums of events, with the table and the trace that can be made of them."""

    def nest(self):
        """Put the events into the order in which they began, and find the children of each."""
        self.sort(key=lambda e: (e.time_range.start, -e.time_range.end))
        self._populate_cpu_children()
        return self

    def _populate_cpu_children(self):
        for thread in {e.thread for e in self}:
            around = []
            mine = [e for e in self if e.thread == thread and not e.is_async]
            for e in sorted(mine, key=lambda e: (e.time_range.start, -e.time_range.end)):
                while around and not _holds(around[-1].time_range, e.time_range):
                    around.pop()
                if around:
                    e.set_cpu_parent(around[-1])
                    around[-1].append_cpu_child(e)
                around.append(e)

    @property
    def self_cpu_time_total(self):
        return sum(e.self_cpu_time_total for e in self)

    def key_averages(self, group_by_input_shapes=False, group_by_stack_n=0,
                     group_by_overload_name=False):  # fmt: skip
        """One sum per name; and per input shapes, or per innermost lines of the program."""
        sums = {}
        for e in self:
            key = [e.key, e.is_user_annotation]
            if group_by_input_shapes:
                key.append(str(e.input_shapes))
            key += e.stack[:group_by_stack_n]
            sums.setdefault(tuple(key), FunctionEventAvg()).add(e)
        out = EventList(sums.values())
        for e in out:
            e.stack = e.stack[:group_by_stack_n]
            if not group_by_input_shapes:
                e.input_shapes = ""
        return out

    def total_average(self):
        """The sum of all events, under the name Total."""
        total = FunctionEventAvg()
        for e in self:
            total += e
        total.key = "Total"
        return total

    def table(self, sort_by=None, row_limit=100, max_src_column_width=75, max_name_column_width=55,
              max_shapes_column_width=80, header=None, top_level_events_only=False,
              time_unit=None):  # fmt: skip
        """A row per entry. sort_by: an attribute such as ``cpu_time_total``, largest first."""
        events = self
        if sort_by is not None:
            by = sort_by.replace("cuda", "device").replace("xpu", "device")
            events = sorted(self, key=lambda e: getattr(e, by), reverse=True)
        widths = max_src_column_width, max_name_column_width, max_shapes_column_width
        return text_of(events, row_limit, *widths, header, top_level_events_only, time_unit)

    def __str__(self):
        return self.table()

    def export_chrome_trace(self, path):
        """Write the events as JSON that chrome://tracing reads."""
        rows = [{"name": e.trace_name, "ph": "X", "ts": e.time_range.start,
                 "dur": e.time_range.elapsed_us(), "tid": e.thread, "pid": "CPU functions",
                 "args": {}} for e in self]  # fmt: skip
        with open(path, "w") as f:
            json.dump(rows, f)

    def supported_export_stacks_metrics(self):
        return ["self_cpu_time_total", "self_cuda_time_total", "self_xpu_time_total",
                "self_privateuse1_time_total"]  # fmt: skip

    def export_stacks(self, path, metric):
        """Write a line per stack: its lines, outermost first, and a number of microseconds."""
        if metric not in self.supported_export_stacks_metrics():
            raise ValueError(f"metric should be one of: {self.supported_export_stacks_metrics()!s}")
        by = metric.replace("cuda", "device").replace("xpu", "device")
        by = by.replace("privateuse1", "device")
        rename = str.maketrans(" ;\t\n", "____")
        with open(path, "w") as f:
            for e in self:
                if e.stack and int(getattr(e, by)) > 0:
                    f.write(";".join(s.translate(rename) for s in reversed(e.stack)))
                    f.write(f" {int(getattr(e, by))}\n")


class MemRecordsAcc:
    """Records of memory by time; each has ``start_ns()``."""

    def __init__(self, mem_records):
        self._mem_records = sorted(mem_records, key=lambda r: r[0].start_ns())

    def in_interval(self, start_ns, end_ns):
        """The records that began from ``start_ns`` up to ``end_ns``."""
        return (r for r in self._mem_records if start_ns <= r[0].start_ns() <= end_ns)
