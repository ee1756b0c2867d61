"""Distinct values: which of the results have a history, and torch's private forms of them."""

from transcript import case


@case
def distinct_results_and_histories(torch, say):
    x = torch.tensor([3.0, 1.0, 3.0, 2.0], requires_grad=True)
    for inverse in (False, True):
        for counts in (False, True):
            k = {"return_inverse": inverse, "return_counts": counts}
            for dim in (None, 0):
                say(torch.unique(x, dim=dim, **k))
                say(torch.unique_consecutive(x, dim=dim, **k))
            say(torch._unique(x, return_inverse=inverse))
            say(torch._unique2(x, **k))
            say(torch._VF.unique_dim(x, 0, **k))
            say(torch._VF.unique_consecutive(x, **k))
            say(torch._VF.unique_consecutive(x, dim=0, **k))
    for values in (torch._unique(x)[0], torch._unique2(x)[0], torch._VF.unique_dim(x, 0)[0]):
        say.fails(values.sum().backward)
    say(torch._VF.sin is torch.sin)


@case
def whole_results_have_no_history(torch, say):
    x = torch.tensor([3.0, 1.0, 2.0], requires_grad=True)
    bins = torch.linspace(0, 4, 5).requires_grad_()
    v = torch.tensor(1.5, requires_grad=True)
    say(x.argmax(), x.argmin(), x.argsort(), x.count_nonzero())
    say(torch.searchsorted(bins, v), torch.bucketize(x, bins), torch.nonzero(x))
