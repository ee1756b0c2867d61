"""``torch.nn.parallel`` for one process and one device: a module wrapped, and run as it is.

torch's `DataParallel` splits a batch among the CUDA devices it finds; where there are none, as on
the CPU, it calls the module. That is all of it here: programs keep their ``model.module`` and the
names in their state dicts.
"""

from __future__ import annotations

from .modules import Module


class DataParallel(Module):
    """A module around another that is called as that is (torch.nn.DataParallel)."""

    def __init__(self, module, device_ids=None, output_device=None, dim=0):
        super().__init__()
        self.module = module
        self.device_ids = []

    def forward(self, *inputs, **kwargs):
        return self.module(*inputs, **kwargs)


__all__ = ["DataParallel"]
