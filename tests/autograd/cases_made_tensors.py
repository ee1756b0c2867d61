"""torch.testing.make_tensor: the numbers that a seed gives, in every dtype, and what it refuses."""

import warnings

from transcript import case


@case
def made_tensors_by_dtype(torch, say):
    names = ("bool uint8 int8 int16 int32 int64 float16 bfloat16 float32 float64 complex64"
             " complex128").split()  # fmt: skip
    for name in names:
        torch.manual_seed(3)
        dtype = getattr(torch, name)
        say(torch.testing.make_tensor((2, 3), dtype=dtype, device="cpu"))
        say(torch.testing.make_tensor(3, dtype=dtype, device="cpu", low=0, high=2))


@case
def made_tensors_of_other_kinds(torch, say):
    torch.manual_seed(5)
    make = torch.testing.make_tensor
    t = make(2, 3, dtype=torch.float32, device="cpu", noncontiguous=True, requires_grad=True)
    say(t, t.stride(), t.storage_offset(), t.is_contiguous())
    say(make((), dtype=torch.float64, device="cpu", noncontiguous=True).is_contiguous())
    say(make((2, 0), dtype=torch.float64, device="cpu"))
    say(make(6, dtype=torch.int64, device="cpu", low=0, high=2, exclude_zero=True))
    say(make(4, dtype=torch.bool, device="cpu", exclude_zero=True))
    say(make(4, dtype=torch.int32, device="cpu", low=-1.5, high=1.5))
    say(make(2, dtype=torch.float32, device="cpu", low=-3e38, high=3e38).isfinite().all())
    say(make([2], dtype=torch.complex64, device="cpu", requires_grad=True).requires_grad)


@case
def made_tensors_refused(torch, say):
    make = torch.testing.make_tensor
    for dtype, bounds in (
        (torch.float32, {"low": 2, "high": 1}),
        (torch.float32, {"low": float("nan")}),
        (torch.int8, {"low": 1000, "high": 2000}),
        (torch.uint8, {"low": -5, "high": -1}),
        (torch.int64, {"requires_grad": True}),
        (torch.float32, {"noncontiguous": True, "memory_format": torch.contiguous_format}),
    ):
        say.fails(lambda dtype=dtype, bounds=bounds: make(2, dtype=dtype, device="cpu", **bounds))
    with warnings.catch_warnings(record=True) as ws:
        warnings.simplefilter("always")
        say(make(2, dtype=torch.float32, device="cpu", low=1, high=1))
    say([(w.category, str(w.message)) for w in ws])
