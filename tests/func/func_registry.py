"""The cases of this folder by name: functions `case(torch, say)`, as in `tests/autograd`."""

CASES = {}


def case(fn):
    assert fn.__name__ not in CASES, fn.__name__
    CASES[fn.__name__] = fn
    return fn


def grid(torch, *shape, start=1.0):
    """Numbers 0.1 apart in a shape."""
    n = 1
    for k in shape:
        n *= k
    return (torch.arange(n, dtype=torch.float64) + start).mul(0.1).reshape(shape)
