"""torch.einsum: pairs of operands, left to right, each pair one batched matrix product."""

from __future__ import annotations

from math import prod

from .. import registry
from ..samples import S, T
from ..tensor import Tensor, fresh
from .linalg import bmm_prim
from .reduce import sum as torch_sum
from .view import expand, permute, reshape
from .view_strided import diagonal

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def _parse(equation, operands):
    """Labels per operand and of the result; ellipses become labels of their own, ints below 0."""
    left, arrow, right = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) > len(operands):
        raise RuntimeError("einsum(): fewer operands were provided than specified in the equation")
    if len(terms) < len(operands):
        raise RuntimeError("einsum(): more operands were provided than specified in the equation")
    wide = 0
    for i, (term, x) in enumerate(zip(terms, operands, strict=True)):
        bare = term.replace("...", "")
        for c in bare:
            if c not in _LETTERS:
                raise RuntimeError(
                    f"einsum(): invalid subscript given at index {equation.find(c)} in the "
                    "equation string, subscripts must be in [a-zA-Z]"
                )
        n = x.dim()
        if "..." not in term and len(bare) != n:
            raise RuntimeError(
                f"einsum(): the number of subscripts in the equation ({len(bare)}) does not match "
                f"the number of dimensions ({n}) for operand {i} and no ellipsis was given"
            )
        if "..." in term:
            if len(bare) > n:
                raise RuntimeError(
                    f"einsum(): the number of subscripts in the equation ({len(bare)}) is more "
                    f"than the number of dimensions ({n}) for operand {i}"
                )
            wide = max(wide, n - len(bare))
    labels = [_labels(term, x.dim()) for term, x in zip(terms, operands, strict=True)]
    if arrow:
        out = [*_labels(right, len(right.replace("...", "")) + wide)]
        for c in out:
            if out.count(c) > 1:
                raise RuntimeError(
                    f"einsum(): output subscript {c} appears more than once in the output"
                )
            if all(c not in term for term in labels):
                raise RuntimeError(
                    f"einsum(): output subscript {c} does not appear in the equation for any input "
                    "operand"
                )
    else:
        every = [c for term in labels for c in term if isinstance(c, str)]
        out = list(range(-wide, 0)) + sorted(c for c in set(every) if every.count(c) == 1)
    return labels, out


def _labels(term, n):
    head, dots, tail = term.partition("...")
    middle = list(range(len(head) + len(tail) - n, 0)) if dots else []
    return [*head, *middle, *tail]


def _take_diagonals(x, labels, number):
    """An operand with each label once: repeated ones become their diagonal."""
    labels = list(labels)
    for c in dict.fromkeys(labels):
        while labels.count(c) > 1:
            i = labels.index(c)
            j = labels.index(c, i + 1)
            m, n = x.shape[i], x.shape[j]
            if m != n:
                raise RuntimeError(
                    f"einsum(): subscript {c} is repeated for operand {number} but the sizes don't "
                    f"match, {n} != {m}"
                )
            x = diagonal(x, 0, i, j)
            labels.pop(j)
            labels.pop(i)
            labels.append(c)
    return x, labels


def _arranged(x, labels, want, sizes):
    """An operand with exactly the wanted labels in order, missing ones of size 1 expanded."""
    present = [c for c in want if c in labels]
    x = permute(x, [labels.index(c) for c in present])
    shape = tuple(fresh(x)._raw.shape)
    full, i = [], 0
    for c in want:
        full.append(shape[i] if c in labels else 1)
        i += c in labels
    x = x if len(full) == len(shape) else reshape(x, tuple(full))
    target = tuple(sizes[c] for c in want)
    return x if tuple(full) == target else expand(x, *target)


