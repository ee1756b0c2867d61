"""Selective checkpoints: of some operations the results are kept, not computed again.

What is seen are the kernels that a part runs, named as torch names the operation that they serve;
a composition counts as one. In the first run a policy is asked about each, and what it wants saved
is kept as an array, under the operation's name and how many of that name ran before. In the second
run the array is given in place of running the kernel, below the graph, which is recorded anew.

Kernels by which the front end also keeps its books, such as copies, are run in both runs: there may
be more of them in the second, whose graph is recorded under hooks.

A kept array that may be written is known by a digest: in torch, a version would tell.
"""

from __future__ import annotations

from collections import defaultdict

from .._ops import OpOverload, OpOverloadPacket, aten, op_of, prim
from ..tensor import Tensor
from ..watching import Watching
from ._python_dispatch import shown

IGNORED = {aten.detach.default, prim.device.default}
_OWN = frozenset("copy own_grad astype cast_grad full zeros ones from_host".split())
_RECOMPUTE, _CONSUMED = object(), object()
_MISMATCH = (
    "This can happen if the operations in the checkpointed region are nondeterministic or depend "
    "on global state that changed between forward and backward."
)


class SelectiveCheckpointContext:
    """What a policy is told: op_output, the result of the operation; is_recompute, always False."""

    def __init__(self, *, is_recompute, op_output=None):
        self.is_recompute, self.op_output = is_recompute, op_output


class _Selective(Watching):
    """A context that sees every operation of this thread while it is entered."""

    def __init__(self, storage):
        super().__init__(self._see)
        self.storage, self.depth = storage, 0

    def __enter__(self):
        self.counts = defaultdict(int)
        return super().__enter__()

    def _see(self, kernel, args, call, P):
        op = None if self.depth or kernel in _OWN else op_of(kernel, args)
        self.depth += 1
        try:
            if op is None or op in IGNORED:
                return call()
            out = self.run(op, self.counts[op], args, call, P)
            self.counts[op] += 1  # not if it failed: the op is then run again for its error
            return out
        finally:
            self.depth -= 1


class _Saving(_Selective):
    """Around the first run."""

    def __init__(self, policy, storage):
        super().__init__(storage)
        self.policy = policy

    def run(self, op, k, args, call, P):
        from .checkpoint import CheckpointPolicy

        out = call()
        self.storage[op][k] = _RECOMPUTE
        if out is None or any(out is x for x in args):
            return out  # it wrote into what it was given
        context = SelectiveCheckpointContext(is_recompute=False, op_output=shown(P, out))
        policy = self.policy(context, op, *[shown(P, x) for x in args])
        if policy is True or policy in (CheckpointPolicy.MUST_SAVE, CheckpointPolicy.PREFER_SAVE):
            self.storage[op][k] = out, _digest(P, out)
        return out


class _Reusing(_Selective):
    """Around the second run."""

    def __init__(self, storage, mutable):
        super().__init__(storage)
        self.mutable, self.last = mutable, None

    def __exit__(self, kind=None, error=None, trace=None):
        """Where the run ends because an operation saved enough, torch stops before it computes."""
        saved = getattr(error, "args", ())
        if self.last is not None and saved and isinstance(saved[0], Tensor):
            out = self.storage[self.last[0]][self.last[1]][0]
            if all(saved[0]._raw is not x for x in (out if isinstance(out, tuple) else (out,))):
                self.last = None
        self._spend()
        super().__exit__()

    def _spend(self):
        if self.last is not None:
            self.storage[self.last[0]][self.last[1]] = _CONSUMED
            self.last = None

    def run(self, op, k, args, call, P):
        self._spend()
        if op not in self.storage:
            raise RuntimeError(
                f"{op} encountered during backward but not found in storage. {_MISMATCH}"
            )
        found = self.storage[op].get(k)
        if found is None:
            raise RuntimeError(
                f"{op} invocation index {k} encountered during backward but not found in storage. "
                f"{_MISMATCH}"
            )
        if found is _CONSUMED:
            raise RuntimeError(
                "Trying to backward an extra time. You are only allowed to backward once on any "
                "region computed under selective activation checkpoint."
            )
        if found is _RECOMPUTE:
            return call()
        out, digest = found
        if not self.mutable and _digest(P, out) != digest:
            raise RuntimeError(
                "Tensor cached during selective activation checkpoint has been mutated"
            )
        self.last = op, k
        return out


def _digest(P, out):
    if not P.mutable:
        return None
    return [hash(P.to_host(x).tobytes()) for x in (out if isinstance(out, tuple) else (out,))]


def create_selective_checkpoint_contexts(policy_fn_or_list, allow_cache_entry_mutation=False):
    """Two contexts for ``context_fn`` that keep results of some operations.

    policy_fn_or_list: ``policy(context, op, *args)`` gives a CheckpointPolicy, or a bool; or a list
    of operations such as ``torch.ops.aten.mm.default`` to keep. ValueError for other things in the
    list, TypeError for other arguments; in backward RuntimeError if the second run does something
    else, if what was kept has been written since and allow_cache_entry_mutation is off, or if the
    part runs backward again.
    """
    policy = policy_fn_or_list
    if isinstance(policy, list):
        for op in policy:
            if not isinstance(op, OpOverload):
                raise ValueError(
                    f"Expected op in `op_list` to be an OpOverload but got: {op} of type "
                    f"{type(op)}. {_PACKET if isinstance(op, OpOverloadPacket) else ''}"
                )
        kept = list(policy)

        def policy(context, op, *args):
            return op in kept
    elif not callable(policy):
        raise TypeError("policy_fn_or_list must be either a function or a list of ops.")
    storage: dict = defaultdict(dict)
    return _Saving(policy, storage), _Reusing(storage, allow_cache_entry_mutation)


_PACKET = (
    "Please update the OpOverloadPacket to a specific OpOverload.For example, if you have "
    "`torch.ops.aten.mm`, change it to `torch.ops.aten.mm.default`."
)
