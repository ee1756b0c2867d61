"""Streams, the queues of work of a GPU, and events, the marks in them.

Ops go to the current stream of their device. Memory that a stream has freed is used again by that
stream first; a tensor that another stream uses has to be kept alive by the program until that
stream is done, or be waited for.
"""

from __future__ import annotations

from ..devices import device as _device
from .devices import index_of, need, runtime


class Stream:
    """A queue of work on a device (torch.cuda.Stream); RuntimeError without a GPU."""

    def __init__(self, device=None, priority=0, **kwargs):
        found = runtime()
        if found is None:
            raise RuntimeError("torch.cuda.Stream requires CUDA support")
        index = -1 if device is None else index_of(device, True, found)
        index = found.current_device() if index < 0 else index
        self._keep(found.make_stream(index, priority), index)

    def _keep(self, raw, index):
        self._raw, self.device_index = raw, index
        return self

    @property
    def device(self):
        return _device("cuda", self.device_index)

    @property
    def cuda_stream(self):
        return runtime().stream_pointer(self._raw)

    @property
    def priority(self):
        return runtime().stream_priority(self._raw)

    def synchronize(self):
        """Wait until all work of the stream is done (torch.cuda.Stream.synchronize)."""
        self._raw.synchronize()

    def query(self):
        """Whether all work of the stream is done (torch.cuda.Stream.query)."""
        return self._raw.done

    def record_event(self, event=None):
        """Mark this place by an event, and return it (torch.cuda.Stream.record_event)."""
        event = Event() if event is None else event
        event.record(self)
        return event

    def wait_event(self, event):
        """Let later work of the stream wait for an event (torch.cuda.Stream.wait_event)."""
        event.wait(self)

    def wait_stream(self, stream):
        """Let later work wait for what another stream has now (torch.cuda.Stream.wait_stream)."""
        self.wait_event(stream.record_event())

    def hold(self, raw):
        """Keep the memory of a raw array until the stream is done with it."""
        runtime().hold(self._raw, self.device_index, raw)

    def __enter__(self):
        self._context = StreamContext(self)
        self._context.__enter__()
        return self

    def __exit__(self, *exc):
        return self._context.__exit__(*exc)

    def __eq__(self, other):
        if not isinstance(other, Stream):
            return False
        return (self.device_index, self.cuda_stream) == (other.device_index, other.cuda_stream)

    def __hash__(self):
        return hash((self.device_index, self.cuda_stream))

    def __repr__(self):
        return f"<torch.cuda.Stream device={self.device} cuda_stream={self.cuda_stream:#x}>"


class ExternalStream(Stream):
    """A stream that another library has made, by its pointer (torch.cuda.ExternalStream)."""

    def __init__(self, stream_ptr, device=None, **kwargs):
        found = need()
        index = index_of(device, True, found)
        self._keep(found.external_stream(stream_ptr, index), index)


class Event:
    """A mark in a stream (torch.cuda.Event); RuntimeError without a GPU.

    enable_timing: `elapsed_time` may be asked for. blocking: `synchronize` sleeps instead of
    spinning.
    """

    def __init__(self, enable_timing=False, blocking=False, interprocess=False, external=False):
        found = runtime()
        if found is None:
            raise RuntimeError("Tried to instantiate dummy base class Event")
        if interprocess:
            raise NotImplementedError("events between processes are not offered")
        self.enable_timing, self._stream = enable_timing, None
        self._raw = found.make_event(enable_timing, blocking)

    def record(self, stream=None):
        """Mark this place in a stream, by default the current one (torch.cuda.Event.record)."""
        self._stream = current_stream() if stream is None else stream
        runtime().record(self._raw, self._stream._raw, self._stream.device_index)

    def wait(self, stream=None):
        """Let later work of a stream wait for this event (torch.cuda.Event.wait)."""
        stream = current_stream() if stream is None else stream
        if self._stream is not None:
            stream._raw.wait_event(self._raw)

    def query(self):
        """Whether the work before the mark is done (torch.cuda.Event.query)."""
        return self._stream is None or self._raw.done

    def elapsed_time(self, end_event):
        """Milliseconds from this event to another (torch.cuda.Event.elapsed_time).

        ValueError unless both were made with ``enable_timing`` and recorded.
        """
        if not (self.enable_timing and end_event.enable_timing):
            raise ValueError("Both events must be created with argument 'enable_timing=True'.")
        if self._stream is None or end_event._stream is None:
            raise ValueError("Both events must be recorded before calculating elapsed time.")
        return runtime().elapsed(self._raw, end_event._raw)

    def synchronize(self):
        """Wait until the work before the mark is done (torch.cuda.Event.synchronize)."""
        if self._stream is not None:
            self._raw.synchronize()

    def __repr__(self):
        if self._stream is None:
            return "<torch.cuda.Event uninitialized>"
        return f"<torch.cuda.Event {runtime().event_pointer(self._raw):#x}>"


class StreamContext:
    """``with torch.cuda.stream(s):`` work goes to ``s``; None changes nothing."""

    def __init__(self, stream):
        self.stream = stream
        self._before = None

    def __enter__(self):
        if self.stream is None:
            return
        source, index = current_stream(), self.stream.device_index
        there = source if source.device_index == index else current_stream(index)
        self._before = source, there
        set_stream(self.stream)

    def __exit__(self, *exc):
        if self._before is not None:
            source, there = self._before
            if there is not source:
                set_stream(there)
            set_stream(source)
            self._before = None


def stream(stream):
    """A context in which work goes to a stream (torch.cuda.stream)."""
    return StreamContext(stream)


def set_stream(stream):
    """Make a stream, and its device, current (torch.cuda.set_stream); None changes nothing."""
    if stream is not None:
        runtime().use_stream(stream._raw, stream.device_index)


def _held(raw, index):
    return Stream.__new__(Stream)._keep(raw, index)


def current_stream(device=None):
    """The stream that work of a device goes to now (torch.cuda.current_stream)."""
    found = need()
    index = index_of(device, True, found)
    return _held(found.current_stream(index), index)


def default_stream(device=None):
    """The stream that work goes to unless another is chosen (torch.cuda.default_stream)."""
    found = need()
    return _held(found.default_stream(), index_of(device, True, found))


def is_current_stream_capturing():
    """Whether the current stream is being captured; RuntimeError without a GPU."""
    found = runtime()
    if found is None:
        raise RuntimeError("Tried to instantiate dummy base class _cuda_isCurrentStreamCapturing")
    return found.current_stream(found.current_device()).is_capturing()