def _pair(x, a, y, b, keep, sizes):
    """Two operands contracted over the labels that nothing later needs."""
    both = [c for c in a if c in b]
    batch = [c for c in both if c in keep]
    inner = [c for c in both if c not in keep]
    left, right = [c for c in a if c not in b], [c for c in b if c not in a]
    shape = [prod(sizes[c] for c in part) for part in (batch, left, inner, right)]
    nb, nl, ni, nr = shape
    if not inner:
        from .elementwise import mul

        whole = batch + left + right
        shown = {c: 1 for c in whole}
        x = _arranged(x, a, whole, {**shown, **{c: sizes[c] for c in a}})
        return mul(x, _arranged(y, b, whole, {**shown, **{c: sizes[c] for c in b}})), whole
    x = reshape(_arranged(x, a, batch + left + inner, sizes), (nb, nl, ni))
    y = reshape(_arranged(y, b, batch + inner + right, sizes), (nb, ni, nr))
    labels = batch + left + right
    return reshape(bmm_prim(x, y), tuple(sizes[c] for c in labels)), labels


def _reduced(x, labels, keep):
    axes = [i for i, c in enumerate(labels) if c not in keep]
    if not axes:
        return x, labels
    return torch_sum(x, axes), [c for c in labels if c in keep]


@registry.public("einsum", method=False, samples=lambda: [
    S("ij,jk->ik", T((2, 3)), T((3, 4))), S("ii->i", T((3, 3))), S("ij->ji", T((2, 3))),
    S("bij,bjk->bik", T((2, 2, 3)), T((2, 3, 2))), S("i,j->ij", T((3,)), T((2,))),
    S("...ij,...jk->...ik", T((2, 2, 3)), T((3, 2))), S("ij,ij->", T((2, 3)), T((2, 3))),
    S("bhqd,bhkd->bhqk", T((1, 2, 3, 2)), T((1, 2, 4, 2))), S("ij,j", T((2, 3)), T((3,))),
    S("ij,jk,kl->il", T((2, 3)), T((3, 2)), T((2, 2))), S("ii", T((3, 3)))])  # fmt: skip
def einsum(*args):
    """Sums of products named by their subscripts (torch.einsum)."""
    if not args:
        raise ValueError("einsum(): must specify the equation string and at least one operand")
    equation, operands = args[0], args[1:]
    if isinstance(equation, Tensor):
        equation, operands = _from_lists(args)
    if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
        operands = operands[0]
    if not operands:
        raise RuntimeError("einsum(): must provide at least one operand")
    labels, out = _parse(equation, operands)
    sizes, parts = {}, []
    for i, (x, term) in enumerate(zip(operands, labels, strict=True)):
        x, term = _take_diagonals(x, term, i)
        for c, n in zip(term, x.shape, strict=True):
            have = sizes.get(c, 1)
            if n != 1 and have != 1 and n != have:
                raise RuntimeError(
                    f"einsum(): subscript {c} has size {n} for operand {i} which does not "
                    f"broadcast with previously seen size {have}"
                )
            sizes[c] = max(have, n) if n else n
        parts.append((x, term))
    x, term = parts[0]
    if len(parts) == 1:
        rest = [c for c in term if c not in out]
        x = permute(x, [term.index(c) for c in [*out, *rest]])
        return torch_sum(x, list(range(len(out), len(term)))) if rest else x
    for i, (y, also) in enumerate(parts[1:], 1):
        later = {c for _, t in parts[i + 1 :] for c in t} | set(out)
        x, term = _reduced(x, term, later | set(also))
        y, also = _reduced(y, also, later | set(term))
        x, term = _pair(x, term, y, also, later, sizes)
    x, term = _reduced(x, term, set(out))
    return permute(x, [term.index(c) for c in out]) if term != out else x


def _from_lists(args):
    """The equation of torch's other form: operand, list of numbers, operand, ... [, output]."""

    def text(numbers):
        return "".join("..." if n is Ellipsis else _LETTERS[n] for n in numbers)

    operands, terms = list(args[: len(args) // 2 * 2 : 2]), list(args[1::2])
    equation = ",".join(text(t) for t in terms)
    if len(args) % 2:
        equation += "->" + text(args[-1])
    return equation, operands
