"""How fast tinytorch is beside torch, measured so that the figure survives a busy machine.

Speed is a promise of this project, so its measurement is part of the repository. The shape of
this package follows from what spoils such figures. Clocks drift and neighbours come and go, so
the libraries take turns, round by round, and a ratio is taken inside each round before any
median. A cold cache or a second thread flatters one side, so every library lives in a process of
its own that stays warm, has one thread, and has no BLAS override in its environment. And a fast
wrong answer is no answer, so a case also gives a number that all libraries must agree on.

    stopwatch   a case is a function of the module that returns one of these
    cases       the cases: one function each, taking `torch` or `tinytorch`
    neighbours  the same cases for HIPS autograd and MyGrad, where they can be written
    processes   what only a whole process shows: import time and peak memory
    worker      the process that holds one library;  harness: the one that asks them in turn
    stats       medians of paired ratios;  report: the tables and docs/performance.md
    profile_op  a separate tool: nanoseconds per operation on the hot paths, for tuning

`python -m benchmarks --help` lists the options.
"""
