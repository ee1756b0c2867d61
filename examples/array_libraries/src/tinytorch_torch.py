"""Real torch's tensors as the arrays under tinytorch, which then brings its own autograd.

torch computes half precision as the suite wants it, by itself, and its basic indexing gives views.
"""

from __future__ import annotations

import torch

from tinytorch.backend import from_array_api, hookimpl

# torch looks classes of its own up by name when a function first meets a number that its parser
# does not know. In a document that says `import torch` and means tinytorch, the name is taken.
torch.pow(torch.ones(1), 2)

TorchBackend = from_array_api(
    torch,
    "torch",
    mutable=True,
    half_native=True,
    overrides={"strides": lambda x: x.stride()},
)


@hookimpl
def tinytorch_backends():
    return {"torch": TorchBackend}
