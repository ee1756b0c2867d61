"""The named tuples that functions with several results give, printed as torch prints them."""

from __future__ import annotations

from operator import itemgetter


def _make(name, *fields):
    def new(cls, *values):
        return tuple.__new__(cls, values)

    def text(self):
        rows = ",\n".join(f"{f}={v!r}" for f, v in zip(fields, self, strict=True))
        return f"torch.return_types.{name}(\n{rows})"

    def reduce(self):
        return type(self), tuple(self)

    body = {"__slots__": (), "__new__": new, "__repr__": text, "__reduce__": reduce,
            "_fields": fields, "__module__": "tinytorch.return_types"}  # fmt: skip
    body.update((f, property(itemgetter(i))) for i, f in enumerate(fields))
    return type(name, (tuple,), body)


for _name in ("max", "min", "sort", "topk", "kthvalue", "median", "nanmedian", "mode", "cummax",
              "cummin"):  # fmt: skip
    globals()[_name] = _make(_name, "values", "indices")
aminmax = _make("aminmax", "min", "max")
frexp = _make("frexp", "mantissa", "exponent")
histogram = _make("histogram", "hist", "bin_edges")
