"""Tensors as pytrees of JAX: the array is the leaf; class and `requires_grad` go beside it.

Gradient and history do not cross the border of a transformed function: what goes in is a leaf of
the tape there, what comes out has no history. A tensor of NumPy joins JAX here: as a leaf, JAX
would cut its 64-bit types to what the user's flag allows. JAX also puts placeholders where arrays
were; they are kept.
"""

from __future__ import annotations

import jax
import numpy as np

from tinytorch.backend import device, namespace, put_together, take_apart, tensor_classes

KEY = (jax.tree_util.GetAttrKey("data"),)


class Kind:
    """What of a tensor is not its array; equal kinds let JAX use a program again."""

    __slots__ = ("P", "cls", "requires_grad")

    def __init__(self, cls, requires_grad, P):
        self.cls, self.requires_grad, self.P = cls, requires_grad, P

    def __eq__(self, other):
        return (
            type(other) is Kind
            and self.cls is other.cls
            and self.requires_grad == other.requires_grad
            and self.P is other.P
        )

    def __hash__(self):
        return hash((self.cls, self.requires_grad, id(self.P)))

    def __repr__(self):
        grad = ", requires_grad=True" if self.requires_grad else ""
        return f"{self.cls.__name__} on {self.P.device}{grad}"


def parts(t):
    cls, raw, requires_grad, P = take_apart(t)
    if isinstance(raw, (np.ndarray, np.generic)):
        raw = on_jax().from_host(np.asarray(raw))
    return raw, Kind(cls, requires_grad, P)


def on_jax():
    """The namespace where tensors of other backends join."""
    P = namespace("cpu")
    return P if P.name == "jax" else namespace("jax")


def flatten(t):
    raw, kind = parts(t)
    return (raw,), kind


def flatten_with_keys(t):
    raw, kind = parts(t)
    return ((KEY[0], raw),), kind


def unflatten(kind, children):
    (raw,) = children
    return put_together(kind.cls, raw, kind.requires_grad, home(raw, kind.P))


def home(raw, P):
    """The namespace of an array that was in ``P`` before JAX had it."""
    if isinstance(raw, (np.ndarray, np.generic)):
        return P.host
    if not isinstance(raw, jax.Array):
        return P
    P = P if P.name == "jax" else on_jax()
    if isinstance(raw, jax.core.Tracer) or P._place is None and not raw.committed:
        return P
    return of_device(raw, P)


def of_device(raw, P):
    """The namespace of the device that a concrete array lies on; ``P`` if it lies there."""
    devices = raw.devices()
    if len(devices) > 1:
        return P
    (where,) = devices
    if where == (P._place or jax.devices()[0]):
        return P
    return namespace(device("jax", jax.devices().index(where)))


def register(*classes):
    """Make classes of tensors known to JAX; those that are known already are left."""
    for cls in classes:
        try:
            jax.tree_util.register_pytree_with_keys(cls, flatten_with_keys, unflatten, flatten)
        except ValueError:
            continue


def register_tensors():
    classes = tensor_classes()
    register(*classes)
    classes[0].__jax_array__ = as_jax


def as_jax(self):
    """What functions of JAX see of a tensor: its array, on JAX's side without history."""
    _, raw, _, P = take_apart(self)
    return raw if isinstance(raw, jax.Array) else P.to_host(raw)
