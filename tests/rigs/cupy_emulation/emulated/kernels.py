"""Emulated `ElementwiseKernel`: parameters as CuPy reads them, the body by `clike`.

The type letters of parameters are settled by the arrays that are given, as CuPy settles them: a
mismatch is a TypeError, a Python number takes the type of its letter. `W` is declared in the body
of a kernel by the one typedef that the backend writes.
"""

from __future__ import annotations

import re

import numpy as np

from . import clike, state
from .arrays import make, ndarray
from .surface import Strict

TYPEDEF = re.compile(r"typedef typename \w+<sizeof\((\w)\), \w>::type (\w); ")


def parameters(text):
    found = []
    for part in filter(None, map(str.strip, text.split(","))):
        *words, kind, name = part.split()
        if words:
            raise NotImplementedError(f"emulated: a parameter that is {words}")
        if name == "i":
            raise ValueError("Can not use 'i' as a parameter name")
        found.append((kind if len(kind) == 1 else np.dtype(kind), name))
    return found


class ElementwiseKernel(Strict):
    INSTANCE = ()

    def __init__(self, in_params, out_params, operation, name="kernel", reduce_dims=True,
                 preamble="", no_return=False, return_tuple=False, **kwargs):  # fmt: skip
        if not re.fullmatch(r"[A-Za-z_]\w*", name):
            raise ValueError(f'Invalid kernel name: "{name}"')
        self._ins, self._outs = parameters(in_params), parameters(out_params)
        self._body, self.__name__ = operation, name
        self._wide = TYPEDEF.match(operation)
        if self._wide:
            self._body = operation[self._wide.end() :]
        clike.parse(self._body)

    def __call__(self, *args, **kwargs):
        if kwargs:
            raise TypeError(f"Wrong arguments {kwargs}")
        if len(args) not in (len(self._ins), len(self._ins) + len(self._outs)):
            raise TypeError(f"Wrong number of arguments for {self.__name__!r}: {len(args)}")
        for x in args:
            if hasattr(x, "__cupy_override_elementwise_kernel__"):
                return x.__cupy_override_elementwise_kernel__(self, *args, **kwargs)
        for x in args:
            if isinstance(x, ndarray):
                state.need(x.block.device)
            elif type(x) not in (bool, int, float, complex) and not isinstance(x, np.generic):
                raise TypeError(f"Unsupported type {type(x)}")
        types = self._types(args)
        if not any(isinstance(x, ndarray) for x in args):
            raise ValueError("Loop size is undecided.")
        state.launch()
        shape = np.broadcast_shapes(*(x.shape for x in args if isinstance(x, ndarray)))
        names = {
            name: x._a if isinstance(x, ndarray) else np.array(x).astype(types[kind])
            for (kind, name), x in zip(self._ins, args, strict=False)
        }
        found = clike.run(self._body, names, types)
        outs = [
            np.broadcast_to(found[name], shape).astype(types[kind]) for kind, name in self._outs
        ]
        given = args[len(self._ins) :]
        for x, r in zip(given, outs, strict=False):
            if x.shape != shape:
                raise ValueError("Out shape is mismatched")
            x._a[...] = r
        outs = given or tuple(make(r) for r in outs)
        return outs[0] if len(outs) == 1 else outs

    def _types(self, args):
        types = {}
        for (kind, name), x in zip([*self._ins, *self._outs], args, strict=False):
            if isinstance(x, ndarray):
                want = types.setdefault(kind, x.dtype) if isinstance(kind, str) else kind
                if want != x.dtype:
                    raise TypeError(f"Type is mismatched. {name} {x.dtype} {want} {kind}")
        for kind, _ in [*self._ins, *self._outs]:
            if not isinstance(kind, str):
                types[kind] = kind
        missing = {k for k, _ in [*self._ins, *self._outs]} - set(types)
        if missing:
            raise KeyError(next(iter(missing)))
        if self._wide:
            t = types[self._wide[1]]
            types[self._wide[2]] = np.dtype(np.float32) if t.itemsize == 2 else t
        types["int"] = np.dtype(np.int32)
        return types


class RawKernel(Strict):
    def __init__(self, *args, **kwargs):
        raise NotImplementedError("cupy.RawKernel is not emulated")
