"""What a profile holds: counts and nesting as of torch, a table that can be read, a trace."""

import gzip
import json
import re

import pytest

import tinytorch as torch
from tinytorch import watching
from tinytorch.autograd import profiler
from tinytorch.autograd.profiler import profile, record_function
from tinytorch.profiler import ProfilerAction, ProfilerActivity, schedule
from tinytorch.profiler import profile as stepwise


def counts(events):
    return {e.key: e.count for e in events.key_averages()}


def network(x, w):
    with record_function("forward"):
        y = ((x * 2 + 1) @ w).relu().sum()
    y.backward()


@pytest.fixture
def done():
    x, w = torch.ones(3, 4, requires_grad=True), torch.ones(4, 4, requires_grad=True)
    with profile(record_shapes=True) as p:
        network(x, w)
    return p


def test_operations_and_nodes_are_counted(done):
    seen = counts(done)
    nodes = {k: n for k, n in seen.items() if "Backward0" in k and "::" not in k}
    assert nodes == {
        "SumBackward0": 1, "ReluBackward0": 1, "MmBackward0": 1, "AddBackward0": 1,
        "MulBackward0": 1,
    }  # fmt: skip
    assert seen["aten::mm"] == 3 and seen["aten::mul"] == 2 and seen["aten::relu"] == 1
    assert seen["torch::autograd::AccumulateGrad"] == 2 and seen["forward"] == 1
    assert seen["autograd::engine::evaluate_function: MmBackward0"] == 1


def test_events_lie_inside_each_other(done):
    forward = next(e for e in done.function_events if e.name == "forward")
    assert [c.name for c in forward.cpu_children][:3] == ["aten::mul", "aten::add", "aten::mm"]
    assert forward.scope == 7 and forward.is_user_annotation
    for e in done.function_events:
        inside = sum(c.cpu_time_total for c in e.cpu_children)
        assert e.cpu_time_total >= inside >= 0
        assert e.self_cpu_time_total == pytest.approx(e.cpu_time_total - inside)
        assert e.cpu_parent is None or e in e.cpu_parent.cpu_children


def test_shapes_are_recorded(done):
    mm = [e for e in done.function_events if e.name == "aten::mm"]
    assert mm[0].input_shapes == [[3, 4], [4, 4]]
    by_shape = done.key_averages(group_by_input_shape=True)
    assert len([e for e in by_shape if e.key == "aten::mm"]) >= 2
    assert all(e.input_shapes == "" for e in done.key_averages())


def test_table(done):
    table = done.key_averages().table(sort_by="cpu_time_total", row_limit=2)
    rule, head, _, first, second, _, total, _ = table.split("\n")
    assert head.split("  ")[0] == "" and head.split()[0] == "Name"
    titles = "Name|Self CPU %|Self CPU|CPU total %|CPU total|CPU time avg|# of Calls".split("|")
    assert re.split(" {2,}", head.strip()) == titles
    assert len(rule) == len(first) == len(second) == len(head)
    assert total.startswith("Self CPU time total: ") and total[-1] == "s"
    longest = max(done.key_averages(), key=lambda e: e.cpu_time_total)
    assert first.split()[0] == longest.key.split()[0]


def test_total_average(done):
    total = done.total_average()
    assert total.key == "Total" and total.count == len(done.function_events)
    assert total.self_cpu_time_total == pytest.approx(done.self_cpu_time_total)


def test_trace(done, tmp_path):
    done.export_chrome_trace(tmp_path / "trace.json")
    document = json.loads((tmp_path / "trace.json").read_text())
    rows = [r for r in document["traceEvents"] if r["ph"] == "X"]
    assert len(rows) == len(done.function_events)
    assert {r["cat"] for r in rows} == {"cpu_op", "user_annotation"}
    assert all(r["dur"] > 0 and r["ts"] > 0 for r in rows)
    done.function_events.export_chrome_trace(tmp_path / "events.json")
    assert len(json.loads((tmp_path / "events.json").read_text())) == len(rows)


