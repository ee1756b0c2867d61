"""The named tuples that functions with several results give, printed as torch prints them."""

from __future__ import annotations

from collections import namedtuple


def _make(name, *fields):
    def text(self):
        rows = ",\n".join(f"{f}={v!r}" for f, v in zip(fields, self, strict=True))
        return f"torch.return_types.{name}(\n{rows})"

    cls = type(name, (namedtuple(name, fields),), {"__slots__": (), "__repr__": text})
    cls.__module__ = "torch.return_types"
    return cls


for _name in ("max", "min", "sort", "topk", "kthvalue", "median", "nanmedian", "mode", "cummax",
              "cummin"):  # fmt: skip
    globals()[_name] = _make(_name, "values", "indices")
aminmax = _make("aminmax", "min", "max")
frexp = _make("frexp", "mantissa", "exponent")
histogram = _make("histogram", "hist", "bin_edges")
