"""Generators of GPUs: one a device, seeded along with the CPU's by `torch.manual_seed`.

Numbers are drawn on the host and sent over, so that a device's generator gives what the CPU's
gives from the same seed; torch's own differ between the two.
"""

from __future__ import annotations

from .. import random as _random
from ..devices import device as _device
from ..devices import no_device
from .devices import index_of, runtime


def _generator(device):
    found = runtime()
    if found is None:
        return None
    index = index_of(device, True, found)
    return _random.generator_of(_device("cuda", index))


def default_generators():
    """The generators of all devices (torch.cuda.default_generators)."""
    found = runtime()
    n = 0 if found is None else found.device_count()
    return tuple(_random.generator_of(_device("cuda", i)) for i in range(n))


def manual_seed(seed):
    """Seed the current device's generator (torch.cuda.manual_seed); nothing without a GPU."""
    g = _generator(None)
    if g is not None:
        g.manual_seed(int(seed))


def manual_seed_all(seed):
    """Seed all devices' generators (torch.cuda.manual_seed_all); nothing without a GPU."""
    for g in default_generators():
        g.manual_seed(int(seed))


def seed():
    """Seed the current device's generator from the system (torch.cuda.seed)."""
    g = _generator(None)
    if g is not None:
        g.seed()


def seed_all():
    """Seed all devices' generators with one seed from the system (torch.cuda.seed_all)."""
    generators = default_generators()
    for g in generators:
        g.manual_seed(generators[0].seed() if g is generators[0] else generators[0].initial_seed())


def _need(device):
    g = _generator(device)
    if g is None:
        raise no_device("cuda")
    return g


def initial_seed():
    """The seed of the current device's generator (torch.cuda.initial_seed)."""
    return _need(None).initial_seed()


def get_rng_state(device="cuda"):
    """The state of a device's generator, a ByteTensor (torch.cuda.get_rng_state)."""
    return _need(device).get_state()


def get_rng_state_all():
    """The states of all devices' generators (torch.cuda.get_rng_state_all)."""
    return [g.get_state() for g in default_generators()]


def set_rng_state(new_state, device="cuda"):
    """Set the state of a device's generator (torch.cuda.set_rng_state)."""
    g = _generator(device)
    if g is not None:
        g.set_state(new_state)


def set_rng_state_all(new_states):
    """Set the states of all devices' generators (torch.cuda.set_rng_state_all)."""
    for g, state in zip(default_generators(), new_states, strict=False):
        g.set_state(state)
