"""Mistakes with memory, in gradients, and in compositions that a backend overrides."""

from __future__ import annotations

import numpy as np
from mutant_kernels import mutant, replaced

# --- memory ---------------------------------------------------------------------------------------

replaced(
    "an index that copies",
    "getitem",
    lambda right, x, key: right(x, key).copy(),
    "kernels/contract",
    "views/*",
)
replaced(
    "a reshape that copies",
    "reshape",
    lambda right, x, shape: right(x, shape).copy(),
    "kernels/contract",
    "views/*",
)
replaced(
    "a transpose that copies",
    "permute_dims",
    lambda right, x, axes: right(x, axes).copy(),
    "kernels/contract",
    "views/*",
)
replaced(
    "a broadcast of the first row only",
    "broadcast_to",
    lambda right, x, shape: right(x[:1] if x.ndim > 1 else x, shape),
    "views/*",
)
replaced(
    "a write that does not reach the base",
    "assign",
    lambda right, x, v: right(x if x.base is None else x.copy(), v),
    "views/*",
)
replaced(
    "a number written only to the first row",
    "assign",
    lambda right, x, v: right(x[:1] if np.ndim(v) == 0 and x.ndim > 1 else x, v),
    "views/*",
    "kernels/contract",
)
replaced("a copy that is none", "copy", lambda right, x: x, "views/*", "kernels/contract")
replaced(
    "a kernel that writes its operand",
    "negative",
    lambda right, x: np.negative(x, out=x) if x.ndim and x.flags.writeable else right(x),
    "kernels/contract",
    "ops/neg-*",
)


@mutant("arrays of the user are kept", "kernels/contract", base="frozen")
def _(P):
    P.from_host = lambda x: x


@mutant("a kernel is missing", "kernels/contract", raises=True)
def _(P):
    del P.flip


# --- gradients ------------------------------------------------------------------------------------

replaced(
    "a gradient that is an alias",
    "own_grad",
    lambda right, g, alone: g,
    "programs/*",
)
replaced("a gradient let through", "mask", lambda right, g, keep: g, "gradients/relu*")
replaced(
    "a mask by multiplication",
    "mask",
    lambda right, g, keep: g * keep.astype(g.dtype),
    "programs/*",
)
replaced(
    "a gradient stays complex",
    "cast_grad",
    lambda right, g, d: g if g.dtype.kind == "c" else right(g, d),
    "gradients/abs",
    "gradients/real",
)


@mutant("sums go into another's gradient", "programs/*")
def _(P):
    P.own_grad = lambda g, alone: g if isinstance(g, np.ndarray) else np.asarray(g)
    P.add_into = lambda buffer, g: np.add(buffer, g, buffer) if buffer.ndim else buffer + g


@mutant("no conjugate in gradients of products", "gradients/mul*", late=True)
def _(P):
    P.wide.times = P.multiply


@mutant("no conjugate in gradients of quotients", "gradients/div*", late=True)
def _(P):
    P.wide.over = P.divide


# --- compositions that a backend may override -----------------------------------------------------


@mutant("softmax without the largest taken off", "ops/softmax-own", "programs/*")
def _(P):
    def softmax(x, axis):
        e = np.exp(x)
        return e / np.sum(e, axis, keepdims=True)

    P.softmax = softmax


@mutant("log_softmax without the largest taken off", "ops/log_softmax-own", "programs/*")
def _(P):
    P.log_softmax = lambda x, axis: x - np.log(np.sum(np.exp(x), axis, keepdims=True))


@mutant("logaddexp without the larger taken off", "ops/logaddexp-own", "programs/*")
def _(P):
    P.logaddexp = lambda x, y: np.log(np.exp(x) + np.exp(y))


@mutant("hypot by squares", "ops/hypot-own", "programs/*")
def _(P):
    P.hypot = lambda x, y: np.sqrt(x * x + y * y)


@mutant("softplus by log of 1 plus exp", "ops/nn.functional.softplus-own", "programs/*")
def _(P):
    P.softplus = lambda x, beta=1, threshold=20: np.log1p(np.exp(x * beta)) / beta