def test_nothing_stays_when_it_is_off():
    P = torch.ones(2)._p
    before = P.add
    with profile() as p:
        assert P.add is not before
        torch.ones(2) + 1
    assert P.add is before and not watching._replaced
    assert counts(p)["aten::add"] == 1


def test_one_inside_another():
    with profile() as outer:
        torch.ones(2) + 1
        with profile() as inner:
            torch.ones(2) * 2
    assert counts(inner) == {"aten::full": 1, "aten::mul": 1}
    assert counts(outer) == {"aten::full": 2, "aten::add": 1, "aten::mul": 1}


def test_decorator_and_exceptions():
    @record_function("named")
    def f(x):
        return x + 1

    with pytest.raises(ZeroDivisionError), profile() as p:
        f(f(torch.ones(2)))
        with record_function("failing"):
            raise ZeroDivisionError
    assert counts(p)["named"] == 2 and counts(p)["failing"] == 1
    f(torch.ones(2))


def test_errors_and_unfinished():
    p = profile()
    assert repr(p) == "<unfinished torch.autograd.profile>"
    with pytest.raises(RuntimeError, match="Profiler didn't finish running"):
        p.table()
    with p, pytest.raises(RuntimeError, match="Profiler context manager is not reentrant"):
        p.__enter__()
    with profile(enabled=False) as none:
        assert none is None
    with pytest.raises(AssertionError, match="Torch not compiled with CUDA enabled"):
        profiler.emit_nvtx().__enter__()
    with profiler.emit_itt() as itt:
        assert torch.ones(2).sum().item() == 2
    with pytest.raises(RuntimeError, match="ITT annotation context manager is not reentrant"):
        itt.__enter__()


def test_stacks(tmp_path):
    with profile(with_stack=True) as p:
        torch.ones(200, 200) @ torch.ones(200, 200)
    mm = next(e for e in p.function_events if e.name == "aten::mm")
    assert "test_profiler.py" in mm.stack[0] and "test_stacks" in mm.stack[0]
    assert "Source Location" in p.key_averages(group_by_stack_n=1).table()
    p.export_stacks(tmp_path / "stacks")
    assert "test_stacks" in (tmp_path / "stacks").read_text()


def test_steps():
    seen = []

    def ready(p):
        seen.append((p.step_num, counts(p)["aten::sin"], counts(p)["ProfilerStep*"]))

    x = torch.ones(3)
    plan = schedule(wait=1, warmup=1, active=2, repeat=2, skip_first=1)
    with stepwise(activities=[ProfilerActivity.CPU], schedule=plan, on_trace_ready=ready) as p:
        for _ in range(12):
            x.sin()
            p.step()
    assert seen == [(5, 2, 2), (9, 2, 2)]


def test_schedule():
    plan = schedule(wait=1, warmup=1, active=2, repeat=2, skip_first=2, skip_first_wait=1)
    names = [plan(k).name for k in range(11)]
    cycle = ["WARMUP", "RECORD", "RECORD_AND_SAVE", "NONE"]
    assert names == ["NONE", "NONE", *cycle, *cycle, "NONE"]
    with pytest.raises(AssertionError, match="Step must be non-negative"):
        plan(-1)
    with pytest.raises(AssertionError, match="Invalid profiler schedule arguments"):
        schedule(wait=0, warmup=0, active=0)
    assert ProfilerAction.RECORD_AND_SAVE.value == 3


def test_packed_trace_and_metadata(tmp_path):
    with stepwise() as p:
        torch.ones(2) + 1
        p.add_metadata("who", "me")
    p.export_chrome_trace(str(tmp_path / "t.json.gz"))
    packed = (tmp_path / "t.json.gz").read_bytes()
    assert json.loads(gzip.decompress(packed))["who"] == "me"


def test_steps_of_several_requesters():
    tracker = profiler.KinetoStepTracker
    tracker.init_step_count("a")
    start = tracker.current_step()
    assert tracker.increment_step("a") == start + 1
    assert tracker.erase_step_count("a") and not tracker.erase_step_count("a")
