"""``torch.random``: generators, seeds and states.

The stream itself is `rng.Core`, pure NumPy on the host whatever the backend; importing it takes
longer than most programs need it, so a generator that never draws never loads it.
"""

from __future__ import annotations

import contextlib

from .devices import CPU
from .devices import device as _device
from .tensor import Tensor, fresh


class Generator:
    """A stream of random numbers with its own seed and state (``torch.Generator``)."""

    __slots__ = ("__weakref__", "_core", "_device")

    def __init__(self, device=None):
        self._device = CPU if device is None else _device(device)
        self._core = None

    @property
    def core(self):
        """The `rng.Core` that draws."""
        if self._core is None:
            from .rng import Core

            self._core = Core()
        return self._core

    @property
    def device(self):
        return self._device

    def manual_seed(self, seed):
        """Restart from ``seed`` and return the generator (torch.Generator.manual_seed)."""
        self.core.manual_seed(seed)
        return self

    def seed(self):
        """Restart from a seed taken from the system and return it (torch.Generator.seed)."""
        return self.core.seed()

    def initial_seed(self):
        """The seed last set (torch.Generator.initial_seed)."""
        return self.core.initial_seed()

    def get_state(self):
        """The state as a ByteTensor of 5056 bytes (torch.Generator.get_state)."""
        from .factories import tensor

        return tensor(self.core.get_state(), device="cpu")

    def set_state(self, new_state):
        """Continue from a state (torch.Generator.set_state); TypeError unless a ByteTensor."""
        if isinstance(new_state, Tensor):
            new_state = fresh(new_state)._p.to_host(new_state._raw)
        self.core.set_state(new_state)
        return self

    def clone_state(self):
        """Another generator at the same place (torch.Generator.clone_state)."""
        other = Generator(self._device)
        other._core = self.core.clone()
        return other

    graphsafe_get_state = clone_state

    def graphsafe_set_state(self, state):
        """Continue from another generator's place (torch.Generator.graphsafe_set_state)."""
        return self.set_state(state.get_state())

    def __reduce__(self):
        return _rebuild, (str(self._device), self.core)

    def __repr__(self):
        return f"<torch._C.Generator object at {id(self):#x}>"


def _rebuild(device, core):
    g = Generator(device)
    g._core = core
    return g


default_generator = Generator()
_of_devices = {}  # device -> the generator of a device other than the CPU


def generator_of(dev):
    """The default generator of a GPU, which starts from the CPU's seed; others share the CPU's."""
    if dev.type != "cuda":
        return default_generator
    g = _of_devices.get(dev)
    if g is None:
        g = _of_devices.setdefault(dev, Generator(dev))
        g.manual_seed(default_generator.initial_seed())
    return g


def manual_seed(seed):
    """Seed the default generators of all devices; returns the CPU's (torch.manual_seed)."""
    for g in _of_devices.values():
        g.manual_seed(int(seed))
    return default_generator.manual_seed(int(seed))


def seed():
    """Seed the default generators from the system; returns the seed (torch.seed)."""
    value = default_generator.seed()
    for g in _of_devices.values():
        g.manual_seed(value)
    return value


def initial_seed():
    """The seed of the default generator (torch.initial_seed)."""
    return default_generator.initial_seed()


def get_rng_state():
    """The state of the default generator (torch.get_rng_state)."""
    return default_generator.get_state()


def set_rng_state(new_state):
    """Set the state of the default generator (torch.set_rng_state)."""
    default_generator.set_state(new_state)


@contextlib.contextmanager
def fork_rng(devices=None, enabled=True, _caller="fork_rng", _devices_kw="devices",
             device_type="cuda"):  # fmt: skip
    """Put the state of the default generator back when the block ends (torch.random.fork_rng)."""
    if not enabled:
        yield
        return
    state = default_generator.core.get_state()
    try:
        yield
    finally:
        default_generator.core.set_state(state)


functions = {
    "Generator": Generator, "default_generator": default_generator, "manual_seed": manual_seed,
    "seed": seed, "initial_seed": initial_seed, "get_rng_state": get_rng_state,
    "set_rng_state": set_rng_state,
}  # fmt: skip
__all__ = ["fork_rng", "get_rng_state", "initial_seed", "manual_seed", "seed", "set_rng_state"]
