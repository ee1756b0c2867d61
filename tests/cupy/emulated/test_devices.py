"""`tinytorch.cuda` over two emulated devices: where tensors lie and where work goes."""

from __future__ import annotations

import gc

import pytest

import tinytorch as torch

cuda = torch.cuda


def test_what_there_is():
    assert cuda.is_available() and cuda.device_count() == 2 and cuda.is_initialized()
    assert cuda.get_device_name(1) == "emulated on the CPU"
    assert cuda.get_device_capability() == (9, 0)
    prop = cuda.get_device_properties("cuda:1")
    assert prop.total_memory == 16 << 30 and "major=9" in repr(prop)
    assert not cuda.can_device_access_peer(0, 1) and cuda.is_bf16_supported()
    assert torch.accelerator.current_accelerator() == torch.device("cuda")
    with pytest.raises(AssertionError, match="Invalid device id"):
        cuda.get_device_properties(2)
    with pytest.raises(ValueError, match="Expected a cuda device, but got: cpu"):
        cuda.synchronize("cpu")


def test_cuda_is_the_current_device():
    assert torch.ones(1, device="cuda").device == torch.device("cuda", 0)
    with cuda.device(1):
        assert torch.ones(1, device="cuda").device == torch.device("cuda", 1)
        assert torch.ones(1).cuda().get_device() == 1
        with cuda.device_of(torch.ones(1, device="cuda:0")):
            assert cuda.current_device() == 0
    assert cuda.current_device() == 0
    cuda.set_device("cuda:1")
    assert torch.ones(1, device="cuda").is_cuda and cuda.current_device() == 1
    assert torch.ones(2, device=0).device.index == 0
    with pytest.raises(RuntimeError, match="invalid device ordinal"):
        torch.ones(1, device="cuda:2")


def test_ops_run_where_their_tensors_are():
    a = torch.arange(6.0, device="cuda:1").reshape(2, 3).requires_grad_()
    assert cuda.current_device() == 0
    (torch.softmax(a, 1) * a[:, :1]).sum().backward()
    assert a.grad.device == a.device and cuda.current_device() == 0


def test_devices_do_not_mix():
    a, b = torch.ones(2, device="cuda:0"), torch.ones(2, device="cuda:1")
    with pytest.raises(RuntimeError) as e:
        a + b
    assert str(e.value) == (
        "Expected all tensors to be on the same device, but found at least two devices, "
        "cuda:0 and cuda:1!"
    )
    with pytest.raises(RuntimeError, match="cuda:0 and cpu"):
        a + torch.ones(2)
    assert (a + torch.tensor(2.0)).tolist() == [3, 3]


def test_between_devices_without_the_host(first_device):
    a = torch.ones(3, device="cuda:0", requires_grad=True)
    first_device.reset()
    (a * 2).to("cuda:1").sum().backward()
    assert not first_device.TRANSFERS
    assert a.grad.device.index == 0 and a.grad.tolist() == [2, 2, 2]


def test_a_module_moves():
    net = torch.nn.Linear(3, 2).cuda(1)
    assert {p.device.index for p in net.parameters()} == {1}
    assert net.to("cpu").weight.device.type == "cpu"


def test_generators(first_device):
    torch.manual_seed(3)
    cpu, gpu = torch.randn(4), torch.randn(4, device="cuda")
    assert cpu.tolist() == gpu.tolist() == torch.randn(4, device="cuda:1").tolist()
    state = cuda.get_rng_state(1)
    a = torch.rand(2, device="cuda:1")
    cuda.set_rng_state(state, 1)
    assert a.tolist() == torch.rand(2, device="cuda:1").tolist()
    cuda.manual_seed(5)
    assert cuda.initial_seed() == 5 and torch.initial_seed() == 3
    assert [g.initial_seed() for g in cuda.default_generators] == [5, 3]
    cuda.manual_seed_all(7)
    assert len(cuda.get_rng_state_all()) == 2
    g = torch.Generator("cuda").manual_seed(7)
    assert torch.rand(3, device="cuda", generator=g).tolist() == (
        torch.rand(3, device="cuda").tolist()
    )


