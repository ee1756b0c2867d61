"""What a program may ask of CUDA on a machine without a GPU: expressions over ``torch`` and ``C``.

They are recorded from real torch (`record_absent.py`) and asked of tinytorch (`test_absent.py`).
"""

from __future__ import annotations

CALLS = """
C.is_available()
C.device_count()
C.is_initialized()
C.init()
C.current_device()
C.set_device(0)
C.set_device(-1)
C.set_device('cuda')
C.set_device('cuda:0')
C.set_device('cpu')
C.device(0).idx
C.device(-1).idx
C.device(None).idx
C.device('cuda').idx
C.device('cpu')
enter(C.device(0))
enter(C.device(-1))
enter(C.device_of(torch.ones(1)))
C.device_of(3)
C.get_device_name()
C.get_device_name(0)
C.get_device_name(device='cpu')
C.get_device_properties()
C.get_device_properties(0)
C.get_device_capability()
C.get_arch_list()
C.get_gencode_flags()
C.can_device_access_peer(0, 1)
C.synchronize()
C.synchronize('cpu')
C.ipc_collect()
C.empty_cache()
C.memory_allocated()
C.memory_allocated(0)
C.max_memory_allocated()
C.memory_reserved()
C.max_memory_reserved()
C.memory_cached()
C.max_memory_cached()
C.reset_peak_memory_stats()
C.reset_max_memory_allocated()
C.mem_get_info()
dict(C.memory_stats())
C.Stream()
C.Event()
C.Event(enable_timing=True)
C.current_stream()
C.default_stream()
C.set_stream(None)
enter(C.stream(None))
enter(C.StreamContext(None))
C.is_current_stream_capturing()
C.manual_seed(1)
C.manual_seed_all(1)
C.seed()
C.seed_all()
C.initial_seed()
C.get_rng_state()
C.get_rng_state_all()
C.set_rng_state(torch.get_rng_state())
C.set_rng_state_all([])
C.default_generators
C.is_bf16_supported()
C.is_tf32_supported()
C.has_half
C.has_magma
C.foo
issubclass(C.OutOfMemoryError, RuntimeError)
C.memory.mem_get_info()
C.random.manual_seed(2)
torch.ones(1).cuda()
torch.ones(1).cuda(0)
torch.ones(1).cuda('cuda:1')
torch.ones(1).cuda('cpu')
torch.ones(1).cuda(device=0, non_blocking=True)
torch.ones(1).to('cuda')
torch.ones(1).to(0)
torch.ones(1).to('cpu', non_blocking=True).tolist()
torch.ones(1).to('cpu', torch.float64, True).tolist()
torch.ones(1).pin_memory()
torch.ones(1).is_pinned()
torch.ones(1).record_stream(None)
torch.ones(1).is_cuda
torch.ones(1).get_device()
str(torch.device('cuda'))
str(torch.device('cuda', 1))
torch.device(0)
torch.device('cuda:x')
torch.device('cuda', -1)
torch.ones(1, device='cuda')
torch.ones(1, device=0)
torch.empty(1, device='cuda:3')
torch.tensor([1], device='cuda')
torch.zeros(1).new_zeros(1, device='cuda')
torch.nn.Linear(1, 1).cuda()
torch.nn.Linear(1, 1).cuda(0)
torch.nn.Linear(1, 1).cuda('cpu')
torch.nn.Linear(1, 1).to('cuda')
torch.backends.cuda.is_built()
torch.accelerator.is_available()
torch.accelerator.current_accelerator()
torch.accelerator.device_count()
torch.accelerator.synchronize()
torch.accelerator.current_device_index()
torch.accelerator.set_device_index(0)
torch.accelerator.current_stream()
torch.accelerator.empty_cache()
torch.accelerator.memory_allocated()
torch.accelerator.max_memory_allocated()
torch.accelerator.reset_peak_memory_stats()
""".strip().splitlines()


def enter(context):
    with context:
        return "entered"


def answer(torch, call):
    """What a call gives: a plain value, or the class and text of what it raises."""
    try:
        value = eval(call, {"torch": torch, "C": torch.cuda, "enter": enter})
    except Exception as e:
        return ["raises", type(e).__name__, str(e)]
    plain = value is None or isinstance(value, (bool, int, str, list, tuple, dict))
    return ["gives", repr(value) if plain else type(value).__name__]
