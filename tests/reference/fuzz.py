"""Random programs beside the torch that is installed, as many as one has time for.

    python tests/reference/fuzz.py --programs 100000 --seed 1 [--backend frozen] [--inference]

Programs are drawn, and those that differ shrunk, by hypothesis; a chunk of them runs in a process
of its own, because some programs crash torch. A shrunk program that shows a mistake of ours belongs
into `tests/autograd/found.json`; `tests/autograd/record.py` then notes what torch said.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
import warnings
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "autograd"))
CHUNK = 2500


def strategy(inference=False):
    from hypothesis import strategies as st
    from instructions import BLOCKS, INSTRUCTIONS

    plain = sorted(INSTRUCTIONS)
    blocks = sorted(b for b in BLOCKS if inference or b != "inference")
    inside = [f"{b} {n}" for b in blocks for n in plain if n not in ("open", "close")]
    names = st.one_of(st.sampled_from(plain), st.sampled_from(plain), st.sampled_from(inside))
    small = st.integers(0, 5)
    return st.lists(st.tuples(names, small, small, small), min_size=1, max_size=16)


def differ(program, backend="numpy"):
    """The two transcripts if they do not agree, else None."""
    import torch
    from programs import Machine, agree

    import tinytorch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        by_rows = backend != "numpy"  # without strides all results lie row by row
        theirs = Machine(torch, by_rows).run(program)
        tinytorch.set_backend(backend)
        try:
            ours = Machine(tinytorch, by_rows).run(program)
        finally:
            tinytorch.set_backend("numpy")
    return None if agree(ours, theirs) else (ours, theirs)


def plain_chunk(seed, count, backend, inference):
    """As `chunk`, from a plain random stream: faster, and goes on behind a program that differs."""
    import random

    import torch
    from instructions import INSTRUCTIONS

    torch.set_num_threads(1)
    names = sorted(INSTRUCTIONS)
    blocks = ["", "", "", "", "no_grad ", "packed ", "enable_grad ", *["inference "] * inference]
    found = []
    for k in range(count):
        draw = random.Random(f"{seed} {k}")
        program = [
            (draw.choice(blocks) + draw.choice(names), *(draw.randrange(6) for _ in range(3)))
            for _ in range(draw.randint(1, 16))
        ]
        if differ(program, backend) is not None:
            found.append(shorter(program, backend) if len(found) < 3 else program)
    return count, found


def shorter(program, backend):
    """The program without the instructions that the difference does not need."""
    k = 0
    while k < len(program):
        less = program[:k] + program[k + 1 :]
        if less and differ(less, backend) is not None:
            program, k = less, 0
        else:
            k += 1
    return program


def chunk(seed, count, backend, inference):
    """Run a chunk; returns how many programs ran, and the shrunk program that differed, if any."""
    import torch
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import seed as seeded

    torch.set_num_threads(1)
    ran, last = 0, None

    @seeded(seed)
    @settings(max_examples=count, deadline=None, database=None, print_blob=False,
              suppress_health_check=list(HealthCheck), report_multiple_bugs=False,
              phases=[Phase.generate, Phase.shrink])  # fmt: skip
    @given(strategy(inference))
    def check(program):
        nonlocal ran, last
        ran += 1
        if differ(program, backend) is not None:
            last = program
            raise AssertionError

    try:
        check()
    except AssertionError:
        return ran, [last]
    return ran, []


def first(ours, theirs):
    """The first lines that differ."""
    pairs = ((a, b) for a, b in zip(ours, theirs, strict=False) if a != b)
    return next(pairs, (len(ours), len(theirs)))


def main():
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("--programs", type=int, default=10_000)
    args.add_argument("--seed", type=int, default=0)
    args.add_argument("--backend", default="numpy")
    args.add_argument("--inference", action="store_true", help="with inference mode")
    args.add_argument("--plain", action="store_true", help="faster, shrunk simply")
    args.add_argument("--chunk", type=int, help=argparse.SUPPRESS)
    args = args.parse_args()
    if args.chunk is not None:
        run = plain_chunk if args.plain else chunk
        ran, found = run(args.seed, args.chunk, args.backend, args.inference)
        print(json.dumps([ran, [(p, first(*differ(p, args.backend))) for p in found]]))
        return 0
    start, ran, crashed, found = time.monotonic(), 0, 0, []
    for seed in range(args.seed * 100_000, args.seed * 100_000 + -(-args.programs // CHUNK)):
        command = [sys.executable, __file__, "--seed", str(seed), "--backend", args.backend]
        command += ["--chunk", str(min(CHUNK, args.programs - ran))]
        command += ["--inference"] if args.inference else []
        command += ["--plain"] if args.plain else []
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            crashed += 1
            print(f"seed {seed}: the process ended with {done.returncode}", done.stderr[-800:])
            continue
        if not done.stdout:
            continue
        n, differing = json.loads(done.stdout.splitlines()[-1])
        ran += n
        for program, lines in differing:
            found.append(program)
            print(f"seed {seed}:", json.dumps(program), *lines, sep="\n    ", flush=True)
    spent = time.monotonic() - start
    print(f"{ran} programs, {len(found)} differ, {crashed} crashes, {spent:.0f} s")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
