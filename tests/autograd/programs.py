"""Small random programs of ops, views, writes, modes and backwards, run on any torch-like module.

A program is a list of (instruction, three small numbers); the numbers choose operands from a pool
of tensors that grows as the program runs. What an instruction does, or raises, becomes text.
An instruction may stand behind the name of a block, as in `no_grad mul`: it runs inside it. `open`
and `close` begin and end blocks that span several instructions.
"""

import contextlib
import re

from instructions import BLOCKS, INSTRUCTIONS
from transcript import Say


class Machine:
    def __init__(self, torch, by_rows=False):
        self.torch, self.say, self.by_rows = torch, Say(torch), by_rows
        self.pool = []
        self.handles, self.unversioned, self.unplaced = [], [], []
        self.turned, self.detached = [], []
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

    def operand(self, k):
        """A tensor to compute with: row by row in memory where results are always laid so."""
        t = self.pick(k)
        steps = [s for s, n in zip(t.stride(), t.shape, strict=True) if n != 1]
        turned = self.by_rows and steps != sorted(steps, reverse=True)
        return t.contiguous() if turned else t

    def run(self, program):
        self.open = contextlib.ExitStack()
        with self.torch.inference_mode(False), self.torch.enable_grad(), self.open:
            return self._run(program)

    def _run(self, program):
        for step, (name, i, j, k) in enumerate(program):
            if not self.pool:
                self.pool.append(self.fill((2, 3)).requires_grad_())
            self.step = step
            block, _, plain = name.rpartition(" ")
            block = "" if plain in ("open", "close") else block
            try:
                with BLOCKS[block](self) if block else contextlib.nullcontext():
                    out = INSTRUCTIONS[plain](self, i, j, k)
            except Exception as e:
                text = f"{type(e).__name__}: {e}"
                if self.unversioned:
                    text = re.sub(r"version \d+", "version", text)
                self.say(step, name, "!", text)
                continue
            made = out if isinstance(out, (tuple, list)) else (out,)
            if not made or not isinstance(made[0], self.torch.Tensor):
                self.say(step, name, "done" if out is None else out)
                continue
            for t in made:
                self.pool.append(t)
                self.show(step, name, t)
        self.open.close()
        for i, t in enumerate(self.pool):
            self.show("end", i, t)
        return self.say.lines

    def show(self, *what):
        try:
            t = what[-1]
            grad = t.grad if t.is_leaf or t.retains_grad else None
            # of results of inference tensors torch sees its own inner writes and views, sometimes
            inference = any(x.is_inference() for x in self.pool)
            unsure = inference or any(
                not t.numel() or g.untyped_storage().data_ptr() == t.untyped_storage().data_ptr()
                for g in self.unversioned
            )
            self.say(
                *what[:-1], t, "-" if unsure else t._version, t.is_leaf, t.requires_grad,
                *(() if inference else (t._is_view(), self.place(t._base))), t.output_nr,
                self.history(t.grad_fn), "grad", grad,
            )  # fmt: skip
        except Exception as e:
            self.say(*what[:-1], "!", e)

    def place(self, base):
        """Where in the pool a tensor first stands."""
        if self.unplaced:
            return "-"
        found = (i for i, t in enumerate(self.pool) if t is base)
        return None if base is None else next(found, "?")

    def history(self, node, depth=3):
        """The names of the nodes behind a node."""
        if node is None or not depth or node.name() == "OpaqueBackward":
            return "" if node is None else ".."
        rest = [self.history(n, depth - 1) + f"/{k}" for n, k in node.next_functions]
        return f"{node.name()}({' '.join(rest)})"


def agree(ours, theirs):
    """Whether two transcripts say the same; of two errors at one place, either may come first."""
    if any("INTERNAL ASSERT" in line for line in theirs):
        return True
    if len(ours) != len(theirs):
        return False
    ours, theirs = ([_direct(line) for line in lines] for lines in (ours, theirs))
    return all(a == b or _either_first(a, b) for a, b in zip(ours, theirs, strict=True))


def _direct(line):
    """A refusal whether it came before or after the history was brought up to date."""
    line = re.sub(r"which is output \d+ of \w+,", "which is output,", line)
    line = re.sub(r"dimension 0 with size \d", "dimension 0", line)  # torch reads one of a 0-d one
    return line.replace("its base or another view of its base has been", "is being")


def _either_first(a, b):
    shape = (
        "must match the size",
        "shape",
        "number of sizes",
        "zero-dimensional",
        "maximum size",
        "non-zero size",
        "<= 2 dimensions",
        "1-dimensional",
        "same number of dimensions",
        "expanded size",
        "single memory location",
        "out of range",
        "0-dim",
        "equal size",
        "Sizes of tensors must match",
        "out of bounds",
        "same scalar type",
        "size mismatch",
        "cannot be multiplied",
        "no dimensions",
    )
    if " ! " not in a or " ! " not in b or a.split(" ! ")[0] != b.split(" ! ")[0]:
        return False
    view = "modified inplace", "single memory location", "Inference tensors cannot be saved"
    return any(
        any(v in x for v in view) and any(s in y for s in shape) for x, y in ((a, b), (b, a))
    )
