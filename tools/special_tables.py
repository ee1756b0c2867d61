"""Writes `tinytorch/ops/special_tables.py`: Chebyshev series of smooth parts of special functions.

Each row is a function of t in [-1, 1] that has no singularity there, expanded with mpmath in 40
digits and cut where double precision no longer feels it. It also prints the ratio of polynomials
that the NumPy backend's single-precision erf is written with.
Run: ``python tools/special_tables.py``.
"""

from __future__ import annotations

from pathlib import Path

import mpmath as mp

mp.mp.dps = 40


def half_line(t, k):
    """x in [0, inf) as t in [-1, 1)."""
    return k * (1 + t) / (1 - t)


def scaled_erfc(t):
    """(1 + 2x) exp(x^2) erfc(x) with x = 3.75 (1 + t) / (1 - t)."""
    if t > mp.mpf("0.9999999"):
        return 2 / mp.sqrt(mp.pi)
    x = half_line(t, mp.mpf("3.75"))
    if x > 60:
        tail = mp.fsum((-1) ** n * mp.fac2(2 * n - 1) / (2 * x * x) ** n for n in range(10))
        return (1 + 2 * x) / (x * mp.sqrt(mp.pi)) * tail
    return (1 + 2 * x) * mp.exp(x * x) * mp.erfc(x)


def erf_ratio(t):
    """erf(x) / x with x^2 = (1 + t) / 2."""
    x = mp.sqrt((1 + t) / 2)
    return mp.erf(x) / x if x else 2 / mp.sqrt(mp.pi)


def near(n):
    """exp(-x) I_n(x) / x^n with x = 4 (1 + t)."""

    def f(t):
        x = 4 * (1 + t)
        return mp.exp(-x) * mp.besseli(n, x) / x**n if x else mp.mpf(1) / 2**n

    return f


def far(n):
    """sqrt(x) exp(-x) I_n(x) with x = 16 / (1 + t)."""

    def f(t):
        if t < mp.mpf("-0.99"):
            x = 16 / (1 + t) if t > -1 else mp.inf
            m = 4 * n * n
            total = term = mp.mpf(1)
            for k in range(1, 12):
                term *= -(m - (2 * k - 1) ** 2) / (k * 8 * x)
                total += term
            return total / mp.sqrt(2 * mp.pi)
        x = 16 / (1 + t)
        return mp.sqrt(x) * mp.exp(-x) * mp.besseli(n, x)

    return f


def wave(f, n):
    """A Bessel function of the first or second kind, made even, with x^2 = 32 (1 + t)."""

    def g(t):
        x = mp.sqrt(32 * (1 + t))
        if not x:
            x = mp.mpf("1e-12")
        if f is mp.besselj:
            return f(n, x) / x**n
        if n == 0:
            return f(0, x) - 2 / mp.pi * mp.log(x) * mp.besselj(0, x)
        return (f(1, x) - 2 / mp.pi * (mp.log(x) * mp.besselj(1, x) - 1 / x)) / x

    return g


def phase(n, which):
    """The slowly varying factors of J_n and Y_n for x > 8, with (8 / x)^2 = (1 + t) / 2."""

    def g(t):
        u = (1 + t) / 2
        x = 8 / mp.sqrt(u) if u > mp.mpf("1e-9") else mp.mpf("3e5")
        angle = x - (2 * n + 1) * mp.pi / 4
        j, y = mp.besselj(n, x), mp.bessely(n, x)
        scale = mp.sqrt(mp.pi * x / 2)
        if which == "P":
            return scale * (j * mp.cos(angle) + y * mp.sin(angle))
        return scale * (y * mp.cos(angle) - j * mp.sin(angle)) * x / 8

    return g


def decay_near(n):
    """What is smooth of K_n for x <= 2, with x^2 = 2 (1 + t)."""

    def g(t):
        x = mp.sqrt(2 * (1 + t)) or mp.mpf("1e-12")
        k = mp.besselk(n, x)
        if n == 0:
            return k + mp.log(x / 2) * mp.besseli(0, x)
        return x * (k - mp.log(x / 2) * mp.besseli(1, x))

    return g


