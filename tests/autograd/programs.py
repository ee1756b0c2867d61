"""Small random programs of ops, views, writes, modes and backwards, run on any torch-like module.

A program is a list of (instruction, three small numbers); the numbers choose operands from a pool
of tensors that grows as the program runs. What an instruction does, or raises, becomes text.
"""

from transcript import Say

SHAPES = [(), (2,), (3,), (2, 3), (1, 3)]


class Machine:
    def __init__(self, torch):
        self.torch, self.say = torch, Say(torch)
        self.pool = []
        self.count = 0

    def fill(self, shape):
        """A tensor of small distinct values, the same on every module."""
        n = 1
        for k in shape:
            n *= k
        self.count += 1
        values = [((7 * i + 3 * self.count) % 9 - 4) / 4 for i in range(n)]
        return self.torch.tensor(values, dtype=self.torch.float64).reshape(shape).clone()

    def pick(self, k):
        return self.pool[k % len(self.pool)]

    def run(self, program):
        with self.torch.enable_grad():
            return self._run(program)

    def _run(self, program):
        for step, (name, i, j, k) in enumerate(program):
            if not self.pool:
                self.pool.append(self.fill((2, 3)).requires_grad_())
            try:
                out = INSTRUCTIONS[name](self, i, j, k)
            except Exception as e:
                self.say(step, name, "!", e)
                continue
            if isinstance(out, self.torch.Tensor):
                self.pool.append(out)
                self.show(step, name, out)
            else:
                self.say(step, name, "done" if out is None else out)
        for i, t in enumerate(self.pool):
            self.show("end", i, t)
        return self.say.lines

    def show(self, *what):
        try:
            t = what[-1]
            grad = t.grad if t.is_leaf or t.retains_grad else None
            self.say(*what[:-1], t, t._version, t.is_leaf, t.requires_grad, t._is_view(),
                     "grad", grad)  # fmt: skip
        except Exception as e:
            self.say(*what[:-1], "!", e)


def agree(ours, theirs):
    """Whether two transcripts say the same; of two errors at one place, either may come first."""
    if len(ours) != len(theirs):
        return False
    return all(a == b or _either_first(a, b) for a, b in zip(ours, theirs, strict=True))


def _either_first(a, b):
    shape = (
        "must match the size",
        "shape",
        "number of sizes",
        "1-dimensional",
        "expanded size",
        "single memory location",
        "out of range",
        "0-dim",
        "no dimensions",
    )
    if " ! " not in a or " ! " not in b or a.split(" ! ")[0] != b.split(" ! ")[0]:
        return False
    return any("modified inplace" in x and any(s in y for s in shape) for x, y in ((a, b), (b, a)))


def unary(f):
    return lambda m, i, j, k: f(m.pick(i))


def binary(f):
    return lambda m, i, j, k: f(m.pick(i), m.pick(j))


def write(f):
    def run(m, i, j, k):
        a, b = m.pick(i), m.pick(j)
        f(a, b if a is b else b.clone())

    return run


def no_grad(name):
    def run(m, i, j, k):
        with m.torch.no_grad():
            return INSTRUCTIONS[name](m, i, j, k)

    return run


def backward(m, i, j, k):
    m.pick(i).sum().backward(retain_graph=bool(k % 2))


def grad(m, i, j, k):
    (g,) = m.torch.autograd.grad(m.pick(i).sum(), m.pick(j), create_graph=bool(k % 2),
                                 retain_graph=True)  # fmt: skip
    return (g * 1).contiguous()


def second(m, i, j, k):
    x = m.pick(j)
    (g,) = m.torch.autograd.grad((m.pick(i) ** 2).sum(), x, create_graph=True)
    (h,) = m.torch.autograd.grad((g * g).sum(), x, retain_graph=True)
    return (h * 1).contiguous()


def retain(m, i, j, k):
    if not m.pick(i)._is_view():
        m.pick(i).retain_grad()


def hook(m, i, j, k):
    if not m.pick(i)._is_view():
        m.pick(i).register_hook(lambda g: g * 2)


def setitem(m, i, j, k):
    m.pick(i)[0] = m.pick(j)[0] if k % 2 else 5.0


def iadd(m, i, j, k):
    t = m.pick(i)
    t[k % 2] += m.pick(j)


INSTRUCTIONS = {
    "leaf": lambda m, i, j, k: m.fill(SHAPES[i % 5]).requires_grad_(),
    "plain": lambda m, i, j, k: m.fill(SHAPES[i % 5]),
    "sin": unary(lambda a: a.sin()), "tanh": unary(lambda a: a.tanh()),
    "neg": unary(lambda a: -a), "clone": unary(lambda a: a.contiguous().clone()),
    "square": unary(lambda a: a**2),
    "sigmoid": unary(lambda a: a.sigmoid()),
    "sum": unary(lambda a: a.sum()), "sum0": unary(lambda a: a.sum(0)),
    "mean": unary(lambda a: a.mean()), "scale": unary(lambda a: a * 0.5),
    "shift": unary(lambda a: a + 1),
    "add": binary(lambda a, b: a + b), "sub": binary(lambda a, b: a - b),
    "mul": binary(lambda a, b: a * b), "div": binary(lambda a, b: a / (b * b + 1)),
    "view": unary(lambda a: a.view(-1)), "t": unary(lambda a: a.t()),
    "first": unary(lambda a: a[0]),
    "rest": unary(lambda a: a[1:]), "unsqueeze": unary(lambda a: a.unsqueeze(0)),
    "reshape": unary(lambda a: a.t().reshape(-1)), "expand": unary(lambda a: a.expand(2, *a.shape)),
    "unbind": lambda m, i, j, k: m.pick(i).unbind()[k % 2],
    "split": lambda m, i, j, k: m.pick(i).split(1)[k % 2],
    "detach": unary(lambda a: a.detach()), "data": unary(lambda a: a.data),
    "view_as": unary(lambda a: a.view_as(a)), "diag": unary(lambda a: a.diagonal()),
    "add_": write(lambda a, b: a.add_(b)), "mul_": write(lambda a, b: a.mul_(b)),
    "sub_": write(lambda a, b: a.sub_(b)), "copy_": write(lambda a, b: a.copy_(b.clone())),
    "scale_": write(lambda a, b: a.mul_(2)), "shift_": write(lambda a, b: a.add_(1)),
    "neg_": write(lambda a, b: a.neg_()), "sin_": write(lambda a, b: a.sin_()),
    "tanh_": write(lambda a, b: a.tanh_()),
    "zero_": write(lambda a, b: a.zero_()), "fill_": write(lambda a, b: a.fill_(3)),
    "requires_grad_": write(lambda a, b: a.requires_grad_()),
    "requires_grad_off": write(lambda a, b: a.requires_grad_(False)),
    "detach_": write(lambda a, b: a.detach_()), "data_add": write(lambda a, b: a.data.add_(1)),
    "setitem": setitem, "iadd": iadd, "backward": backward, "grad": grad, "second": second,
    "retain": retain, "hook": hook,
}  # fmt: skip
for _name in ("add_", "scale_", "copy_", "view", "first", "mul", "setitem", "split", "zero_"):
    INSTRUCTIONS["no_grad " + _name] = no_grad(_name)
