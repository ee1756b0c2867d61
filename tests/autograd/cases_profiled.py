"""What a profile notes of single events: numbers of nodes, nesting, sums, and the events that a
program makes itself."""

from transcript import case


@case
def events_and_nodes_share_numbers(torch, say):
    from torch.autograd.profiler import profile

    say(torch.autograd._profiler_enabled())
    with profile() as p:
        say(torch.autograd._profiler_enabled())
        x = torch.ones(3, requires_grad=True)
        y = x * 2
        z = y + x
        z.sum().backward()
    say(torch.autograd._profiler_enabled())
    events = p.function_events
    first = next(e for e in events if e.name == "aten::mul").sequence_nr
    for op, node in (("mul", "MulBackward0"), ("add", "AddBackward0"), ("sum", "SumBackward0")):
        mine = [e for e in events if e.name == "aten::" + op and e.sequence_nr >= 0]
        theirs = [e for e in events if e.name.endswith(node)]
        say(op, [e.sequence_nr - first for e in mine], [e.sequence_nr - first for e in theirs])
        say([e.fwd_thread for e in mine], [e.fwd_thread == mine[0].thread for e in theirs])
        say([e.scope for e in theirs], [e.is_user_annotation for e in (*mine, *theirs)])


@case
def events_of_operations_without_history(torch, say):
    from torch.autograd.profiler import profile, record_function

    with profile(record_shapes=True) as p:
        with torch.no_grad():
            torch.ones(2, 3).exp()
        with record_function("mine"):
            torch.nn.functional.linear(torch.ones(4, 2), torch.ones(3, 2), torch.ones(3))
    found = {e.name: e for e in p.function_events}
    say(found["aten::exp"].sequence_nr, found["aten::exp"].input_shapes)
    say(found["aten::linear"].input_shapes, found["mine"].is_user_annotation)


@case
def events_made_by_hand(torch, say):
    from torch.autograd.profiler_util import EventList, FunctionEvent, FunctionEventAvg

    def event(id, start, end, **more):
        return FunctionEvent(id=id, node_id=0, name="e", start_us=start, end_us=end, **more)

    spans = [(1, 0, 1), (1, 1, 2), (0, 0, 2), (0, 1, 2), (0, 1, 3)]
    events = EventList(event(i, a, b, thread=t) for i, (t, a, b) in enumerate(spans))
    events._populate_cpu_children()
    say([[c.id for c in e.cpu_children] for e in events], [e.self_cpu_time_total for e in events])
    e = event(7, 10, 15, thread=3, overload_name="x", input_shapes=[[2]], stack=["a"], scope=1,
              sequence_nr=4, fwd_thread=2, is_async=True)  # fmt: skip
    say(e.node_id, e.overload_name, e.fwd_thread, e.is_async, e.is_remote, e.is_legacy, e.key)
    say(e.trace_name, e.input_shapes, e.stack, e.scope, e.sequence_nr, e.cpu_memory_usage, e.count)
    total = FunctionEventAvg()
    total.add(event(0, 10, 15, thread=0))
    total.add(event(1, 20, 30, thread=0))
    total.add(total)
    say(total.key, total.count, total.cpu_time_total, total.self_cpu_time_total, total.cpu_time)
    say(total.node_id, total.device_time_total)


@case
def blocks_named_by_hand(torch, say):
    from torch.autograd.profiler import profile, record_function

    outer = record_function("outer")
    outer.__enter__()
    with record_function("inner"):
        outer.__exit__(None, None, None)
    with profile() as p:
        handle = torch.ops.profiler._record_function_enter("bar", None)
        torch.ones(2).exp()
        torch.ops.profiler._record_function_exit(handle)
    e = next(e for e in p.function_events if e.name == "bar")
    say(e.count, any(c.name == "aten::exp" for c in e.cpu_children))