def decay_far(n):
    """sqrt(x) exp(x) K_n(x) with x = 4 / (1 + t)."""

    def g(t):
        x = 4 / (1 + t) if 1 + t > mp.mpf("1e-6") else mp.mpf("4e6")
        return mp.sqrt(x) * mp.exp(x) * mp.besselk(n, x)

    return g


ROWS = {
    "ERF": erf_ratio, "ERFC": scaled_erfc, "I0_NEAR": near(0), "I0_FAR": far(0),
    "I1_NEAR": near(1), "I1_FAR": far(1), "J0": wave(mp.besselj, 0), "J1": wave(mp.besselj, 1),
    "Y0": wave(mp.bessely, 0), "Y1": wave(mp.bessely, 1), "P0": phase(0, "P"), "Q0": phase(0, "Q"),
    "P1": phase(1, "P"), "Q1": phase(1, "Q"), "K0_NEAR": decay_near(0), "K0_FAR": decay_far(0),
    "K1_NEAR": decay_near(1), "K1_FAR": decay_far(1),
}  # fmt: skip


def chebyshev(f, n=64):
    """The coefficients of f's Chebyshev series that matter in double precision."""
    nodes = [mp.cos(mp.pi * (k + mp.mpf(1) / 2) / n) for k in range(n)]
    values = [f(t) for t in nodes]
    out = []
    for j in range(n):
        c = 2 * mp.fsum(v * mp.cos(mp.pi * j * (k + mp.mpf(1) / 2) / n)
                        for k, v in enumerate(values)) / n  # fmt: skip
        out.append(c / 2 if j == 0 else c)
    top = max(abs(c) for c in out)
    while abs(out[-1]) < top * mp.mpf("3e-18"):
        out.pop()
    return [float(c) for c in out]


def erf_rational(p=6, q=5, top=16, n=200):
    """erf(x) / x as a ratio of polynomials in x^2 up to ``top``, for single precision: least
    squares on Chebyshev nodes, weighted anew by the denominator until it settles."""
    u = [mp.mpf(top) * (1 + mp.cos(mp.pi * (k + mp.mpf(1) / 2) / n)) / 2 for k in range(n)]
    f = [mp.erf(mp.sqrt(v)) / mp.sqrt(v) for v in u]
    weight = [1 / v for v in f]
    for _ in range(12):
        rows = mp.matrix(n, p + 1 + q)
        right = mp.matrix(n, 1)
        for i, (v, y, w) in enumerate(zip(u, f, weight, strict=True)):
            for j in range(p + 1):
                rows[i, j] = w * v**j
            for j in range(1, q + 1):
                rows[i, p + j] = -w * y * v**j
            right[i] = w * y
        c = mp.lu_solve(rows.T * rows, rows.T * right)
        top_c, low_c = list(c[: p + 1]), [mp.mpf(1), *c[p + 1 :]]
        weight = [1 / (y * abs(mp.polyval(low_c[::-1], v))) for v, y in zip(u, f, strict=True)]
    return [float(a) for a in top_c[::-1]], [float(a) for a in low_c[::-1]]


def main():
    lines = [
        '"""Chebyshev series of the smooth parts of special functions.', "",
        "Written by `tools/special_tables.py`, which says what each row is; not edited by hand.",
        '"""', "",
    ]  # fmt: skip
    for name, f in ROWS.items():
        lines += [f"{name} = ("]
        lines += [f"    {c!r}," for c in chebyshev(f)]
        lines += [")"]
    target = Path(__file__).parent.parent / "tinytorch" / "ops" / "special_tables.py"
    target.write_text("\n".join(lines) + "\n")
    print("For the NumPy backend's erf_single:", *erf_rational(), sep="\n")


if __name__ == "__main__":
    main()
