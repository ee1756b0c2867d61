"""``torch.func.rearrange``: dimensions by name, taken apart, reordered and put together.

A pattern is read into groups of names; the tensor is reshaped to one dimension a name, permuted,
and reshaped to the groups of the other side.
"""

from __future__ import annotations

from functools import cache
from math import prod

from ..registry import functions
from ..tensor import Tensor

DOTS = "…"


def rearrange(tensor, pattern, **axes_lengths):
    """A tensor (or tensors, stacked first) with its dimensions as a pattern says.

    ``rearrange(x, "b (h w) c -> b c h w", h=2)``; lengths are inferred where one is missing in a
    group. ValueError, in torch's words, for patterns that say nothing.
    """
    if not isinstance(tensor, Tensor):
        tensor = functions["stack"](tensor)
    left, right = _parsed(pattern)
    names = [n for group in left for n in group]
    unknown = set(axes_lengths) - set(names)
    if unknown:
        raise ValueError(f"Identifiers not found in rearrange expression: {unknown}")
    shape = tuple(tensor.shape)
    spread = len(shape) - sum(group != DOTS for group in left)
    dotted = any(DOTS in group for group in left)
    if spread < 0 or spread and not dotted:
        raise ValueError(
            f"Number of dimensions in pattern ({len(left)}) must be equal to the number of "
            f"dimensions in the tensor ({len(shape)})"
        )
    sizes, at = {}, 0
    for group in left:
        if group == DOTS:
            sizes[DOTS] = shape[at : at + spread]
            at += spread
            continue
        if len(group) == 1 and group[0] not in axes_lengths:
            sizes[group[0]] = shape[at]
        elif group:
            _infer(group, shape[at], axes_lengths, sizes)
        at += 1
    order, start = {}, 0
    for n in names:
        width = spread if n == DOTS else 1
        order[n] = range(start, start + width)
        start += width
    full = [k for n in names for k in (sizes[n] if n == DOTS else (sizes[n],))]
    axes = [d for group in right for n in group for d in order[n]]
    out = tensor.reshape(full).permute(axes)
    final = []
    for group in right:
        if group == DOTS:
            final += sizes[DOTS]
        else:
            final.append(prod(prod(sizes[n]) if n == DOTS else sizes[n] for n in group))
    return out.reshape(final)


def _infer(group, total, given, sizes):
    """The sizes of the names of one dimension, at most one of them inferred."""
    known = prod(given[n] for n in group if n in given)
    missing = [n for n in group if n not in given]
    if len(missing) > 1:
        raise ValueError(
            "cannot infer the sizes of two dimensions at once " + " and ".join(missing[:2])
        )
    if missing and (not known or total % known):
        shown = tuple(given.get(n, "?") for n in group)
        raise ValueError(
            f"inferred dimension does not evenly fit into larger dimension: {total} vs {shown}"
        )
    if not missing and known != total:
        raise ValueError(
            f"Dimension sizes to do not match ({total} != {known}) when matching dimension pack "
            f"({', '.join(group)})"
        )
    for n in group:
        sizes[n] = given[n] if n in given else total // known


@cache
def _parsed(pattern):
    """Both sides of a pattern, each a tuple of groups of names."""
    sides = pattern.split("->")
    if len(sides) != 2:
        raise ValueError("Pattern must contain a single '->' separator")
    left, right = (_side(text) for text in sides)
    one, two = ({n for group in side for n in group} for side in (left, right))
    if DOTS in two - one:
        raise ValueError(f"Ellipsis found in right side, but not left side of a pattern {pattern}")
    if one != two:
        raise ValueError(
            f"Identifiers only on one side of rearrange expression (should be on both): {one ^ two}"
        )
    return left, right


def _side(text):
    if text.count("...") > 1 or "." in text.replace("...", ""):
        raise ValueError(
            "Expression may contain dots only inside ellipsis (...); only one ellipsis for tensor "
        )
    groups: list = []
    inside = None
    seen = set()
    spaced = text.replace("...", DOTS).replace("(", " ( ").replace(")", " ) ")
    for word in spaced.split():
        if word == "(":
            if inside is not None:
                raise ValueError(
                    "Axis composition is one-level (brackets inside brackets not allowed)"
                )
            inside = []
        elif word == ")":
            if inside is None:
                raise ValueError("Brackets are not balanced")
            groups.append(tuple(inside))
            inside = None
        elif word == "1":
            if inside is None:
                groups.append(())
        else:
            _check_name(word, seen)
            if inside is None:
                groups.append(word if word == DOTS else (word,))
            else:
                inside.append(word)
    if inside is not None:
        raise ValueError(f"Imbalanced parentheses in expression: '{text}'")
    return tuple(groups)


def _check_name(word, seen):
    if word == DOTS:
        return
    for letter in word:
        if not (letter.isalnum() or letter == "_"):
            raise ValueError(f"Unknown character '{letter}'")
    if word.isdecimal():
        raise ValueError("rearrange only supports unnamed axes of size 1")
    if not word.isidentifier() or word[0] == "_" or word[-1] == "_":
        raise ValueError(
            f"Invalid axis identifier: {word}\naxis name should should not start or end with "
            "underscore"
        )
    if word in seen:
        raise ValueError(f"Indexing expression contains duplicate dimension '{word}'")
    seen.add(word)
