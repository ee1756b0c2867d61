"""What a tensor's attributes answer when they are assigned, deleted or copied."""

import copy
import pickle
import warnings
from collections import OrderedDict

from transcript import case


def leaf(torch, *v):
    return torch.tensor(v, requires_grad=True)


def attempt(say, what, fn):
    try:
        say(what, fn())
    except Exception as e:
        say(what, type(e).__name__, e)


@case
def attributes_deleted(torch, say):
    x = leaf(torch, 1.0, 2.0)
    names = ("data requires_grad _grad_fn _backward_hooks _post_accumulate_grad_hooks grad_fn shape"
             " T _version").split()  # fmt: skip
    for name in names:
        attempt(say, name, lambda: delattr(x, name))  # noqa: B023
    x.grad = torch.ones(2)
    del x.grad
    say(x.grad)


@case
def attributes_assigned(torch, say):
    x = leaf(torch, 1.0, 2.0)
    names = ("grad_fn is_leaf shape dtype device ndim output_nr retains_grad _base _version layout"
             " T mT itemsize name").split()  # fmt: skip
    for name in names:
        attempt(say, name, lambda: setattr(x, name, 3))  # noqa: B023
    attempt(say, "_grad_fn", lambda: setattr(x * 2, "_grad_fn", 3))
    y = x * 2
    y._grad_fn = None
    say(y.requires_grad, y.is_leaf, y._grad_fn, x.name, type(x._cdata) is int)


@case
def attributes_volatile(torch, say):
    x = leaf(torch, 1.0)
    with warnings.catch_warnings(record=True) as ws:
        warnings.simplefilter("always")
        say(x.volatile)
        x.volatile = True
    say([(w.category, str(w.message)) for w in ws])


@case
def hooks_as_a_dict(torch, say):
    x = leaf(torch, 1.0, 2.0)
    order = []
    x._backward_hooks = OrderedDict()
    x._backward_hooks["k"] = lambda g: order.append("leaf")
    x._post_accumulate_grad_hooks = {0: lambda p: order.append(p.grad.tolist())}
    y = x * 2
    y._backward_hooks = OrderedDict(k=lambda g: order.append("result"))
    y.sum().backward()
    say(order, list(y._backward_hooks))
    x._backward_hooks = None
    (x * 2).sum().backward()
    say(order, x._backward_hooks)
    plain = torch.ones(2)
    plain._backward_hooks = OrderedDict(k=lambda: order.append("plain"))
    (plain * x).sum().backward()
    say(order)


@case
def copies_leave_hooks_behind(torch, say):
    for t in (leaf(torch, 1.0, 2.0), torch.nn.Parameter(torch.ones(2))):
        t.register_hook(lambda g: g * 2)
        t.register_post_accumulate_grad_hook(lambda p: None)
        t.mark = 3
        t.grad = torch.ones(2)
        u = copy.deepcopy(t)
        say(u._backward_hooks, u._post_accumulate_grad_hooks, hasattr(u, "mark"), u.grad)
        u.sum().backward()
        say(u.grad, t.grad)
    x = leaf(torch, 1.0)
    x.grad_dtype = torch.float64
    for u in (copy.deepcopy(x), copy.copy(x), pickle.loads(pickle.dumps(x))):
        say(u.grad_dtype)


@case
def post_accumulate_hooks_return_nothing(torch, say):
    for answer in (3, torch.ones(2), "a", ()):
        x = leaf(torch, 1.0, 2.0)
        x.register_post_accumulate_grad_hook(lambda p: answer)  # noqa: B023
        attempt(say, "answer", lambda: (x * 2).sum().backward())  # noqa: B023
        say(x.grad)


@case
def numpy_of_a_leaf_without_grad_mode(torch, say):
    x = leaf(torch, 1.0, 2.0)
    attempt(say, "grad", lambda: x.numpy())
    with torch.no_grad():
        say(x.numpy().tolist(), x.__array__().tolist())
