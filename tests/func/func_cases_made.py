"""Whatever a function makes inside a transform may be written there, also if it is constant."""

from func_registry import case


def _makers(torch):
    F = torch.nn.functional
    x, i = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([0])
    return {
        "empty": lambda a: torch.empty(3),
        "full": lambda a: torch.full((3,), 2.0),
        "eye": lambda a: torch.eye(3),
        "linspace": lambda a: torch.linspace(0, 1, 3),
        "arange": lambda a: torch.arange(3.0),
        "randint": lambda a: torch.randint(3, (3,)),
        "randperm": lambda a: torch.randperm(3),
        "rand": lambda a: torch.rand(3),
        "normal": lambda a: torch.normal(0.0, 1.0, (3,)),
        "bernoulli": lambda a: torch.bernoulli(torch.full((3,), 0.5)),
        "multinomial": lambda a: torch.multinomial(torch.ones(3), 2),
        "poisson": lambda a: torch.poisson(torch.ones(3)),
        "complex": lambda a: torch.complex(x, x),
        "cat": lambda a: torch.cat([x, x]),
        "stack": lambda a: torch.stack([x]),
        "topk": lambda a: a.topk(2)[1],
        "argmax": lambda a: a.argmax(),
        "argsort": lambda a: a.argsort(),
        "sort": lambda a: x.sort()[0],
        "unique": lambda a: x.unique(),
        "nonzero": lambda a: torch.nonzero(x, as_tuple=True)[0],
        "where": lambda a: torch.where(x > 0)[0],
        "mask": lambda a: x[x > 0],
        "index": lambda a: x[[0, 1]],
        "clone": lambda a: x.clone(),
        "flip": lambda a: x.flip(0).contiguous(),
        "to": lambda a: x.to(torch.float64),
        "new_tensor": lambda a: x.new_tensor([1.0, 2.0]),
        "empty_like": lambda a: torch.empty_like(x),
        "cumsum": lambda a: x.cumsum(0),
        "einsum": lambda a: torch.einsum("i,j->ij", x, x),
        "matmul": lambda a: x[None] @ x[:, None],
        "conv1d": lambda a: F.conv1d(x[None, None], torch.ones(1, 1, 1)),
        "max_pool1d": lambda a: F.max_pool1d(x[None, None], 2),
        "softmax": lambda a: x.softmax(0),
        "one_hot": lambda a: F.one_hot(i, 3),
        "embedding": lambda a: F.embedding(i, torch.ones(2, 2)),
        "pad": lambda a: F.pad(x, (1, 1)),
        "dropout": lambda a: F.dropout(x, 0.5),
        "median": lambda a: x.median(),
        "min": lambda a: x.min(0)[0],
        "gather": lambda a: x.gather(0, i),
        "repeat": lambda a: x.repeat(2),
        "chunk": lambda a: (x * 1).chunk(2)[0],
        "tensor": lambda a: torch.tensor([1.0]),
        "as_tensor": lambda a: torch.as_tensor([1.0]),
        "grad": lambda a: torch.autograd.grad((a * a).sum(), a)[0],
        "searchsorted": lambda a: torch.searchsorted(x, x),
        "bincount": lambda a: torch.bincount(i),
        "outer": lambda a: torch.outer(x, x),
        "block_diag": lambda a: torch.block_diag(x, x),
        "diag": lambda a: x.diag(),
        "scatter": lambda a: x.scatter(0, i, 1.0),
        "data": lambda a: torch.zeros(3).data,
        "quantile": lambda a: torch.quantile(x, 0.5),
        "compare": lambda a: x > 1,
        "no_grad": lambda a: torch.no_grad()(lambda: a * 2)(),
    }


@case
def made_by_any_function(torch, say):
    from torch.func import grad, jvp

    x = torch.tensor([1.0, 2.0, 3.0])
    for name, make in _makers(torch).items():

        def f(a, make=make):
            made = make(a)
            made.zero_()
            return a.sum() + made.sum().real.float()

        torch.manual_seed(0)
        say(name, grad(f)(x))
        if name != "grad":
            say(name, jvp(f, (x,), (x,))[1])
    say(x)