def test_arrays_of_cupy_become_tensors_as_they_are(first_device):
    import cupy as cp
    import numpy as np

    with cp.cuda.Device(1):
        x = cp.zeros((2, 3), np.float32)
    first_device.reset()
    t = torch.from_dlpack(x)
    assert t.device == torch.device("cuda", 1) and t._raw is x
    t += 1
    assert not first_device.TRANSFERS and x.get().sum() == 6
    assert torch.from_dlpack(np.ones(3), device="cuda").device.index == 0
    assert torch.ones(2, device="cuda:1").__dlpack_device__() == (2, 1)


# --- streams and events ---------------------------------------------------------------------------


def test_work_goes_to_the_current_stream(first_device):
    x, s = torch.ones(3, device="cuda"), cuda.Stream()
    first_device.reset()
    with cuda.stream(s):
        assert cuda.current_stream() == s != cuda.default_stream()
        y = (x * 2).exp()
    assert dict(first_device.LAUNCHES) == {s.cuda_stream: 2}
    assert cuda.current_stream() == cuda.default_stream()
    y + 1
    assert first_device.LAUNCHES[0] == 1
    assert repr(s) == f"<torch.cuda.Stream device=cuda:0 cuda_stream={s.cuda_stream:#x}>"
    assert s.query() and hash(s) == hash(s) and s != "a stream"


def test_streams_of_two_devices():
    here, there = cuda.Stream(0), cuda.Stream(device="cuda:1")
    with cuda.stream(here), cuda.stream(there):
        assert cuda.current_device() == 1 and cuda.current_stream(0) == here
    assert cuda.current_device() == 0
    assert cuda.current_stream(0) == cuda.default_stream(0)
    assert cuda.current_stream(1) == cuda.default_stream(1)
    with cuda.stream(None):
        assert cuda.current_stream() == cuda.default_stream()


def test_events():
    a, b = cuda.Event(enable_timing=True), cuda.Event(enable_timing=True)
    with pytest.raises(ValueError, match="must be recorded"):
        a.elapsed_time(b)
    assert a.query() and repr(a) == "<torch.cuda.Event uninitialized>"
    a.record()
    torch.ones(10, device="cuda").sum()
    b.record()
    b.synchronize()
    assert a.elapsed_time(b) > 0 and a.query()
    with pytest.raises(ValueError, match="enable_timing=True"):
        a.elapsed_time(cuda.Event())


def test_streams_wait():
    s, t = cuda.Stream(), cuda.Stream()
    e = s.record_event()
    t.wait_event(e)
    t.wait_stream(s)
    e.wait(t)
    assert len(t._raw.waited) == 3 and t._raw.waited[0] is e._raw
    other = cuda.ExternalStream(s.cuda_stream)
    assert other == s
    cuda.synchronize()
    s.synchronize()


# --- memory ---------------------------------------------------------------------------------------


def test_memory():
    gc.collect()
    cuda.empty_cache()
    cuda.reset_peak_memory_stats()
    start = cuda.memory_allocated()
    x = torch.ones(1000, 1000, device="cuda")
    assert cuda.memory_allocated() - start == 4000256 == x.numel() * 4 + 256
    del x
    assert cuda.memory_allocated() == start
    assert cuda.max_memory_allocated() - start >= 4000256
    assert cuda.memory_reserved() >= 4000256
    cuda.empty_cache()
    assert cuda.memory_reserved() == start
    cuda.reset_peak_memory_stats()
    assert cuda.max_memory_allocated() == start
    free, total = cuda.mem_get_info()
    assert free == total - start and cuda.memory_allocated(1) < total
    assert cuda.memory_stats()["allocated_bytes.all.current"] == start


def test_a_recorded_stream_keeps_memory():
    from tinytorch_cupy import runtime

    x, s = torch.ones(1000, device="cuda"), cuda.Stream()
    x.record_stream(s)
    before = cuda.memory_allocated()
    del x
    assert cuda.memory_allocated() == before and len(runtime._waiting) == 1
    y = torch.ones(1, device="cuda")
    y.record_stream(s)
    del y
    assert cuda.memory_allocated() < before
    with pytest.raises(RuntimeError, match="unknown parameter type"):
        torch.ones(1, device="cuda").record_stream(3)


def test_pinned_memory():
    x = torch.arange(4.0)
    p = x.pin_memory()
    assert p.is_pinned() and not x.is_pinned() and p.tolist() == x.tolist()
    assert p.pin_memory() is p and p[1:].is_pinned()
    assert p.cuda(non_blocking=True).tolist() == x.tolist()
    with pytest.raises(RuntimeError, match="only dense CPU tensors can be pinned"):
        x.cuda().pin_memory()
