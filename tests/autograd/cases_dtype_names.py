"""How errors name dtypes: as C++ does. And values looked up among others of another dtype."""

from transcript import case


def told(say, fn):
    try:
        say(fn())
    except (RuntimeError, NotImplementedError) as e:
        say(e)


@case
def names_of_dtypes(torch, say):
    a = torch.ones(2)
    kinds = "float64 int64 int16 int8 uint8 int32 bool complex64 float16 bfloat16"
    for kind in kinds.split():
        x = a.to(getattr(torch, kind))
        told(say, lambda x=x: torch.lerp(a, x, 0.5))
        told(say, lambda x=x: torch.ones(2, 2) @ torch.stack([x, x]))
        told(say, lambda x=x: torch.ones(2).set_(x))
        if kind != "bool":
            told(say, lambda x=x: a.masked_fill(x, 1))
        if kind in ("int64", "int16", "bool"):
            told(say, lambda x=x: x.clone().clamp_(0.5))


@case
def looked_up_among_other_dtypes(torch, say):
    table = torch.tensor([1.5, 2.5, 3.5])
    for dtype in (torch.int64, torch.float64, torch.float16):
        values = torch.tensor([1, 2, 3]).to(dtype)
        told(say, lambda v=values: torch.searchsorted(table, v))
        told(say, lambda v=values: torch.bucketize(v, table))
        told(say, lambda v=values: torch.searchsorted(v, table, right=True))
    told(say, lambda: torch.searchsorted(table, table.to(torch.complex64)))
    told(say, lambda: torch.searchsorted(table.to(torch.complex64), table))
