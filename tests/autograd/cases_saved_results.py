"""The result that a node saved and the tensor that the op returned: one memory, one version."""

from transcript import case


@case
def result_shares_version(torch, say):
    a = torch.tensor([0.5, 1.0], requires_grad=True)
    for first in (False, True):
        b = torch.exp(a)
        if first:
            b._version, b[:1]
        saved = b.grad_fn._saved_result
        say(saved, saved is b, saved._version, b._version)
        with torch.no_grad():
            b += 1
        say(saved, saved._version, b, b._version)
        with torch.no_grad():
            b[:1] = 5
        say(saved, saved._version, b, b._version)
        say.fails(b.sum().backward)
        say.fails(getattr, b.grad_fn, "_saved_result")


@case
def result_written_with_history(torch, say):
    a = torch.tensor([0.5, 1.0], requires_grad=True)
    b = a.sigmoid()
    node = b.grad_fn
    saved = node._saved_result
    b.mul_(2)
    say(b, b._version, saved, saved._version)
    say.fails(getattr, node, "_saved_result")
    say.fails(b.sum().backward)


@case
def result_read_and_left(torch, say):
    a = torch.tensor([0.5, 1.0], requires_grad=True)
    b = a.tanh()
    saved = b.grad_fn._saved_result
    c = saved * 2
    (b.sum() + c.sum()).backward()
    say(a.grad, saved)
    b = a.tanh()
    b.grad_fn._saved_result
    v = b.view(2)
    v.detach()
    b.sum().backward()
    say(a.grad)
