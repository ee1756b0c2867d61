"""Index tensors are saved: hooks on saved tensors see them, and a write to one is found out."""

from transcript import case

READS = {
    "rows": lambda torch, x, i: x[i],
    "two": lambda torch, x, i: x[i, i],
    "behind a slice": lambda torch, x, i: x[:, i],
    "of a view": lambda torch, x, i: x.t()[i],
    "mask": lambda torch, x, i: x[torch.stack([i > 0] * 3, 1)],
    "list": lambda torch, x, i: x[[0, 1]],
    "take": lambda torch, x, i: x.take(i),
    "put": lambda torch, x, i: x.put(i, x[0, :2]),
    "index_put": lambda torch, x, i: x.index_put((i,), x),
    "added": lambda torch, x, i: x.index_put((i,), x, accumulate=True),
    "negative": lambda torch, x, i: x[i - 2],
}


def start(torch):
    x = torch.arange(6, dtype=torch.float64).reshape(2, 3) / 4
    return x.requires_grad_(), torch.tensor([0, 1])


def kinds(seen):
    return sorted((str(t.dtype), list(t.shape)) for t in seen)


@case
def indices_are_seen_by_hooks_on_saved_tensors(torch, say):
    for name, read in READS.items():
        x, i = start(torch)
        packed, unpacked = [], []
        hooks = torch.autograd.graph.saved_tensors_hooks(
            lambda t, packed=packed: packed.append(t) or t,
            lambda t, unpacked=unpacked: unpacked.append(t) or t,
        )
        with hooks:
            y = read(torch, x, i)
        y.sum().backward()
        same = [str(d).replace(torch.__name__, "torch") for d, _ in kinds(packed)]
        say(name, same, [s for _, s in kinds(packed)], len(unpacked) == len(packed))
        say(x.grad)


@case
def an_index_written_before_backward_is_refused(torch, say):
    for name, read in READS.items():
        if name in ("mask", "list", "negative"):
            continue  # these read a tensor of their own
        x, i = start(torch)
        y = read(torch, x, i)
        i.zero_()
        say.fails(y.sum().backward)
        z = read(torch, x, i)
        z.sum().backward()
        say(name, x.grad)


@case
def a_mask_written_before_backward_is_refused(torch, say):
    x, _ = start(torch)
    mask = x.detach() > 0.6
    y = x[mask]
    mask.zero_()
    say.fails(y.sum().backward)
    first = mask[0]
    z = x[:, first]
    mask.fill_(True)
    say.fails(z.sum().backward)


@case
def a_write_at_indices_saves_them(torch, say):
    seen = []
    x, i = start(torch)
    y = x * 2
    with torch.autograd.graph.saved_tensors_hooks(lambda t: seen.append(t) or t, lambda t: t):
        y[i] = x[0]
    say([(t.dtype == torch.int64, list(t.shape)) for t in seen])
    i.add_(0)
    say.fails(y.sum().backward)
    y = x * 2
    y[:, i] = x[:, i]
    i.add_(0)
    say.fails(y.sum().backward)


@case
def what_a_second_backward_says_where_indices_are_saved(torch, say):
    for name in ("rows", "take", "put", "index_put"):
        x, i = start(torch)
        y = READS[name](torch, x, i)
        y.sum().backward(retain_graph=True)
        y.sum().backward()
        say.fails(y.sum().backward)


@case
def nodes_show_the_index(torch, say):
    x, i = start(torch)
    for name in ("take", "put"):
        node = READS[name](torch, x, i).grad_fn
        say(name, node._saved_index, node._saved_index.data_ptr() == i.data_ptr())
    say(x.take(i).grad_fn._saved_self.shape, x.put(i, x[0, :2]).grad_fn._saved_source.shape)
    node = x.gather(1, i.reshape(2, 1)).grad_fn
    say(node._saved_self.shape, node._saved_index)
    i.add_(0)
    say.fails(lambda: node._saved_index)


@case
def an_index_of_inference_mode_is_not_saved(torch, say):
    x, _ = start(torch)
    with torch.inference_mode():
        i = torch.tensor([0, 1])
    say.fails(lambda: x[i])
    say(x.detach()[i])
